"""Athena's answers, which are texts, as values.

Belongs here: types of columns. Does not belong here: getting the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

Reader = Callable[[str], Any]


def reader_of(kind: str) -> Reader:
    """How a value of Athena's type ``kind`` is read.

    What Python has no value for stays the text that Athena writes: arrays, maps, rows, the year 12000.
    """
    return _READERS.get(kind, str)


def shown_type(kind: str) -> str:
    """Athena's type of an answer as it is called in the definition of a table."""
    return _TABLE_TYPES.get(kind, kind)


def _within_years(read: Reader) -> Reader:
    """``read``, for a type whose years go further than Python's 1 to 9999."""

    def read_or_keep(text: str) -> Any:
        try:
            return read(text)
        except (ValueError, OverflowError):
            return text

    return read_or_keep


def _zoned_timestamp(text: str) -> datetime:
    """``2014-11-30 12:00:00.000 Europe/Dublin`` or ``… +01:00``, in UTC and without a zone."""
    written, _, zone = text.rpartition(" ")
    if zone[0] in "+-":
        instant = datetime.fromisoformat(f"{written}{zone}")
    else:
        instant = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone))
    return instant.astimezone(UTC).replace(tzinfo=None)


_READERS: dict[str, Reader] = {
    "boolean": lambda text: text == "true",
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), int),
    # NaN and Infinity are written as Python reads them.
    **dict.fromkeys(("real", "float", "double"), float),
    "decimal": Decimal,
    "date": _within_years(date.fromisoformat),
    "time": time.fromisoformat,
    "timestamp": _within_years(datetime.fromisoformat),
    "timestamp with time zone": _within_years(_zoned_timestamp),
}
_TABLE_TYPES = {"varchar": "string", "integer": "int"}
