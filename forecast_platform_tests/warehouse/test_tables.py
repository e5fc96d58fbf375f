from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.bucket import layout
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.warehouse.tables import project_catalogue
from forecast_platform_tests.warehouse.examples import (
    SECOND,
    TRAIN_KEY,
    dataset,
    electricity_params,
    open_warehouse,
    parquet,
    sales_params,
)

SALES = sales_params("W", 13, {"Price": "float"})
SNAPSHOT = {
    "target": TRAIN_KEY,
    "related": "parsed/related/rows.parquet",
    "item_metadata": "parsed/metadata/rows.parquet",
}


def columns_of(catalogue_table: str) -> list[tuple[str, str]]:
    table = project_catalogue("sales", SALES, SNAPSHOT).table(catalogue_table)
    assert table is not None
    return [(column.name, column.type) for column in table.columns] + [(name, "partition") for name in table.partitions]


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("train", "store:string item_id:string timestamp:string demand:double"),
        ("related", "store:string item_id:string timestamp:string price:double"),
        ("item_metadata", "item_id:string brand:string size:string"),
        ("forecast", "store:string item_id:string timestamp:string demand:double type:string"),
        (
            "cleaned_history",
            "item_id:string store:string timestamp:timestamp type:string value:double cutoff:partition",
        ),
        (
            "forecast_accuracy",
            "item_id:string store:string timestamp:timestamp horizon_step:bigint type:string forecast:double "
            "actual:double cutoff:partition",
        ),
    ],
)
def test_a_table_has_the_columns_of_the_schema_and_its_own(table: str, columns: str) -> None:
    assert columns_of(table) == [tuple(column.split(":")) for column in columns.split()]


def test_datasets_without_data_have_no_table() -> None:
    names = project_catalogue("sales", SALES, {"target": TRAIN_KEY}).names
    assert "related" not in names
    assert "item_metadata" not in names


def test_schema_names_are_read_from_the_canonical_columns_of_the_snapshot(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path / "bucket" / "sales")
    keys = {"item_id": ["i"], "store": ["s1"], "timestamp": [SECOND]}
    bucket.write(SNAPSHOT["target"], parquet(pd.DataFrame({**keys, "target": [3.0]})))
    bucket.write(SNAPSHOT["related"], parquet(pd.DataFrame({**keys, "Price": [9.5]})))
    bucket.write(SNAPSHOT["item_metadata"], parquet(pd.DataFrame({"item_id": ["i"], "Brand": ["b"], "size": ["1"]})))
    forecast = {"store": ["s1"], "item_id": ["i"], "timestamp": ["2014-12-07 00:00:00"], "demand": [4.5]}
    bucket.write(layout.PUBLISHED_ROWS, parquet(pd.DataFrame({**forecast, "type": ["p50"]})))
    warehouse = open_warehouse(tmp_path)
    warehouse.publish(project_catalogue("sales", SALES, SNAPSHOT))
    assert warehouse.query("SELECT * FROM train", "sales").rows == [("s1", "i", "2014-11-30 00:00:00", 3.0)]
    assert warehouse.query("SELECT * FROM related", "sales").rows == [("s1", "i", "2014-11-30 00:00:00", 9.5)]
    assert warehouse.query("SELECT * FROM item_metadata", "sales").rows == [("i", "b", "1")]
    view = warehouse.query("SELECT * FROM forecast_with_history ORDER BY timestamp", "sales")
    assert view.columns == ("item_id", "demand", "timestamp", "type", "store")
    assert view.rows[0] == ("i", 3.0, SECOND, "history", "s1")
    assert view.rows[1][3] == "p50"


def test_the_names_of_the_domain_are_kept(tmp_path: Path) -> None:
    params = electricity_params(
        DatasetGroup={"DatasetGroupName": "Work", "Domain": "WORK_FORCE"},
        Datasets=[
            dataset(
                "TARGET_TIME_SERIES",
                {"workforce_type": "string", "timestamp": "timestamp", "workforce_demand": "float"},
                "Target",
                "WORK_FORCE",
            )
        ],
    )
    warehouse = open_warehouse(tmp_path)
    warehouse.publish(project_catalogue("work", params, {"target": TRAIN_KEY}))
    names = [name for name, _ in warehouse.query("DESCRIBE forecast_with_history", "work").rows]
    assert names == ["workforce_type", "workforce_demand", "timestamp", "type"]
