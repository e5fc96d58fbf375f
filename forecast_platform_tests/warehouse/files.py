"""Whether files are what their tables say, for tests of whoever writes them."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq

from forecast_platform.bucket import Bucket
from forecast_platform.warehouse import Catalogue, Table
from forecast_platform.warehouse.parquet_rows import file_schema


def files_of(bucket: Bucket, table: Table) -> list[str]:
    """Everything in the folder of ``table``."""
    return [stored.key for stored in bucket.list(table.folder)]


def misfits(bucket: Bucket, catalogue: Catalogue) -> list[str]:
    """What Athena would refuse or misread in the folders of all tables."""
    return [
        f"{table.name}: {key}: {problem}"
        for table in catalogue.tables
        for key in files_of(bucket, table)
        for problem in _problems(bucket, table, key)
    ]


def _problems(bucket: Bucket, table: Table, key: str) -> list[str]:
    if not key.endswith(".parquet") or (not table.is_prefix and key != table.location):
        return ["another file in the folder of the table"]
    held = pq.read_schema(io.BytesIO(bucket.read(key)))
    wanted = file_schema(table.columns)
    return [
        f"column {name}: {kind} instead of {wanted.field(name).type}"
        for name in wanted.names
        if (kind := _kind(held, name)) != wanted.field(name).type
    ]


def _kind(schema: pa.Schema, name: str) -> pa.DataType | None:
    """The type of a column; a dictionary is only how a file is packed."""
    if name not in schema.names:
        return None
    kind = schema.field(name).type
    return kind.value_type if isinstance(kind, pa.DictionaryType) else kind
