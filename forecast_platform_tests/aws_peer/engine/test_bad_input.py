"""What Amazon Forecast would refuse: every job says what is wrong, where, and leaves nothing behind."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.errors import InputError, PermanentError
from forecast_platform_tests.aws_peer.engine.customer import (
    ACCOUNT,
    PLAN,
    SALES,
    Customer,
    Document,
    auto,
    legacy,
    sales,
    small_files,
    source,
)

TARGET = "TARGET_TIME_SERIES"
Served = tuple[Customer, Document, Document]


@pytest.fixture
def customer(tmp_path: Path) -> Customer:
    return Customer(tmp_path)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A customer with a predictor and a forecast, of whom tests ask what is refused."""
    customer = Customer(tmp_path_factory.mktemp("served"))
    customer.import_small_data()
    predictor = customer.train(legacy())
    return customer, predictor, customer.forecast(predictor)


def refused(customer: Customer, data: bytes, **changes: str) -> str:
    customer.bucket.write("sales.csv", data)
    with pytest.raises(InputError) as raised:
        customer.import_data(TARGET, "s3://data/sales.csv", SALES, **changes)
    return str(raised.value)


@pytest.mark.parametrize(
    "path", ["s3://data/sales.csv", "s3://data/sales/", "s3://data/", "s3://data", "s3://nobody/x"]
)
def test_an_import_from_where_nothing_is_says_where_it_looked(customer: Customer, path: str) -> None:
    customer.bucket.write("sales/_SUCCESS", b"")
    with pytest.raises(InputError, match=f"There is no data at {path}"):
        customer.import_data(TARGET, path, SALES)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "s3://data/sales.csv: found an empty file"),
        (b"timestamp,item_id,store,demand\n", "a header and no rows"),
        (b"PK\x03\x04 and more", "found an Excel workbook or a zip archive"),
        (b"2024-01-01,milk,1\n" * 5, "found 3 columns in most rows"),
        (b"2024-01-01,milk,1,7\n2024-01-02,milk,1\n", "line 2: found 3 columns"),
        (b"2024-01-01,milk,1,7\n2024-01-02,milk,1,5\n2024-01-03,milk,1,many\n", "line 3, column demand: found 'many'"),
        (b"01.02.2024,milk,1,7\n", "line 1, column timestamp: found '01.02.2024'"),
        (b"2024-01-01,milk,1,7\n2024-01-01,milk,1,8\n", "line 2: found a second row"),
        (b"demand,item_id,store,timestamp\n7,milk,1,2024-01-01\n", "the order is not"),
        (gzip.compress(sales(0, 9))[:-9], "gzip data that ends in the middle"),
    ],
)
def test_data_that_cannot_be_read_fails_its_import_with_its_place(
    customer: Customer, data: bytes, expected: str
) -> None:
    assert expected in refused(customer, data)


def test_the_problems_of_all_files_are_told_and_no_row_of_any_is_used(customer: Customer) -> None:
    customer.bucket.write("sales/a.csv", sales(0, 20) + b"2024-02-01,milk,1,many\n" * 30)
    customer.bucket.write("sales/b.csv", sales(0, 9) + b"2024-01-01,milk,1\n")
    with pytest.raises(InputError) as raised:
        customer.import_data(TARGET, "s3://data/sales/", SALES)
    assert "31 problems, of which these are the first 20" in str(raised.value)
    assert len(raised.value.problems) == 20
    assert customer.datasets == {}


def test_a_format_of_timestamps_that_is_none_is_refused(customer: Customer) -> None:
    assert "TimestampFormat: found 'dd.MM.yyyy'" in refused(customer, sales(0, 9), TimestampFormat="dd.MM.yyyy")


def test_csv_that_is_called_parquet_and_parquet_without_a_column_are_refused(customer: Customer) -> None:
    assert "a file that is no Parquet" in refused(customer, sales(0, 9), Format="PARQUET")
    data = pd.DataFrame({"timestamp": ["2024-01-01"], "item_id": ["milk"]}).to_parquet()
    assert "found the columns timestamp, item_id" in refused(customer, data, Format="PARQUET")


def test_training_needs_a_target(customer: Customer) -> None:
    customer.bucket.write("plan.csv", small_files()["plan.csv"])
    customer.import_data("RELATED_TIME_SERIES", "s3://data/plan.csv", PLAN)
    with pytest.raises(InputError, match="no TARGET_TIME_SERIES"):
        customer.train(legacy())


def test_a_series_that_is_too_short_for_the_horizon_fails_the_training(customer: Customer) -> None:
    customer.bucket.write("sales.csv", sales(0, 9))
    customer.import_data(TARGET, "s3://data/sales.csv", SALES)
    with pytest.raises(InputError, match="The horizon is too long for the history"):
        customer.train(legacy())


