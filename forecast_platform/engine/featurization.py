"""From observations to one complete, aligned matrix of series.

Belongs here: aggregation to the forecast frequency and alignment of the target, and the panel that holds everything.
Does not belong here: what is forecast from it, how gaps are filled (``filling``), what is known besides the target
(``covariates``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine.algorithms.contract import Covariates, History
from forecast_platform.engine.calendar import Calendar, Integers, Timestamps, calendar_for, season_lengths
from forecast_platform.engine.covariates import (
    Axes,
    FeatureGaps,
    build_covariates,
    cold_series,
    feature_gaps,
)
from forecast_platform.engine.filling import fill_target
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.series_keys import chronological, key_codes
from forecast_platform.engine.task import ForecastTask
from forecast_platform.errors import InputError, Problem

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """Series on one time axis that ends, for all of them, with the newest observation of any.

    Attributes:
        series: One row per series, in the order of the rows of ``values``: ``item_id`` and the forecast dimensions.
        values: (series × periods). NaN before a series' first observation, and where a fill method leaves a gap.
        calendar: Numbers the periods.
        first_period: Number of the first column.
        empty_series: How many series had rows but not one value; they are not in ``series``.
        covariates: Of the series, over the periods and the horizon of the task.
        gaps: What is missing of the features that are not complete.
        cold: Keys of the series without history (see :func:`covariates.cold_series`); may have no row.
        cold_covariates: Of the series in ``cold``; ``None`` when there are none.
    """

    series: pd.DataFrame
    values: Floats
    calendar: Calendar
    first_period: int
    empty_series: int = 0
    covariates: Covariates | None = None
    gaps: tuple[FeatureGaps, ...] = ()
    cold: pd.DataFrame = field(default_factory=pd.DataFrame)
    cold_covariates: Covariates | None = None

    @property
    def periods(self) -> int:
        """Length of the time axis."""
        return int(self.values.shape[1])

    @property
    def seasons(self) -> tuple[int, ...]:
        """Season lengths of the frequency, in periods."""
        return season_lengths(self.calendar.frequency)

    def timestamps(self, first: int, count: int) -> Timestamps:
        """Starts of ``count`` periods from column ``first`` on, which may lie after the end."""
        return self.calendar.start(self.first_period + np.arange(first, first + count))

    def rows(self, rows: Integers) -> Panel:
        """The panel of some of the series; those without history stay."""
        return replace(
            self,
            series=self.series.iloc[rows].reset_index(drop=True),
            values=self.values[rows],
            covariates=None if self.covariates is None else self.covariates.rows(rows),
        )

    def history(self, horizon: int) -> History:
        """What an algorithm sees when it forecasts the ``horizon`` periods after the end.

        Raises:
            ValueError: There are covariates and they end before the horizon does.
        """
        return self._history(self.values, self.covariates, horizon)

    def cold_history(self, horizon: int) -> History:
        """The same of the series without history: all values are NaN, what is known are their covariates.

        Raises:
            ValueError: There are covariates and they end before the horizon does.
        """
        return self._history(np.full((len(self.cold), self.periods), np.nan), self.cold_covariates, horizon)

    def _history(self, values: Floats, covariates: Covariates | None, horizon: int) -> History:
        length = self.periods + horizon
        if covariates is not None:
            if covariates.values.shape[2] < length:
                known = covariates.values.shape[2] - self.periods
                raise ValueError(f"the covariates of this panel are for a horizon of {known}, not of {horizon}")
            covariates = replace(covariates, values=covariates.values[:, :, :length])
        return History(values, self.seasons, self.calendar.frequency, self.timestamps(0, length), covariates)


def build_panel(frames: TrainingFrames, task: ForecastTask) -> Panel:
    """Aggregate, align and fill everything that models may see.

    Raises:
        InputError: There is no observation, or not one complete period, or the country of the holidays is not known.
    """
    panel = target_panel(frames.target, task)
    cold = cold_series(frames, task, panel.series)
    series = pd.concat([panel.series, cold], ignore_index=True) if len(cold) else panel.series
    everything = build_covariates(frames, task, Axes(series, panel.calendar, panel.first_period, panel.periods))
    warm = None if everything is None else everything.rows(slice(0, len(panel.series)))
    return replace(
        panel,
        covariates=warm,
        gaps=() if warm is None else feature_gaps(warm, panel.values),
        cold=cold,
        cold_covariates=everything.rows(slice(len(panel.series), None)) if everything and len(cold) else None,
    )


def target_panel(target: pd.DataFrame, task: ForecastTask) -> Panel:
    """Aggregate, align and fill the target alone.

    Columns other than the keys of the task are aggregated away. The newest period is dropped when the data
    does not cover all of it. Values of NaN count as not observed.

    Args:
        target: ``item_id``, other string columns, ``timestamp`` (datetime64), ``target`` (float).

    Raises:
        InputError: There is no observation, or not one complete period.
    """
    values = target["target"].to_numpy(dtype=np.float64)
    observed = ~np.isnan(values)
    if not observed.any():
        raise InputError(
            "There is no data to forecast from.",
            [Problem("training data", f"{len(target)} rows, none with a value", "at least one observation")],
        )
    # Many series share few instants: what has to be known of each is computed once.
    instant, instants = pd.factorize(target["timestamp"].to_numpy(dtype="datetime64[ns]"))
    seen = instants[np.bincount(instant[observed], minlength=len(instants)) > 0]
    calendar = calendar_for(task.frequency, task.data_frequency, task.alignment, seen)
    period = calendar.period(instants)
    first, last = int(calendar.period(seen).min()), _last_complete_period(calendar, task, seen)
    if first > last:
        raise _no_complete_period(task, seen)
    codes, series = key_codes(target, task.keys)
    used = observed & (period <= last)[instant]
    if not used.all():
        codes, instant, values = codes[used], instant[used], values[used]
    if task.filling.aggregation == "first":
        order = chronological(codes, instants[instant])
        codes, instant, values = codes[order], instant[order], values[order]
    width = last - first + 1
    cells = codes * width
    cells += (period - first)[instant]
    matrix = _aggregate(cells, values, task.filling.aggregation, len(series) * width).reshape(len(series), width)
    known = ~np.isnan(matrix).all(axis=1)
    if not known.all():
        matrix, series = matrix[known], series[known].reset_index(drop=True)
    return Panel(series, fill_target(matrix, task.filling), calendar, first, int((~known).sum()))


def _aggregate(cells: Integers, values: Floats, aggregation: str, count: int) -> Floats:
    """One number per cell; NaN where no value falls. Values of one cell are in the order of time."""
    if aggregation in ("sum", "avg"):
        total: Floats = np.bincount(cells, weights=values, minlength=count).astype(np.float64, copy=False)
        observations = np.bincount(cells, minlength=count)
        if aggregation == "avg":
            total /= np.maximum(observations, 1)
        total[observations == 0] = np.nan
        return total
    result = np.full(count, np.nan)
    if aggregation == "first":
        result[cells[::-1]] = values[::-1]
    else:
        (np.fmin if aggregation == "min" else np.fmax).at(result, cells, values)
    return result


def _last_complete_period(calendar: Calendar, task: ForecastTask, stamps: Timestamps) -> int:
    newest = stamps.max()
    last = int(calendar.period(np.array([newest]))[0])
    if task.frequency == task.data_frequency:
        return last
    data_end = np.datetime64(task.data_frequency.step(pd.Timestamp(newest).to_pydatetime()), "ns")
    return last if calendar.start(last + 1) <= data_end else last - 1


def _no_complete_period(task: ForecastTask, stamps: Timestamps) -> InputError:
    return InputError(
        "There is not one complete period to forecast from.",
        [
            Problem(
                "training data",
                f"observations from {stamps.min()} to {stamps.max()}",
                f"all observations of at least one period of {task.frequency}",
                "Wait for more data or choose a shorter forecast frequency.",
            )
        ],
    )
