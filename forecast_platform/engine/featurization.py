"""From observations to one complete, aligned matrix of series.

Belongs here: aggregation to the forecast frequency, alignment and filling of the target. Does not belong here:
what is forecast from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine.calendar import Calendar, Integers, Timestamps, calendar_for, season_lengths
from forecast_platform.engine.task import Filling, ForecastTask
from forecast_platform.errors import InputError, Problem

Floats = npt.NDArray[np.float64]

FILL_WINDOW = 64
"""How many of the most recent observations before a gap the statistics of ``mean``, ``median`` … see."""

_AGGREGATIONS = {"sum": "sum", "avg": "mean", "first": "first", "min": "min", "max": "max"}
_STATISTICS: dict[str, Callable[[Floats], Any]] = {"median": np.median, "mean": np.mean, "min": np.min, "max": np.max}


@dataclass(frozen=True)
class Panel:
    """Series on one time axis that ends, for all of them, with the newest observation of any.

    Attributes:
        series: One row per series, in the order of the rows of ``values``: ``item_id`` and the forecast dimensions.
        values: (series × periods). NaN before a series' first observation, and where a fill method leaves a gap.
        calendar: Numbers the periods.
        first_period: Number of the first column.
        empty_series: How many series had rows but not one value; they are not in ``series``.
    """

    series: pd.DataFrame
    values: Floats
    calendar: Calendar
    first_period: int
    empty_series: int = 0

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
        """The panel of some of the series."""
        return replace(self, series=self.series.iloc[rows].reset_index(drop=True), values=self.values[rows])


def build_panel(target: pd.DataFrame, task: ForecastTask) -> Panel:
    """Aggregate, align and fill the target.

    Columns other than the keys of the task are aggregated away. The newest period is dropped when the data
    does not cover all of it. Values of NaN count as not observed.

    Args:
        target: ``item_id``, other string columns, ``timestamp`` (datetime64), ``target`` (float).

    Raises:
        InputError: There is no observation, or not one complete period.
    """
    observed = target[target["target"].notna()]
    if observed.empty:
        raise InputError(
            "There is no data to forecast from.",
            [Problem("training data", f"{len(target)} rows, none with a value", "at least one observation")],
        )
    stamps = observed["timestamp"].to_numpy(dtype="datetime64[ns]")
    calendar = calendar_for(task.frequency, task.data_frequency, task.alignment, stamps)
    periods = calendar.period(stamps)
    last = _last_complete_period(calendar, task, stamps)
    codes, series = _series_of(observed, task.keys)
    cells = pd.DataFrame({"series": codes, "period": periods, "target": observed["target"].to_numpy(dtype=np.float64)})
    order = np.argsort(stamps, kind="stable")
    cells = cells.iloc[order]
    cells = cells[cells["period"] <= last]
    if cells.empty:
        raise InputError(
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
    first = int(cells["period"].min())
    values = _matrix(cells, task.filling.aggregation, len(series), first, last)
    known = ~np.isnan(values).all(axis=1)
    values = fill_gaps(values[known], task.filling)
    all_series = len(target[task.keys].drop_duplicates())
    return Panel(series[known].reset_index(drop=True), values, calendar, first, all_series - int(known.sum()))


def fill_gaps(values: Floats, filling: Filling) -> Floats:
    """Fill what is missing after each row's first observation.

    Frontfill is always ``none``, as the API documents for the target.

    Args:
        values: (series × periods), at least one number in every row.

    Returns:
        A filled copy.
    """
    filled = values.copy()
    columns = np.arange(values.shape[1])
    present = ~np.isnan(values)
    first = present.argmax(axis=1)[:, None]
    last = (values.shape[1] - 1 - present[:, ::-1].argmax(axis=1))[:, None]
    middle = ~present & (columns > first) & (columns < last)
    back = ~present & (columns > last)
    for gaps, method, value in (
        (middle, filling.middlefill, filling.middlefill_value),
        (back, filling.backfill, filling.backfill_value),
    ):
        if method in _STATISTICS:
            _fill_with_statistic(filled, values, gaps, _STATISTICS[method])
        elif method != "nan":
            filled[gaps] = value if method == "value" else 0.0
    return filled


def _fill_with_statistic(filled: Floats, observed: Floats, gaps: npt.NDArray[np.bool_], of: Callable[..., Any]) -> None:
    for row in np.flatnonzero(gaps.any(axis=1)):
        columns = np.flatnonzero(gaps[row])
        for gap in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1):
            before = observed[row, : gap[0]]
            filled[row, gap] = of(before[~np.isnan(before)][-FILL_WINDOW:])


def _series_of(observed: pd.DataFrame, keys: list[str]) -> tuple[Integers, pd.DataFrame]:
    groups = observed.groupby(keys, sort=True, dropna=False, observed=True)
    codes = groups.ngroup().to_numpy(dtype=np.int64)
    first_rows = np.unique(codes, return_index=True)[1]
    return codes, observed[keys].iloc[first_rows].reset_index(drop=True)


def _last_complete_period(calendar: Calendar, task: ForecastTask, stamps: Timestamps) -> int:
    newest = stamps.max()
    last = int(calendar.period(np.array([newest]))[0])
    if task.frequency == task.data_frequency:
        return last
    data_end = np.datetime64(task.data_frequency.step(pd.Timestamp(newest).to_pydatetime()), "ns")
    return last if calendar.start(last + 1) <= data_end else last - 1


def _matrix(cells: pd.DataFrame, aggregation: str, rows: int, first: int, last: int) -> Floats:
    values = np.full((rows, last - first + 1), np.nan)
    one_each = cells.groupby(["series", "period"], sort=True)["target"].agg(_AGGREGATIONS[aggregation])
    index = one_each.index
    values[index.get_level_values(0), index.get_level_values(1) - first] = one_each.to_numpy()
    return values
