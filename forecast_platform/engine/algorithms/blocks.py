"""Distributions of many series, computed block by block, at the probabilities that the engine keeps.

Belongs here: what algorithms do that forecast many series in one computation. Does not belong here: any model.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forecast_platform.engine.algorithms.contract import LEVELS, Floats, Forecasts, Integers

_MEDIAN = int(np.argmin(np.abs(LEVELS - 0.5)))


def forecast_in_blocks(
    series: int, usable: Integers, horizon: int, size: int, forecast: Callable[[Integers], Floats]
) -> Forecasts:
    """Sorted quantiles at :data:`LEVELS`, and their median as points; NaN for series that are not ``usable``.

    Blocks are always full, the last one with repetitions, because the last bits of a sum may depend on how many rows
    are computed at once: so the forecast of a series does not depend on the others.

    Args:
        series: How many there are.
        usable: Rows to forecast.
        horizon: Periods.
        size: Rows per block.
        forecast: Exactly ``size`` rows -> (size × horizon × levels).
    """
    quantiles = np.full((series, horizon, len(LEVELS)), np.nan)
    for start in range(0, len(usable), size):
        rows = usable[start : start + size]
        full = np.concatenate([rows, np.repeat(rows[-1:], size - len(rows))])
        quantiles[rows] = np.sort(forecast(full)[: len(rows)], axis=2)
    return Forecasts(quantiles[:, :, _MEDIAN].copy(), quantiles=quantiles)


def at_levels(values: Floats, levels: Floats) -> Floats:
    """Quantiles at :data:`LEVELS` from quantiles at ``levels`` (both along the last axis).

    Linear between two levels; beyond the outermost, the outermost.
    """
    if np.array_equal(levels, LEVELS):
        return values
    right = np.clip(np.searchsorted(levels, LEVELS), 1, len(levels) - 1)
    share = np.clip((LEVELS - levels[right - 1]) / (levels[right] - levels[right - 1]), 0, 1)
    return np.asarray(values[..., right - 1] * (1 - share) + values[..., right] * share)
