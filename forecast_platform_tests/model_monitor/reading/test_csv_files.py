"""CSV files as rows: what is read, what is refused, and where. Bad input first."""

from __future__ import annotations

import csv
import gzip
import io
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.reading.csv_files import read_csv
from forecast_platform.model_monitor.reading.pieces import LONGEST_RECORD
from forecast_platform.model_monitor.reading.rows import ROWS_IN_A_BATCH, Rows


def listed(rows: Rows) -> list[list[Any]]:
    """All rows as lists."""
    return [list(row.values()) for batch in rows.batches() for row in batch.to_pylist()]


def where_and_found(rows: Rows) -> list[tuple[str, str]]:
    return [(refused.where, refused.found) for refused in rows.refused]


def test_rows_with_another_number_of_columns_are_refused_with_their_lines_and_the_others_are_read() -> None:
    rows = read_csv(b"a,b\n1,2\n3\n4,5\n6,7,8\n")
    assert listed(rows) == [["1", "2"], ["4", "5"]]
    assert where_and_found(rows) == [("the data, line 3", "1 column"), ("the data, line 5", "3 columns")]
    assert rows.refused[0].reason.startswith("found 1 column; expected 2 columns: a, b.")


def test_a_line_in_another_encoding_is_refused_with_its_line_and_column() -> None:
    rows = read_csv("a,b\n1,ä\n2,b\n".encode() + "3,ü\n".encode("latin-1"))
    assert listed(rows) == [["1", "ä"], ["2", "b"]]
    assert rows.refused[0].where == "the data, line 4, column b"
    assert "0xfc" in rows.refused[0].found


def test_nul_bytes_are_refused_with_their_line() -> None:
    rows = read_csv(b"a,b\n1,2\n3,x\0y\n")
    assert listed(rows) == [["1", "2"]]
    assert rows.refused[0].where == "the data, line 3, column b"


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    rows = read_csv(b'a,b\n1,"two\n3,4\n5,6\n')
    assert listed(rows) == [["3", "4"], ["5", "6"]]
    assert rows.refused[0].where == "the data, line 2"


def test_text_behind_a_closing_quote_is_refused() -> None:
    rows = read_csv(b'a,b\n"1"x,2\n3,4\n')
    assert listed(rows) == [["3", "4"]]
    assert rows.refused_rows == 1


def test_gzip_that_breaks_off_is_read_as_far_as_it_goes_and_reported() -> None:
    text = "a,b\n" + "".join(f"{index},{index * 7919 % 10007}\n" for index in range(300_000))
    packed = gzip.compress(text.encode(), mtime=0)
    rows = read_csv(packed[: len(packed) // 2])
    read = listed(rows)
    assert 0 < len(read) < 300_000
    assert read == [[str(index), str(index * 7919 % 10007)] for index in range(len(read))]
    assert rows.refused_rows == 1
    assert "ends in the middle" in rows.refused[0].found


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", gzip.compress(b"", mtime=0)], ids=["no bytes", "empty lines", "empty gzip"]
)
def test_an_empty_file_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError, match="an empty file"):
        read_csv(data)


def test_a_header_without_rows_is_an_input_error_once_one_looks_for_rows() -> None:
    rows = read_csv(b"a,b\n")
    assert rows.names == ("a", "b")
    with pytest.raises(InputError, match="no rows"):
        listed(rows)


def test_a_file_of_which_no_row_can_be_read_is_an_input_error_with_the_reasons() -> None:
    rows = read_csv(b"a,b\n1\n2\n")
    with pytest.raises(InputError, match="Nothing in the data can be read: refused 2 rows or files") as caught:
        listed(rows)
    assert [problem.where for problem in caught.value.problems] == ["the data, line 2", "the data, line 3"]


