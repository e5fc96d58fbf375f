"""The observations that a cutoff sees as arrays: whose they are, in which period, and which of them are new.

Belongs here: numbering. Does not belong here: any judgement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine.calendar import calendar_for
from forecast_platform.engine.series_keys import key_codes
from forecast_platform.engine.task import Alignment
from forecast_platform.frequency import Frequency

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LEAST_HISTORY = 20
"""Earlier observations of a series without which nothing is said about what is usual for it."""


@dataclass(frozen=True)
class Observations:
    """Target rows in the order of series and time.

    Attributes:
        frame: The rows; at least one.
        frequency: Distance between two of a series.
        names: One row per series: item and other keys.
        series: The row of ``names`` of every row; ascending.
        periods: Number of the period that every row is in; ascending within a series.
        new: The rows whose period has ended since the last cutoff.
    """

    frame: pd.DataFrame
    frequency: Frequency
    names: pd.DataFrame
    series: Integers
    periods: Integers
    new: Mask

    @classmethod
    def of(cls, target: pd.DataFrame, frequency: Frequency, since: datetime) -> Observations:
        """Number the rows of ``target``.

        Args:
            target: Keys, ``timestamp`` and ``target``, sorted by keys and timestamp as training frames are.
            since: Rows whose period ends after it are new.
        """
        keys = [str(column) for column in target.columns if column not in ("timestamp", "target")]
        series, names = key_codes(target, keys)
        instant, instants = pd.factorize(target["timestamp"].to_numpy(dtype="datetime64[ns]"))
        periods = calendar_for(frequency, frequency, Alignment(), instants).period(instants)
        new = _period_ends(instants, frequency) > np.datetime64(since, "ns")
        return cls(target, frequency, names, series, periods[instant], new[instant])

    @cached_property
    def values(self) -> Floats:
        """The target; NaN where a row has none."""
        values: Floats = self.frame["target"].to_numpy(dtype=np.float64)
        return values

    @cached_property
    def starts(self) -> Integers:
        """The first row of every series."""
        return np.flatnonzero(np.diff(self.series, prepend=-1)).astype(np.int64)

    @cached_property
    def earlier_rows(self) -> Integers:
        """How many rows of every series are not new."""
        return np.bincount(self.series[~self.new], minlength=len(self.names)).astype(np.int64)

    @cached_property
    def first_periods(self) -> Integers:
        """Of every series."""
        return self.periods[self.starts]

    @cached_property
    def last_periods(self) -> Integers:
        """Of every series."""
        last: Integers = self.periods[np.append(self.starts[1:], len(self.series)) - 1]
        return last

    @cached_property
    def newest_earlier(self) -> int:
        """The newest period that is not new, or the one before all when every row is new."""
        return int(self.periods[~self.new].max() if not self.new.all() else self.periods.min() - 1)

    @cached_property
    def newest(self) -> int:
        """The newest period."""
        return int(self.periods.max())

    @property
    def window(self) -> int:
        """How many periods are new; at least one."""
        return max(self.newest - self.newest_earlier, 1)


def _period_ends(instants: npt.NDArray[Any], frequency: Frequency) -> npt.NDArray[np.datetime64]:
    """When the observation of each timestamp is complete, as :meth:`Frequency.period_end` says of one."""
    if frequency.unit in ("M", "Y"):
        months = frequency.count * (12 if frequency.unit == "Y" else 1)
        return (instants.astype("datetime64[M]") + months).astype("datetime64[ns]")
    return np.asarray(instants + np.timedelta64(frequency.approximate, "ns"))
