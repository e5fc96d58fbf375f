"""What every engine does when a catalogue is published."""

from __future__ import annotations

import pandas as pd
import pytest

from forecast_platform.bucket import layout
from forecast_platform.errors import InputError
from forecast_platform.warehouse import Catalogue, Column, Table, View, Warehouse, count_rows
from forecast_platform_tests.warehouse.examples import (
    SECOND,
    TRAIN_KEY,
    Home,
    dataset,
    electricity_catalogue,
    observations,
    parquet,
)

TEXTS = Table("texts", (Column("a", "string"), Column("b", "double")), "texts/rows.parquet")
ROWS = parquet(pd.DataFrame({"a": ["x", None], "b": [1.0, None]}))


def tables(home: Home[Warehouse], database: str) -> list[str]:
    return [name for (name,) in home.warehouse.query(f"SHOW TABLES IN {database}").rows]


def test_tables_without_files_are_empty_and_show_files_as_they_come(home: Home[Warehouse]) -> None:
    history = Table("history", (Column("a", "string"),), "history/", partitions=("cutoff",))
    named = Table("named", (Column("other", "string", source="a"),), "texts/rows.parquet")
    home.warehouse.publish(Catalogue("p", (TEXTS, history, named)))
    assert home.warehouse.query("SELECT * FROM p.history").columns == ("a", "cutoff")
    assert count_rows(home.warehouse, "p", "texts").rows == 0
    home.bucket.below("p").write(TEXTS.location, ROWS)
    assert home.warehouse.query("SELECT * FROM p.texts ORDER BY a").rows == [("x", 1.0), (None, None)]
    assert home.warehouse.query("SELECT other FROM p.named WHERE other IS NOT NULL").rows == [("x",)]


def test_publishing_replaces_everything_the_database_held(home: Home[Warehouse]) -> None:
    publish = home.warehouse.publish
    publish(Catalogue("p", (TEXTS,), (View("v", "SELECT a FROM texts"),)))
    publish(Catalogue("q", (TEXTS,)))
    publish(Catalogue("p", (Table("other", TEXTS.columns, "x/"),)))
    assert home.warehouse.databases() == ["p", "q"]
    assert tables(home, "p") == ["other"]
    assert tables(home, "q") == ["texts"]


def test_columns_come_and_go_and_change(home: Home[Warehouse]) -> None:
    def publish(*columns: Column) -> None:
        shown = ", ".join(column.name for column in columns)
        home.warehouse.publish(
            Catalogue("p", (Table("t", columns, "t/"),), (View("v", f"SELECT {shown} FROM t"),)),
        )

    home.bucket.below("p").write("t/old.parquet", parquet(pd.DataFrame({"a": ["x"], "b": [1.0]})))
    publish(Column("a", "string"), Column("b", "double"))
    assert home.warehouse.query("SELECT * FROM p.v").rows == [("x", 1.0)]
    publish(Column("a", "string"), Column("b", "double"), Column("n", "bigint"))
    assert home.warehouse.query("SELECT * FROM p.v").rows == [("x", 1.0, None)]
    publish(Column("n", "bigint"), Column("renamed", "string", source="a"))
    assert home.warehouse.query("SELECT * FROM p.v").rows == [(None, "x")]
    assert home.warehouse.query("DESCRIBE p.t").rows == [("n", "bigint"), ("renamed", "string")]
    publish(Column("a", "string"))
    assert home.warehouse.query("SELECT * FROM p.v").rows == [("x",)]


def test_a_view_that_does_not_run_is_not_published(home: Home[Warehouse]) -> None:
    home.warehouse.publish(Catalogue("p", (TEXTS,)))
    other = Table("other", TEXTS.columns, "x/")
    for sql, complaint in [
        ("SELECT nothing FROM other", "nothing"),
        ("SELECT * FROM missing", "no table 'missing'"),
        ("SELECT * FROM v", "stands on itself"),
        ("SHOW TABLES", "not a query"),
        ("SELECT read_text('/etc/passwd')", "read_text"),
    ]:
        with pytest.raises(InputError, match=complaint):
            home.warehouse.publish(Catalogue("p", (other,), (View("v", sql),)))
    assert tables(home, "p") == ["texts"]


def test_a_view_may_stand_on_a_view(home: Home[Warehouse]) -> None:
    home.bucket.below("p").write(TEXTS.location, ROWS)
    views = (
        View("upper_a", "SELECT upper(a) AS a FROM lower_a"),
        View("lower_a", "SELECT lower(a) AS a FROM default.texts WHERE a IS NOT NULL"),
    )
    home.warehouse.publish(Catalogue("p", (TEXTS,), views))
    assert home.warehouse.query("SELECT * FROM p.upper_a").rows == [("X",)]


def test_a_day_of_daily_data_is_written_without_a_time(home: Home[Warehouse]) -> None:
    attributes = {"timestamp": "timestamp", "target_value": "float", "item_id": "string"}
    catalogue = electricity_catalogue(
        "electricity",
        TimestampFormat="yyyy-MM-dd",
        Predictor={
            "PredictorName": "Daily",
            "ForecastHorizon": 7,
            "FeaturizationConfig": {"ForecastFrequency": "D"},
            "PerformAutoML": True,
        },
        Datasets=[dataset("TARGET_TIME_SERIES", attributes, "Target", frequency="D")],
    )
    bucket = home.bucket.below("electricity")
    bucket.write(TRAIN_KEY, parquet(observations(["a"])))
    forecast = {"timestamp": ["2014-11-30"], "target_value": [1.5], "item_id": ["a"], "type": ["p50"]}
    bucket.write(layout.PUBLISHED_ROWS, parquet(pd.DataFrame(forecast)))
    home.warehouse.publish(catalogue)
    (row,) = home.warehouse.query(
        "SELECT (SELECT max(timestamp) FROM train) AS a, (SELECT max(timestamp) FROM forecast_with_history) AS b",
        "electricity",
    ).rows
    assert row == ("2014-11-29", SECOND)
