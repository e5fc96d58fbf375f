"""The metrics of a forecast project: how good its predictor and its forecasts are, and how far its data has moved.

Belongs here: namespace, names, dimensions. Does not belong here: sending them (``delivery``), services.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from forecast_platform.metrics.port import Metric

NAMESPACE = "FORECAST"
_ERRORS = ("WAPE", "RMSE", "MASE", "MAPE")
_LIVE = {"wql": "WQL", "wape": "WAPE", "mase": "MASE", "bias": "Bias", "coverage": "Coverage"}
"""Names of the measures of forecasts against actuals, by their column."""


def predictor_metrics(project: str, accuracy: Mapping[str, Any]) -> Iterator[Metric]:
    """The backtest of a predictor, one set per algorithm that was evaluated.

    Every metric has the dimensions ``Project`` and ``Algorithm`` (its name). ``WQL`` and ``RMSE`` come a second time
    under the dimensions of the old pipeline (``Algorithm`` is the ARN, no project), so that its dashboards go on.

    Args:
        accuracy: The GetAccuracyMetrics answer.
    """
    for evaluation in accuracy["PredictorEvaluationResults"]:
        arn, numbers = evaluation["AlgorithmArn"], _summary(evaluation["TestWindows"])
        ours = {"Project": project, "Algorithm": arn.rpartition("/")[2]}
        for name, extra, value in _named(numbers):
            yield Metric(name, value, ours | extra)
            if name in ("WQL", "RMSE"):
                yield Metric(name, value, {"Algorithm": arn} | extra)


def live_metrics(project: str, measures: Mapping[str, Any]) -> Iterator[Metric]:
    """A forecast against the actuals of its whole window.

    Args:
        measures: A row of the table ``forecast_accuracy_by_cutoff``.
    """
    for column, name in _LIVE.items():
        value = float(measures.get(column, math.nan))
        if not math.isnan(value):
            yield Metric(f"Forecast{name}", value, {"Project": project})


def drift_metric(project: str, feature: str, distance: float) -> Metric:
    """How far the target or a related series of all items together has moved since training."""
    return Metric("DataDrift", distance, {"Project": project, "Feature": feature})


def _summary(windows: list[dict[str, Any]]) -> Mapping[str, Any]:
    """The metrics of all backtest windows together, as the old pipeline took them: those of the first entry."""
    found = next((one for one in windows if one["EvaluationType"] == "SUMMARY"), windows[0])
    metrics: Mapping[str, Any] = found["Metrics"]
    return metrics


def _named(metrics: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str], float]]:
    """Name, further dimensions and value of what was measured."""
    for loss in metrics.get("WeightedQuantileLosses", []):
        if loss["LossValue"] is not None:
            yield "WQL", {"Quantile": str(loss["Quantile"])}, float(loss["LossValue"])
    errors: Mapping[str, Any] = next(iter(metrics.get("ErrorMetrics", [])), {})
    overall = {name: errors.get(name) for name in _ERRORS}
    # Without error metrics the API still gives this one.
    overall["RMSE"] = metrics.get("RMSE") if overall["RMSE"] is None else overall["RMSE"]
    overall["AverageWeightedQuantileLoss"] = metrics.get("AverageWeightedQuantileLoss")
    for name, value in overall.items():
        if value is not None:
            yield name, {}, float(value)
