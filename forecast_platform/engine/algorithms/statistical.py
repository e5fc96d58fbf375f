"""Models of single series, fitted by statsforecast.

Belongs here: which model with which settings, and how much of a series it sees. Does not belong here: intervals
(the engine makes them from backtests), selection, parallelism.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats, Forecasts, History

_SHORTEST_FOR_MODELS = 8  # statsforecast refuses ETS below this, and nothing can be estimated from less.
_LONGEST_SEASON_FOR_FULL_ETS = 24
_LONGEST_SEASON_FOR_ETS = 300  # a fit takes 0.1 s with 168 phases, 2.7 s with 672 and minutes with 2016
_MOST_PERIODS = 2500  # an MSTL fit takes 1-3 s here, 16 s at 5000; longer seasons are left to seasonal naive


@dataclass(frozen=True)
class _StatsforecastModel:
    """Fits a statsforecast model to each series.

    Attributes:
        seasons_kept: How many of the longest usable seasons the model sees at the end of each series.
    """

    fits_each_series: bool = True
    seasons_kept: int = 6
    shortest_kept: int = 300

    def forecast(self, history: History, horizon: int) -> Forecasts:
        values = np.full((len(history.values), horizon), np.nan)
        failures = {}
        for row, series in enumerate(history.values):
            observed = np.flatnonzero(~np.isnan(series))
            if len(observed) == 0 or len(series) - observed[0] < _SHORTEST_FOR_MODELS:
                continue
            try:
                # The libraries divide by the variance of constant series; the result is checked instead.
                with np.errstate(divide="ignore", invalid="ignore"):
                    values[row] = self._forecast_one(series[observed[0] :], history.seasons, horizon)
            except Exception as error:  # whatever a model raises sinks this series' candidate only, and is reported
                failures[row] = f"{type(error).__name__}: {error}"
        return Forecasts(values, failures)

    def _forecast_one(self, series: Floats, seasons: tuple[int, ...], horizon: int) -> Floats:
        usable = tuple(season for season in seasons if 2 * season <= min(len(series), _MOST_PERIODS))
        kept = max(self.shortest_kept, self.seasons_kept * self._longest_season(usable))
        recent = _without_gaps(series, self._longest_season(usable))[-min(kept, _MOST_PERIODS) :]
        forecast = self._model(usable).forecast(y=recent, h=horizon)["mean"]
        if not np.isfinite(forecast).all():
            raise ArithmeticError("the model returned numbers that are not finite")
        return np.asarray(forecast, dtype=np.float64)

    def _longest_season(self, seasons: tuple[int, ...]) -> int:
        return _main_season(seasons)

    def _model(self, seasons: tuple[int, ...]) -> Any:
        raise NotImplementedError


def _without_gaps(series: Floats, season: int) -> Floats:
    """Gaps take the value one season earlier, or else the one before."""
    complete = series.copy()
    for index in np.flatnonzero(np.isnan(series)):
        earlier = complete[index - season] if index >= season else np.nan
        complete[index] = complete[index - 1] if np.isnan(earlier) else earlier
    return complete


def _main_season(seasons: tuple[int, ...]) -> int:
    """For a model of one season: the longest that contains the shorter ones. A week contains days, a year no weeks."""
    season = 1
    for longer in seasons:
        if longer % season == 0:
            season = longer
    return season


@dataclass(frozen=True)
class Ets(_StatsforecastModel):
    """Exponential smoothing on the main season, chosen by AICc.

    With more than 24 phases only the additive model without trend is tried, because each further model of the
    search costs as much again (20 ms for 156 weeks). Three seasons of history: on hourly electricity data with a
    weekly season, three weeks gave WAPE 0.122 in 0.13 s a fit and six weeks 0.151 in 0.18 s.
    """

    name: str = "ETS"
    seasons_kept: int = 3

    def _longest_season(self, seasons: tuple[int, ...]) -> int:
        return _main_season(tuple(season for season in seasons if season <= _LONGEST_SEASON_FOR_ETS))

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import AutoETS

        season = self._longest_season(seasons)
        if season == 1:
            return AutoETS(season_length=1, model="ZZN")
        return AutoETS(season_length=season, model="AZZ" if season <= _LONGEST_SEASON_FOR_FULL_ETS else "ANA")


@dataclass(frozen=True)
class Theta(_StatsforecastModel):
    """The standard theta method on data adjusted for the main season."""

    name: str = "Theta"

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import Theta as StandardTheta

        return StandardTheta(season_length=_main_season(seasons))


@dataclass(frozen=True)
class Mstl(_StatsforecastModel):
    """Decomposition by all seasons; the trend goes on by exponential smoothing.

    Six seasons of history: on the hourly electricity data six weeks gave WAPE 0.146 in 0.25 s a fit, twelve weeks
    0.159 in 0.5 s and all 47 weeks 0.173 in 2 s.
    """

    name: str = "MSTL"

    def _forecast_one(self, series: Floats, seasons: tuple[int, ...], horizon: int) -> Floats:
        if not any(2 * season <= min(len(series), _MOST_PERIODS) for season in seasons):
            return np.full(horizon, np.nan)
        return super()._forecast_one(series, seasons, horizon)

    def _longest_season(self, seasons: tuple[int, ...]) -> int:
        return max(seasons)

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import MSTL, AutoETS

        return MSTL(season_length=list(seasons), trend_forecaster=AutoETS(model="ANN"))
