"""Arrow tables of typed rows: looking at their keys, laying them end to end, to Parquet and back.

Belongs here: what parsing, merging and loading share. Does not belong here: any rule about the rows.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_platform.training_data.schema import TableSchema
from forecast_platform.training_data.steps import period_numbers
from forecast_platform.warehouse.parquet_rows import TIMESTAMP

_ROW_GROUP = 1 << 17


def concatenate(tables: Sequence[pa.Table]) -> pa.Table:
    """``tables`` end to end, in one chunk, with one dictionary per column of text."""
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()


def text_codes(table: pa.Table, column: str) -> tuple[npt.NDArray[np.int32], list[str]]:
    """A column of text as indices into its sorted distinct values: comparing codes compares the texts."""
    chunks = table.column(column).unify_dictionaries().chunks
    if not chunks:
        return np.empty(0, np.int32), []
    values = chunks[0].dictionary.to_pylist()
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = np.empty(len(values), np.int32)
    ranks[order] = np.arange(len(values), dtype=np.int32)
    codes = np.concatenate([chunk.indices.to_numpy() for chunk in chunks])
    return ranks[codes], [values[index] for index in order]


def seconds_of(table: pa.Table) -> npt.NDArray[np.int64]:
    """The column ``timestamp`` as seconds since 1970."""
    seconds: npt.NDArray[np.int64] = table.column("timestamp").cast(pa.timestamp("s")).cast(pa.int64()).to_numpy()
    return seconds


def key_frame(table: pa.Table, schema: TableSchema) -> pd.DataFrame:
    """Numbers that are equal in two rows exactly when the rows are about the same observation."""
    keys: dict[str, Any] = {column: text_codes(table, column)[0] for column in schema.key_columns}
    if schema.frequency is not None:
        keys["timestamp"] = period_numbers(seconds_of(table), schema.frequency)
    return pd.DataFrame(keys)


def to_parquet(table: pa.Table) -> bytes:
    """``table`` as Parquet, which Athena reads as it is; the same table gives the same bytes."""
    if "timestamp" in table.column_names:
        index = table.column_names.index("timestamp")
        table = table.set_column(index, "timestamp", table.column("timestamp").cast(TIMESTAMP))
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=_ROW_GROUP, compression="zstd")
    return stream.getvalue()
