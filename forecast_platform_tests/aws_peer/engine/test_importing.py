"""Import jobs: what is read, and what Amazon Forecast says of it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.aws_peer.forecast.engine.keeping import Keeper
from forecast_platform_tests.aws_peer.engine.customer import SALES, Customer, sales

TARGET = "TARGET_TIME_SERIES"
HEADER = b"timestamp,item_id,store,demand\n"


@pytest.fixture
def customer(tmp_path: Path) -> Customer:
    return Customer(tmp_path)


def kept(customer: Customer, home: Path) -> pd.DataFrame:
    """The rows of the newest import, in one order."""
    frame = Keeper(home / "peer/resources").frame(customer.datasets[TARGET][1]["DatasetImportJobArn"])
    return frame.astype({"item_id": str, "store": str}).sort_values(list(frame.columns[:3]), ignore_index=True)


def test_a_header_is_no_data_and_says_nothing_by_itself(customer: Customer, tmp_path: Path) -> None:
    customer.bucket.write("with.csv", HEADER + sales(0, 9))
    customer.bucket.write("without.csv", sales(0, 9))
    answers = [customer.import_data(TARGET, f"s3://data/{name}.csv", SALES) for name in ("with", "without")]
    assert answers[0]["FieldStatistics"] == answers[1]["FieldStatistics"]
    assert len(kept(customer, tmp_path)) == 36


def test_statistics_are_those_of_amazon(customer: Customer) -> None:
    customer.bucket.write("sales.csv", b"2024-01-01,milk,1,2\n2024-01-02,milk,,4.5\n2024-01-03,milk,1,\n")
    answer = customer.import_data(TARGET, "s3://data/sales.csv", SALES)
    statistics = answer["FieldStatistics"]
    assert answer["DataSize"] == pytest.approx(60e-9)
    assert list(statistics) == list(SALES)
    assert statistics["demand"] == {
        "Count": 3, "CountDistinct": 2, "CountNull": 1, "CountLong": 3, "CountDistinctLong": 2, "CountNullLong": 1,
        "CountNan": 0, "CountNanLong": 0, "Min": "2.0", "Max": "4.5", "Avg": 3.25, "Stddev": 1.25,
    }  # fmt: skip
    assert statistics["store"]["CountNull"] == 1
    assert statistics["timestamp"]["Max"] == "2024-01-03T00:00:00Z"


def test_a_column_without_a_value_has_no_mean(customer: Customer) -> None:
    customer.bucket.write("sales.csv", b"2024-01-01,milk,1,\n")
    answer = customer.import_data(TARGET, "s3://data/sales.csv", SALES)
    assert answer["FieldStatistics"]["demand"]["CountNull"] == 1
    assert "Avg" not in answer["FieldStatistics"]["demand"]


def test_a_folder_is_all_its_files_and_of_two_rows_the_one_that_was_written_last(
    customer: Customer, tmp_path: Path
) -> None:
    customer.bucket.write("sales/b.csv", sales(0, 9))
    customer.bucket.write("sales/deep/a.csv", b"2024-01-01,Bread,1,999\n2024-01-10,Bread,1,7\n")
    customer.bucket.write("sales/_SUCCESS", b"")
    customer.import_data(TARGET, "s3://data/sales", SALES)
    rows = kept(customer, tmp_path)
    assert len(rows) == 37
    assert 999 in set(rows["target"])


def test_parquet_gives_what_csv_gives(customer: Customer, tmp_path: Path) -> None:
    customer.bucket.write("sales.csv", sales(0, 9))
    of_csv = customer.import_data(TARGET, "s3://data/sales.csv", SALES)
    rows = kept(customer, tmp_path)
    frame = pd.DataFrame(
        {"demand": rows["target"], "store": rows["store"].astype(int), **rows[["item_id", "timestamp"]]}
    )
    customer.bucket.write("sales.parquet", frame.to_parquet())
    of_parquet = customer.import_data(TARGET, "s3://data/sales.parquet", SALES, Format="PARQUET")
    assert of_parquet["FieldStatistics"] == of_csv["FieldStatistics"]
    pd.testing.assert_frame_equal(kept(customer, tmp_path), rows)


def test_an_incremental_import_is_laid_over_the_one_before_and_a_full_one_stands_alone(
    customer: Customer, tmp_path: Path
) -> None:
    for name, first, after in (("one", 0, 9), ("two", 7, 12), ("three", 12, 14)):
        customer.bucket.write(f"{name}.csv", sales(first, after))
    customer.import_data(TARGET, "s3://data/one.csv", SALES)
    customer.import_data(TARGET, "s3://data/two.csv", SALES, ImportMode="INCREMENTAL")
    assert len(kept(customer, tmp_path)) == 4 * 12
    again = customer.datasets[TARGET]
    customer.import_data(TARGET, "s3://data/three.csv", SALES, ImportMode="FULL")
    assert len(kept(customer, tmp_path)) == 4 * 2
    customer.engine.import_data(*again)
    customer.datasets[TARGET] = again
    assert len(kept(customer, tmp_path)) == 4 * 12, "the job was killed and is run again"
