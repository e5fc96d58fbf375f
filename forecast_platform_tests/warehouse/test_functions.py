"""Every function that a query may call, with the answer Athena (Trino) gives."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.errors import InputError
from forecast_platform.warehouse.duckdb_warehouse import DuckDbWarehouse
from forecast_platform.warehouse.functions import SUPPORTED
from forecast_platform.warehouse.time_formats import mysql_to_strftime, strftime_to_mysql
from forecast_platform_tests.warehouse.examples import open_warehouse

ONE_TO_FOUR = "FROM (VALUES (1, 10e0, true), (2, 20e0, true), (3, 30e0, false), (4, 40e0, NULL)) AS t(n, x, b)"
PAIRS = "FROM (VALUES (1e0, 2e0), (2e0, 4e0), (3e0, 6e0)) AS t(x, y)"
NOON = "timestamp '2014-11-30 12:05:07.250'"

SCALAR: list[tuple[str, Any]] = [
    ("abs(-2)", 2),
    ("sign(-2)", -1),
    ("ceil(1.5e0)", 2.0),
    ("ceiling(1.5e0)", 2.0),
    ("floor(-1.5e0)", -2.0),
    ("round(2.5e0)", 3.0),
    ("round(2.345e0, 2)", 2.35),
    ("truncate(-2.7e0)", -2.0),
    ("mod(7, 3)", 1),
    ("power(2e0, 3e0)", 8.0),
    ("pow(2e0, 3e0)", 8.0),
    ("sqrt(9e0)", 3.0),
    ("cbrt(27e0)", 3.0),
    ("exp(0e0)", 1.0),
    ("ln(1e0)", 0.0),
    ("log2(8e0)", 3.0),
    ("log10(100e0)", 2.0),
    ("degrees(0e0)", 0.0),
    ("radians(0e0)", 0.0),
    ("round(pi(), 4)", 3.1416),
    ("is_nan(sqrt(4e0))", False),
    ("greatest(1, 3, 2)", 3),
    ("greatest(1, NULL)", None),
    ("least(1, 3, 2)", 1),
    ("least(1, NULL)", None),
    ("lower('ÄB')", "äb"),
    ("upper('äb')", "ÄB"),
    ("length('한글🙂')", 3),
    ("concat('a', 'b', 'c')", "abc"),
    ("concat('a', NULL)", None),
    ("trim('  a ')", "a"),
    ("ltrim('  a')", "a"),
    ("rtrim('a  ')", "a"),
    ("lpad('7', 3, '0')", "007"),
    ("rpad('7', 3, '0')", "700"),
    ("replace('a-b-c', '-', '+')", "a+b+c"),
    ("strpos('abc', 'c')", 3),
    ("position('c' IN 'abc')", 3),
    ("substr('abcdef', 2, 3)", "bcd"),
    ("substr('abcdef', -2)", "ef"),
    ("substring('abcdef', 2)", "bcdef"),
    ("substring('abcdef' FROM 2 FOR 2)", "bc"),
    ("starts_with('abc', 'ab')", True),
    ("split('a,b,c', ',')", ["a", "b", "c"]),
    ("split_part('a,b,c', ',', 2)", "b"),
    ("split_part('a,b,c', ',', 9)", None),
    ("regexp_like('item_12', '[0-9]+')", True),
    ("regexp_extract('item_12', '[0-9]+')", "12"),
    ("regexp_extract('item_12', '([a-z]+)_([0-9]+)', 2)", "12"),
    ("regexp_extract('item', '[0-9]+')", None),
    ("regexp_replace('a1b22', '[0-9]+')", "ab"),
    ("regexp_replace('a1b22', '([0-9]+)', '<$1>')", "a<1>b<22>"),
    ('json_extract_scalar(\'{"a": {"b": "x"}}\', \'$.a.b\')', "x"),
    ("coalesce(NULL, 2)", 2),
    ("nullif(1, 1)", None),
    ("if(1 > 2, 'a', 'b')", "b"),
    ("if(1 > 2, 'a')", None),
    ("try(CAST('x' AS integer))", None),
    ("try_cast('x' AS integer)", None),
    ("cast('2.5' AS double)", 2.5),
    ("date('2014-11-30')", date(2014, 11, 30)),
    (f"year({NOON})", 2014),
    (f"quarter({NOON})", 4),
    (f"month({NOON})", 11),
    (f"week({NOON})", 48),
    (f"day({NOON})", 30),
    (f"day_of_month({NOON})", 30),
    (f"day_of_week({NOON})", 7),
    (f"dow({NOON})", 7),
    (f"day_of_year({NOON})", 334),
    (f"doy({NOON})", 334),
    (f"hour({NOON})", 12),
    (f"minute({NOON})", 5),
    (f"second({NOON})", 7),
    (f"extract(HOUR FROM {NOON})", 12),
    (f"date_trunc('hour', {NOON})", datetime(2014, 11, 30, 12)),
    (f"date_trunc('week', {NOON})", datetime(2014, 11, 24)),
    (f"date_add('day', 1, {NOON})", datetime(2014, 12, 1, 12, 5, 7, 250000)),
    (f"date_add('hour', -13, {NOON})", datetime(2014, 11, 29, 23, 5, 7, 250000)),
    ("date_diff('day', timestamp '2014-11-29 23:00:00', timestamp '2014-11-30 01:00:00')", 0),
    ("date_diff('hour', timestamp '2014-11-29 23:00:00', timestamp '2014-11-30 01:00:00')", 2),
    ("date_parse('2014-11-30 01:02:03', '%Y-%m-%d %H:%i:%s')", datetime(2014, 11, 30, 1, 2, 3)),
    ("date_parse('30/11/2014', '%d/%m/%Y')", datetime(2014, 11, 30)),
    ("date_parse('30 Nov 2014 01:02 PM', '%d %b %Y %I:%i %p')", datetime(2014, 11, 30, 13, 2)),
    (f"date_format({NOON}, '%Y-%m-%d %H:%i:%s')", "2014-11-30 12:05:07"),
    (f"date_format({NOON}, '%W %e %M %Y, %l:%i %p, %T, 100%%')", "Sunday 30 November 2014, 12:05 PM, 12:05:07, 100%"),
    ("parse_datetime('2014-11-30T01:02', 'yyyy-MM-dd''T''HH:mm')", datetime(2014, 11, 30, 1, 2)),
    (f"format_datetime({NOON}, 'EEEE d MMM yyyy, HH:mm:ss.SSS')", "Sunday 30 Nov 2014, 12:05:07.250"),
    ("from_unixtime(1417305600)", datetime(2014, 11, 30)),
    ("from_unixtime(1417305600.5e0)", datetime(2014, 11, 30, 0, 0, 0, 500000)),
    ("to_unixtime(timestamp '2014-11-30 00:00:00')", 1417305600.0),
    (f"to_iso8601({NOON})", "2014-11-30T12:05:07.250"),
    ("to_iso8601(date '2014-11-30')", "2014-11-30"),
    ("from_iso8601_timestamp('2014-11-30T01:02:03Z')", datetime(2014, 11, 30, 1, 2, 3)),
    ("from_iso8601_date('2014-11-30')", date(2014, 11, 30)),
    ("last_day_of_month(date '2014-02-03')", date(2014, 2, 28)),
    ("now() IS NULL", False),
    ("cardinality(ARRAY[1, 2])", 2),
    ("contains(ARRAY[1, 2], 2)", True),
    ("element_at(ARRAY['a', 'b'], 2)", "b"),
    ("element_at(ARRAY['a', 'b'], 3)", None),
    ("array_distinct(ARRAY[1, 1])", [1]),
    ("array_join(ARRAY['a', 'b'], '-')", "a-b"),
    ("array_max(ARRAY[1, 3, 2])", 3),
    ("array_min(ARRAY[3, 1, 2])", 1),
    ("array_sort(ARRAY[3, 1, 2])", [1, 2, 3]),
    ("sequence(1, 3)", [1, 2, 3]),
]

AGGREGATE: list[tuple[str, Any]] = [
    (f"count(*) {ONE_TO_FOUR}", 4),
    (f"count(b) {ONE_TO_FOUR}", 3),
    (f"count_if(n > 2) {ONE_TO_FOUR}", 2),
    (f"sum(n) {ONE_TO_FOUR}", 10),
    (f"avg(n) {ONE_TO_FOUR}", 2.5),
    (f"min(x) {ONE_TO_FOUR}", 10.0),
    (f"max(x) {ONE_TO_FOUR}", 40.0),
    (f"min_by(n, x) {ONE_TO_FOUR}", 1),
    (f"max_by(n, x) {ONE_TO_FOUR}", 4),
    (f"bool_and(b) {ONE_TO_FOUR}", False),
    (f"every(b) {ONE_TO_FOUR}", False),
    (f"bool_or(b) {ONE_TO_FOUR}", True),
    (f"any_value(n) IS NULL {ONE_TO_FOUR}", False),
    (f"arbitrary(n) IS NULL {ONE_TO_FOUR}", False),
    (f"array_agg(n ORDER BY n DESC) {ONE_TO_FOUR}", [4, 3, 2, 1]),
    (f"array_agg(b ORDER BY n) {ONE_TO_FOUR}", [True, True, False, None]),
    (f"approx_distinct(n) {ONE_TO_FOUR}", 4),
    (f"approx_percentile(x, 0.5) BETWEEN 20 AND 30 {ONE_TO_FOUR}", True),
    (f"round(stddev(x), 3) {ONE_TO_FOUR}", 12.91),
    (f"round(stddev_samp(x), 3) {ONE_TO_FOUR}", 12.91),
    (f"round(stddev_pop(x), 3) {ONE_TO_FOUR}", 11.18),
    (f"round(variance(x), 3) {ONE_TO_FOUR}", 166.667),
    (f"round(var_samp(x), 3) {ONE_TO_FOUR}", 166.667),
    (f"var_pop(x) {ONE_TO_FOUR}", 125.0),
    (f"round(corr(y, x), 6) {PAIRS}", 1.0),
    (f"round(covar_pop(y, x), 3) {PAIRS}", 1.333),
    (f"covar_samp(y, x) {PAIRS}", 2.0),
    (f"regr_slope(y, x) {PAIRS}", 2.0),
    (f"regr_intercept(y, x) {PAIRS}", 0.0),
    (f"sum(n) FILTER (WHERE b) {ONE_TO_FOUR}", 3),
]

WINDOW: list[tuple[str, list[Any]]] = [
    ("row_number()", [1, 2, 3, 4]),
    ("rank()", [1, 2, 3, 4]),
    ("dense_rank()", [1, 2, 3, 4]),
    ("percent_rank()", [0.0, 1 / 3, 2 / 3, 1.0]),
    ("cume_dist()", [0.25, 0.5, 0.75, 1.0]),
    ("ntile(2)", [1, 1, 2, 2]),
    ("lag(n)", [None, 1, 2, 3]),
    ("lead(n, 1, 0)", [2, 3, 4, 0]),
    ("first_value(n)", [1, 1, 1, 1]),
    ("last_value(n)", [1, 2, 3, 4]),
    ("nth_value(n, 2)", [None, 2, 2, 2]),
]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DuckDbWarehouse:
    home: Path = tmp_path_factory.mktemp("functions")
    return open_warehouse(home)


@pytest.mark.parametrize(("call", "answer"), SCALAR + AGGREGATE)
def test_a_function_answers_as_in_athena(warehouse: DuckDbWarehouse, call: str, answer: Any) -> None:
    [(value,)] = warehouse.query(f"SELECT {call}").rows
    assert value == (pytest.approx(answer) if isinstance(answer, float) else answer)


@pytest.mark.parametrize(("call", "answers"), WINDOW)
def test_a_window_function_answers_as_in_athena(warehouse: DuckDbWarehouse, call: str, answers: list[Any]) -> None:
    rows = warehouse.query(f"SELECT {call} OVER (ORDER BY n) {ONE_TO_FOUR} ORDER BY n").rows
    assert [value for (value,) in rows] == answers


def test_every_supported_function_has_an_example() -> None:
    shown = " ".join(call for call, _ in [*SCALAR, *AGGREGATE, *WINDOW])
    assert [name for name in sorted(SUPPORTED) if f"{name}(" not in shown] == []


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("1 / 2", 0),
        ("-3 / 2", -1),
        ("3e0 / 2", 1.5),
        ("n / 2", 0),
        ("7 % 3", 1),
        ("'a' || 'b'", "ab"),
        ("'a' LIKE 'A'", False),
        ("'50%' LIKE '50!%' ESCAPE '!'", True),
        ("timestamp '2014-11-30 01:02:03.5'", datetime(2014, 11, 30, 1, 2, 3, 500000)),
        ("timestamp '2014-11-30 01:00:00' + interval '2' hour", datetime(2014, 11, 30, 3)),
        ("current_date IS NULL", False),
        ("current_timestamp IS NULL", False),
        ("NULL IS DISTINCT FROM 1", True),
        ("CASE WHEN n = 1 THEN 'one' ELSE 'other' END", "one"),
        ("ARRAY['a', 'b'][1]", "a"),
    ],
)
def test_an_expression_answers_as_in_athena(warehouse: DuckDbWarehouse, expression: str, answer: Any) -> None:
    assert warehouse.query(f"SELECT {expression} FROM (VALUES (1)) AS t(n)").rows == [(answer,)]


def test_nulls_come_last_in_both_directions_as_in_athena(warehouse: DuckDbWarehouse) -> None:
    rows = "FROM (VALUES (1), (NULL), (2)) AS t(n) ORDER BY n"
    assert warehouse.query(f"SELECT n {rows}").rows == [(1,), (2,), (None,)]
    assert warehouse.query(f"SELECT n {rows} DESC").rows == [(2,), (1,), (None,)]


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ("date_format(now(), '%D')", "uses %D"),
        ("date_parse('a', '%')", "uses %;"),
        ("date_parse('2014', lower('%Y'))", "only a text in quotes works here"),
        ("parse_datetime('2014', 'QQ')", "uses QQ"),
        ("format_datetime(now(), '''open')", "a quote that is not closed"),
        ("from_unixtime(1, 'Europe/Paris')", "called with 2 arguments; 1 work here"),
        ("strptime('2014', '%Y')", "the function strptime"),
        ("list_sum(ARRAY[1])", "the function list_sum"),
        ("extract(DOW FROM now())", "EXTRACT"),
    ],
)
def test_what_would_be_answered_differently_is_refused_and_named(
    warehouse: DuckDbWarehouse, call: str, complaint: str
) -> None:
    with pytest.raises(InputError) as failure:
        warehouse.query(f"SELECT {call}")
    assert complaint in str(failure.value)


def test_a_misspelt_function_gets_a_suggestion(warehouse: DuckDbWarehouse) -> None:
    with pytest.raises(InputError, match=r"column 8: found the function date_pars;.*Did you mean date_parse"):
        warehouse.query("SELECT date_pars('2014', '%Y')")


def test_a_text_that_does_not_fit_its_time_format_is_an_error_of_the_query(warehouse: DuckDbWarehouse) -> None:
    with pytest.raises(InputError, match="Could not parse string"):
        warehouse.query("SELECT date_parse('yesterday', '%Y-%m-%d')")


def test_a_format_of_strftime_is_written_as_athena_has_it() -> None:
    assert strftime_to_mysql("%Y-%m-%d %H:%M:%S") == "%Y-%m-%d %H:%i:%s"
    assert mysql_to_strftime(strftime_to_mysql("%d.%m.%y %I:%M %p %%")) == "%d.%m.%y %I:%M %p %%"
