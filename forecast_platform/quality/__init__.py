"""Data quality: what is checked, as data, and how it is evaluated. Knows no Dagster."""

from forecast_platform.quality.checks import Check, Expectation, Severity

__all__ = ["Check", "Expectation", "Severity"]
