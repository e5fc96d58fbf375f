"""What backtests teach: which candidates count how much, and what errors to expect of their combination.

Belongs here: putting weights and errors together, for a whole panel and for some of its series. Does not belong here:
how either is estimated (``combination``, ``distribution``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast_platform.engine import metrics
from forecast_platform.engine.algorithms.contract import Floats
from forecast_platform.engine.backtesting import Answers, Backtest
from forecast_platform.engine.combination import PanelWeights, combine, learn_weights, series_weights
from forecast_platform.engine.distribution import (
    PanelErrors,
    SeriesErrors,
    historical_errors,
    learn_errors,
    recent_level,
    series_errors,
    unit_of,
)
from forecast_platform.engine.task import ForecastTask

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Past:
    """The values of some series until the moment something is learnt about them, and what is measured on them.

    Attributes:
        values: (series × periods).
        seasons: Season lengths, ascending.
        horizon: Of the task.
    """

    values: Floats
    seasons: tuple[int, ...]
    horizon: int

    @property
    def recent(self) -> int:
        """How many of the newest periods say what is usual now."""
        return max(self.horizon, *self.seasons, 1)

    @property
    def level(self) -> Floats:
        """Per series: mean |y| of the recent periods."""
        return recent_level(self.values, self.recent)

    @property
    def scale(self) -> Floats:
        """Per series: mean error of seasonal naive; where there is none, the level; 0 of nothing but zeros."""
        error, level = np.nan_to_num(self.seasonal_error), self.level
        return np.where(error > _ROUNDING * level, error, level)

    @property
    def seasonal_error(self) -> Floats:
        """Per series: the denominator of MASE."""
        return metrics.seasonal_error(self.values, min(self.seasons, default=1))

    @property
    def floor(self) -> Floats:
        """Per series: 0 when it was never negative, else minus infinity."""
        return np.where(np.fmin.reduce(self.values, axis=1) < 0, -np.inf, 0.0)


@dataclass(frozen=True)
class PanelKnowledge:
    """What a sample of the series has taught about all of them.

    Attributes:
        modelled: One candidate has all the weight and models a distribution, which is taken as it is.
    """

    weights: PanelWeights
    errors: PanelErrors
    modelled: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The candidates, from the best to the worst."""
        return self.weights.names


@dataclass(frozen=True)
class SeriesKnowledge:
    """The same of each series.

    Attributes:
        weights: (series × candidates) in the order of the panel's names.
    """

    weights: Floats
    errors: SeriesErrors


def learn_panel(backtest: Backtest, past: Past, task: ForecastTask) -> PanelKnowledge:
    """Learn from the windows of a backtest. Without any, candidates count the same and errors come from the past."""
    weights = learn_weights(backtest, past.scale, task.optimization_metric)
    of_series = series_weights(backtest, weights, task.optimization_metric)
    errors = learn_errors(_errors(backtest, past, weights.names, of_series), past.scale)
    alone = [name for name, weight in zip(weights.names, weights.weights, strict=True) if weight > 0]
    return PanelKnowledge(weights, errors, len(alone) == 1 and alone[0] in backtest.answers.quantiles)


def learn_series(backtest: Backtest, past: Past, panel: PanelKnowledge, task: ForecastTask) -> SeriesKnowledge:
    """Learn about the series of a backtest, starting from what the panel has taught."""
    weights = series_weights(backtest, panel.weights, task.optimization_metric)
    errors = _errors(backtest, past, panel.names, weights)
    return SeriesKnowledge(weights, series_errors(errors, past.scale, panel.errors))


def assume_series(past: Past, panel: PanelKnowledge) -> SeriesKnowledge:
    """What is expected of series that were not there in training."""
    nothing = np.empty((0, len(past.values), past.horizon))
    weights = np.repeat(panel.weights.weights[None, :], len(past.values), axis=0)
    return SeriesKnowledge(weights, series_errors(nothing, past.scale, panel.errors))


def distribution_of(answers: Answers, index: int, past: Past, panel: PanelKnowledge, series: SeriesKnowledge) -> Floats:
    """The predictive distribution that the answers at one start amount to.

    Returns:
        (series × steps × levels), not below the floor; NaN where no candidate has a forecast.
    """
    at_start = {name: values[index] for name, values in answers.points.items()}
    points = combine(at_start, panel.names, series.weights)
    distribution = series.errors.quantiles(points, past.level)
    if panel.modelled:
        name = panel.names[int(panel.weights.weights.argmax())]
        modelled = answers.distribution(name)[index].astype(np.float64)
        distribution = np.where(np.isnan(modelled), distribution, modelled)
    return np.maximum(distribution, past.floor[:, None, None])


def _errors(backtest: Backtest, past: Past, names: tuple[str, ...], weights: Floats) -> Floats:
    """(windows × series × steps): errors of the combination, in units of what is usual at the level forecast."""
    points = combine(backtest.answers.points, names, weights)
    errors = (backtest.actuals - points) / unit_of(points, past.level)
    if np.isfinite(errors).any():
        return np.asarray(errors)
    return historical_errors(past.values, past.recent, past.horizon)
