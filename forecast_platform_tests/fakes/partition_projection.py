"""Which folders Athena reads for a table: those that its partition projection gives, existing or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import product
from typing import Any

_JAVA = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_LENGTHS = {"DAYS": 86_400, "HOURS": 3_600, "MINUTES": 60, "SECONDS": 1}


def partition_folders(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """For every partition: ``name=value/`` of its values, and where it is. One of neither for a table without."""
    parameters, names = definition["Parameters"], [key["Name"] for key in definition.get("PartitionKeys", ())]
    if not names:
        yield "", definition["StorageDescriptor"]["Location"]
        return
    if parameters.get("projection.enabled") != "true":
        return
    choices = [list(_values(name, parameters)) for name in names]
    for values in product(*choices):
        place = parameters["storage.location.template"]
        for name, value in zip(names, values, strict=True):
            place = place.replace(f"${{{name}}}", value)
        yield "".join(f"{name}={value}/" for name, value in zip(names, values, strict=True)), place


def _values(name: str, parameters: Mapping[str, str]) -> Iterator[str]:
    facts = {
        key.removeprefix(f"projection.{name}."): value
        for key, value in parameters.items()
        if key.startswith(f"projection.{name}.")
    }
    if facts["type"] == "enum":
        yield from facts["values"].split(",")
        return
    assert facts["type"] == "date", facts
    written = re.sub(r"'(\w)'|(yyyy|MM|dd|HH|mm|ss)", lambda one: one[1] or _JAVA[one[2]], facts["format"])
    first, last = (datetime.strptime(value, written) for value in facts["range"].split(","))
    interval, count, instant = int(facts["interval"]), 0, first
    while instant <= last:
        yield instant.strftime(written)
        count += interval
        instant = _plus(first, count, facts["interval.unit"])


def _plus(first: datetime, count: int, unit: str) -> datetime:
    if unit == "MONTHS":
        years, month = divmod(first.month - 1 + count, 12)
        return first.replace(year=first.year + years, month=month + 1)
    return first + timedelta(seconds=count * _LENGTHS[unit])
