"""The algorithms, behind one contract, and the registry that names them.

Belongs here: one small class per algorithm and its line in ``REGISTRY``. Does not belong here: intervals
(``residuals`` makes them from backtests), selection, parallelism.

An algorithm takes a :class:`History` and returns one point forecast per series. A row of NaN says that it cannot
forecast this series (too short, say); it is then passed over for this series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SHORTEST_FOR_MODELS = 8  # statsforecast refuses ETS below this, and nothing can be estimated from less.
_LONGEST_SEASON_FOR_FULL_ETS = 24
_LONGEST_SEASON_FOR_ETS = 300  # a fit takes 0.1 s with 168 phases, 2.7 s with 672 and minutes with 2016
_MOST_PERIODS = 2500  # an MSTL fit takes 1-3 s here, 16 s at 5000; longer seasons are left to seasonal naive


@dataclass(frozen=True)
class History:
    """What an algorithm sees.

    Attributes:
        values: (series × periods), all ending now. NaN before a series' first observation and in unfilled gaps.
        seasons: Season lengths of the frequency in periods, ascending; empty when there are none.
    """

    values: Floats
    seasons: tuple[int, ...]


@dataclass(frozen=True)
class PointForecasts:
    """What an algorithm answers.

    Attributes:
        values: (series × horizon).
        failures: Row -> why the model raised, for rows that are NaN because of an error.
    """

    values: Floats
    failures: dict[int, str]


class Algorithm(Protocol):
    """One way to forecast. Implementations are frozen dataclasses: they travel to worker processes."""

    @property
    def name(self) -> str:
        """Unique; also the end of its AlgorithmArn."""
        ...

    @property
    def fits_each_series(self) -> bool:
        """It fits one model per series, so it is worth running on several processes and on fewer windows."""
        ...

    def forecast(self, history: History, horizon: int) -> PointForecasts:
        """Forecast the ``horizon`` periods after the history."""
        ...


@dataclass(frozen=True)
class SeasonalNaive:
    """Repeats the last season; what was never observed in a phase takes the series' last value. All series at once."""

    season: int
    fits_each_series: bool = False

    @property
    def name(self) -> str:
        return f"SeasonalNaive_{self.season}"

    def forecast(self, history: History, horizon: int) -> PointForecasts:
        last_season = _last_season(history.values, self.season)
        steps = np.arange(horizon) % self.season
        return PointForecasts(last_season[:, steps], {})


def _last_season(values: Floats, season: int) -> Floats:
    """(series × season): per phase the newest observed value, oldest phase first."""
    rows, periods = values.shape
    padded = np.full((rows, -(-periods // season) * season), np.nan)
    padded[:, padded.shape[1] - periods :] = values
    seasons = padded.reshape(rows, -1, season)
    newest = np.full((rows, season), np.nan)
    for index in range(seasons.shape[1] - 1, -1, -1):
        missing = np.isnan(newest)
        if not missing.any():
            break
        newest = np.where(missing, seasons[:, index], newest)
    return np.where(np.isnan(newest), _last_value(values)[:, None], newest)


def _last_value(values: Floats) -> Floats:
    newest_first = values[:, ::-1]
    return np.asarray(newest_first[np.arange(len(values)), (~np.isnan(newest_first)).argmax(axis=1)])


@dataclass(frozen=True)
class _StatsforecastModel:
    """Fits a statsforecast model to each series.

    Attributes:
        seasons_kept: How many of the longest usable seasons the model sees at the end of each series.
    """

    fits_each_series: bool = True
    seasons_kept: int = 6
    shortest_kept: int = 300

    def forecast(self, history: History, horizon: int) -> PointForecasts:
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
        return PointForecasts(values, failures)

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


@dataclass(frozen=True)
class Median:
    """The median, step by step, of what different algorithms forecast; of four it is the mean of the middle two.

    Backtests of a few windows can seldom tell good candidates apart. Where they cannot, the middle of them errs less
    than the one that happened to win. On the three last electricity windows: see ``benchmarks/engine_electricity.py``.
    """

    members: tuple[Algorithm, ...]
    name: str = "Median"
    fits_each_series: bool = True

    def forecast(self, history: History, horizon: int) -> PointForecasts:
        return PointForecasts(
            self.combine({one.name: one.forecast(history, horizon).values for one in self.members}), {}
        )

    def combine(self, points: dict[str, Floats]) -> Floats:
        """The median of what the members have forecast; NaN where one of them has not."""
        return np.asarray(np.median(np.stack([points[one.name] for one in self.members]), axis=0))


REGISTRY: dict[str, Callable[[tuple[int, ...]], list[Algorithm]]] = {
    "SeasonalNaive": lambda seasons: [SeasonalNaive(season) for season in (*reversed(seasons), 1)],
    "ETS": lambda seasons: [Ets()],
    "Theta": lambda seasons: [Theta()],
    "MSTL": lambda seasons: [Mstl()] if seasons else [],
}
"""Name in ``AlgorithmArn`` -> the candidates it stands for, given the season lengths."""


def candidates(algorithm: str | None, seasons: tuple[int, ...]) -> list[Algorithm]:
    """The candidates of one algorithm, or, when it is ``None``, of all of them and their median.

    Raises:
        KeyError: There is no such algorithm.
    """
    if algorithm is not None:
        return REGISTRY[algorithm](seasons)
    # Of the naive ones only that of the longest season: repeating a shorter one misses the longer cycle.
    members = tuple(REGISTRY[name](seasons)[0] for name in REGISTRY if REGISTRY[name](seasons))
    every = [candidate for name in REGISTRY for candidate in REGISTRY[name](seasons)]
    return [*every, Median(members)]
