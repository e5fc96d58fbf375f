"""Whether records lie in the folder of the hour to which they belong.

Belongs here: counting those that do not. Does not belong here: what follows from it; the rows are kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow.compute as pc

from forecast_platform.model_monitor.capture.records import parse_time

TOLERANCE = timedelta(minutes=10)
"""A file is put into the folder of the hour in which it was begun, and is written for some minutes."""


class ClockWatch:
    """Counts the records whose time is not of the hour of their folder.

    Args:
        hour: Begin of that hour, in UTC (aware); ``None`` = nothing is counted.
    """

    def __init__(self, hour: datetime | None) -> None:
        self._hour = hour
        self._outside: list[datetime] = []
        self._count = 0

    def saw(self, time: datetime | None) -> None:
        """Take one record into account; ``None`` = it has no time."""
        if self._hour is None or time is None:
            return
        if not self._hour - TOLERANCE <= time < self._hour + timedelta(hours=1) + TOLERANCE:
            self._count += 1
            self._outside = [min(time, *self._outside), max(time, *self._outside)] if self._outside else [time, time]

    def saw_many(self, times: Any) -> None:
        """Take an array of times as text into account; null = none."""
        if self._hour is None:
            return
        start = (self._hour - TOLERANCE).strftime("%Y-%m-%dT%H:%M:%S")
        end = (self._hour + timedelta(hours=1) + TOLERANCE).strftime("%Y-%m-%dT%H:%M:%S")
        usual = pc.and_(
            pc.match_substring_regex(times, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"), pc.greater_equal(times, start)
        )
        inside = pc.and_(usual, pc.less(times, end))
        for text in times.filter(pc.invert(pc.fill_null(inside, True))).to_pylist():
            self.saw(parse_time(text))

    def notes(self) -> list[str]:
        """What a person should know; empty when all is well."""
        if self._hour is None or not self._count:
            return []
        first, last = (f"{time:%Y-%m-%d %H:%M:%S}" for time in self._outside)
        return [
            f"Records of another time in the folder of the hour {self._hour:%Y-%m-%d %H}:00 UTC: {self._count:,}, "
            f"from {first} to {last}. Is the clock of the endpoint right? They are counted in this hour."
        ]
