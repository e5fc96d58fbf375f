"""The text that Athena gets: as it was written, with the databases in it."""

from __future__ import annotations

import pytest

from forecast_platform.errors import InputError
from forecast_platform.warehouse.athena.statements import Names, read_statement
from forecast_platform.warehouse.sql import Query

DATABASES = {"p": Names(("train", "t")), "q": Names(("train",))}


def sent(sql: str, default: str | None = "p") -> str:
    read = read_statement(sql, DATABASES, default)
    assert isinstance(read, Query)
    return read.sql


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("SELECT a FROM train -- all", 'SELECT a FROM "p".train -- all'),
        ("SELECT a FROM default.train", 'SELECT a FROM "p".train'),
        ('SELECT a FROM "Default"."train"', 'SELECT a FROM "p"."train"'),
        ("SELECT a FROM AwsDataCatalog.default.train", 'SELECT a FROM AwsDataCatalog."p".train'),
        ("SELECT default.train.a FROM default.train", 'SELECT "p".train.a FROM "p".train'),
        ("SELECT train.a FROM q.train", "SELECT train.a FROM q.train"),
        ("WITH train AS (SELECT 1 AS a) SELECT a FROM train", "WITH train AS (SELECT 1 AS a) SELECT a FROM train"),
        (
            "SELECT * FROM t JOIN (SELECT * FROM train) USING (a)",
            'SELECT * FROM "p".t JOIN (SELECT * FROM "p".train) USING (a)',
        ),
        (
            "SELECT 'from train', x FROM train\r\nCROSS JOIN UNNEST(ARRAY[1]) AS u(x)",
            "SELECT 'from train', x FROM \"p\".train\r\nCROSS JOIN UNNEST(ARRAY[1]) AS u(x)",
        ),
    ],
)
def test_only_names_without_a_database_are_changed(written: str, expected: str) -> None:
    assert sent(written) == expected


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT map_agg(a, b), transform(c, x -> x + 1), approx_set(a) FROM q.train",
        "SELECT a FROM q.train TABLESAMPLE BERNOULLI (10)",
        "SELECT json_extract(a, '$.b'), try(a / 0) FROM q.train FETCH FIRST 3 ROWS ONLY",
    ],
)
def test_what_only_athena_knows_reaches_it(sql: str) -> None:
    assert sent(sql) == sql


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO train SELECT * FROM train",
        "WITH a AS (SELECT 1) INSERT INTO train SELECT * FROM a",
        "WITH a AS (SELECT 1) DELETE FROM train",
        "UNLOAD (SELECT * FROM train) TO 's3://elsewhere/'",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT 1; DROP TABLE train",
        "SELECT what sqlglot ( cannot read; DROP TABLE train",
        "/* /* */ DROP TABLE train -- */ SELECT 1",
        "-- SELECT\nDROP TABLE train",
        "ALTER TABLE train ADD COLUMNS (x int)",
    ],
)
def test_nothing_but_one_reading_statement_reaches_athena(sql: str) -> None:
    with pytest.raises(InputError):
        sent(sql)
