"""What reading ``train/`` came to: per object and as a whole, as values that go to JSON and back.

Belongs here: the records and their JSON. Does not belong here: reading, merging, or anything that needs pandas.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from forecast_platform.errors import Problem

MOST_PROBLEMS = 20
"""How many problems a report carries; their number is always complete."""


@dataclass(frozen=True)
class ObjectReport:
    """What one object in ``train/`` came to.

    Attributes:
        digest: SHA-256 of the object's bytes; empty for ignored objects, which are not read.
        role: ``target``, ``related``, ``item_metadata`` or ``ignored``.
        rows: Readable rows.
        refused_rows: All other rows; with ``rows`` the rows of the file, the header not counted. Of a file that
            breaks off, the rows up to there.
        file_refused: Nothing of the file is used; then no row is in quarantine, the file itself says it all.
        first_timestamp, last_timestamp: Of the readable rows.
        problems: The first :data:`MOST_PROBLEMS` in the order of the file.
        quarantine_key: Where the refused rows are.
        parsed: Folder below ``parsed/objects/`` that holds the typed rows; empty for ignored objects.
    """

    key: str
    digest: str
    role: str
    rows: int = 0
    refused_rows: int = 0
    file_refused: bool = False
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0
    quarantine_key: str | None = None
    parsed: str = ""

    def to_json(self) -> str:
        return _to_json(asdict(self))

    @classmethod
    def from_json(cls, data: bytes | str) -> ObjectReport:
        return cls.from_document(json.loads(data))

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> ObjectReport:
        return cls(**_typed(document))


@dataclass(frozen=True)
class Snapshot:
    """One state of ``train/``, merged and typed.

    Attributes:
        digest: Names the state: the contents of all objects, their order in time, and the schemas.
        objects: In the order in which they were merged: a later one's rows win.
        tables: Parquet key by role: ``target``, ``related``, ``item_metadata``; only roles that have rows.
        rows: Rows of the merged target.
        refused_rows: Of all objects.
        superseded: Readable rows, of all roles, that a more recently modified object replaced.
        items: Distinct items of the target.
        first_timestamp, last_timestamp: Of the target.
        data_end: End of the period of the newest target observation.
        problems: The first :data:`MOST_PROBLEMS` of all objects.
    """

    digest: str
    objects: tuple[ObjectReport, ...]
    tables: dict[str, str]
    rows: int
    refused_rows: int
    superseded: int
    items: int
    first_timestamp: datetime | None
    last_timestamp: datetime | None
    data_end: datetime | None
    problems: tuple[Problem, ...]
    problem_count: int

    def to_json(self) -> str:
        return _to_json(asdict(self))

    @classmethod
    def from_json(cls, data: bytes | str) -> Snapshot:
        document = _typed(json.loads(data))
        document["objects"] = tuple(ObjectReport.from_document(entry) for entry in document["objects"])
        return cls(**document)


def _to_json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True, default=datetime.isoformat)


def _typed(document: dict[str, Any]) -> dict[str, Any]:
    typed = dict(document)
    typed["problems"] = tuple(Problem(**problem) for problem in document["problems"])
    for name in ("first_timestamp", "last_timestamp", "data_end"):
        if typed.get(name) is not None:
            typed[name] = datetime.fromisoformat(typed[name])
    return typed
