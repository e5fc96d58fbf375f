"""The version of the engine's numbers."""

ENGINE_VERSION = "2"
"""Changes with every change of the code that changes numbers; part of the name of every predictor."""
