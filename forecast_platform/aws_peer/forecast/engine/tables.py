"""From the files of a request, CSV or Parquet, to typed rows.

Belongs here: reading files by a schema, as a whole or not at all. Does not belong here: where they are (``objects``),
or the rules about rows (``training_data``).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from forecast_platform.aws_peer.forecast.engine.objects import SourceFile
from forecast_platform.errors import InputError, Problem
from forecast_platform.training_data.conversion import convert
from forecast_platform.training_data.messages import FileRefusedError
from forecast_platform.training_data.parsing import data_records, parse_object
from forecast_platform.training_data.records import Records
from forecast_platform.training_data.schema import Column, Kind, Role, TableSchema

_MOST_IN_A_MESSAGE = 20


def read_tables(files: Sequence[SourceFile], schema: TableSchema, file_format: str) -> list[pa.Table]:
    """The rows of each file in canonical columns.

    Args:
        file_format: ``CSV`` or ``PARQUET``.

    Raises:
        InputError: With the problems of all files, if any row of any of them cannot be read.
    """
    tables: list[pa.Table] = []
    problems: list[Problem] = []
    count = 0
    for file in files:
        try:
            parsed = parse_object(_as_csv(file, schema, file_format), file.uri, "", schema)
        except InputError as error:
            problems += error.problems
            count += len(error.problems)
            continue
        problems += map(_for_customers, parsed.report.problems)
        count += parsed.report.problem_count
        if parsed.table is not None:
            tables.append(parsed.table)
    if count:
        raise InputError(_summary(count), problems[:_MOST_IN_A_MESSAGE])
    return tables


def read_series(files: Sequence[SourceFile], names: Sequence[str], item: str, file_format: str) -> pd.DataFrame:
    """Keys of series, one per row: ``item_id`` and dimensions.

    Args:
        names: The columns of the files.
        item: That of the item.

    Raises:
        InputError: With all problems.
    """
    schema = _keys_schema(names, item)
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for file in files:
        try:
            for records in _records(_as_csv(file, schema, file_format), schema):
                converted = convert(records, schema)
                found = [one.at(file.uri, line) for line, _, findings in converted.refused for one in findings]
                problems += map(_for_customers, found)
                frames.append(converted.table.to_pandas())
        except FileRefusedError as refusal:
            problems.append(_for_customers(refusal.at(file.uri)))
    if problems:
        raise InputError(_summary(len(problems)), problems[:_MOST_IN_A_MESSAGE])
    return pd.concat(frames).astype(str).drop_duplicates(ignore_index=True)


def _records(open_file: Callable[[], BinaryIO], schema: TableSchema) -> Iterator[Records]:
    """The records of a file, which is closed afterwards."""
    with open_file() as stream:
        yield from data_records(stream, schema)


def _for_customers(problem: Problem) -> Problem:
    """Customers of Amazon Forecast have a schema and a TimestampFormat, but no params.json."""
    expected, advice = (text.replace(" in params.json", "") for text in (problem.expected, problem.advice))
    return replace(problem, expected=expected, advice=advice)


def _summary(count: int) -> str:
    shown = f", of which these are the first {_MOST_IN_A_MESSAGE}" if count > _MOST_IN_A_MESSAGE else ""
    return f"The data cannot be read: {count} {'problem' if count == 1 else 'problems'}{shown}."


def _keys_schema(names: Sequence[str], item: str) -> TableSchema:
    columns = tuple(
        Column(name, Kind.ITEM, "item_id") if name == item else Column(name, Kind.TEXT, name) for name in names
    )
    return TableSchema(Role.ITEM_METADATA, columns, None, "")


def _as_csv(file: SourceFile, schema: TableSchema, file_format: str) -> Callable[[], BinaryIO]:
    return file.open if file_format == "CSV" else partial(_open_parquet, file, schema)


def _open_parquet(file: SourceFile, schema: TableSchema) -> BinaryIO:
    """The columns of the schema as CSV with a header, so that row N is on line N + 1.

    Raises:
        InputError: It is no Parquet, or has not the columns.
    """
    try:
        with file.open() as stream:
            table = pq.read_table(io.BytesIO(stream.read()))
    except pa.ArrowInvalid as error:
        problem = Problem(file.uri, f"a file that is no Parquet ({error})", "Parquet, as the Format says")
        raise InputError("The data cannot be read.", [problem]) from None
    missing = [name for name in schema.names if name not in table.column_names]
    if missing:
        found, expected = ", ".join(table.column_names), ", ".join(schema.names)
        raise InputError(
            "The data cannot be read.", [Problem(file.uri, f"the columns {found}", f"the columns {expected}")]
        )
    written = io.BytesIO()
    columns = [_texts(table.column(name), schema.timestamp_format) for name in schema.names]
    pyarrow.csv.write_csv(pa.table(columns, names=list(schema.names)), written)
    written.seek(0)
    return written


def _texts(values: pa.ChunkedArray, timestamp_format: str) -> pa.ChunkedArray:
    if pa.types.is_temporal(values.type):
        return pc.strftime(values.cast(pa.timestamp("s"), safe=False), format=timestamp_format)
    return values.cast(pa.string())
