"""Predictive distributions from what the backtests got wrong.

Belongs here: quantiles of residuals by horizon step, and adding them to point forecasts. Does not belong here:
the forecasts themselves.

A model's own intervals assume that the model is right, and are far too narrow several steps ahead when it is
not. So every distribution here is conformal: point forecast + quantiles of the errors that the same algorithm
made on the same series at a similar distance, shrunk towards the errors it made on all series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

KNOTS = np.array([0.01, 0.02, 0.035, *np.arange(1, 20) / 20, 0.965, 0.98, 0.99])
"""Probabilities at which residual quantiles are kept; those between are interpolated."""

MOST_GROUPS = 4
"""Neighbouring steps share their residuals: fewer groups see more of them, more groups follow growing errors."""

PRIOR_RESIDUALS = 20.0
"""The pooled distribution weighs as much as this many residuals of the series itself."""


@dataclass(frozen=True)
class ResidualQuantiles:
    """Quantiles of residuals of each series, in the unit of the target.

    Attributes:
        values: (series × groups × knots), ascending along the knots.
    """

    values: Floats

    def quantile_forecast(self, points: Floats, quantile: float) -> Floats:
        """The quantile forecast of ``points`` (series × steps)."""
        offsets = self._at(quantile)
        return points + offsets[:, step_groups(points.shape[1])]

    def _at(self, quantile: float) -> Floats:
        right = int(np.clip(np.searchsorted(KNOTS, quantile), 1, len(KNOTS) - 1))
        share = (quantile - KNOTS[right - 1]) / (KNOTS[right] - KNOTS[right - 1])
        return np.asarray((1 - share) * self.values[..., right - 1] + share * self.values[..., right])


def step_groups(horizon: int) -> npt.NDArray[np.int64]:
    """The group of each step: at most :data:`MOST_GROUPS` runs of (nearly) equal length."""
    return np.arange(horizon) * min(MOST_GROUPS, horizon) // horizon


def level(history: Floats, recent: int) -> Floats:
    """Mean |y| of the newest ``recent`` periods of each series, which makes residuals of series comparable."""
    newest = history[:, -recent:]
    count = np.maximum((~np.isnan(newest)).sum(axis=1), 1)
    return np.asarray(np.nansum(np.abs(newest), axis=1) / count)


def pooled_quantiles(residuals: Floats, levels: Floats) -> Floats:
    """Quantiles of the residuals of all series together, in units of their level.

    Args:
        residuals: (windows × series × steps); NaN where nothing was scored.
        levels: (series).

    Returns:
        (groups × knots); NaN when there is no residual.
    """
    relative = residuals / np.where(levels > 0, levels, np.nan)[:, None]
    grouped = [values.reshape(1, -1) for values in _by_group(relative)]
    return np.concatenate([_row_quantiles(values) for values in grouped])


def residual_quantiles(residuals: Floats, levels: Floats, pooled: Floats) -> ResidualQuantiles:
    """Quantiles of each series, averaged with the pooled ones in proportion to how many residuals it has.

    Quantiles are averaged, not samples, so the result cannot cross.

    Args:
        residuals: (windows × series × steps); NaN where nothing was scored.
        levels: (series).
        pooled: From :func:`pooled_quantiles`.
    """
    prior = levels[:, None, None] * np.nan_to_num(pooled)
    own, counts = [], []
    for values in _by_group(residuals):
        rows = values.transpose(1, 0, 2).reshape(values.shape[1], -1)
        own.append(_row_quantiles(rows))
        counts.append(np.isfinite(rows).sum(axis=1))
    count = np.stack(counts, axis=1)[:, :, None]
    weight = count / (count + (PRIOR_RESIDUALS if np.isfinite(pooled).any() else 0.0) + 1e-12)
    return ResidualQuantiles(weight * np.nan_to_num(np.stack(own, axis=1)) + (1 - weight) * prior)


def historical_residuals(history: Floats, recent: int, horizon: int) -> Floats:
    """Stand-in for residuals when there is no earlier window: deviations from the mean of the recent past.

    Returns:
        (1 window × series × steps) whose every group holds all deviations of ``recent`` periods.
    """
    newest = history[:, -recent:]
    count = np.maximum((~np.isnan(newest)).sum(axis=1, keepdims=True), 1)
    deviations = newest - np.nansum(newest, axis=1, keepdims=True) / count
    return np.stack([np.repeat(deviations[:, [period]], horizon, axis=1) for period in range(deviations.shape[1])])


def _by_group(values: Floats) -> Sequence[Floats]:
    groups = step_groups(values.shape[2])
    return [values[:, :, groups == group] for group in range(groups[-1] + 1)]


def _row_quantiles(rows: Floats) -> Any:
    """Quantiles at :data:`KNOTS` of the finite values of each row, NaN for a row without any.

    At position τ·(n+1) of the sorted values: the conformal correction, which widens small samples.
    """
    ordered = np.sort(np.where(np.isfinite(rows), rows, np.nan), axis=1)
    count = np.isfinite(ordered).sum(axis=1)[:, None]
    position = np.clip(KNOTS * (count + 1) - 1, 0, np.maximum(count - 1, 0))
    lower = np.floor(position).astype(np.int64)
    upper = np.minimum(lower + 1, np.maximum(count - 1, 0))
    low, high = np.take_along_axis(ordered, lower, axis=1), np.take_along_axis(ordered, upper, axis=1)
    return low + (position - lower) * (high - low)
