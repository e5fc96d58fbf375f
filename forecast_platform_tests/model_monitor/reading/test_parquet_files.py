"""Parquet files as rows: types stay, structures become columns, damage is told."""

from __future__ import annotations

import io
from datetime import datetime

import pyarrow as pa
import pytest
from pyarrow import parquet

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.reading.parquet_files import read_parquet


def written(table: pa.Table, **options: int) -> bytes:
    file = io.BytesIO()
    parquet.write_table(table, file, **options)
    return file.getvalue()


@pytest.mark.parametrize("data", [b"", b"PAR1", b"a,b\n1,2\n", written(pa.table({"a": [1]}))[:-4]])
def test_what_is_no_complete_parquet_file_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_parquet(data)


def test_a_file_without_rows_is_an_input_error_once_one_looks_for_rows() -> None:
    rows = read_parquet(written(pa.table({"a": pa.array([], pa.int64())})))
    with pytest.raises(InputError, match="no rows"):
        list(rows.batches())


def test_damaged_pages_are_reported_and_the_rows_before_them_are_read() -> None:
    data = bytearray(written(pa.table({"a": list(range(200_000))}), row_group_size=70_000))
    middle = len(data) // 2
    data[middle : middle + 2_000] = b"\xff" * 2_000
    rows = read_parquet(bytes(data))
    assert 0 < sum(batch.num_rows for batch in rows.batches()) < 200_000
    assert "damage after row" in rows.refused[0].found


def test_types_are_kept_and_dictionaries_are_unpacked() -> None:
    table = pa.table(
        {
            "n": [1, None],
            "x": [0.5, 1.5],
            "t": [datetime(2024, 1, 1), None],
            "c": pa.array(["a", "b"]).dictionary_encode(),
        }
    )
    rows = read_parquet(written(table))
    assert [str(field.type) for field in rows.schema] == ["int64", "double", "timestamp[us]", "string"]
    assert next(rows.batches()).to_pylist() == table.to_pylist()


def test_structures_become_a_column_for_each_field() -> None:
    rows = read_parquet(written(pa.table({"a": [{"b": 1, "c": {"d": "x"}}]})))
    assert rows.names == ("a.b", "a.c.d")
    assert next(rows.batches()).to_pylist() == [{"a.b": 1, "a.c.d": "x"}]
