"""A file or a folder of files, whatever their format."""

from __future__ import annotations

import gzip
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.tables import Rows, open_data
from forecast_platform_tests.model_monitor.capture.test_reading import GOOD


def listed(rows: Rows) -> list[dict[str, Any]]:
    return [row for batch in rows.batches() for row in batch.to_pylist()]


def test_a_path_that_does_not_exist_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_data(tmp_path / "none.csv", header=True)


def test_a_folder_without_files_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").write_text("")
    (tmp_path / ".hidden.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match="nothing to read"):
        open_data(tmp_path, header=True)


def test_a_folder_with_several_formats_is_an_input_error_that_names_the_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "b.jsonl").write_text(GOOD)
    with pytest.raises(InputError, match="several formats") as caught:
        open_data(tmp_path, header=True)
    assert [problem.found for problem in caught.value.problems] == ["CSV", "captured data"]


def test_an_empty_capture_file_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("")
    with pytest.raises(InputError, match="no rows"):
        listed(open_data(tmp_path, header=True))


@pytest.mark.parametrize("name", ["data.csv", "data.txt", "data.csv.gz", "data"])
def test_csv_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    text = b"a,b\n1,2\n"
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    assert listed(open_data(tmp_path / name, header=True)) == [{"a": "1", "b": "2"}]
    assert len(listed(open_data(tmp_path / name, header=False))) == 2


def test_captures_are_known_by_their_content_also_packed(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(f"{GOOD}\n".encode()))
    assert listed(open_data(tmp_path, header=True, names=["p", "x", "y"])) == [{"p": "0.5", "x": "1", "y": "2"}]


def test_json_lines_that_are_no_capture_are_rows_of_their_keys(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n')
    assert listed(open_data(tmp_path, header=True)) == [{"a": "1"}]


def test_columns_of_several_files_are_matched_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "b.csv").write_text("b,c\n3,4\n5\n")
    rows = open_data(tmp_path, header=True)
    assert rows.names == ("a", "b", "c")
    assert listed(rows) == [{"a": "1", "b": "2", "c": None}, {"a": None, "b": "3", "c": "4"}]
    assert rows.refused[0].where.endswith("b.csv, line 3")
    assert any("lacks the columns a" in note for note in rows.notes)


def test_types_of_several_parquet_files_are_brought_together_or_become_text(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"n": [1], "m": [1]}), tmp_path / "a.parquet")
    parquet.write_table(pa.table({"n": [0.5], "m": ["x"]}), tmp_path / "b.parquet")
    rows = open_data(tmp_path, header=True)
    assert listed(rows) == [{"n": 1.0, "m": "1"}, {"n": 0.5, "m": "x"}]
    assert [str(field.type) for field in rows.schema] == ["double", "string"]


@pytest.mark.parametrize(
    ("first", "second", "kind", "values"),
    [
        (pa.array([2**64 - 1], pa.uint64()), pa.array([-1]), "string", ["18446744073709551615", "-1"]),
        (pa.array([2**60 + 1]), pa.array([0.5]), "double", [float(2**60), 0.5]),
        (pa.array([Decimal("12345.678")]), pa.array([1.0], pa.float16()), "double", [12345.678, 1.0]),
        (pa.array([True]), pa.array([1]), "string", ["true", "1"]),
        (pa.array([2**40], pa.timestamp("s")), pa.array([0], pa.timestamp("ns")), "string", None),
        (pa.nulls(1), pa.array([0], pa.timestamp("ns")), "timestamp[ns]", None),
        (pa.array([[1]]), pa.array([b"x"]), "string", ["[1]", "x"]),
    ],
)
def test_no_value_is_beyond_the_type_that_files_share(
    tmp_path: Path, first: pa.Array, second: pa.Array, kind: str, values: list[Any] | None
) -> None:
    """What the type of one file could hold and that of another not ended the reading of both with a stack trace."""
    parquet.write_table(pa.table({"x": first}), tmp_path / "a.parquet")
    parquet.write_table(pa.table({"x": second}), tmp_path / "b.parquet")
    rows = open_data(tmp_path, header=True)
    assert str(rows.schema.field("x").type) == kind
    found = [row["x"] for row in listed(rows)]
    assert len(found) == 2
    assert values is None or found == values


def test_names_are_for_columns_that_have_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    assert open_data(tmp_path, header=True, names=["x", "y"]).names == ("a", "b")
    assert open_data(tmp_path, header=False, names=["x", "y"]).names == ("x", "y")


def test_files_that_cannot_be_read_are_refused_like_rows(tmp_path: Path) -> None:
    for name, data in (("a.csv", b""), ("b.csv", b"a\n1\n"), ("c.csv", b"\xe9\n1\n")):
        (tmp_path / name).write_bytes(data)
    rows = open_data(tmp_path, header=True)
    assert listed(rows) == [{"a": "1"}]
    assert [Path(refused.where).name for refused in rows.refused] == ["a.csv", "c.csv"]


def test_when_no_file_can_be_read_that_is_an_input_error_with_all_of_them(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=r"Nothing in .* can be read: refused 2") as caught:
        listed(open_data(tmp_path, header=True))
    assert len(caught.value.problems) == 2


def packed(**columns: list[Any]) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


WIDER = GOOD.replace('"data": "1,2"', '"data": "1,2,3,4"')


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("a.csv", b"a,b\n1,2\n", b""),
        ("a.csv", b"a,b\n1,2\n", b"x,y\n1,2\n"),
        ("a.jsonl", b"[1, 2]\n", b"[1, 2, 3]\n"),
        ("a.jsonl", b'{"a": 1}\n', b'{"b": 1}\n'),
        ("a.jsonl", GOOD.encode(), WIDER.encode()),
        ("a.parquet", packed(a=[1], b=[2]), packed(a=[1])),
        ("a.parquet", packed(a=[1], b=[2]), packed(b=[1], a=[2])),
        ("a.parquet", packed(a=[1]), packed(a=["x"])),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, name: str, before: bytes, after: bytes
) -> None:
    """Its columns are known from a first look. Most of these ended with a stack trace, and swapped columns did not."""
    path = tmp_path / name
    path.write_bytes(before)
    rows = open_data(path, header=True)
    path.write_bytes(after)
    with pytest.raises(InputError):
        listed(rows)


def test_rows_that_were_there_before_a_file_grew_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{GOOD}\n")
    rows = open_data(path, header=True)
    path.write_text(f"{GOOD}\n{WIDER}\n")
    assert len(listed(rows)) == 1
    assert "at most 2, as when the file was read for its columns" in rows.refused[0].reason
