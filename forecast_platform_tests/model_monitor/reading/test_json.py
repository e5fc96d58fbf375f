"""JSON as rows: which JSON is how many rows, and which columns they have."""

from __future__ import annotations

from typing import Any

import pytest

from forecast_platform.model_monitor.reading.flattening import MOST_COLUMNS, parse_json, rows_of
from forecast_platform.model_monitor.reading.json_lines import read_json_lines
from forecast_platform.model_monitor.reading.rows import NotReadableError


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1.50", [["1.50"]]),
        ('"a"', [["a"]]),
        ("null", [[None]]),
        ("true", [["true"]]),
        ("[1, 2.0, null]", [["1", "2.0", None]]),
        ("[[1, 2], [3, 4]]", [["1", "2"], ["3", "4"]]),
        ('[{"a": 1}, {"a": 2}]', [{"a": "1"}, {"a": "2"}]),
        ('{"a": {"b": [1, {"c": "x"}]}, "d": ""}', [{"a.b.0": "1", "a.b.1.c": "x", "d": None}]),
        ('{"a": {}, "b": []}', [{"a": None, "b": None}]),
        ('{"instances": [1.0, 2.0]}', [["1.0"], ["2.0"]]),
        ('{"instances": [[1, 2], [3, 4]]}', [["1", "2"], ["3", "4"]]),
        ('{"instances": [{"features": [1, 2]}]}', [{"features.0": "1", "features.1": "2"}]),
        ('{"predictions": [{"score": 0.1}], "model": "m"}', [{"score": "0.1", "model": "m"}]),
        ('{"predictions": [0.1, 0.2], "model": "m"}', [{"predictions": p, "model": "m"} for p in ("0.1", "0.2")]),
        ('{"predictions": "many"}', [{"predictions": "many"}]),
        ("NaN", [["NaN"]]),
    ],
)
def test_json_values_are_rows(text: str, rows: list[Any]) -> None:
    assert rows_of(parse_json(text)) == rows


@pytest.mark.parametrize("text", ["", "{", '{"a": 1', "{'a': 1}", '{"a": 1} x', '"\\ud800"', "[" * 100_000])
def test_what_is_no_json_is_not_readable(text: str) -> None:
    with pytest.raises(NotReadableError):
        parse_json(text)


def test_a_row_with_more_values_than_a_table_has_columns_is_not_readable() -> None:
    with pytest.raises(NotReadableError, match="more than"):
        rows_of(["1"] * (MOST_COLUMNS + 1))


def test_lines_of_json_with_different_keys_have_all_of_them_as_columns() -> None:
    rows = read_json_lines(b'{"a": 1}\nbroken\n{"b": 2}\n\n')
    assert rows.names == ("a", "b")
    assert [row for batch in rows.batches() for row in batch.to_pylist()] == [
        {"a": "1", "b": None},
        {"a": None, "b": "2"},
    ]
    assert [refused.where for refused in rows.refused] == ["the data, line 2"]


def test_keys_that_are_data_do_not_make_columns_without_end() -> None:
    lines = "".join(f'{{"user {index}": 1}}\n' for index in range(MOST_COLUMNS + 5))
    rows = read_json_lines(lines.encode())
    assert len(rows.names) == MOST_COLUMNS
    assert sum(batch.num_rows for batch in rows.batches()) == MOST_COLUMNS
    assert rows.refused_rows == 5
