"""Which timestamps lie off the frequency of a dataset.

Belongs here: the rules, on arrays of seconds since 1970. Does not belong here: filling or aggregating (the engine).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_platform.frequency import WEEKDAYS, Frequency

Seconds = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_DAY = 24 * 3600
# 1970-01-01 was a Thursday.
_THURSDAY = 3
_WEEKDAY_NAMES = dict(
    zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)


def off_the_clock(seconds: Seconds, frequency: Frequency) -> tuple[Mask, str]:
    """Timestamps that are on no whole step of a frequency in hours or minutes, and what a whole step is.

    Steps that divide a day are counted from midnight. Others (7min, 5H) have no natural start, so only whole
    minutes or hours are asked of them. Other frequencies have no such rule.
    """
    unit = {"H": 3600, "min": 60}.get(frequency.unit)
    if unit is None:
        return np.zeros(len(seconds), dtype=bool), ""
    step = frequency.count * unit
    if _DAY % step:
        step = unit
    return seconds % step != 0, _whole_step(step)


def off_the_usual(seconds: Seconds, frequency: Frequency) -> tuple[Mask, str]:
    """Timestamps of a daily or weekly dataset away from where most of the file's are, and where that is.

    All at 09:00 or all on Fridays is fine: a constant offset is how some systems stamp a day or a week. On a
    tie the earlier offset is the usual one. Other frequencies have no such rule.
    """
    cycle = {"D": _DAY, "W": 7 * _DAY}.get(frequency.unit)
    if cycle is None or not len(seconds):
        return np.zeros(len(seconds), dtype=bool), ""
    offsets = seconds % cycle
    values, counts = np.unique(offsets, return_counts=True)
    usual = int(values[counts.argmax()])
    return offsets != usual, _offset_name(usual, cycle)


def period_numbers(seconds: Seconds, frequency: Frequency | None) -> Any:
    """One number per period in which an item has one observation: the month, the year, or the timestamp itself."""
    if frequency is None or frequency.unit not in ("M", "Y"):
        return seconds
    return seconds.astype("datetime64[s]").astype(f"datetime64[{frequency.unit}]").astype(np.int64)


def _whole_step(step: int) -> str:
    if step % 3600 == 0:
        return "a whole hour" if step == 3600 else f"a multiple of {step // 3600} hours after midnight"
    return "a whole minute" if step == 60 else f"a multiple of {step // 60} minutes after midnight"


def _offset_name(offset: int, cycle: int) -> str:
    day, second = divmod(offset, _DAY)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    if cycle == _DAY:
        return f"the time {clock}"
    weekday = _WEEKDAY_NAMES[WEEKDAYS[(day + _THURSDAY) % 7]]
    return f"a {weekday}" if second == 0 else f"a {weekday} at {clock}"
