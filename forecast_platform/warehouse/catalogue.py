"""What a database holds: tables over files, and views. Checked values that go to JSON and back.

Belongs here: names and shapes. Does not belong here: which tables a project has (``tables``), engines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from forecast_platform.errors import InputError, Problem

COLUMN_TYPES = ("string", "double", "bigint", "timestamp", "boolean")
NAME_RULE = "a lower-case letter or underscore followed by at most 127 lower-case letters, digits or underscores"
RESERVED_DATABASES = ("default", "information_schema", "pg_catalog")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,127}")
_FORMAT_VERSION = 2


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: As SQL sees it; lower case, because Athena knows no other.
        type: One of :data:`COLUMN_TYPES`.
        source: Its name in the files when that differs.
        text_format: The file holds a timestamp and SQL sees it as text in this strftime format.
    """

    name: str
    type: str
    source: str | None = None
    text_format: str | None = None

    def __post_init__(self) -> None:
        _check_name("column", self.name)
        if self.type not in COLUMN_TYPES:
            raise _refused(f"column {self.name}: type", self.type, f"one of {', '.join(COLUMN_TYPES)}")
        if self.text_format is not None and self.type != "string":
            raise _refused(f"column {self.name}: type", self.type, "string, because it has a text format")

    @property
    def source_name(self) -> str:
        """Its name in the file."""
        return self.source or self.name


@dataclass(frozen=True)
class Table:
    """Rows in Parquet files.

    Attributes:
        columns: In order, without the partitions.
        location: Key of one object, or a prefix ending in ``/`` whose ``*.parquet`` objects are read, at any depth.
            Nothing else may be in that folder, or in the object's: Athena reads folders.
        partitions: String columns that follow ``columns`` and whose values are in the keys, as ``name=value/``.
    """

    name: str
    columns: tuple[Column, ...]
    location: str
    partitions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_name("table", self.name)
        for partition in self.partitions:
            _check_name("partition", partition)
        _check_distinct(f"table {self.name}", self.column_names)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Every column that SQL sees, in order."""
        return (*(column.name for column in self.columns), *self.partitions)

    @property
    def is_prefix(self) -> bool:
        return self.location.endswith("/")

    @property
    def folder(self) -> str:
        """Where its files are, as a prefix ending in ``/``."""
        return self.location.rpartition("/")[0] + "/"


@dataclass(frozen=True)
class View:
    """A query with a name, in Athena's dialect; names without a database mean the view's own."""

    name: str
    sql: str

    def __post_init__(self) -> None:
        _check_name("view", self.name)


@dataclass(frozen=True)
class Catalogue:
    """Everything in one database."""

    database: str
    tables: tuple[Table, ...]
    views: tuple[View, ...] = ()

    def __post_init__(self) -> None:
        check_database_name(self.database)
        _check_distinct(f"database {self.database}", self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables, then of the views."""
        return (*(table.name for table in self.tables), *(view.name for view in self.views))

    def table(self, name: str) -> Table | None:
        return next((table for table in self.tables if table.name == name), None)

    def view(self, name: str) -> View | None:
        return next((view for view in self.views if view.name == name), None)

    def to_json(self) -> bytes:
        """The same catalogue gives the same bytes."""
        return json.dumps({"format": _FORMAT_VERSION, **asdict(self)}, indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Catalogue:
        """The inverse of :meth:`to_json`.

        Raises:
            ValueError: ``data`` is of another version of this program.
        """
        document: dict[str, Any] = json.loads(data)
        if document["format"] != _FORMAT_VERSION:
            raise ValueError(f"a catalogue of format {document['format']!r}; this version reads {_FORMAT_VERSION}")
        return cls(
            database=document["database"],
            tables=tuple(_table(entry) for entry in document["tables"]),
            views=tuple(View(**entry) for entry in document["views"]),
        )


def check_database_name(name: str) -> str:
    """Return ``name`` if a database may have it.

    Raises:
        InputError: It may not.
    """
    _check_name("database", name)
    if name in RESERVED_DATABASES:
        raise _refused("database name", repr(name), f"a name other than {', '.join(RESERVED_DATABASES)}")
    return name


def _table(entry: dict[str, Any]) -> Table:
    columns = tuple(Column(**column) for column in entry["columns"])
    return Table(**{**entry, "columns": columns, "partitions": tuple(entry["partitions"])})


def _check_name(kind: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise _refused(f"{kind} name", repr(name), NAME_RULE)


def _check_distinct(where: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _refused(where, f"two things called {name!r}", "different names", "SQL does not tell case apart.")
        seen.add(name)


def _refused(where: str, found: str, expected: str, advice: str = "") -> InputError:
    return InputError("The tables cannot be made.", [Problem(where, found, expected, advice)])
