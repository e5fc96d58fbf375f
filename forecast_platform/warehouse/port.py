"""The port to whoever keeps the tables and answers SQL.

Belongs here: the protocol and its answer. Does not belong here: any engine, which tables there are (``tables``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from forecast_platform.warehouse.catalogue import Catalogue, check_database_name


@dataclass(frozen=True)
class QueryResult:
    """The answer to a query.

    Attributes:
        columns: Names, in order; a name may occur twice, as in SQL.
        rows: One tuple per row, as long as ``columns``; ``None`` = NULL, timestamps are naive datetimes.
        scanned_bytes: What was read and is paid for; ``None`` where nothing is paid for.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    scanned_bytes: int | None = None


@dataclass(frozen=True)
class Count:
    """Rows of a table or view, and what counting them read; see :class:`QueryResult`."""

    rows: int
    scanned_bytes: int | None = None


class Warehouse(Protocol):
    """Tables over a bucket's files, queried in Athena's dialect."""

    def publish(self, catalogue: Catalogue) -> None:
        """Replace everything the database of ``catalogue`` holds, in one step.

        Raises:
            InputError: A view of the catalogue does not run on its tables.
        """
        ...

    def query(self, sql: str, default_database: str | None = None) -> QueryResult:
        """Run one reading statement. ``default`` and names without a database mean ``default_database``.

        Raises:
            InputError: The statement is not one that Athena would run, or names something that is not there.
        """
        ...

    def databases(self) -> list[str]:
        """Every published database, in alphabetical order."""
        ...


def count_rows(warehouse: Warehouse, database: str, table: str) -> Count:
    """Count the rows of a table or view.

    Raises:
        InputError: There is no such table.
    """
    quoted = table.replace('"', '""')
    result = warehouse.query(f'SELECT count(*) FROM "{check_database_name(database)}"."{quoted}"')
    return Count(int(result.rows[0][0]), result.scanned_bytes)
