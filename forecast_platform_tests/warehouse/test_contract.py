"""What every engine answers, and answers alike: asked of a filled project."""

from __future__ import annotations

from datetime import datetime

import pytest

from forecast_platform.errors import InputError
from forecast_platform.warehouse import Warehouse, count_rows
from forecast_platform_tests.warehouse.examples import (
    AWKWARD_ITEMS,
    FIRST,
    OLD_BI_QUERY,
    SECOND,
    Home,
    electricity_catalogue,
)

ITEMS = len(AWKWARD_ITEMS)


@pytest.fixture
def warehouse(filled: Home[Warehouse]) -> Warehouse:
    return filled.warehouse


def test_item_names_of_every_kind_come_back_exactly(warehouse: Warehouse) -> None:
    tables = ("train", "forecast", "cleaned_history")
    each = " UNION ALL ".join(f"SELECT DISTINCT '{table}', item_id FROM {table}" for table in tables)
    rows = warehouse.query(each, "electricity").rows
    assert sorted(rows) == sorted((table, item) for table in tables for item in AWKWARD_ITEMS)


def test_every_table_can_be_read(warehouse: Warehouse) -> None:
    names = [name for (name,) in warehouse.query("SHOW TABLES", "electricity").rows]
    assert names == sorted(electricity_catalogue("electricity").names)
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in names)
    assert dict(warehouse.query(counts, "electricity").rows) == {
        "train": 3 * ITEMS,
        "forecast": 3 * ITEMS,
        "cleaned_history": 2 * ITEMS,
        "data_drift": 0,
        "forecast_accuracy": 1,
        "forecast_accuracy_by_cutoff": 1,
        "forecast_accuracy_by_item": 1,
        "forecast_accuracy_by_step": 1,
        "forecast_with_history": 6 * ITEMS,
        "predictor_metrics": 1,
        "run_log": 1,
    }


def test_the_query_of_the_old_pipeline_runs_as_it_was_written(warehouse: Warehouse) -> None:
    old = warehouse.query(OLD_BI_QUERY, "electricity")
    assert old.columns == ("item_id", "target_value", "timestamp", "type")
    view = warehouse.query("SELECT * FROM forecast_with_history", "electricity")
    assert sorted(map(str, old.rows)) == sorted(map(str, view.rows))


def test_timestamps_are_text_in_the_old_tables_and_typed_in_the_new_ones(warehouse: Warehouse) -> None:
    (row,) = warehouse.query(
        "SELECT (SELECT max(timestamp) FROM train) AS a, (SELECT max(timestamp) FROM forecast) AS b, "
        "(SELECT max(timestamp) FROM cleaned_history) AS c, (SELECT max(window_start) FROM predictor_metrics) AS d",
        "electricity",
    ).rows
    assert row == ("2014-11-29 23:00:00", "2014-11-30 00:00:00", SECOND, FIRST)


def test_values_of_every_type_come_back_as_the_port_says(warehouse: Warehouse) -> None:
    result = warehouse.query(
        "SELECT 1 AS i, CAST(1.5 AS double) AS d, CAST('NaN' AS double) AS n, -CAST('Infinity' AS double) AS m, "
        "true AS b, '' AS e, CAST(NULL AS varchar) AS z, timestamp '2014-11-30 12:00:00' AS t, date '2014-11-30' AS y, "
        "count(*), cutoff AS cutoff FROM cleaned_history WHERE cutoff = '2014-11-29T00-00-00Z' GROUP BY cutoff",
        "electricity",
    )
    assert result.columns == ("i", "d", "n", "m", "b", "e", "z", "t", "y", "_col9", "cutoff")
    (row,) = result.rows
    assert [str(value) for value in row[2:4]] == ["nan", "-inf"]
    assert row[:2] == (1, 1.5)
    assert row[4:8] == (True, "", None, datetime(2014, 11, 30, 12))
    assert row[8:] == (datetime(2014, 11, 30).date(), ITEMS, "2014-11-29T00-00-00Z")
    assert [type(value) for value in (row[0], row[4], row[9])] == [int, bool, int]


def test_a_condition_on_the_cutoff_reads_its_rows(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        "SELECT DISTINCT cutoff FROM cleaned_history WHERE cutoff > '2014-11-29'", "electricity"
    ).rows
    assert sorted(rows) == [("2014-11-29T00-00-00Z",), ("2014-11-30T00-00-00Z",)]


@pytest.mark.parametrize(
    ("sql", "complaint"),
    [
        ("SELECT nothing FROM train", "nothing"),
        ("SELECT * FROM trian", "no table 'trian'.* Did you mean train"),
        ("SELECT * FROM shop.train", "no database 'shop'"),
        ("DROP TABLE train", "only reads"),
        ("CREATE TABLE x AS SELECT 1", "only reads"),
        ("SELECT 1; SELECT 2", "one"),
        ("/* /* */ DROP TABLE train -- */ SELECT 1", "only reads"),
        ("SELECT FROM WHERE", "."),
        ("SELECT 'open", "not SQL"),
        ("", "no statement"),
    ],
)
def test_a_mistake_is_answered_and_nothing_else_happens(warehouse: Warehouse, sql: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        warehouse.query(sql, "electricity")


def test_a_table_without_a_database_needs_a_chosen_one(warehouse: Warehouse) -> None:
    with pytest.raises(InputError, match="a table without a database"):
        warehouse.query("SELECT * FROM train")
    assert warehouse.query("SELECT count(*) FROM electricity.train").rows == [(3 * ITEMS,)]


def test_databases_tables_and_columns_are_listed(warehouse: Warehouse) -> None:
    assert warehouse.databases() == ["electricity"]
    assert warehouse.query("SHOW DATABASES").rows == [("electricity",)]
    described = warehouse.query("DESCRIBE cleaned_history", "electricity")
    assert described.columns == ("col_name", "data_type")
    assert described.rows == [
        ("item_id", "string"),
        ("timestamp", "timestamp"),
        ("type", "string"),
        ("value", "double"),
        ("cutoff", "string"),
    ]
    assert warehouse.query("SHOW COLUMNS IN electricity.train").rows == [
        ("timestamp",),
        ("target_value",),
        ("item_id",),
    ]


def test_counting_what_is_not_there_says_so(warehouse: Warehouse) -> None:
    for database, table in [("electricity", "nothing"), ("q", "train"), ("electricity", 'train" WHERE false --')]:
        with pytest.raises(InputError):
            count_rows(warehouse, database, table)
