"""Models that can be served, none of which needs pickle.

Belongs here: what a model is, its formats, loading. Does not belong here: HTTP, captures.
"""

from forecast_platform.serving.models.loading import load_model
from forecast_platform.serving.models.port import Answer, Model, TabularModel

__all__ = ["Answer", "Model", "TabularModel", "load_model"]
