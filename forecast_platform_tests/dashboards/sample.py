"""Small made-up publications. Belongs here: inputs of dashboards. Does not belong here: what they must look like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.dashboards import DashboardData, render_dashboard

CUTOFF = datetime(2014, 12, 1)
TYPES = ("p10", "p50", "p90")
_SPREAD = {"p10": 0.9, "p90": 1.1}


def publication(
    items: Sequence[str],
    points: int = 28,
    stores: Sequence[str] = (),
    types: tuple[str, ...] = TYPES,
    horizon: int = 7,
) -> DashboardData:
    """Daily data of ``items`` (in every one of ``stores``): a weekly wave, at a level of its own per series."""
    names = [{"item_id": item, "store": store} for item in items for store in stores] or [
        {"item_id": item} for item in items
    ]
    keys = pd.DataFrame(names)
    past = pd.date_range(end="2014-11-30", periods=points, freq="D")
    future = pd.date_range("2014-12-01", periods=horizon, freq="D")
    history = _grid(keys, past)
    forecast = _grid(keys, future).rename(columns={"target": "p50"})
    for name in types:
        forecast[name] = forecast["p50"] * _SPREAD.get(name, 1.0)
    return DashboardData(
        project="electricity",
        title="Electricity demand",
        cutoff=CUTOFF,
        frequency="D",
        target_name="demand",
        dimensions=("store",) if stores else (),
        history=history,
        forecast=forecast[[*keys.columns, "timestamp", *types]],
        forecast_types=types,
    )


def measured(data: DashboardData) -> DashboardData:
    """``data`` with backtests of two algorithms and live accuracy; the last item is the least accurate."""
    items = sorted(data.forecast["item_id"].unique())
    windows = [("Computed", "2014-11-23"), ("Summary", "2014-11-23")]
    item_accuracy = pd.DataFrame(
        {
            "item_id": item,
            "backtest_window": window,
            "backtestwindow_start_time": f"{start}T00:00:00",
            "backtestwindow_end_time": "2014-11-30T00:00:00",
            "wQL[0.5]": 0.2,
            "Average wQL": 0.01 * (number + 1),
            "WAPE": 0.321,
        }
        for number, item in enumerate(items)
        for window, start in windows
    )
    live = pd.DataFrame(
        {
            "cutoff": [datetime(2014, 11, 29), datetime(2014, 11, 30)],
            "predictor": ["first", "second"],
            "provisional": [False, True],
            "wql": [0.07, 0.08],
            "completeness": [1.0, 0.5],
        }
    )
    return replace(data, accuracy=ACCURACY, item_accuracy=item_accuracy, live_accuracy=live)


def algorithm_accuracy(name: str, loss: float) -> dict[str, Any]:
    """One evaluation of a GetAccuracyMetrics answer: two windows and their summary."""
    starts = [
        ("2014-11-16", loss, "COMPUTED"),
        ("2014-11-23", loss * 1.2, "COMPUTED"),
        ("2014-11-16", loss * 1.1, "SUMMARY"),
    ]
    return {
        "AlgorithmArn": f"arn:aws:forecast:::algorithm/{name}",
        "TestWindows": [
            {
                "TestWindowStart": f"{start}T00:00:00Z",
                "TestWindowEnd": "2014-11-30T00:00:00Z",
                "ItemCount": 3,
                "EvaluationType": kind,
                "Metrics": {
                    "RMSE": value * 100,
                    "AverageWeightedQuantileLoss": value,
                    "Coverage": 0.8,
                    "WeightedQuantileLosses": [{"Quantile": 0.9, "LossValue": value / 2}],
                    "ErrorMetrics": [
                        {"ForecastType": "p50", "WAPE": 0.99, "RMSE": 9.9, "MASE": 9.9, "MAPE": 9.9},
                        {"ForecastType": "mean", "WAPE": value * 2, "RMSE": value * 100, "MASE": 0.75, "MAPE": 0.3},
                    ],
                },
            }
            for start, value, kind in starts
        ],
    }


ACCURACY = {
    "PredictorEvaluationResults": [algorithm_accuracy("Seasonal-Naive", 0.2), algorithm_accuracy("ETS", 0.1)],
    "IsAutoPredictor": False,
    "OptimizationMetric": "AverageWeightedQuantileLoss",
}


def write(data: DashboardData, folder: Path) -> Path:
    """Publish ``data`` into ``folder``; returns its page."""
    for name, content in render_dashboard(data):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "index.html"


def _grid(keys: pd.DataFrame, timestamps: pd.DatetimeIndex) -> pd.DataFrame:
    wave = 20 * np.sin(np.arange(len(timestamps)) * 2 * math.pi / 7)
    levels = 100.0 * (1 + np.arange(len(keys)))
    frame = keys.loc[keys.index.repeat(len(timestamps))].reset_index(drop=True)
    return frame.assign(timestamp=np.tile(timestamps, len(keys)), target=(levels[:, None] + wave).ravel())
