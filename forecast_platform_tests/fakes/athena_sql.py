"""The SQL of the fake Athena: DuckDB on the files and definitions that moto's S3 and Glue hold.

It is as strict as Athena: every object in a table's folder is read, the partitions are those that its projection gives,
columns are found by name and have to be exactly of the types that Glue has.
"""

from __future__ import annotations

import base64
import io
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from forecast_platform.warehouse import Catalogue, Column, Table, View
from forecast_platform.warehouse.duckdb_warehouse import Session
from forecast_platform.warehouse.sql import Name, Query, parse_statement
from forecast_platform_tests.fakes.partition_projection import partition_folders

_CREATE_VIEW = re.compile(r'CREATE OR REPLACE VIEW "(\w+)"\."(\w+)" AS (.*)', re.DOTALL)
_PARQUET_TYPES = {"string": "string", "double": "double", "bigint": "int64", "boolean": "bool"}


class FailedError(Exception):
    """A query that fails, in Athena's words."""


@dataclass(frozen=True)
class Answer:
    """Names and types (as tables have them) of the columns, rows, and bytes read."""

    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    scanned: int = 0


def answer(account: Account, sql: str, database: str | None) -> Answer:
    """Run a query or CREATE OR REPLACE VIEW.

    Raises:
        FailedError, InputError: Athena would say that the query or the data is to blame.
    """
    if created := _CREATE_VIEW.fullmatch(sql.strip()):
        _create_view(account, *created.groups())
        return Answer()
    with tempfile.TemporaryDirectory() as folder:
        lake = _Lake(account, Path(folder))
        query = parse_statement(sql, lake.catalogues, database)
        assert isinstance(query, Query), "SHOW is not for this peer"
        with Session(lake.catalogues, lake.files) as session:
            for name in sorted(query.names):
                session.create(name)
                lake.refuse_stale(name, session)
            result = session.run(query, sql)
            kinds = [kind for _, kind in session.columns_of(query.sql)]
    return Answer(tuple(zip(result.columns, kinds, strict=True)), tuple(result.rows), lake.scanned)


class Account:
    """moto's S3 and Glue, as the server that was asked has them."""

    def __init__(self, request: Any) -> None:
        from moto.glue.models import glue_backends
        from moto.s3.models import s3_backends

        self.glue = glue_backends[request.current_account][request.region]
        self._s3 = s3_backends[request.current_account]["aws"]

    def objects(self, folder: str) -> Iterator[tuple[str, bytes]]:
        """Every object in ``folder`` at any depth; Athena passes over hidden names."""
        bucket, _, prefix = folder.removeprefix("s3://").partition("/")
        for key, stored in list(self._s3.buckets[bucket].keys.items()):
            if key.startswith(prefix) and key.rpartition("/")[2][:1] not in ("_", ".", ""):
                yield f"s3://{bucket}/{key}", stored.value

    def write(self, place: str, data: bytes) -> None:
        bucket, _, key = place.removeprefix("s3://").partition("/")
        self._s3.put_object(bucket, key, data)


def _create_view(account: Account, database: str, name: str, sql: str) -> None:
    catalogues = _catalogues(account)
    held = catalogues[database]
    if held.table(name) is not None:
        raise FailedError(f"AlreadyExistsException: Table already exists: {database}.{name}")
    others = tuple(view for view in held.views if view.name != name)
    catalogues[database] = Catalogue(database, held.tables, (*others, View(name, sql)))
    with Session(catalogues, lambda _database, _table: []) as session:
        session.create(Name(database, name))
        columns = [{"name": column, "type": kind} for column, kind in session.columns(Name(database, name))]
    document = {"originalSql": sql, "catalog": "awsdatacatalog", "schema": database, "columns": columns}
    tables = account.glue.get_database(database).tables
    definition = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"/* Presto View: {base64.b64encode(json.dumps(document).encode()).decode()} */",
        "StorageDescriptor": {"Columns": [{"Name": one["name"], "Type": one["type"]} for one in columns]},
    }
    if name in tables:
        account.glue.update_table(database, name, definition)
    else:
        account.glue.create_table(database, name, definition)


class _Lake:
    """What Glue describes, with the files of the tables that are asked for beside it."""

    def __init__(self, account: Account, folder: Path) -> None:
        self._account = account
        self._folder = folder
        self.catalogues = _catalogues(account)
        self.scanned = 0

    def files(self, database: str, table: Table) -> list[str]:
        definition = self._account.glue.get_table(database, table.name).as_dict()
        found: list[str] = []
        for partition, place in partition_folders(definition):
            for uri, data in self._account.objects(place):
                _check_file(uri, data, table)
                path = self._folder / database / table.name / str(len(found)) / partition / "rows.parquet"
                path.parent.mkdir(parents=True)
                path.write_bytes(data)
                found.append(str(path))
                self.scanned += len(data)
        return found

    def refuse_stale(self, name: Name, session: Session) -> None:
        definition = self._account.glue.get_table(name.database, name.name).as_dict()
        kept = [(one["Name"], one["Type"]) for one in definition["StorageDescriptor"]["Columns"]]
        if definition["TableType"] == "VIRTUAL_VIEW" and kept != session.columns(name):
            raise FailedError(f"VIEW_IS_STALE: View '{name.database}.{name.name}' is stale or in invalid state")


def _catalogues(account: Account) -> dict[str, Catalogue]:
    return {
        database.name: _catalogue(database.name, [table.as_dict() for table in database.tables.values()])
        for database in account.glue.get_databases()
    }


def _catalogue(database: str, definitions: list[dict[str, Any]]) -> Catalogue:
    views = {one["Name"]: one["ViewOriginalText"] for one in definitions if one["TableType"] == "VIRTUAL_VIEW"}
    tables = [
        Table(
            one["Name"],
            tuple(Column(column["Name"], column["Type"]) for column in one["StorageDescriptor"]["Columns"]),
            f"{one['Name']}/",
            partitions=tuple(key["Name"] for key in one.get("PartitionKeys", ())),
        )
        for one in definitions
        if one["Name"] not in views
    ]
    texts = {name: json.loads(base64.b64decode(text.split()[3]))["originalSql"] for name, text in views.items()}
    return Catalogue(database, tuple(tables), tuple(View(name, sql) for name, sql in texts.items()))


def _check_file(uri: str, data: bytes, table: Table) -> None:
    """Athena converts nothing and has no type for a column without one."""
    try:
        schema = pq.read_schema(io.BytesIO(data))
    except pa.ArrowInvalid:
        raise FailedError(f"HIVE_BAD_DATA: Not valid Parquet file: {uri}") from None
    held = {one.name.lower(): one.type for one in schema}
    for column in table.columns:
        kind = held.get(column.name)
        text = str(kind.value_type if isinstance(kind, pa.DictionaryType) else kind)
        wanted = _PARQUET_TYPES.get(column.type, "timestamp[us]")
        if kind is not None and text != wanted:
            raise FailedError(
                f"HIVE_BAD_DATA: Field {column.name}'s type {text} in parquet file {uri} is incompatible with type "
                f"{column.type} defined in table schema"
            )
