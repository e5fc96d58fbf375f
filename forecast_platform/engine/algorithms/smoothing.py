"""Exponential smoothing of all series at once: level, damped trend and season by error correction on a grid.

Belongs here: the Holt-Winters recursions, vectorised over series and parameters. Does not belong here: models that a
library fits series by series (``statistical``).

The recursions are the additive ones of Hyndman and Athanasopoulos (FPP3, 8.6, "component form"), with a damped trend
(8.2). Instead of searching for the best parameters of each series, every combination of a grid is run over all series
in one pass, and each series takes the one with the least squared error. Measured on monthly series of 250 points: 2 ms
a series, against 170 ms for a search by AutoETS and 53 ms for its damped additive model alone; better on some panels,
worse on others, and about as accurate on the whole (``benchmarks/choices.py models``).

Gaps need no filling: a period without observation leaves the state as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.algorithms.contract import Floats, Forecasts, History

_LEVEL = (0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)
_TREND = ((0.0, 1.0), (0.05, 0.98), (0.2, 0.9), (0.05, 1.0))
"""Smoothing of the trend relative to that of the level, and damping; the first has no trend."""
_SEASON = (0.0, 0.05, 0.15, 0.4)

_SHORTEST = 8
_FEWEST_PERIODS_KEPT = 300
_SEASONS_KEPT = 8
_LONGEST_SEASON = 400
_SHORT_SEASON = 24
"""Seasons of up to this length start from the first three of them and have time to change; longer ones repeat too
seldom for that and start from their average over all of the history."""


@dataclass(frozen=True)
class HoltWinters:
    """Additive exponential smoothing, or with ``logarithms`` the same on logarithms: multiplicative trend and season.

    Attributes:
        logarithms: Only series that are positive throughout are forecast then.
    """

    logarithms: bool = False
    fits_each_series: bool = True

    @property
    def name(self) -> str:
        return "HoltWintersMultiplicative" if self.logarithms else "HoltWinters"

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """See :class:`~forecast_platform.engine.algorithms.contract.Algorithm`."""
        season = longest_season(history)
        kept = max(_FEWEST_PERIODS_KEPT, _SEASONS_KEPT * season)
        values = history.values[:, -kept:]
        points = np.full((len(values), horizon), np.nan)
        able, seasonal = self._can_forecast(values), shows_season(values, season)
        for chosen, length in ((able & seasonal, season), (able & ~seasonal, 1)):
            rows = np.flatnonzero(chosen)
            if len(rows):
                points[rows] = self._forecast(values[rows], length, horizon)
        return Forecasts(points)

    def _forecast(self, values: Floats, season: int, horizon: int) -> Floats:
        if not self.logarithms:
            return _forecast(values, season, horizon)
        with np.errstate(over="ignore"):
            return bounded(np.exp(_forecast(np.log(values), season, horizon)), values)

    def _can_forecast(self, values: Floats) -> npt.NDArray[np.bool_]:
        observed = ~np.isnan(values)
        enough = np.asarray(observed.sum(axis=1) >= _SHORTEST)
        if not self.logarithms:
            return enough
        return np.asarray(enough & (np.where(observed, values, np.inf).min(axis=1) > 0))


def longest_season(history: History) -> int:
    """The longest season that is observed at least twice and whose cycles contain the shorter ones; 1 = none."""
    longest = 1
    for season in history.seasons:
        if season % longest == 0 and season <= _LONGEST_SEASON and 2 * season <= history.values.shape[1]:
            longest = season
    return longest


def shows_season(values: Floats, season: int) -> npt.NDArray[np.bool_]:
    """Which rows have a history of two seasons of their own; of less, nothing can be told apart as season."""
    return np.asarray(values.shape[1] - (~np.isnan(values)).argmax(axis=1) >= 2 * season)


def bounded(points: Floats, values: Floats) -> Floats:
    """A multiplicative trend may explode; what is a hundred times all that was seen is no forecast."""
    return np.where(points <= 100 * np.nanmax(values, axis=1, keepdims=True), points, np.nan)


def _forecast(values: Floats, season: int, horizon: int) -> Floats:
    """(series × periods) -> (series × horizon); NaN before the first observation and in gaps."""
    level, trend, seasonal, loss, damping = _run(values, season)
    best = loss.argmin(axis=1)
    rows, phi = np.arange(len(values)), damping[best]
    steps = np.arange(1, horizon + 1)
    undamped = np.where(phi == 1, 0.5, phi)[:, None]
    growth = np.where(phi[:, None] == 1, steps, undamped * (1 - undamped**steps) / (1 - undamped))
    phases = (values.shape[1] + steps - 1) % season
    return np.asarray(
        level[rows, best][:, None] + growth * trend[rows, best][:, None] + seasonal[phases][:, rows, best].T
    )


def _run(values: Floats, season: int) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Level, trend (series × grid), season (phases × series × grid), squared error and the grid's damping."""
    grid = list(product(_LEVEL, _TREND, _SEASON if season > 1 else (0.0,)))
    alpha = np.array([level for level, _, _ in grid])
    beta = alpha * np.array([trend for _, (trend, _), _ in grid])
    damping = np.array([phi for _, (_, phi), _ in grid])
    gamma = np.array([seasonal for _, _, seasonal in grid]) * (1 - alpha)
    averages = _first_averages(values, season)
    seasonal = np.repeat(averages[:, :, None], len(grid), axis=2)
    level = np.repeat(_first_level(values, averages)[:, None], len(grid), axis=1)
    trend, loss = np.zeros_like(level), np.zeros_like(level)
    observed = ~np.isnan(values)
    started = observed.cumsum(axis=1) > max(season, _SHORTEST) // 2
    for period in range(values.shape[1]):
        phase = seasonal[period % season]
        trend *= damping
        level += trend
        error = values[:, period, None] - level - phase
        if not observed[:, period].all():
            error[~observed[:, period]] = 0.0
        loss += error**2 * started[:, period, None]
        level += alpha * error
        trend += beta * error
        phase += gamma * error
    return level, trend, seasonal, loss, damping


