"""Backtest results in the shapes in which Amazon Forecast reports them.

Belongs here: the GetAccuracyMetrics document and the two frames of the backtest export. Does not belong here: the
formulas (``metrics``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine import metrics

Floats = npt.NDArray[np.float64]
Timestamps = npt.NDArray[np.datetime64]

ALGORITHM_ARN = "arn:aws:forecast:::algorithm/"
AVERAGE = "Average wQL"
COVERAGE = "Coverage"
ERRORS = ("WAPE", "RMSE", "MASE", "MAPE")


@dataclass(frozen=True)
class ScoredWindow:
    """Forecasts of one backtest window and what happened.

    Attributes:
        timestamps: (steps): first instant of each.
        actual: (series × steps).
        mean: The mean forecast, (series × steps).
        quantiles: Quantile -> (series × steps).
        scale: Per series, the denominator of MASE.
    """

    timestamps: Timestamps
    actual: Floats
    mean: Floats
    quantiles: dict[float, Floats]
    scale: Floats

    @property
    def start(self) -> np.datetime64:
        """First instant of the first step."""
        return np.datetime64(self.timestamps[0])

    @property
    def end(self) -> np.datetime64:
        """First instant of the last step."""
        return np.datetime64(self.timestamps[-1])

    def scores(self, axis: int | None) -> dict[str, Any]:
        """Every metric by its name in the backtest export, pooled (``None``) or per series (1)."""
        losses = {
            quantile_column(quantile): metrics.weighted_quantile_loss(self.actual, forecast, quantile, axis)
            for quantile, forecast in self.quantiles.items()
        }
        return {
            **losses,
            AVERAGE: np.mean(list(losses.values()), axis=0),
            "RMSE": metrics.rmse(self.actual, self.mean, axis),
            "WAPE": metrics.wape(self.actual, self.mean, axis),
            "MAPE": metrics.mape(self.actual, self.mean, axis),
            "MASE": metrics.mase(self.actual, self.mean, self.scale, axis),
        }

    @property
    def scored_items(self) -> int:
        """How many series have at least one scored step."""
        return int((np.isfinite(self.actual) & np.isfinite(self.mean)).any(axis=1).sum())

    @property
    def coverage(self) -> float:
        """Share of the actuals between the lowest and the highest quantile."""
        lowest, highest = min(self.quantiles), max(self.quantiles)
        return float(metrics.coverage(self.actual, self.quantiles[lowest], self.quantiles[highest]))


def quantile_column(quantile: float) -> str:
    """Name of a quantile's loss in the backtest export, e.g. ``wQL[0.9]``."""
    return f"wQL[{quantile:g}]"


def quantile_label(quantile: float) -> str:
    """Name of a quantile in forecasts and their export, e.g. ``p90``."""
    return f"p{quantile * 100:.0f}"


def evaluation_result(name: str, windows: Sequence[ScoredWindow]) -> dict[str, Any]:
    """One element of ``PredictorEvaluationResults``: every window, and their average as SUMMARY.

    ``TestWindowEnd`` is the last step of the window. A metric that is undefined (MAPE of zeros) is left out.
    ``Coverage``, which the service does not report, is the share of actuals between the outermost quantiles.
    """
    scores = [{**window.scores(axis=None), COVERAGE: window.coverage} for window in windows]
    summary = {column: metrics.nan_mean(np.array([score[column] for score in scores]), None) for column in scores[0]}
    tests = [_test_window(window, score, "COMPUTED") for window, score in zip(windows, scores, strict=True)]
    overall = {
        **_test_window(windows[0], summary, "SUMMARY"),
        "TestWindowStart": _instant(min(window.start for window in windows)) + "Z",
        "TestWindowEnd": _instant(max(window.end for window in windows)) + "Z",
        "ItemCount": max(window.scored_items for window in windows),
    }
    return {"AlgorithmArn": ALGORITHM_ARN + name, "TestWindows": [overall, *tests]}


