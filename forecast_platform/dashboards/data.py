"""What a dashboard shows, before it is drawn.

Belongs here: the input of the page, and metrics brought into one shape. Does not belong here: HTML, pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class DashboardData:
    """One publication of one project.

    A series is one item with one value of every dimension; only series that have a forecast are shown.

    Attributes:
        project: Name of the project.
        title: Heading of the page, for people.
        cutoff: The instant up to which the forecast saw data.
        frequency: Of the forecast, as the Amazon Forecast API writes it: ``H``, ``15min``, ``2W`` …
        target_name: What is forecast, as the user's schema calls it.
        dimensions: Columns that make a series together with ``item_id``.
        history: Columns ``item_id``, the dimensions, ``timestamp`` (datetime64), ``target`` (float). Rows that
            share all keys (the project forecasts fewer dimensions than its data has) are added up.
        forecast: Columns ``item_id``, the dimensions, ``timestamp``, and one float column per forecast type.
        forecast_types: ``p10``, ``p50``, … and ``mean``, in the order in which they are to be listed.
        accuracy: Backtest accuracy in the shape of the GetAccuracyMetrics answer; may be empty.
        item_accuracy: Backtest accuracy per item in the columns of Amazon's ``accuracy-metrics-values`` export:
            ``item_id``, optionally dimensions, ``backtest_window`` (``Summary`` | ``Computed``), its start and
            end, and metrics. ``None`` or empty when there is none.
        live_accuracy: Earlier forecasts against the actuals that arrived since: one row per cutoff (datetime) in the
            columns of the table ``forecast_accuracy_by_cutoff``, as far as they are there.
    """

    project: str
    title: str
    cutoff: datetime
    frequency: str
    target_name: str
    dimensions: tuple[str, ...]
    history: pd.DataFrame
    forecast: pd.DataFrame
    forecast_types: tuple[str, ...]
    accuracy: Mapping[str, Any] = field(default_factory=dict)
    item_accuracy: pd.DataFrame | None = None
    live_accuracy: pd.DataFrame | None = None


@dataclass(frozen=True)
class WindowAccuracy:
    """Accuracy of one algorithm on one backtest window.

    Attributes:
        algorithm: Last part of its ARN, e.g. ``ETS``.
        summary: The average over all windows instead of one of them.
        start: First instant of the window, ISO 8601; empty when unknown.
        metrics: By display name: ``Average wQL``, ``WAPE``, ``MASE``, ``RMSE``, ``MAPE``, ``Coverage`` and
            ``wQL[0.9]`` per quantile; only those that are known.
    """

    algorithm: str
    summary: bool
    start: str
    end: str
    items: int | None
    metrics: dict[str, float]


_OPTIMIZATION_METRICS = {"AverageWeightedQuantileLoss": "Average wQL"}


def accuracy_windows(accuracy: Mapping[str, Any]) -> list[WindowAccuracy]:
    """Flatten a GetAccuracyMetrics answer: algorithms in its order, windows by time, the summary last."""
    found = [
        WindowAccuracy(
            algorithm=str(result.get("AlgorithmArn") or "predictor").rsplit("/", 1)[-1],
            summary=window.get("EvaluationType") == "SUMMARY",
            start=str(window.get("TestWindowStart") or ""),
            end=str(window.get("TestWindowEnd") or ""),
            items=window.get("ItemCount"),
            metrics=_metrics(window.get("Metrics") or {}),
        )
        for result in accuracy.get("PredictorEvaluationResults") or []
        for window in result.get("TestWindows") or []
    ]
    order = {name: position for position, name in enumerate(dict.fromkeys(row.algorithm for row in found))}
    return sorted(found, key=lambda row: (order[row.algorithm], row.summary, row.start))


def best_algorithm(accuracy: Mapping[str, Any]) -> str | None:
    """The algorithm that forecasts.

    An AutoPredictor reports what it forecasts with first. Among others it is the one with the lowest optimization
    metric (default: average wQL), as AutoML chooses; its summary counts, without one the mean of its windows.
    ``None`` when there is no such metric.
    """
    rows = accuracy_windows(accuracy)
    if accuracy.get("IsAutoPredictor") and rows:
        return rows[0].algorithm
    wanted = str(accuracy.get("OptimizationMetric") or "AverageWeightedQuantileLoss")
    metric = _OPTIMIZATION_METRICS.get(wanted, wanted)
    scores: dict[str, list[tuple[bool, float]]] = {}
    for row in rows:
        if metric in row.metrics:
            scores.setdefault(row.algorithm, []).append((row.summary, row.metrics[metric]))
    return min(scores, key=lambda algorithm: _overall(scores[algorithm]), default=None)


def _overall(scores: Sequence[tuple[bool, float]]) -> float:
    summaries = [score for summary, score in scores if summary]
    counted = summaries or [score for _, score in scores]
    return sum(counted) / len(counted)


def _metrics(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Amazon reports point metrics once per forecast type; the mean is what its documentation compares."""
    errors = sorted(metrics.get("ErrorMetrics") or [], key=lambda error: error.get("ForecastType") != "mean")
    point = {**metrics, **(errors[0] if errors else {})}
    named = {
        "Average wQL": metrics.get("AverageWeightedQuantileLoss"),
        **{name: point.get(name) for name in ("WAPE", "MASE", "RMSE", "MAPE")},
        "Coverage": metrics.get("Coverage"),
        **{f"wQL[{loss['Quantile']:g}]": loss.get("LossValue") for loss in metrics.get("WeightedQuantileLosses") or []},
    }
    return {name: float(value) for name, value in named.items() if value is not None}