@pytest.mark.parametrize("data", [b"a,\xfc\n1,2\n", b'a,"b\n1,2\n', b"PK\x03\x04rest", "a,b\n1,2".encode("utf-16-le")])
def test_a_file_whose_header_cannot_be_read_is_an_input_error(data: bytes) -> None:
    with pytest.raises(InputError, match="the data cannot be read"):
        read_csv(data)


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_csv(tmp_path / "none.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_byte_order_mark_are_understood(encoding: str) -> None:
    rows = read_csv("Größe,b\nä,2\n".encode(encoding))
    assert rows.names == ("Größe", "b")
    assert listed(rows) == [["ä", "2"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_understood(end: str) -> None:
    assert listed(read_csv(end.join(["a,b", "1,2", "", "3,4"]).encode())) == [["1", "2"], ["3", "4"]]


def test_values_stay_text_and_empty_cells_are_null() -> None:
    assert listed(read_csv(b'a,b,c\n01,1.50,""\n,NaN,x\n')) == [["01", "1.50", None], [None, "NaN", "x"]]


def test_quoted_line_ends_commas_and_quotes_belong_to_the_value() -> None:
    assert listed(read_csv(b'a,b\n"1\n2","x, ""y"""\n3,4\n')) == [["1\n2", 'x, "y"'], ["3", "4"]]


def test_a_refused_row_behind_quoted_line_ends_is_given_with_its_line() -> None:
    rows = read_csv(b'a,b\n"1\n\n2",x\n3\n')
    assert where_and_found(rows) == []
    listed(rows)
    assert where_and_found(rows) == [("the data, line 5", "1 column")]


def test_columns_without_a_header_are_called_by_their_position() -> None:
    rows = read_csv(b"1,2\n3,4\n", header=False)
    assert rows.names == ("_c0", "_c1")
    assert listed(rows) == [["1", "2"], ["3", "4"]]


def test_without_a_header_the_width_of_most_rows_counts() -> None:
    rows = read_csv(b"only\n1,2\n3,4\n", header=False)
    assert rows.names == ("_c0", "_c1")
    assert listed(rows) == [["1", "2"], ["3", "4"]]
    assert rows.refused[0].where == "the data, line 1"


def test_given_names_count_instead_of_the_header_and_end_where_the_columns_do() -> None:
    assert read_csv(b"x,y\n1,2\n", names=["a"]).names == ("a", "_c1")
    assert read_csv(b"1,2\n", header=False, names=["a", "b", "c"]).names == ("a", "b")


def test_repeated_and_empty_names_get_their_position_and_a_note() -> None:
    rows = read_csv(b"a,b,a,\n1,2,3,4\n")
    assert rows.names == ("a0", "b", "a2", "_c3")
    assert "a0, a2, _c3" in rows.notes[0]


def test_rows_can_be_read_twice_and_reports_do_not_add_up() -> None:
    rows = read_csv(io.BytesIO(b"a,b\n1,2\n3\n"))
    assert listed(rows) == listed(rows)
    assert rows.refused_rows == 1


def test_a_million_different_texts_are_read_in_batches_of_bounded_size() -> None:
    rows = read_csv(b"a\n" + b"".join(b"text %d\n" % index for index in range(1_000_000)))
    sizes = [batch.num_rows for batch in rows.batches()]
    assert sum(sizes) == 1_000_000
    assert max(sizes) <= 2 * ROWS_IN_A_BATCH


def test_many_refusals_are_all_counted_though_not_all_kept() -> None:
    rows = read_csv(b"a,b\n1,2\n" + b"3\n" * 5_000)
    listed(rows)
    assert rows.refused_rows == 5_000
    assert len(rows.refused) < 5_000


def test_a_file_without_line_ends_is_refused_and_does_not_fill_the_memory() -> None:
    rows = read_csv(b"a\n1\n" + b"x" * (LONGEST_RECORD + (1 << 21)))
    listed(rows)
    assert "without a line end" in rows.refused[0].found


def test_the_careful_way_and_the_fast_way_read_the_same() -> None:
    lines = [f'{index},"text, {index}",{index / 7}' for index in range(60_000)]
    clean = read_csv("\n".join(["a,b,c", *lines]).encode())
    broken = read_csv("\n".join(["a,b,c", *(line for one in lines for line in (one, "x"))]).encode())
    assert listed(clean) == listed(broken)
    assert broken.refused_rows == 60_000


_CELLS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\ufeff"), max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_CELLS, min_size=2, max_size=2), min_size=1, max_size=8))
def test_what_the_csv_module_writes_is_read_back(cells: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["a", "b"], *cells])
    assert listed(read_csv(text.getvalue().encode())) == [[cell or None for cell in row] for row in cells]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_and_never_crash(data: bytes) -> None:
    with suppress(InputError):
        listed(read_csv(data, header=False))
