"""Accuracy metrics, in the definitions of the Amazon Forecast developer guide ("Evaluating Predictor Accuracy").

Belongs here: formulas on arrays. Does not belong here: how they are reported (``accuracy``).

Everywhere, NaN in ``actual`` or in a forecast means "not scored", and a metric that is undefined is NaN, never 0.
``axis=None`` pools everything into one number, as the service does; ``axis=1`` gives one number per row (series),
``axis=0`` one per column (step).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def weighted_quantile_loss(actual: Floats, forecast: Floats, quantile: float, axis: int | None = None) -> Any:
    """wQL = 2 Σ [τ·max(y−q, 0) + (1−τ)·max(q−y, 0)] / Σ |y|; the numerator alone when Σ |y| is 0."""
    error = actual - forecast
    return _relative_to_actual(2 * np.maximum(quantile * error, (quantile - 1) * error), actual, axis)


def wape(actual: Floats, forecast: Floats, axis: int | None = None) -> Any:
    """WAPE = Σ |y−ŷ| / Σ |y|; the numerator alone when Σ |y| is 0."""
    return _relative_to_actual(np.abs(actual - forecast), actual, axis)


def bias(actual: Floats, forecast: Floats, axis: int | None = None) -> Any:
    """Σ (ŷ−y) / Σ |y|, the cumulative forecast error; positive = too much. The numerator alone when Σ |y| is 0."""
    return _relative_to_actual(forecast - actual, actual, axis)


def rmse(actual: Floats, forecast: Floats, axis: int | None = None) -> Any:
    """RMSE = √ mean (y−ŷ)²."""
    return _number(np.sqrt(nan_mean((actual - forecast) ** 2, axis)), axis)


def mape(actual: Floats, forecast: Floats, axis: int | None = None) -> Any:
    """MAPE = mean |y−ŷ| / |y| over the points with y ≠ 0."""
    return nan_mean(np.abs(actual - forecast) / np.where(actual == 0, np.nan, np.abs(actual)), axis)


def mase(actual: Floats, forecast: Floats, scale: Floats, axis: int | None = None) -> Any:
    """MASE = mean |y−ŷ| / (mean |Y_t − Y_{t−m}| before the window), per series; pooled: the mean of the series.

    Args:
        actual: (series × steps).
        forecast: The same shape.
        scale: Per series, from :func:`seasonal_error`; a series whose scale is 0 has no MASE.
        axis: 0 = one number per step, the mean of the series that were observed then.
    """
    usable = np.where(scale > 0, scale, np.nan)
    if axis == 0:
        return nan_mean(np.abs(actual - forecast) / usable[:, None], axis=0)
    per_series = nan_mean(np.abs(actual - forecast), axis=1) / usable
    return per_series if axis == 1 else nan_mean(per_series, None)


def seasonal_error(history: Floats, season: int) -> Floats:
    """Mean |Y_t − Y_{t−m}| of each row; with m = 1 for rows too short for the season."""
    seasonal = _lagged_error(history, season)
    return np.where(np.isnan(seasonal), _lagged_error(history, 1), seasonal)


def coverage(actual: Floats, lower: Floats, upper: Floats, axis: int | None = None) -> Any:
    """Share of the scored points inside [lower, upper]."""
    scored = np.isfinite(actual) & np.isfinite(lower) & np.isfinite(upper)
    return nan_mean(np.where(scored, (actual >= lower) & (actual <= upper), np.nan), axis)


def hit_rate(actual: Floats, forecast: Floats, axis: int | None = None) -> Any:
    """Share of the scored points at or below a quantile; near τ when the quantile is what it promises."""
    scored = np.isfinite(actual) & np.isfinite(forecast)
    return nan_mean(np.where(scored, actual <= forecast, np.nan), axis)


def nan_mean(values: Floats, axis: int | None) -> Any:
    """Mean of the numbers that are not NaN; NaN when there is none."""
    count = (~np.isnan(values)).sum(axis=axis)
    return _number(np.where(count > 0, np.nansum(values, axis=axis), np.nan) / np.maximum(count, 1), axis)


def row_quantiles(rows: Floats, levels: Floats) -> Floats:
    """Quantiles of the finite values of each row, NaN for a row without any: (rows × levels).

    At position τ·(n+1) of the sorted values: the conformal correction (Lei et al. 2018), which widens small samples.
    """
    ordered = np.sort(np.where(np.isfinite(rows), rows, np.nan), axis=1)
    if ordered.shape[1] == 0:
        return np.full((len(rows), len(levels)), np.nan)
    last = np.maximum(np.isfinite(ordered).sum(axis=1)[:, None] - 1, 0)
    position = np.clip(levels * (last + 2) - 1, 0, last)
    lower = np.floor(position).astype(np.int64)
    upper = np.minimum(lower + 1, last)
    low, high = np.take_along_axis(ordered, lower, axis=1), np.take_along_axis(ordered, upper, axis=1)
    return np.asarray(low + (position - lower) * (high - low))


def _relative_to_actual(losses: Floats, actual: Floats, axis: int | None) -> Any:
    scored = np.isfinite(losses)
    numerator = np.where(scored, losses, 0.0).sum(axis=axis)
    weight = np.where(scored, np.abs(actual), 0.0).sum(axis=axis)
    return _number(np.where(scored.any(axis=axis), numerator / np.where(weight > 0, weight, 1.0), np.nan), axis)


def _number(result: Floats, axis: int | None) -> Any:
    return float(result) if axis is None else result


def _lagged_error(history: Floats, lag: int) -> Floats:
    if history.shape[1] <= lag:
        return np.full(len(history), np.nan)
    return np.asarray(nan_mean(np.abs(history[:, lag:] - history[:, :-lag]), axis=1))
