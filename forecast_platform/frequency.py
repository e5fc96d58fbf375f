"""Frequencies of time series, as the Amazon Forecast API writes them: ``H``, ``15min``, ``2W`` …

Belongs here: parsing a frequency and stepping timestamps along it, without pandas, because the parameters
and the asset definitions need it at import. Does not belong here: resampling frames (``engine``).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

_WRITTEN = re.compile(r"(?P<count>[1-9][0-9]?)?(?P<unit>min|H|D|W|M|Y)")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True)
class Frequency:
    """``count`` units of time between two observations of a series.

    Attributes:
        count: How many units; the API allows 1-59 min, 1-23 H, 1-6 D, 1-4 W, 1-11 M, 1 Y.
        unit: ``min``, ``H``, ``D``, ``W``, ``M`` or ``Y``.
    """

    count: int
    unit: str

    ALLOWED: ClassVar[str] = (
        "a number of Y (1), M (1-11), W (1-4), D (1-6), H (1-23) or min (1-59), for example H, 15min or 2W"
    )
    _MOST: ClassVar[dict[str, int]] = {"min": 59, "H": 23, "D": 6, "W": 4, "M": 11, "Y": 1}
    _FIXED: ClassVar[dict[str, timedelta]] = {
        "min": timedelta(minutes=1),
        "H": timedelta(hours=1),
        "D": timedelta(days=1),
        "W": timedelta(weeks=1),
    }

    @classmethod
    def parse(cls, text: str) -> Frequency:
        """Read a frequency as the API writes it.

        Raises:
            ValueError: ``text`` is not one of :attr:`ALLOWED`.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a frequency; expected {cls.ALLOWED}")
        frequency = cls(int(match["count"] or 1), match["unit"])
        if frequency.count > cls._MOST[frequency.unit]:
            raise ValueError(f"{text!r} is not a frequency; expected {cls.ALLOWED}")
        return frequency

    def __str__(self) -> str:
        return self.unit if self.count == 1 else f"{self.count}{self.unit}"

    @property
    def approximate(self) -> timedelta:
        """Length of one step; a month counts 30.4375 days and a year 365.25, so that lengths compare."""
        if self.unit == "M":
            return self.count * timedelta(days=30.4375)
        if self.unit == "Y":
            return self.count * timedelta(days=365.25)
        return self.count * self._FIXED[self.unit]

    def step(self, timestamp: datetime, steps: int = 1) -> datetime:
        """``timestamp`` moved by ``steps`` steps. Month ends are clipped: 31 January + 1 M = 28 February."""
        if self.unit in self._FIXED:
            return timestamp + steps * self.count * self._FIXED[self.unit]
        months = steps * self.count * (12 if self.unit == "Y" else 1)
        year, month0 = divmod(timestamp.year * 12 + timestamp.month - 1 + months, 12)
        day = min(timestamp.day, calendar.monthrange(year, month0 + 1)[1])
        return timestamp.replace(year=year, month=month0 + 1, day=day)

    def period_end(self, timestamp: datetime) -> datetime:
        """The instant at which the observation labelled ``timestamp`` is complete.

        Months and years are those of the calendar, whichever of their days the label is: what is labelled 31
        December is complete with December.
        """
        if self.unit in self._FIXED:
            return self.step(timestamp)
        return self.step(timestamp.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
