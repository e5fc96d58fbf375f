"""Dates and times as attributes of components. Belongs here: reading them from YAML. Not here: what they mean."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import dagster as dg
from dagster.components import Resolver


def _instant(_: dg.ResolutionContext, written: str | date | datetime | None) -> datetime | None:
    if written is None or isinstance(written, datetime):
        return written
    try:
        return datetime.fromisoformat(str(written))
    except ValueError:
        raise ValueError(f"{written!r} is no date or date-time such as 2026-01-01 or 2026-01-01T06:00") from None


def in_utc(instant: datetime) -> datetime:
    """``instant`` naive and in UTC, whichever zone it was written in; without one it was."""
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


Instant = Annotated[datetime, Resolver(_instant, model_field_type=str | date | datetime)]
OptionalInstant = Annotated[datetime | None, Resolver(_instant, model_field_type=str | date | datetime | None)]
