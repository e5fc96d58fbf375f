"""The suites of a forecast project. Belongs here: one module per asset, or per kind of batch, with ``checks`` (which
questions are asked, with which expectations) and ``batch`` (of which columns). Does not belong here: where the numbers
come from (``pipeline``), how they are evaluated (``validation``) and shown (``components``).
"""

from forecast_platform.quality.suites import (
    athena_tables,
    data_drift,
    exported_forecast,
    forecast,
    forecast_accuracy,
    predictor,
    raw_training_data,
    standing,
    training_rows,
)

__all__ = [
    "athena_tables",
    "data_drift",
    "exported_forecast",
    "forecast",
    "forecast_accuracy",
    "predictor",
    "raw_training_data",
    "standing",
    "training_rows",
]
