"""Where capture files lie: a folder for each hour of each variant of an endpoint.

Belongs here: ``{endpoint}/{variant}/yyyy/mm/dd/hh/*.jsonl`` and other folders by hour. Does not belong here: their
content.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from forecast_platform.bucket import Bucket
from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.capture.reading import OUTPUT_THEN_INPUT, read_capture
from forecast_platform.model_monitor.reading.rows import Rows
from forecast_platform.model_monitor.reading.sources import Source

_HOUR = re.compile(r"(\d{4})/(\d\d)/(\d\d)/(\d\d)/[^/]+")


def hour_folder(hour: datetime) -> str:
    """``yyyy/mm/dd/hh/`` of an instant; aware instants are taken in UTC."""
    return (hour.astimezone(UTC) if hour.tzinfo else hour).strftime("%Y/%m/%d/%H/")


def hours_below(bucket: Bucket, prefix: str) -> list[datetime]:
    """The hours (begin, in UTC, aware) for which there are files below ``prefix``, in order."""
    folder = f"{prefix.rstrip('/')}/" if prefix else ""
    hours = {_hour_of(stored.key.removeprefix(folder)) for stored in bucket.list(folder)}
    return sorted(hour for hour in hours if hour is not None)


def files_of_hour(bucket: Bucket, prefix: str, hour: datetime) -> list[str]:
    """The keys of the files of one hour below ``prefix``, in order."""
    folder = f"{prefix.rstrip('/')}/{hour_folder(hour)}" if prefix else hour_folder(hour)
    return [stored.key for stored in bucket.list(folder)]


def variants_of(bucket: Bucket, endpoint: str) -> list[str]:
    """The variants of ``endpoint`` of which there are captures, in order."""
    folder = f"{endpoint}/"
    return sorted({variant for stored in bucket.list(folder) if (variant := _variant(stored.key.removeprefix(folder)))})


def capture_hours(bucket: Bucket, endpoint: str, variant: str) -> list[datetime]:
    """The hours (begin, in UTC, aware) of which there are captures, in order."""
    return hours_below(bucket, f"{endpoint}/{variant}")


def read_hours(
    bucket: Bucket,
    endpoint: str,
    variant: str,
    hours: Sequence[datetime],
    *,
    names: Sequence[str] | None = None,
    index_names: Sequence[str] = OUTPUT_THEN_INPUT,
) -> Rows:
    """What was captured in ``hours``; see :func:`~forecast_platform.model_monitor.capture.reading.read_capture`.

    Raises:
        InputError: There are no files of these hours.
    """
    prefix = f"{endpoint}/{variant}"
    keys = [key for hour in hours for key in files_of_hour(bucket, prefix, hour)]
    what = f"{prefix} of {hours[0]:%Y-%m-%d %H}:00 UTC" if len(hours) == 1 else f"{prefix} of {len(hours)} hours"
    if not keys:
        folder = bucket.uri(f"{prefix}/{hour_folder(hours[0])}") if hours else bucket.uri(f"{prefix}/")
        problem = Problem(folder, "no files", "capture files", "Was there traffic, and is data capture switched on?")
        raise InputError(f"There is no captured data for {what}.", [problem])
    sources = [Source.in_bucket(bucket, key) for key in keys]
    hour = hours[0].astimezone(UTC) if len(hours) == 1 else None
    return read_capture(sources, names=names, index_names=index_names, hour=hour, what=what)


def _hour_of(key: str) -> datetime | None:
    found = _HOUR.fullmatch(key)
    if found is None:
        return None
    try:
        return datetime(*map(int, found.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def _variant(key: str) -> str | None:
    variant, _, rest = key.partition("/")
    return variant if _hour_of(rest) else None