@pytest.mark.parametrize(
    ("predictor", "expected"),
    [
        (legacy("Crystal_Ball"), r"shop: \$\.Predictor\.AlgorithmArn"),
        (legacy(TrainingParameters={"epochs": "many"}, AlgorithmArn="arn:aws:forecast:::algorithm/CNN-QR"), "many"),
        (legacy(FeaturizationConfig={"ForecastFrequency": "H"}), "D or longer"),
        (legacy(FeaturizationConfig={"ForecastFrequency": "D", "ForecastDimensions": ["shop"]}), "found 'shop'"),
        (auto(ForecastTypes=["0.5", "0.50"]), "different forecast types"),
        (auto(ForecastHorizon=None), "ForecastHorizon: found nothing"),
    ],
)
def test_wrong_parameters_fail_the_training_by_their_place(served: Served, predictor: Document, expected: str) -> None:
    customer, _, _ = served
    with pytest.raises(InputError, match=expected):
        customer.train(predictor)


def test_what_was_deleted_cannot_be_used(customer: Customer) -> None:
    customer.import_small_data()
    predictor = customer.train(legacy())
    forecast = customer.forecast(predictor)
    customer.engine.delete("forecast", "next_week")
    customer.engine.delete("predictor", "shop")
    customer.engine.delete("predictor", "shop")
    customer.engine.delete("dataset-import-job", f"{TARGET}/job0")
    uses: list[Callable[[], object]] = [
        lambda: customer.engine.query(forecast, {"item_id": "Bread", "store": "1"}, None, None),
        lambda: customer.engine.accuracy(predictor),
        lambda: customer.forecast(predictor),
        lambda: customer.train(legacy()),
    ]
    for use in uses:
        with pytest.raises(PermanentError, match="it was deleted, or never finished"):
            use()


@pytest.mark.parametrize(
    ("filters", "start", "expected"),
    [
        ({"item_id": "Bread"}, None, "found item_id; expected exactly item_id, store"),
        ({"item_id": "Bread", "shop": "1"}, None, "found item_id, shop"),
        ({"item_id": "Cake", "store": "1"}, None, "item_id 'Cake', store '1'; expected a series of the forecast"),
        ({"item_id": "Bread", "store": "1"}, "soon", "StartDate: found 'soon'"),
    ],
)
def test_a_query_that_means_no_series_says_what_it_asked_for(
    served: Served, filters: dict[str, str], start: str | None, expected: str
) -> None:
    customer, _, forecast = served
    with pytest.raises(InputError, match=expected):
        customer.engine.query(forecast, filters, start, None)


def test_chosen_series_have_the_keys_of_the_forecast_and_are_known(served: Served) -> None:
    customer, predictor, _ = served
    customer.bucket.write("cakes.csv", b"Cake,1\n")
    for names, expected in ((["item_id"], "exactly item_id, store"), (["item_id", "store"], "None of the series")):
        schema = {"Attributes": [{"AttributeName": name, "AttributeType": "string"} for name in names]}
        identifiers = {"DataSource": source("s3://data/cakes.csv"), "Schema": schema}
        with pytest.raises(InputError, match=expected):
            customer.forecast(predictor, TimeSeriesSelector={"TimeSeriesIdentifiers": identifiers})


def test_impact_scores_are_not_split_by_time_points(served: Served) -> None:
    customer, predictor, _ = served
    config = {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "SPECIFIC"}
    asked = {"ExplainabilityArn": f"{ACCOUNT}explainability/x", "ExplainabilityConfig": config}
    with pytest.raises(InputError, match="explains the whole forecast horizon"):
        customer.engine.explain(asked, predictor)


def test_a_scenario_that_does_not_go_with_the_data_says_where(served: Served) -> None:
    customer, _, forecast = served
    analysis = {"WhatIfAnalysisArn": f"{ACCOUNT}what-if-analysis/prices"}
    action = {"AttributeName": "prize", "Operation": "MULTIPLY", "Value": 0.5}
    asked = {"WhatIfForecastArn": f"{ACCOUNT}what-if-forecast/cheap", "WhatIfForecastName": "cheap"}
    told = asked | {"TimeSeriesTransformations": [{"Action": action}]}
    with pytest.raises(InputError, match=r"cheap: \$\.TimeSeriesTransformations\[0\].*Did you mean 'price'"):
        customer.engine.what_if_forecast(told, analysis, forecast)
    rows = {**source("s3://data/none.csv"), "Schema": {"Attributes": []}}
    with pytest.raises(InputError):
        customer.engine.what_if_forecast(asked | {"TimeSeriesReplacementsDataSource": rows}, analysis, forecast)
