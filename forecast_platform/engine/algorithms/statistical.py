"""Models of single series, fitted by statsforecast.

Belongs here: which model with which settings, and how much of a series it sees. Does not belong here: models of
sparse series (``intermittent``), intervals (the engine makes them from backtests), selection, parallelism.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats, Forecasts, History
from forecast_platform.engine.algorithms.gaps import without_gaps

_SHORTEST_FOR_MODELS = 8  # statsforecast refuses ETS below this, and nothing can be estimated from less.
_LONGEST_SEASON_FOR_FULL_ETS = 24
_LONGEST_SEASON_FOR_A_TREND = 60
_LONGEST_SEASON_FOR_ETS = 300  # a fit takes 0.1 s with 168 phases, 2.7 s with 672 and minutes with 2016
_LONGEST_SEASON_FOR_ARIMA = 24  # seasonal orders with more phases take seconds a fit: Fourier terms instead
_MOST_FOURIER_TERMS = 30
_MOST_PERIODS = 2500  # an MSTL fit takes 1-3 s here, 16 s at 5000; longer seasons are left to seasonal naive


@dataclass(frozen=True)
class StatsforecastModel:
    """Fits a statsforecast model to each series.

    Attributes:
        seasons_kept: How many of the longest usable seasons the model sees at the end of each series.
        shortest_kept: It sees so many periods even if they are more seasons.
        shortest_fitted: Series of fewer periods since their first observation are passed over.
    """

    fits_each_series: bool = True
    seasons_kept: int = 6
    shortest_kept: int = 300
    shortest_fitted: int = _SHORTEST_FOR_MODELS

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """See :class:`~forecast_platform.engine.algorithms.contract.Algorithm`."""
        values = np.full((len(history.values), horizon), np.nan)
        failures = {}
        for row, series in enumerate(history.values):
            observed = np.flatnonzero(~np.isnan(series))
            if len(observed) == 0 or len(series) - observed[0] < self.shortest_fitted:
                continue
            try:
                with _quiet():
                    values[row] = self._forecast_one(series[observed[0] :], history.seasons, horizon)
            except Exception as error:  # whatever a model raises sinks this series' candidate only, and is reported
                failures[row] = f"{type(error).__name__}: {error}"
        return Forecasts(values, failures)

    def _forecast_one(self, series: Floats, seasons: tuple[int, ...], horizon: int) -> Floats:
        usable = tuple(season for season in seasons if 2 * season <= min(len(series), _MOST_PERIODS))
        kept = max(self.shortest_kept, self.seasons_kept * self._longest_season(usable))
        recent = without_gaps(series[None], self._longest_season(usable))[0, -min(kept, _MOST_PERIODS) :]
        forecast = self._fit(recent, usable, horizon)
        if not np.isfinite(forecast).all():
            raise ArithmeticError("the model returned numbers that are not finite")
        return forecast

    def _fit(self, series: Floats, seasons: tuple[int, ...], horizon: int) -> Floats:
        """The forecast of a series without gaps, of which each of the seasons fits in twice."""
        return np.asarray(self._model(seasons).forecast(y=series, h=horizon)["mean"], dtype=np.float64)

    def _longest_season(self, seasons: tuple[int, ...]) -> int:
        return _main_season(seasons)

    def _model(self, seasons: tuple[int, ...]) -> Any:
        raise NotImplementedError


@contextmanager
def _quiet() -> Iterator[None]:
    """The result of a fit is checked; that it divided by the variance of a constant series tells nobody anything."""
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module="statsforecast")
        yield


def _main_season(seasons: tuple[int, ...]) -> int:
    """For a model of one season: the longest that contains the shorter ones. A week contains days, a year no weeks."""
    season = 1
    for longer in seasons:
        if longer % season == 0:
            season = longer
    return season


@dataclass(frozen=True)
class Ets(StatsforecastModel):
    """Exponential smoothing on the main season, chosen by AICc.

    With more than 24 phases only the additive model without trend is tried, because each further model of the
    search costs as much again (20 ms for 156 weeks). Three seasons of history: on hourly electricity data with a
    weekly season, three weeks gave WAPE 0.122 in 0.13 s a fit and six weeks 0.151 in 0.18 s.

    Attributes:
        trend_of_long_seasons: With more than 24 phases, also try a trend and a damped trend. A fit takes four times
            as long.
    """

    name: str = "ETS"
    seasons_kept: int = 3
    trend_of_long_seasons: bool = False

    def _longest_season(self, seasons: tuple[int, ...]) -> int:
        return _main_season(tuple(season for season in seasons if season <= _LONGEST_SEASON_FOR_ETS))

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import AutoETS

        season = self._longest_season(seasons)
        if season == 1:
            return AutoETS(season_length=1, model="ZZN")
        if season <= _LONGEST_SEASON_FOR_FULL_ETS:
            return AutoETS(season_length=season, model="AZZ")
        return AutoETS(season_length=season, model="AZA" if self.trend_of_long_seasons else "ANA")


@dataclass(frozen=True)
class DynamicTheta(StatsforecastModel):
    """The theta method whose trend is estimated anew at each period, on data adjusted for the main season.

    Fiorucci et al. (2016), "Models for optimising the theta method and their relationship to state space models".
    """

    name: str = "DynamicTheta"

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import DynamicOptimizedTheta

        return DynamicOptimizedTheta(season_length=_main_season(seasons))


@dataclass(frozen=True)
class Ces(StatsforecastModel):
    """Complex exponential smoothing on the main season, chosen by AICc.

    Svetunkov et al. (2022), "Complex exponential smoothing".
    """

    name: str = "CES"

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import AutoCES

        return AutoCES(season_length=_main_season(seasons))


@dataclass(frozen=True)
class Arima(StatsforecastModel):
    """ARIMA with seasonal orders up to 24 phases; above, what is left when Fourier terms of the season are taken out.

    The search is stepwise, starts small and stops at 20 models of at most four coefficients. A fit of 120 months takes
    0.25 s so, and 2 s with statsforecast's own bounds; of 700 hours 0.1 s, and 40 s with 24 phases and those bounds.
    Fourier terms are regressed before, not with, the ARIMA: each term would be one more dimension to optimise. Three
    seasons of history and at most 30 terms: on hourly electricity data with a weekly season that gave WAPE 0.115, six
    seasons 0.123, and twelve terms 0.135.
    """

    name: str = "ARIMA"
    seasons_kept: int = 3

    def _fit(self, series: Floats, seasons: tuple[int, ...], horizon: int) -> Floats:
        season = _main_season(seasons)
        if season <= _LONGEST_SEASON_FOR_ARIMA:
            return super()._fit(series, seasons, horizon)
        cycle = fourier_cycle(series, season)
        phases = np.arange(-len(series), horizon) % season
        adjusted = super()._fit(series - cycle[phases[: len(series)]], (), horizon)
        return adjusted + cycle[phases[len(series) :]]

    def _model(self, seasons: tuple[int, ...]) -> Any:
        from statsforecast.models import AutoARIMA

        season = _main_season(seasons)
        return AutoARIMA(
            season_length=season,
            seasonal=season > 1,
            approximation=True,
            nmodels=20,
            max_order=4,
            max_p=3,
            max_q=3,
            max_P=1,
            max_Q=1,
            start_p=1,
            start_q=1,
            start_P=0,
            start_Q=0,
        )


def fourier_cycle(series: Floats, season: int) -> Floats:
    """(season): mean deviation from the trend per phase, smoothed; phase 0 comes right after the series.

    Over whole seasons the Fourier terms are orthogonal, so that regressing on all of them is averaging by phase, and
    the best K terms are the K strongest of that average. K minimises BIC and is at most ``_MOST_FOURIER_TERMS``.
    """
    whole = series[len(series) % season :]
    time = np.arange(len(whole)) - (len(whole) - 1) / 2
    detrended = whole - whole.mean() - time * (time @ whole) / (time @ time)
    spectrum = np.fft.rfft(detrended.reshape(-1, season).mean(axis=0))
    spectrum[0] = 0.0
    # Of the variance: a term at the shortest period has a cosine only, and so counts once.
    explained = 2 * np.abs(spectrum / season) ** 2
    if season % 2 == 0:
        explained[-1] /= 2
    strongest = np.argsort(-explained, kind="stable")[: min(_MOST_FOURIER_TERMS, len(spectrum) - 1)]
    variance = float(detrended @ detrended) / len(whole)
    left = np.maximum(variance - np.concatenate([[0.0], np.cumsum(explained[strongest])]), 1e-9 * variance)
    if variance == 0.0:
        return np.zeros(season)
    bic = len(whole) * np.log(left) + 2 * np.arange(len(left)) * np.log(len(whole))
    kept = strongest[: int(bic.argmin())]
    smooth = np.zeros_like(spectrum)
    smooth[kept] = spectrum[kept]
    return np.fft.irfft(smooth, season)


@dataclass(frozen=True)
class Mstl(StatsforecastModel):
    """Decomposition by all seasons; the trend goes on by exponential smoothing, damped where the season is short enough
    for a trend to show (a year of weeks or less).

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

        damped = max(seasons) <= _LONGEST_SEASON_FOR_A_TREND
        trend = AutoETS(model="AAN", damped=True) if damped else AutoETS(model="ANN")
        return MSTL(season_length=list(seasons), trend_forecaster=trend)