def _first_averages(values: Floats, season: int) -> Floats:
    """Seasonal averages to start from: of the first seasons where they are short and there, else of everything."""
    everything = seasonal_averages(values, season)
    if season > _SHORT_SEASON:
        return everything
    late = np.isnan(values[:, 0])
    return np.where(late, everything, seasonal_averages(values[:, : 3 * season], season))


def seasonal_averages(values: Floats, season: int) -> Floats:
    """(phases × series): mean deviation of each phase from a moving average over one season, centred on zero."""
    rows, periods = values.shape
    if season == 1:
        return np.zeros((1, rows))
    observed = ~np.isnan(values)
    sums = np.pad(np.where(observed, values, 0.0), ((0, 0), (1, 0))).cumsum(axis=1)
    counts = np.pad(observed, ((0, 0), (1, 0))).cumsum(axis=1)
    first = np.clip(np.arange(periods) - season // 2, 0, max(periods - season, 0))
    last = np.minimum(first + season, periods)
    average = (sums[:, last] - sums[:, first]) / np.maximum(counts[:, last] - counts[:, first], 1)
    deviation = np.where(observed, values - average, 0.0)
    padding = -periods % season
    shape = (rows, -1, season)
    total = np.pad(deviation, ((0, 0), (0, padding))).reshape(shape).sum(axis=1)
    count = np.pad(observed, ((0, 0), (0, padding))).reshape(shape).sum(axis=1)
    means = total / np.maximum(count, 1)
    return np.asarray((means - means.mean(axis=1, keepdims=True)).T)


def _first_level(values: Floats, averages: Floats) -> Floats:
    """Mean of each row's first observations (a season, or eight) without their seasonal part."""
    season = len(averages)
    phases = np.arange(values.shape[1]) % season
    adjusted = values - averages[phases].T
    observed = ~np.isnan(values)
    early = observed & (observed.cumsum(axis=1) <= max(season, _SHORTEST))
    return np.asarray(np.where(early, adjusted, 0.0).sum(axis=1) / np.maximum(early.sum(axis=1), 1))
