"""Rows as Parquet files whose columns are exactly those that a table declares.

Belongs here: types in files, writing and reading bytes. Does not belong here: which tables there are, where files go.

Athena converts nothing: a number or a timestamp of another kind than the table's is an error there, a column that holds
no value has to have its type all the same, and of timestamps it knows no nanoseconds.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from forecast_platform.warehouse.catalogue import Column

if TYPE_CHECKING:
    import pandas as pd

TIMESTAMP = pa.timestamp("us")
_TYPES = {
    "string": pa.string(),
    "double": pa.float64(),
    "bigint": pa.int64(),
    "timestamp": TIMESTAMP,
    "boolean": pa.bool_(),
}


def file_schema(columns: Iterable[Column]) -> pa.Schema:
    """What a file with ``columns`` holds, by the names and types that they have in the file."""
    return pa.schema(
        [(column.source_name, TIMESTAMP if column.text_format else _TYPES[column.type]) for column in columns]
    )


def from_frame(frame: pd.DataFrame, columns: Sequence[Column], metadata: Mapping[bytes, bytes] | None = None) -> bytes:
    """``columns`` of a frame, by their names in the file; one that it lacks is NULL. Same rows, same bytes.

    Raises:
        pyarrow.ArrowInvalid: A value is not of the column's type.
    """
    schema = file_schema(columns)
    ordered = frame.reindex(columns=schema.names)
    table = pa.Table.from_pandas(ordered, schema=schema, preserve_index=False)
    return _written(table.replace_schema_metadata(metadata))


def from_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> bytes:
    """Rows as mappings, likewise."""
    return _written(pa.Table.from_pylist([dict(row) for row in rows], schema=file_schema(columns)))


def to_frame(data: bytes) -> pd.DataFrame:
    """The rows of a file, with timestamps as pandas has them everywhere else: in nanoseconds."""
    return pq.read_table(io.BytesIO(data)).to_pandas(coerce_temporal_nanoseconds=True)


def _written(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()
