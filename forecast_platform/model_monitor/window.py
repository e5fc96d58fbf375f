"""The stretch of time that one execution looks at. Belongs here: the type. Does not belong here: when to look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Window:
    """From ``start``, included, to ``end``, not included; naive, in UTC."""

    start: datetime
    end: datetime

    def hours(self) -> Iterator[datetime]:
        """The begin of every hour that has a part in it."""
        hour = self.start.replace(minute=0, second=0, microsecond=0)
        while hour < self.end:
            yield hour
            hour += timedelta(hours=1)
