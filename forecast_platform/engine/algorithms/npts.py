"""NPTS: the distribution of a series' own past observations, all series at once.

Belongs here: the four variants of the service's non-parametric forecaster. Does not belong here: other algorithms that
repeat the past (``naive``).

Published definition: Amazon Forecast developer guide, "Non-Parametric Time Series (NPTS) Algorithm", and the
documentation of GluonTS's ``NPTSPredictor``. A sample of step T is the value of an earlier period t, drawn with a
probability proportional to a kernel; for t within the horizon that value is itself such a sample. Nothing is drawn
here, because the distribution that the samples have is known: write ``q(t) = exp(-a (T - t))``, or 1 for the uniform
kernel, for the observed t that share the season of T. The first step of a season has the distribution P, which is q
normalised. The second draws observations in the proportions of P again, since moving T scales all of q alike, and the
first step with what probability is left; that one has the distribution P as well. So by induction have all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.algorithms.contract import LEVELS, Floats, Forecasts, History, Integers, Timestamps
from forecast_platform.frequency import Frequency

EXPONENTIAL, UNIFORM = "exponential", "uniform"

_MEDIAN = int(np.flatnonzero(LEVELS == 0.5)[0])
_BYTES_PER_OBSERVATION = 64
_BYTES_PER_FEATURE = 16
_FEWEST_OCCURRENCES = 2  # one says nothing of a distribution
_FEWEST_MARKED = 3
_ROUNDING = 1e-9

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Npts:
    """The variant follows from the hyperparameters, which have the service's names.

    ================================  =============  ====================
    variant                           kernel_type    use_seasonal_model
    ================================  =============  ====================
    NPTS                              exponential    false
    seasonal NPTS                     exponential    true
    climatological forecaster         uniform        false
    seasonal climatological           uniform        true
    ================================  =============  ====================

    Quantiles are observed values: the least one up to which the weights reach the level. Points are medians, which
    minimise the weighted quantile loss at 0.5 and the WAPE; of a sparse series the median is often zero where the mean
    is not. A series without an observation in its context gets no forecast.

    Attributes:
        context_length: How many periods at the end are looked at; ``None`` = all.
        exp_kernel_weights: Decay of the exponential kernel for each period of age.
        use_default_time_features: Seasons come from the calendar. When they do not, they come from the flags alone, if
            there are any.
        day_of_week: Hours and minutes of one day of the week are a season, not those of any day. Not published.
        chunk_bytes: Memory that series are worked on in at once, besides the answer.
    """

    name: str = "NPTS"
    fits_each_series: bool = False
    context_length: int | None = None
    kernel_type: str = EXPONENTIAL
    exp_kernel_weights: float = 0.01
    use_seasonal_model: bool = True
    use_default_time_features: bool = True
    day_of_week: bool = False
    chunk_bytes: int = 200_000_000

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """See :class:`~forecast_platform.engine.algorithms.contract.Algorithm`."""
        rows, periods = history.values.shape
        context = min(periods, self.context_length or periods)
        seasons = self._seasons(history, context, horizon)
        quantiles = np.full((rows, horizon, len(LEVELS)), np.nan)
        chunk = max(1, self.chunk_bytes // _bytes_of_a_series(history, context))
        for start in range(0, rows, chunk):
            part = history.rows(slice(start, start + chunk))
            marks = _marks(part, context + horizon) if self.use_seasonal_model else None
            quantiles[start : start + chunk] = self._quantiles(part.values[:, periods - context :], seasons, marks)
        return Forecasts(quantiles[:, :, _MEDIAN].copy(), quantiles=quantiles)

    def _seasons(self, history: History, context: int, horizon: int) -> Integers:
        """(context + horizon): which season each period is in."""
        by_flags = not self.use_default_time_features and bool(_known_ahead(history).any())
        if self.use_seasonal_model and not by_flags:
            for seasons in _candidate_seasons(history, horizon, self.day_of_week):
                recent = seasons[-context - horizon :]
                if _occur(recent[:context], recent[context:]):
                    return recent
        return np.zeros(context + horizon, dtype=np.int64)

    def _quantiles(self, values: Floats, seasons: Integers, marks: Integers | None) -> Floats:
        """(series × horizon × levels) from (series × context)."""
        context = values.shape[1]
        quantiles = np.full((len(values), len(seasons) - context, len(LEVELS)), np.nan)
        for season in np.unique(seasons[context:]):
            past = np.flatnonzero(seasons[:context] == season)
            steps = np.flatnonzero(seasons[context:] == season)
            of_season = values[:, past]
            quantiles[:, steps] = self._distribution(of_season, context - past)[:, None]
            if marks is not None:
                then, ahead = marks[:, past], marks[:, context + steps]
                self._repeat_marked(quantiles, steps, of_season, context - past, then, ahead)
        unseen = np.isnan(quantiles[:, :, 0]) & (~np.isnan(values)).any(axis=1, keepdims=True)
        rows = np.flatnonzero(unseen.any(axis=1))
        anything = self._distribution(values[rows], context - np.arange(context))
        quantiles[rows] = np.where(unseen[rows, :, None], anything[:, None], quantiles[rows])
        return quantiles

    def _repeat_marked(
        self, quantiles: Floats, steps: Integers, values: Floats, age: Integers, then: Integers, ahead: Integers
    ) -> None:
        """Where enough periods of the season had the marks of a step, they alone say what happens there."""
        for mark in np.unique(ahead):
            matching = np.where(then == mark, values, np.nan)
            rows = np.flatnonzero((~np.isnan(matching)).sum(axis=1) >= _FEWEST_MARKED)
            distribution = self._distribution(matching[rows], age)
            row, step = np.nonzero(ahead[rows] == mark)
            quantiles[rows[row], steps[step]] = distribution[row]

    def _distribution(self, values: Floats, age: Integers) -> Floats:
        """(series × levels): weighted quantiles of (series × observations); NaN where nothing was observed."""
        observed = ~np.isnan(values)
        if self.kernel_type == UNIFORM:
            weights = observed.astype(np.float64)
        else:
            # Counted from each series' newest observation, so that a long silence does not underflow to no weight.
            newest = np.where(observed, age, np.iinfo(np.int64).max).min(
                axis=1, keepdims=True, initial=np.iinfo(np.int64).max
            )
            weights = np.exp(-self.exp_kernel_weights * np.where(observed, age - newest, np.inf))
        return _weighted_quantiles(values, weights)


def _weighted_quantiles(values: Floats, weights: Floats) -> Floats:
    """(rows × levels): the least value at which the summed weights reach the level. NaN weigh nothing."""
    rows, observations = values.shape
    quantiles = np.full((rows, len(LEVELS)), np.nan)
    if observations == 0:
        return quantiles
    order = np.argsort(values, axis=1, kind="stable")
    ascending = np.take_along_axis(values, order, axis=1)
    cumulated = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    for index, level in enumerate(LEVELS):
        # A level that is met up to rounding is met: of 20 equal weights, the first reaches 0.05.
        below = (cumulated < level * (1 - _ROUNDING) * cumulated[:, -1:]).sum(axis=1)
        quantiles[:, index] = ascending[np.arange(rows), below]
    return quantiles


def _bytes_of_a_series(history: History, context: int) -> int:
    features = 0 if history.covariates is None else len(history.covariates.names)
    return (_BYTES_PER_OBSERVATION + _BYTES_PER_FEATURE * features) * max(1, context)


def _occur(past: Integers, ahead: Integers) -> bool:
    """Whether each season of the horizon has been often enough in the context."""
    return all(np.count_nonzero(past == season) >= _FEWEST_OCCURRENCES for season in np.unique(ahead))


def _candidate_seasons(history: History, horizon: int, day_of_week: bool) -> list[Integers]:
    """(periods + horizon) each, the preferred first: the number of the season that each period is in."""
    if history.timeline is not None and history.frequency is not None:
        return _calendar_seasons(history.timeline, history.frequency, day_of_week)
    index = np.arange(history.values.shape[1] + horizon)
    lengths = [season for season in history.seasons if season > 1]
    if day_of_week and len(lengths) > 1 and lengths[1] % lengths[0] == 0:
        return [index % lengths[1], index % lengths[0]]
    return [index % length for length in lengths[:1]]


def _calendar_seasons(timeline: Timestamps, frequency: Frequency, day_of_week: bool) -> list[Integers]:
    """The published features, made coarser or finer where they would say little.

    Hours: hour of the day. Days: day of the week. Months: month. Multiples keep their feature. Minutes: published is
    the minute of the hour, which of quarters of an hour has four values; the time of day is preferred. Weeks: published
    is the day of the month, which five weeks of three years share; the month is preferred, then the week of the month.
    On the last three quarters of seven weekly sales series, wQL was 0.071 with the day, 0.063 with the week of the
    month and 0.061 with the month.
    """
    days = timeline.astype("datetime64[D]")
    months = timeline.astype("datetime64[M]")
    weekday = (days.astype(np.int64) + 3) % 7  # day 0 of 1970 was a Thursday
    minute = (timeline - days).astype("timedelta64[m]").astype(np.int64)
    week_of_month = (days - months.astype("datetime64[D]")).astype(np.int64) // 7
    month = months.astype(np.int64) % 12
    features = {
        "min": [minute, minute % 60],
        "H": [minute],
        "D": [weekday],
        "W": [month, week_of_month],
        "M": [month],
        "Y": [],
    }[frequency.unit]
    return [weekday * 1440 + minute, *features] if day_of_week and frequency.unit in ("min", "H") else features


def _known_ahead(history: History) -> Flags:
    return np.array(() if history.covariates is None else history.covariates.known_ahead, dtype=np.bool_)


def _marks(history: History, periods: int) -> Integers | None:
    """(series × periods): which of a series' flags are up, one bit each, in the last ``periods``; ``None`` without any.

    A flag is a feature that is known ahead and takes two values in this series: a promotion, a holiday. Prices and the
    like do not come back exactly, and so cannot say which past periods are alike.
    """
    ahead = np.flatnonzero(_known_ahead(history))
    if history.covariates is None or len(ahead) == 0:
        return None
    marks = np.zeros((len(history.values), periods), dtype=np.int64)
    for bit, feature in enumerate(ahead):
        values = history.covariates.values[feature, :, -periods:]
        known = ~np.isnan(values)
        low = np.where(known, values, np.inf).min(axis=1, keepdims=True)
        high = np.where(known, values, -np.inf).max(axis=1, keepdims=True)
        is_flag = (~known | (values == low) | (values == high)).all(axis=1, keepdims=True) & (low < high)
        marks |= (is_flag & (values == high)).astype(np.int64) << bit
    return marks
