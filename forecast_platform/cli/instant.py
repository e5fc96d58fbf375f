"""How instants are written on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

_FORMATS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ")
_FIRST_YEAR, _LAST_YEAR = 1678, 2261
"""What 64-bit nanoseconds around 1970 can hold, which is how the data is kept."""


class Instant(click.DateTime):
    """An ISO date or date-time in the clock the data is written in; a ``Z`` may follow."""

    def __init__(self) -> None:
        super().__init__(_FORMATS)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Raises ``click.BadParameter`` also for years that no data can have."""
        instant: datetime = super().convert(value, param, ctx)
        if not _FIRST_YEAR <= instant.year <= _LAST_YEAR:
            self.fail(f"{value!r} is not in the years {_FIRST_YEAR} to {_LAST_YEAR}.", param, ctx)
        return instant
