"""The warehouse on DuckDB: catalogues in files, tables made on the fly over the bucket, one engine per query.

Belongs here: publishing, reading files safely, running what ``sql`` translated. Does not belong here: the dialect.

There is no database file, so nothing can be locked or corrupted and any number of processes may ask at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import Bucket
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import InputError, PermanentError
from forecast_platform.warehouse.catalogue import Catalogue, Column, Table
from forecast_platform.warehouse.functions import MACROS
from forecast_platform.warehouse.port import QueryResult
from forecast_platform.warehouse.sql import (
    UNNAMED,
    Name,
    Query,
    ShowColumns,
    ShowDatabases,
    ShowTables,
    Statement,
    explain_binding_error,
    parse_statement,
)

if TYPE_CHECKING:
    import duckdb

_SUFFIX = ".json"
_ENGINE_TYPES = {
    "string": "VARCHAR",
    "double": "DOUBLE",
    "bigint": "BIGINT",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
_ATHENA_TYPES = {engine: athena for athena, engine in _ENGINE_TYPES.items()}
_SETTINGS = (
    "SET TimeZone = 'UTC'",
    # Athena divides integers as integers.
    "SET integer_division = true",
    # Otherwise a large sort leaves a folder in the directory the command was started from.
    "SET temp_directory = ''",
)


class DuckDbWarehouse:
    """The :class:`~forecast_platform.warehouse.Warehouse` protocol on DuckDB.

    Args:
        folder: Where the catalogues are; made by the first :meth:`publish`.
        bucket_of: The bucket to which the locations in a database's catalogue are relative.
    """

    def __init__(self, folder: Path, bucket_of: Callable[[str], Bucket]) -> None:
        # A bucket, because its writes are atomic and durable: a kill leaves the previous catalogue.
        self._catalogues = LocalBucket(folder)
        self._bucket_of = bucket_of

    def publish(self, catalogue: Catalogue) -> None:
        """Replace the database of ``catalogue`` in one step.

        Raises:
            InputError: A view does not run on the tables.
        """
        check_views(catalogue, self._all())
        self._catalogues.write(catalogue.database + _SUFFIX, catalogue.to_json())

    def databases(self) -> list[str]:
        """Every published database, in alphabetical order."""
        return sorted(self._all())

    def query(self, sql: str, default_database: str | None = None) -> QueryResult:
        """Run one reading statement; see the protocol."""
        catalogues = self._all()
        return self._answer(parse_statement(sql, catalogues, default_database), sql, catalogues)

    def _answer(self, statement: Statement, sql: str, catalogues: Mapping[str, Catalogue]) -> QueryResult:
        match statement:
            case ShowDatabases():
                return QueryResult(("database_name",), [(name,) for name in sorted(catalogues)])
            case ShowTables(database):
                return QueryResult(("tab_name",), [(name,) for name in sorted(catalogues[database].names)])
            case ShowColumns(name, with_types):
                columns = _described(name, catalogues)
                if with_types:
                    return QueryResult(("col_name", "data_type"), columns)
                return QueryResult(("field",), [(column,) for column, _ in columns])
            case Query():
                return self._run(statement, sql, catalogues)

    def _run(self, query: Query, sql: str, catalogues: Mapping[str, Catalogue]) -> QueryResult:
        with Session(catalogues, self._files) as session:
            for name in sorted(query.names):
                session.create(name)
            session.lock()
            return session.run(query, sql)

    def _files(self, database: str, table: Table) -> list[str]:
        """Paths of the objects that hold the rows of ``table`` now."""
        bucket = self._bucket_of(database)
        if not table.is_prefix:
            return [bucket.uri(table.location)] if bucket.head(table.location) else []
        return [bucket.uri(stored.key) for stored in bucket.list(table.location) if stored.key.endswith(".parquet")]

    def _all(self) -> dict[str, Catalogue]:
        keys = [stored.key for stored in self._catalogues.list() if stored.key.endswith(_SUFFIX)]
        return {key.removesuffix(_SUFFIX): Catalogue.from_json(self._catalogues.read(key)) for key in keys}


def check_views(catalogue: Catalogue, others: Mapping[str, Catalogue]) -> None:
    """See that every view of ``catalogue`` runs, on tables without rows.

    Args:
        others: The other databases, which views may read.

    Raises:
        InputError: One does not.
    """
    for view in catalogue.views:
        with Session({**others, catalogue.database: catalogue}, files_of=_no_files) as session:
            session.create(Name(catalogue.database, view.name))


class Session:
    """An in-memory engine that holds the tables one query names, and can read no file but theirs."""

    def __init__(self, catalogues: Mapping[str, Catalogue], files_of: Callable[[str, Table], list[str]]) -> None:
        import duckdb

        self._catalogues = catalogues
        self._files_of = files_of
        self._made: set[Name] = set()
        self._readable: set[str] = set()
        self._engine: duckdb.DuckDBPyConnection = duckdb.connect(
            config={
                "python_enable_replacements": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_persistent_secrets": False,
            }
        )
        for statement in (*_SETTINGS, *(f"CREATE MACRO {macro}" for macro in MACROS)):
            self._engine.execute(statement)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.close()

    def create(self, name: Name, within: tuple[Name, ...] = ()) -> None:
        """Make a table or view, and whatever a view stands on.

        Raises:
            InputError: A view does not run, or stands on itself.
        """
        if name in self._made:
            return
        if name in within:
            raise InputError(f"The view {name.database}.{name.name} stands on itself.")
        catalogue = self._catalogues[name.database]
        table = catalogue.table(name.name)
        body = self._table_body(name.database, table) if table else self._view_body(name, within)
        self._engine.execute(f"CREATE SCHEMA IF NOT EXISTS {'.'.join(map(_identifier, name.engine_path[:2]))}")
        self._define(f"CREATE VIEW {_qualified(name)} AS {body}", f"{name.database}.{name.name}")
        self._made.add(name)

    def lock(self) -> None:
        """From here on no other file, setting or extension can be reached."""
        self._engine.execute(f"SET allowed_paths = [{', '.join(_text(path) for path in sorted(self._readable))}]")
        self._engine.execute("SET enable_external_access = false")
        self._engine.execute("SET lock_configuration = true")

    def run(self, query: Query, sql: str) -> QueryResult:
        """The rows of a translated query.

        Raises:
            InputError: It does not bind, or a value in the data is not what a function of it expects.
            PermanentError: A file of the bucket cannot be read.
        """
        import duckdb

        try:
            self._engine.execute(query.sql)
            named = enumerate(column[0] for column in self._engine.description or ())
            columns = tuple(f"_col{index}" if name == UNNAMED else name for index, name in named)
            return QueryResult(columns, self._engine.fetchall())
        except (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InternalException) as error:
            raise PermanentError(f"The query failed: {_message(error)}") from error
        except duckdb.Error as error:
            known = [column for name in query.names for column, _ in self.columns(name)]
            raise explain_binding_error(str(error), sql, known) or _failed(error) from error

    def columns(self, name: Name) -> list[tuple[str, str]]:
        """Name and Athena type of every column."""
        return self.columns_of(f"SELECT * FROM {_qualified(name)}")

    def columns_of(self, sql: str) -> list[tuple[str, str]]:
        """The same of the answer to a translated query."""
        described = self._engine.execute(f"SELECT * FROM ({sql}) LIMIT 0").description or []
        return [(column[0], _ATHENA_TYPES.get(str(column[1]), str(column[1]).lower())) for column in described]

    def _define(self, statement: str, what: str) -> None:
        import duckdb

        try:
            self._engine.execute(statement)
        except duckdb.IOException as error:
            raise PermanentError(f"The files of {what} cannot be read: {_message(error)}") from error
        except duckdb.Error as error:
            raise InputError(f"{what} cannot be read: {_message(error)}") from error

    def _view_body(self, name: Name, within: tuple[Name, ...]) -> str:
        view = self._catalogues[name.database].view(name.name)
        assert view is not None, "names were resolved against this catalogue"
        query = parse_statement(view.sql, self._catalogues, name.database)
        if not isinstance(query, Query):
            raise InputError(f"The view {name.database}.{name.name} is not a query.")
        for needed in sorted(query.names):
            self.create(needed, (*within, name))
        return query.sql

    def _table_body(self, database: str, table: Table) -> str:
        files = self._files_of(database, table)
        if not files:
            return _empty(table)
        # A path with * ? or [ in it would name other files; DuckDB checks the escaped spelling.
        self._readable |= {*files, *map(_no_glob, files)}
        return _parquet(table, files)


def _described(name: Name, catalogues: Mapping[str, Catalogue]) -> list[tuple[Any, ...]]:
    with Session(catalogues, files_of=_no_files) as session:
        session.create(name)
        return list(session.columns(name))


def _no_files(_database: str, _table: Table) -> list[str]:
    return []


def _empty(table: Table) -> str:
    """No rows, the declared columns."""
    columns = [(column.name, column.type) for column in table.columns] + [(name, "string") for name in table.partitions]
    return f"SELECT {', '.join(f'{_null(kind)} AS {_identifier(name)}' for name, kind in columns)} WHERE false"


def _parquet(table: Table, files: list[str]) -> str:
    """Columns by name; one that a file lacks, because the parameters changed since, is NULL in its rows."""
    # The partitions come from the end of the path: the home directory itself may hold a folder called name=value.
    columns = [f"{_value(column)} AS {_identifier(column.name)}" for column in table.columns]
    columns += [
        f"regexp_extract(filename, {_text(f'/{name}=([^/]*)/[^/]*$')}, 1) AS {_identifier(name)}"
        for name in table.partitions
    ]
    kinds = {column.source_name: "timestamp" if column.text_format else column.type for column in table.columns}
    nothing = ", ".join(f"{_null(kind)} AS {_identifier(source)}" for source, kind in kinds.items())
    options = "union_by_name = true, hive_partitioning = false, filename = true"
    rows = f"SELECT * FROM read_parquet({_paths(files)}, {options}) UNION ALL BY NAME SELECT {nothing} WHERE false"
    return f"SELECT {', '.join(columns)} FROM ({rows})"


def _value(column: Column) -> str:
    source = _identifier(column.source_name)
    if column.text_format is not None:
        return f"strftime(CAST({source} AS TIMESTAMP), {_text(column.text_format)})"
    return f"CAST({source} AS {_ENGINE_TYPES[column.type]})"


def _null(kind: str) -> str:
    return f"CAST(NULL AS {_ENGINE_TYPES[kind]})"


def _paths(files: list[str]) -> str:
    return f"[{', '.join(_text(_no_glob(path)) for path in files)}]"


def _no_glob(path: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", path)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _qualified(name: Name) -> str:
    return ".".join(map(_identifier, name.engine_path))


def _failed(error: Exception) -> InputError:
    return InputError(f"The query cannot be run: {_message(error)}")


def _message(error: Exception) -> str:
    """DuckDB's message without its excerpt of the translated query and its advice to write DuckDB's dialect."""
    text = str(error).partition("\n\nLINE ")[0].strip()
    return re.split(r"[.!]? (?:Use|Try) ", re.sub(r"^[A-Z][\w ]* Error: ", "", text))[0]
