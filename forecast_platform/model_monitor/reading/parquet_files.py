"""Parquet files as rows with their own types.

Belongs here: batches, and columns within columns. Does not belong here: other formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.reading.rows import (
    READ_AGAIN,
    ROWS_IN_A_BATCH,
    NotReadableError,
    ReadingReport,
    Rows,
    unique_names,
)
from forecast_platform.model_monitor.reading.sources import Source


def read_parquet(source: Source | Path | BinaryIO | bytes) -> Rows:
    """The rows of a Parquet file. Structures become one column for each field, named ``structure.field``.

    Raises:
        InputError: It is no Parquet file, or not a complete one.
    """
    source = Source.of(source)
    with source.open() as stream:
        try:
            flat = _flat(parquet.ParquetFile(stream).schema_arrow.empty_table())
        except (pa.ArrowInvalid, OSError) as error:
            problem = Problem(source.name, _first_line(error), "a complete Parquet file", "Write it again.")
            raise InputError(f"{source.name} cannot be read.", [problem]) from None
    names, notes = unique_names(flat.column_names)
    schema = pa.schema([field.with_name(name) for field, name in zip(flat.schema, names, strict=True)])
    return Rows(schema, lambda report: _tables(source, flat.schema, schema, report), source.name, notes)


def _tables(source: Source, written: pa.Schema, schema: pa.Schema, report: ReadingReport) -> Iterator[pa.Table]:
    rows = 0
    with source.open() as stream:
        try:
            for batch in parquet.ParquetFile(stream).iter_batches(ROWS_IN_A_BATCH):
                table = _flat(pa.Table.from_batches([batch]))
                if (table.schema.names, table.schema.types) != (written.names, written.types):
                    found = "a file that was changed while it was read"
                    report.refuse(source.name, NotReadableError(found, "the columns that it had", READ_AGAIN))
                    return
                yield pa.table(table.columns, schema=schema)
                rows += table.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            reason = f"damage after row {rows:,} ({_first_line(error)})"
            report.refuse(source.name, NotReadableError(reason, "a complete Parquet file", "Write it again."))


def _flat(table: pa.Table) -> pa.Table:
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    columns = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".")
