"""Periods of a frequency, counted with integers: where they start and which one a timestamp is in.

Belongs here: alignment and season lengths. Does not belong here: values of series (``featurization``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.task import Alignment
from forecast_platform.frequency import Frequency

Integers = npt.NDArray[np.int64]
Timestamps = npt.NDArray[np.datetime64]

_MINUTE = 60_000_000_000
_NANOSECONDS = {"min": _MINUTE, "H": 60 * _MINUTE, "D": 1440 * _MINUTE, "W": 7 * 1440 * _MINUTE}
_MONTHS = {"M": 1, "Y": 12}
_EPOCH_MONDAY = 4 * _NANOSECONDS["D"]
_PERIODS_PER_CYCLE = {
    "min": (1440.0, 10080.0),
    "H": (24.0, 168.0),
    "D": (7.0, 365.25),
    "W": (365.25 / 7,),
    "M": (12.0,),
    "Y": (),
}


@dataclass(frozen=True)
class Calendar:
    """The periods of one frequency, numbered; period ``p`` is followed by ``p + 1``.

    Attributes:
        frequency: Length of a period.
        origin: Start of period 0: nanoseconds since 1970 for fixed lengths, months since 1970 for months and years.
        day_of_month: On which months and years start.
    """

    frequency: Frequency
    origin: int = 0
    day_of_month: int = 1

    def period(self, timestamps: Timestamps) -> Integers:
        """The number of the period that each timestamp is in."""
        count = _length(self.frequency)
        return np.asarray((_position(timestamps, self.frequency, self.day_of_month) - self.origin) // count)

    def start(self, periods: Integers | int) -> Timestamps:
        """The first instant of each period, as ``datetime64[ns]``."""
        position = np.asarray(periods, dtype=np.int64) * _length(self.frequency) + self.origin
        if self.frequency.unit in _NANOSECONDS:
            return position.astype("datetime64[ns]")
        return (position.astype("datetime64[M]").astype("datetime64[D]") + (self.day_of_month - 1)).astype(
            "datetime64[ns]"
        )


def calendar_for(
    frequency: Frequency, data_frequency: Frequency, alignment: Alignment, timestamps: Timestamps
) -> Calendar:
    """The calendar on which history and forecast of this data line up.

    Periods start at the API's default boundaries (midnight, Monday, the 1st, January) or where ``alignment``
    says. When it says nothing and all observations lie at the same distance from those boundaries, measured
    within one step of the data, that distance is kept: weekly data of Fridays is forecast on Fridays.
    """
    if frequency.unit in _MONTHS:
        day = alignment.day_of_month or 1
        default, explicit = (alignment.month or 1) - 1, alignment.month is not None
    else:
        day = 1
        default, explicit = _fixed_origin(frequency, alignment)
    same_kind = (frequency.unit in _MONTHS) == (data_frequency.unit in _MONTHS)
    if explicit or not same_kind or len(timestamps) == 0:
        return Calendar(frequency, default, day)
    distances = (_position(timestamps, frequency, day) - default) % _length(data_frequency)
    shift = int(distances[0]) if distances.min() == distances.max() else 0
    return Calendar(frequency, default + shift, day)


def season_lengths(frequency: Frequency) -> tuple[int, ...]:
    """Lengths of the natural cycles (day, week, year) in periods, ascending.

    A cycle shorter than two periods is none; a day or a week that is no whole number of periods is skipped,
    because it would drift by one period every cycle, while a year drifts too slowly to matter.
    """
    lengths = []
    for cycle in _PERIODS_PER_CYCLE[frequency.unit]:
        length = cycle / frequency.count
        drifts = abs(length - round(length)) > 1e-9
        is_year = cycle in (365.25, 365.25 / 7)
        if round(length) >= 2 and (is_year or not drifts):
            lengths.append(round(length))
    return tuple(lengths)


def _fixed_origin(frequency: Frequency, alignment: Alignment) -> tuple[int, bool]:
    if frequency.unit == "W":
        day = alignment.day_of_week
        return _EPOCH_MONDAY + (day or 0) * _NANOSECONDS["D"], day is not None
    if frequency.unit == "D":
        return (alignment.hour or 0) * _NANOSECONDS["H"], alignment.hour is not None
    return 0, False


def _length(frequency: Frequency) -> int:
    return frequency.count * (_NANOSECONDS | _MONTHS)[frequency.unit]


def _position(timestamps: Timestamps, frequency: Frequency, day_of_month: int) -> Any:
    """Timestamps on the axis of the frequency: nanoseconds, or months of which those not yet begun do not count."""
    instants = timestamps.astype("datetime64[ns]")
    if frequency.unit in _NANOSECONDS:
        return instants.astype(np.int64)
    months = instants.astype("datetime64[M]")
    days = (instants.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    return months.astype(np.int64) - (days < day_of_month)
