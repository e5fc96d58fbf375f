"""Which partitions a table has, said so that Athena computes them: partition projection.

Belongs here: the parameters of a table, from the folders that are there. Does not belong here: listing them.

Cutoffs and windows are projected as dates between the oldest and the newest folder, in the steps that they are apart.
Athena then prunes by equality and by range, nothing has to be registered, and no query lists folders that cannot be
there, which it would from a fixed start up to now. A list (``enum``) is limited in size and thought for a few dozen
values: it is for names, and for instants so irregular that most steps would lead nowhere. ``injected`` would refuse
queries that do not name a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import gcd

from forecast_platform.cutoffs import CUTOFF_KEY_FORMAT
from forecast_platform.frequency import Frequency

_JAVA_FORMATS = {
    CUTOFF_KEY_FORMAT: "yyyy-MM-dd'T'HH-mm-ss'Z'",
    "%Y-%m-%dT%H": "yyyy-MM-dd'T'HH",
}
"""How instants are written in keys, and the same for Athena, which takes Java's ``DateTimeFormatter``."""
_UNITS = (("DAYS", 86_400), ("HOURS", 3_600), ("MINUTES", 60), ("SECONDS", 1))
_BESIDE = 16
"""Steps before the oldest and after the newest folder: what other runs write while this one publishes is seen too."""
_MOST_STEPS = 40
"""Per folder; more, and Athena would mostly look for folders that are not there."""
_NO_VALUE = "none"


def partition_values(keys: Iterable[str], partitions: Sequence[str]) -> dict[str, list[str]]:
    """The values of every partition that occur in ``keys``, in order."""
    folder = re.compile("".join(f"{re.escape(name)}=(?P<{name}>[^/]*)/" for name in partitions) + r"[^/]*$")
    found = [match for key in keys if (match := folder.search(key))]
    return {name: sorted({match[name] for match in found}) for name in partitions}


def projection(values: Mapping[str, Sequence[str]], location: str) -> dict[str, str]:
    """Parameters of a table.

    Args:
        values: By partition, in the order of the folders; empty = the table has none.
        location: Of the table's folder, ending in ``/``.
    """
    if not values:
        return {}
    folders = "".join(f"{name}=${{{name}}}/" for name in values)
    parameters = {"projection.enabled": "true", "storage.location.template": location + folders}
    for name, found in values.items():
        parameters |= {f"projection.{name}.{key}": value for key, value in _of_partition(found).items()}
    return parameters


def _of_partition(values: Sequence[str]) -> dict[str, str]:
    for written, java in _JAVA_FORMATS.items():
        if instants := _parsed(values, written):
            step, unit, interval = _step(instants)
            if _stepped(instants[0], step, _MOST_STEPS * len(instants)) < instants[-1]:
                break
            first, last = _stepped(instants[0], step, -_BESIDE), _stepped(instants[-1], step, _BESIDE)
            return {
                "type": "date",
                "format": java,
                "range": f"{first.strftime(written)},{last.strftime(written)}",
                "interval": str(interval),
                "interval.unit": unit,
            }
    return {"type": "enum", "values": ",".join(values) or _NO_VALUE}


def _parsed(values: Sequence[str], written: str) -> list[datetime]:
    try:
        return sorted(datetime.strptime(value, written) for value in values)
    except ValueError:
        return []


def _step(instants: Sequence[datetime]) -> tuple[timedelta | Frequency, str, int]:
    """The longest step that leads from the oldest to every other: as itself, and as Athena's unit and number."""
    first = instants[0]
    months = [(one.year - first.year) * 12 + one.month - first.month for one in instants]
    if gcd(*months) and first.day <= 28 and all((one.day, one.time()) == (first.day, first.time()) for one in instants):
        return Frequency(gcd(*months), "M"), "MONTHS", gcd(*months)
    seconds = gcd(*(int((one - first).total_seconds()) for one in instants)) or 86_400
    unit, length = next((unit, length) for unit, length in _UNITS if seconds % length == 0)
    return timedelta(seconds=seconds), unit, seconds // length


def _stepped(instant: datetime, step: timedelta | Frequency, count: int) -> datetime:
    return step.step(instant, count) if isinstance(step, Frequency) else instant + step * count
