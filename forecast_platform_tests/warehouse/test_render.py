import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal

import pytest

from forecast_platform.errors import InputError
from forecast_platform.warehouse import QueryResult
from forecast_platform.warehouse.render import render

MIXED = QueryResult(
    ("item_id", "n", "value", "at", "ok", "none"),
    [
        ('quo"te, comma\nline', 1, 0.1, datetime(2014, 11, 30, 1), True, None),
        ("", -2, float("nan"), datetime(2014, 11, 30, 1, 0, 0, 500000), False, None),
        ("=SUM(A1)", 3, float("inf"), datetime(2014, 11, 30), True, None),
    ],
)


def test_csv_is_exact_and_keeps_null_apart_from_an_empty_text() -> None:
    text = render(MIXED, "csv")
    assert text == (
        "item_id,n,value,at,ok,none\n"
        '"quo""te, comma\nline",1,0.1,2014-11-30T01:00:00,true,\n'
        '"",-2,NaN,2014-11-30T01:00:00.500000,false,\n'
        "=SUM(A1),3,Infinity,2014-11-30T00:00:00,true,\n"
    )
    assert list(csv.reader(io.StringIO(text)))[1][0] == 'quo"te, comma\nline'


def test_json_is_a_list_of_objects() -> None:
    rows = json.loads(render(MIXED, "json"))
    assert rows[0] == {
        "item_id": 'quo"te, comma\nline',
        "n": 1,
        "value": 0.1,
        "at": "2014-11-30T01:00:00",
        "ok": True,
        "none": None,
    }
    assert [row["value"] for row in rows[1:]] == ["NaN", "Infinity"]


def test_json_of_every_type_is_valid() -> None:
    result = QueryResult(("d", "x", "l"), [(date(2014, 11, 30), Decimal("1.5"), [1, None, datetime(2014, 1, 1)])])
    assert json.loads(render(result, "json")) == [{"d": "2014-11-30", "x": 1.5, "l": [1, None, "2014-01-01T00:00:00"]}]


def test_json_refuses_to_drop_a_column_of_the_same_name() -> None:
    with pytest.raises(InputError, match="two columns called 'a'"):
        render(QueryResult(("a", "a"), [(1, 2)]), "json")


def test_a_table_fits_its_width_and_loses_nothing() -> None:
    long = "x" * 100
    text = render(QueryResult(("item_id", "value"), [(long, 1.5), ("short", 20.0)]), "table", width=40)
    assert max(map(len, text.splitlines())) <= 40
    assert text.count("x") == 100
    assert text.endswith("\n\n2 rows\n")


def test_numbers_stand_right_and_wide_characters_do_not_shift_the_columns() -> None:
    lines = render(QueryResult(("item", "n"), [("한글", 1), ("abcd", 20)]), "table", width=60).splitlines()
    assert lines[2].endswith(" 1")
    assert lines[3].endswith("20")
    assert lines[2] == " 한글    1"
    assert lines[3] == " abcd   20"


def test_a_name_cannot_write_over_the_terminal_or_be_taken_for_markup() -> None:
    text = render(QueryResult(("a",), [("\x1b[2J[red]x\r\n",)]), "table", width=60)
    assert "\x1b" not in text
    assert r"\x1b[2J[red]x\r\n" in text


@pytest.mark.parametrize(("form", "text"), [("csv", "a,b\n"), ("json", "[]\n")])
def test_no_rows_are_still_an_answer(form: str, text: str) -> None:
    assert render(QueryResult(("a", "b"), []), form) == text
    assert "0 rows" in render(QueryResult(("a", "b"), []), "table")
