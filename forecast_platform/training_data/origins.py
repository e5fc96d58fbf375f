"""Where accepted rows of the target were written: their file and their line.

Belongs here: finding a few rows again. Does not belong here: refused rows, whose places the reports hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from forecast_platform.bucket import Bucket
from forecast_platform.params import Params
from forecast_platform.training_data.conversion import convert
from forecast_platform.training_data.messages import FileRefusedError, printable_bytes
from forecast_platform.training_data.parsing import data_records
from forecast_platform.training_data.records import Records
from forecast_platform.training_data.report import ObjectReport, Snapshot
from forecast_platform.training_data.schema import Role, TableSchema, table_schema
from forecast_platform.training_data.store import read_pointer
from forecast_platform.training_data.tables import seconds_of

Row = tuple[Any, ...]
"""The keys of a row and its timestamp in seconds since 1970."""
_SECOND = timedelta(seconds=1)


def find_origins(bucket: Bucket, snapshot: Snapshot, params: Params, rows: pd.DataFrame) -> pd.DataFrame:
    """The ``file`` and the ``line`` of some target rows of ``snapshot``, in their order.

    Lines are not kept when files are read, as few are ever asked for: the files that may hold the rows are read again.
    Of a row that a file says anew, the newest file is meant. Of a file that has been changed or removed since, nothing
    is known: file and line are then missing.

    Args:
        rows: With the canonical key columns and ``timestamp``, among others.
    """
    schema = table_schema(Role.TARGET, params)
    assert schema is not None, "valid parameters have a target dataset"
    seconds = rows["timestamp"].to_numpy().astype("datetime64[s]").astype(np.int64)
    wanted: list[Row] = list(zip(*(rows[column] for column in schema.key_columns), seconds.tolist(), strict=True))
    places: dict[Row, tuple[str | None, int | None]] = {}
    versions = read_pointer(bucket).versions
    for report in reversed(snapshot.objects):
        left = {row for row in wanted if row not in places and _may_hold(report, row)}
        if left and _is_unchanged(bucket, report, versions):
            file = printable_bytes(report.key)
            places |= {row: (file, line) for row, line in _lines(bucket, report, schema, left)}
        else:
            # The file may have held them; then they are not those of an older file.
            places |= dict.fromkeys(left, (None, None))
    found = [places.get(row, (None, None)) for row in wanted]
    return pd.DataFrame(found, columns=["file", "line"], index=rows.index, dtype=object)


def _may_hold(report: ObjectReport, row: Row) -> bool:
    if report.role != Role.TARGET or report.first_timestamp is None or report.last_timestamp is None:
        return False
    at = datetime(1970, 1, 1) + row[-1] * _SECOND
    return bool(report.first_timestamp <= at <= report.last_timestamp)


def _is_unchanged(bucket: Bucket, report: ObjectReport, versions: Mapping[str, tuple[str, str]]) -> bool:
    version, digest = versions.get(report.key, ("", ""))
    stored = bucket.head(report.key)
    return digest == report.digest and stored is not None and stored.version == version


def _lines(bucket: Bucket, report: ObjectReport, schema: TableSchema, wanted: set[Row]) -> Iterator[tuple[Row, int]]:
    """The wanted rows of one file with their lines; of two for one observation, the first, which is the one used."""
    seen: set[Row] = set()
    items = {row[schema.key_columns.index("item_id")] for row in wanted}
    with suppress(KeyError, FileRefusedError), bucket.open(report.key) as stream:
        for records in data_records(stream, schema):
            converted = convert(_of_items(records, items, schema), schema)
            for place, row in _matches(converted.table, schema, wanted - seen):
                seen.add(row)
                yield row, int(converted.lines[place])


def _of_items(records: Records, items: set[str], schema: TableSchema) -> Records:
    """The records of some items: few of a large file are worth converting."""
    item = next(place for place, column in enumerate(schema.columns) if column.canonical == "item_id")
    places = [place for place, row in enumerate(records.rows) if len(row) > item and row[item] in items]
    return Records(
        [records.rows[place] for place in places],
        [records.numbers[place] for place in places],
        [records.raws[place] for place in places],
        suspicious=records.suspicious,
    )


def _matches(table: pa.Table, schema: TableSchema, wanted: set[Row]) -> Iterator[tuple[int, Row]]:
    seconds = seconds_of(table)
    places = np.flatnonzero(np.isin(seconds, list({row[-1] for row in wanted})))
    keys = table.select(list(schema.key_columns)).take(pa.array(places))
    columns = [keys.column(column).to_pylist() for column in schema.key_columns]
    for place, row in zip(places.tolist(), zip(*columns, seconds[places].tolist(), strict=True), strict=True):
        if row in wanted:
            wanted.discard(row)
            yield place, row
