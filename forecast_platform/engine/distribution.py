"""Predictive distributions from what the backtests got wrong.

Belongs here: how wide and of what shape the distribution around a point forecast is. Does not belong here: the point
forecasts themselves.

A model's own intervals assume that the model is right, and are far too narrow several steps ahead when it is not. So
every distribution here comes from the errors that the same combination made in earlier windows (split conformal
prediction: Lei et al. 2018), with a location-scale form: a spread per series, how errors grow with the step and the
shape of their distribution. The panel says the growth and the shape; a series says its spread, and its own shape in
proportion to how many errors it has. Errors are taken relative to the square root of the forecast's own level, because
busy hours vary more than quiet ones. ``benchmarks/choices.py distributions`` has the alternatives that were tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast_platform.engine.algorithms.contract import LEVELS, Floats, Integers
from forecast_platform.engine.metrics import nan_mean, row_quantiles

MOST_GROUPS = 4
"""Neighbouring steps share their errors: fewer groups see more of them, more groups follow growing errors."""

PRIOR_SPREAD = 5.0
"""The spread that the panel expects of a series weighs as much as this many errors of its own."""

PRIOR_SHAPE = 120.0
"""The panel's shape weighs as much as this many errors of the series."""

WIDENING = 1.15
"""The weights of a combination were chosen on the same windows, so its errors there are a little too small."""

_WORST = 10.0
_LEAST_LEVEL = 0.1


@dataclass(frozen=True)
class PanelErrors:
    """What the errors of all series together look like.

    Attributes:
        growth: (groups of steps): mean absolute error relative to the series' scale.
        shape: (levels): quantiles of errors in units of the spread and the growth.
        least_scale: The smallest scale of a series; that of a series which has been 0 all the time.
    """

    growth: Floats
    shape: Floats
    least_scale: float


@dataclass(frozen=True)
class SeriesErrors:
    """Quantiles of the errors to expect of each series.

    Attributes:
        offsets: (series × groups of steps × levels), in the unit of the target, ascending along the levels.
    """

    offsets: Floats

    def quantiles(self, points: Floats, level: Floats) -> Floats:
        """The distribution around point forecasts.

        Args:
            points: (series × steps).
            level: Per series, from :func:`recent_level`.

        Returns:
            (series × steps × levels).
        """
        groups = step_groups(points.shape[1], self.offsets.shape[1])
        return points[..., None] + unit_of(points, level)[..., None] * self.offsets[:, groups]


def at_quantile(distribution: Floats, quantile: float) -> Floats:
    """One quantile of a distribution (… × levels), interpolated between the levels."""
    right = int(np.clip(np.searchsorted(LEVELS, quantile), 1, len(LEVELS) - 1))
    share = (quantile - LEVELS[right - 1]) / (LEVELS[right] - LEVELS[right - 1])
    return np.asarray((1 - share) * distribution[..., right - 1] + share * distribution[..., right])


def mean_of(distribution: Floats) -> Floats:
    """Expectation of a distribution (… × levels): the integral of its quantile function, constant beyond the levels."""
    widths = np.diff(LEVELS)
    inner = ((distribution[..., 1:] + distribution[..., :-1]) / 2 * widths).sum(axis=-1)
    return np.asarray(inner + LEVELS[0] * distribution[..., 0] + (1 - LEVELS[-1]) * distribution[..., -1])


def step_groups(horizon: int, groups: int = MOST_GROUPS) -> Integers:
    """The group of each step: at most ``groups`` runs of (nearly) equal length."""
    return np.arange(horizon) * min(groups, horizon) // horizon


def recent_level(history: Floats, recent: int) -> Floats:
    """Mean |y| of the newest ``recent`` periods of each series."""
    return np.asarray(np.nan_to_num(nan_mean(np.abs(history[:, -recent:]), axis=1)))


def unit_of(points: Floats, level: Floats) -> Floats:
    """Per step, how much more or less than usual its error is expected to be: √(|forecast| / mean |forecast|)."""
    size = np.maximum(np.abs(points), _LEAST_LEVEL * level[:, None] + 1e-12)
    return np.asarray(np.sqrt(size / nan_mean(size, axis=-1)[..., None]))


def learn_errors(errors: Floats, scale: Floats) -> PanelErrors:
    """Growth and shape of the errors of a panel.

    Args:
        errors: (windows × series × steps) in units of :func:`unit_of`; NaN where nothing was scored.
        scale: Per series, what makes errors of different series comparable; 0 where nothing does.
    """
    least = float(scale[scale > 0].min(initial=np.inf))
    least = least if np.isfinite(least) else 0.0
    relative = errors / np.where(scale > 0, scale, np.nan)[:, None]
    groups = step_groups(errors.shape[2])
    growth = np.array(
        [nan_mean(np.minimum(np.abs(relative[..., groups == group]), _WORST), None) for group in range(groups[-1] + 1)]
    )
    growth = np.where(np.isfinite(growth) & (growth > 0), growth, 1.0)
    standardised = _standardised(errors, _spread(errors, np.maximum(scale, least), growth[groups]), growth[groups])
    shape = row_quantiles(standardised.reshape(1, -1), LEVELS)[0]
    return PanelErrors(growth, np.nan_to_num(shape), least)


def series_errors(errors: Floats, scale: Floats, panel: PanelErrors) -> SeriesErrors:
    """Quantiles of the errors of each series. Quantiles are averaged, not samples, so they cannot cross.

    Args:
        errors: As for :func:`learn_errors`; without windows, the panel's errors at the series' scale.
        scale: Likewise.
    """
    growth = panel.growth[step_groups(errors.shape[2])]
    spread = _spread(errors, np.maximum(scale, panel.least_scale), growth)
    own = _standardised(errors, spread, growth).transpose(1, 0, 2).reshape(len(scale), -1)
    count = np.isfinite(own).sum(axis=1)[:, None]
    weight = count / (count + PRIOR_SHAPE)
    shape = weight * np.nan_to_num(row_quantiles(own, LEVELS)) + (1 - weight) * panel.shape
    return SeriesErrors(WIDENING * spread[:, None, None] * panel.growth[:, None] * shape[:, None, :])


def historical_errors(history: Floats, recent: int, horizon: int) -> Floats:
    """Stand-in for errors when there is no earlier window: deviations from the mean of the recent past.

    Returns:
        (windows × series × steps) that hold the deviations of ``recent`` periods at every step.
    """
    newest = history[:, -recent:]
    deviations = newest - nan_mean(newest, axis=1)[:, None]
    return np.repeat(deviations.T[:, :, None], horizon, axis=2)


def _standardised(errors: Floats, spread: Floats, growth: Floats) -> Floats:
    """Errors in units of the spread and the growth; NaN where the spread is 0, because then all errors are."""
    return np.asarray(errors / (np.where(spread > 0, spread, np.nan)[:, None] * growth))


def _spread(errors: Floats, scale: Floats, growth: Floats) -> Floats:
    """Per series: mean |error| for a growth of 1, shrunk towards the scale."""
    sizes = np.abs(errors) / growth
    count = np.isfinite(sizes).sum(axis=(0, 2))
    return np.asarray((np.nansum(sizes, axis=(0, 2)) + PRIOR_SPREAD * scale) / (count + PRIOR_SPREAD))
