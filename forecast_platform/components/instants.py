"""Dates and times as attributes of components. Belongs here: reading them from YAML. Not here: what they mean."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import dagster as dg
from dagster.components import Resolver


def _instant(_: dg.ResolutionContext, written: str | date | datetime | None) -> datetime | None:
    if written is None or isinstance(written, datetime):
        return written
    return datetime.fromisoformat(str(written))


Instant = Annotated[datetime, Resolver(_instant, model_field_type=str | date | datetime)]
OptionalInstant = Annotated[datetime | None, Resolver(_instant, model_field_type=str | date | datetime | None)]
