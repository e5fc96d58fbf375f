"""Metrics of a regression.

Belongs here: mae, mse, rmse, r2. Does not belong here: which rows count (``values``).
"""

from __future__ import annotations

import numpy as np

from forecast_platform.model_monitor.model_quality.measured import Floats, Integers, Metric, ratio, with_deviations

_REASONS = {"r2": "the ground truth does not vary"}


def regression_metrics(actual: Floats, predicted: Floats) -> dict[str, Metric]:
    """mae = mean |y−ŷ|, mse = mean (y−ŷ)², rmse = √mse, r2 = 1 − Σ (y−ŷ)² / Σ (y−ȳ)².

    Args:
        actual: (rows), finite; at least one.
        predicted: The same shape.
    """
    error = actual - predicted

    def measure(rows: Integers | None) -> dict[str, float]:
        wrong, true = (error, actual) if rows is None else (error[rows], actual[rows])
        squares = float(np.square(wrong).sum())
        mse = squares / len(wrong)
        explained = ratio(squares, float(np.square(true - true.mean()).sum()))
        return {"mae": float(np.abs(wrong).mean()), "mse": mse, "rmse": mse**0.5, "r2": 1 - explained}

    return with_deviations(len(actual), measure, _REASONS)