def item_accuracy(series: pd.DataFrame, windows: Sequence[ScoredWindow]) -> pd.DataFrame:
    """Accuracy per series in the columns of Amazon's ``accuracy-metrics-values`` export.

    One ``Computed`` row per window and one ``Summary`` row, the mean of those that are defined, of each series that was
    scored in any window. NaN where a metric is undefined, as all are in a window in which the series was not scored.
    """
    scored = np.any([np.isfinite(window.actual * window.mean).any(axis=1) for window in windows], axis=0)
    computed = []
    for window in windows:
        rows = pd.DataFrame(window.scores(axis=1))
        times = _time_columns("Computed", window.start, window.end)
        computed.append(pd.concat([series, rows.assign(**times)], axis=1)[scored])
    table = pd.concat(computed, ignore_index=True)
    keys, columns = list(series.columns), list(windows[0].scores(axis=1))
    times = _time_columns("Summary", min(window.start for window in windows), max(window.end for window in windows))
    summary = table.groupby(keys, sort=True, dropna=False)[columns].mean().reset_index().assign(**times)
    ordered = [*keys, "backtest_window", "backtestwindow_start_time", "backtestwindow_end_time", *columns]
    both = pd.concat([summary, table], ignore_index=True)[ordered]
    return both.sort_values(
        [*keys, "backtest_window", "backtestwindow_start_time"], kind="stable", ascending=True, ignore_index=True
    )


def forecasted_values(series: pd.DataFrame, windows: Sequence[ScoredWindow]) -> pd.DataFrame:
    """Forecasts and actuals of the backtest windows in the columns of Amazon's ``forecasted-values`` export.

    One row per series, window and step that was forecast: ``item_id``, ``timestamp``, ``target_value``, the window's
    start and end, the forecast dimensions, ``mean`` and one column per quantile (``p10``). NaN where nothing was
    observed.
    """
    dimensions = [column for column in series.columns if column != "item_id"]
    frames = []
    for window in windows:
        steps = len(window.timestamps)
        keys = series.loc[series.index.repeat(steps)].reset_index(drop=True)
        frames.append(
            pd.DataFrame(
                {
                    "item_id": keys["item_id"],
                    "timestamp": np.tile(window.timestamps, len(series)),
                    "target_value": window.actual.ravel(),
                    "backtestwindow_start_time": _instant(window.start),
                    "backtestwindow_end_time": _instant(window.end),
                    **{dimension: keys[dimension] for dimension in dimensions},
                    "mean": window.mean.ravel(),
                    **{quantile_label(quantile): values.ravel() for quantile, values in window.quantiles.items()},
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    forecast = table[table["mean"].notna()]
    return forecast.sort_values([*series.columns, "timestamp"], kind="stable", ignore_index=True)


def _test_window(window: ScoredWindow, scores: dict[str, Any], kind: str) -> dict[str, Any]:
    losses = [
        {"Quantile": quantile, "LossValue": scores[quantile_column(quantile)]}
        for quantile in sorted(window.quantiles, reverse=True)
    ]
    errors = {name: scores[name] for name in ERRORS if np.isfinite(scores[name])}
    return {
        "TestWindowStart": _instant(window.start) + "Z",
        "TestWindowEnd": _instant(window.end) + "Z",
        "ItemCount": window.scored_items,
        "EvaluationType": kind,
        "Metrics": {
            "RMSE": scores["RMSE"],
            "WeightedQuantileLosses": losses,
            "AverageWeightedQuantileLoss": float(scores[AVERAGE]),
            "ErrorMetrics": [{"ForecastType": "mean", **errors}],
            COVERAGE: scores[COVERAGE],
        },
    }


def _time_columns(kind: str, start: np.datetime64, end: np.datetime64) -> dict[str, str]:
    return {
        "backtest_window": kind,
        "backtestwindow_start_time": _instant(start),
        "backtestwindow_end_time": _instant(end),
    }


def _instant(timestamp: np.datetime64) -> str:
    return str(timestamp.astype("datetime64[s]"))
