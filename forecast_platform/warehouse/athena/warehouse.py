"""The warehouse on Glue and Athena, as the port has it.

Belongs here: which statement goes where. Does not belong here: publishing, running, reading a statement.

SHOW and DESCRIBE are answered from Glue's catalogue and the columns of an empty answer, so that they say what the
embedded engine says; everything else goes to Athena.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from forecast_platform.aws.settings import AwsSettings
from forecast_platform.bucket import Bucket
from forecast_platform.warehouse.athena.definitions import shown_names
from forecast_platform.warehouse.athena.execution import Executions
from forecast_platform.warehouse.athena.glue import database_owners, definitions_in
from forecast_platform.warehouse.athena.publishing import publish
from forecast_platform.warehouse.athena.statements import Names, read_statement
from forecast_platform.warehouse.athena.values import shown_type
from forecast_platform.warehouse.catalogue import Catalogue
from forecast_platform.warehouse.port import QueryResult
from forecast_platform.warehouse.sql import Name, Query, ShowColumns, ShowDatabases, ShowTables


class AthenaWarehouse:
    """The :class:`~forecast_platform.warehouse.Warehouse` protocol on AWS.

    Args:
        bucket_of: The bucket to which the locations in a database's catalogue are relative.
    """

    def __init__(self, settings: AwsSettings, bucket_of: Callable[[str], Bucket]) -> None:
        self._executions = Executions(settings)
        self._bucket_of = bucket_of

    def publish(self, catalogue: Catalogue) -> None:
        """Bring the database in Glue to what ``catalogue`` says, changing tables in place; see ``publishing``.

        Raises:
            InputError: A view does not run on the tables, or a name is taken by something that is not this platform's.
        """
        publish(catalogue, self._bucket_of(catalogue.database), self._executions)

    def databases(self) -> list[str]:
        """Every database of this platform in the account's catalogue, in alphabetical order."""
        return sorted(name for name, owner in database_owners().items() if owner is not None)

    def query(self, sql: str, default_database: str | None = None) -> QueryResult:
        """Run one reading statement; see the protocol."""
        databases = _Databases()
        match read_statement(sql, databases, default_database):
            case ShowDatabases():
                return QueryResult(("database_name",), [(name,) for name in databases.ours()])
            case ShowTables(database):
                return QueryResult(("tab_name",), [(name,) for name in sorted(databases[database].names)])
            case ShowColumns(name, with_types):
                return self._columns(name, with_types=with_types)
            case Query(text, _):
                return self._executions.rows(text, default_database)

    def _columns(self, name: Name, *, with_types: bool) -> QueryResult:
        found = self._executions.columns(f'SELECT * FROM "{name.database}"."{name.name}" LIMIT 0', name.database)
        if with_types:
            return QueryResult(("col_name", "data_type"), [(column, shown_type(kind)) for column, kind in found])
        return QueryResult(("field",), [(column,) for column, _ in found])


class _Databases(Mapping[str, Names]):
    """Every database of the account's catalogue; asked for once, and for its tables when it is looked into."""

    def __init__(self) -> None:
        self._names: dict[str, Names] = {}

    def __getitem__(self, name: str) -> Names:
        if name not in self._owners:
            raise KeyError(name)
        if name not in self._names:
            self._names[name] = Names(shown_names(definitions_in(name)))
        return self._names[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._owners)

    def __len__(self) -> int:
        return len(self._owners)

    def __contains__(self, name: object) -> bool:
        return name in self._owners

    def ours(self) -> list[str]:
        return sorted(name for name, owner in self._owners.items() if owner is not None)

    @cached_property
    def _owners(self) -> dict[str, str | None]:
        return database_owners()
