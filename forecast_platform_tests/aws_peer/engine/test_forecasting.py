"""Predictors and forecasts over their life: newer data, retraining, kills, deletes, queries and exports."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import botocore.session
import pandas as pd
import pytest
from botocore.validate import ParamValidator

from forecast_platform.errors import InputError
from forecast_platform_tests.aws_peer.engine.customer import (
    DAYS,
    SALES,
    Customer,
    Document,
    legacy,
    sales,
    source,
)

BREAD = {"item_id": "Bread", "store": "1"}
Served = tuple[Customer, Document, Document]


@pytest.fixture
def customer(tmp_path: Path) -> Customer:
    made = Customer(tmp_path)
    made.import_small_data()
    return made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A customer, a predictor and a forecast that tests ask and leave as they are."""
    made = Customer(tmp_path_factory.mktemp("served"))
    made.import_small_data()
    predictor = made.train(legacy())
    return made, predictor, made.forecast(predictor)


def check_shape(operation: str, answer: Document) -> None:
    """An answer has the members and the types that botocore's model says."""
    model = botocore.session.get_session().get_service_model("forecast")
    report = ParamValidator().validate(answer, model.operation_model(operation).output_shape)
    assert not report.has_errors(), report.generate_report()


def exported(customer: Customer, forecast: Document, **changes: Any) -> bytes:
    customer.engine.export_forecast(forecast, customer.job("ForecastExportJobName", "out", "s3://data/out/", **changes))
    [(key, data)] = customer.exported("out/").items()
    customer.bucket.delete(key)
    return data


def rows_of(data: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(data), dtype={"store": str}, float_precision="round_trip")


def first_steps(customer: Customer, forecast: Document) -> list[str]:
    found = customer.engine.query(forecast, BREAD, None, None)["Predictions"]["p50"]
    return [point["Timestamp"] for point in found]


def test_a_forecast_starts_after_the_newest_import_which_the_predictor_need_not_know(customer: Customer) -> None:
    predictor = customer.train(legacy())
    before = customer.forecast(predictor, "before")
    customer.bucket.write("more.csv", sales(DAYS, DAYS + 2))
    customer.import_data("TARGET_TIME_SERIES", "s3://data/more.csv", SALES, ImportMode="INCREMENTAL")
    after = customer.forecast(predictor, "after")
    assert first_steps(customer, before)[0] == "2024-03-01T00:00:00"
    assert first_steps(customer, after)[0] == "2024-03-03T00:00:00"


def test_a_job_that_was_killed_is_run_again_to_the_same_result(customer: Customer) -> None:
    predictor, forecast = customer.train(legacy()), customer.forecast(customer.train(legacy()))
    once = exported(customer, forecast)
    assert customer.train(legacy()) == predictor
    assert exported(customer, customer.forecast(predictor)) == once


def test_deleting_one_of_two_equal_resources_takes_nothing_from_the_other(customer: Customer) -> None:
    one, other = customer.train(legacy()), customer.train(legacy(PredictorName="other"))
    mine, theirs = customer.forecast(one, "mine"), customer.forecast(other, "theirs")
    once = exported(customer, theirs)
    customer.engine.delete("forecast", mine["ForecastName"])
    customer.engine.delete("predictor", one["PredictorName"])
    customer.engine.delete("dataset-import-job", "TARGET_TIME_SERIES/job0")
    assert exported(customer, theirs) == once
    assert customer.engine.accuracy(other)["PredictorEvaluationResults"]


def test_accuracy_has_the_shape_of_get_accuracy_metrics(customer: Customer) -> None:
    predictor = customer.train(legacy(None, AutoMLOverrideStrategy="LatencyOptimized"))
    answer = customer.engine.accuracy(predictor)
    check_shape("GetAccuracyMetrics", answer)
    assert (answer["IsAutoPredictor"], answer["AutoMLOverrideStrategy"]) == (False, "LatencyOptimized")
    window = answer["PredictorEvaluationResults"][0]["TestWindows"][1]
    assert pd.Timestamp(window["TestWindowStart"], unit="s") == pd.Timestamp("2024-02-25")
    assert predictor["AutoMLAlgorithmArns"] == [answer["PredictorEvaluationResults"][0]["AlgorithmArn"]]
    assert len(predictor["PredictorExecutionDetails"]["PredictorExecutions"]) == 5
    members = {"AutoMLAlgorithmArns", "PredictorExecutionDetails"}
    check_shape("DescribePredictor", {name: predictor[name] for name in members})


@pytest.mark.slow
def test_tuning_tells_what_it_has_found(customer: Customer) -> None:
    ranges = {"IntegerParameterRanges": [{"Name": "num_leaves", "MinValue": 3, "MaxValue": 9}]}
    predictor = customer.train(legacy("GBM", PerformHPO=True, HPOConfig={"ParameterRanges": ranges}))
    assert 3 <= int(predictor["TrainingParameters"]["num_leaves"]) <= 9


def test_a_forecast_may_ask_for_other_types_and_for_some_series(served: Served) -> None:
    customer, predictor, _ = served
    customer.bucket.write("some.csv", b"Bread,2\nCake,1\n")
    names = [{"AttributeName": name, "AttributeType": "string"} for name in ("item_id", "store")]
    identifiers = {"DataSource": source("s3://data/some.csv"), "Schema": {"Attributes": names}, "Format": "CSV"}
    chosen: Document = {"ForecastTypes": ["mean", "0.99"], "TimeSeriesSelector": {"TimeSeriesIdentifiers": identifiers}}
    forecast = customer.forecast(predictor, "chosen", **chosen)
    assert forecast["ForecastTypes"] == ["mean", "0.99"]
    rows = rows_of(exported(customer, forecast))
    assert list(rows.columns) == ["item_id", "store", "date", "mean", "p99"]
    assert rows[["item_id", "store"]].drop_duplicates().values.tolist() == [["Bread", "2"]]
    with pytest.raises(InputError, match="different forecast types"):
        customer.forecast(predictor, "wrong", ForecastTypes=["0.5", "0.50"])


def test_a_query_takes_the_lower_case_that_amazon_makes_of_items_and_keeps_to_its_dates(served: Served) -> None:
    customer, _, forecast = served
    asked = {"item_id": "bread", "store": "1"}
    answer = customer.engine.query(forecast, asked, "2024-03-02T00:00:00", "2024-03-03T00:00:00")
    assert list(answer["Predictions"]) == ["p10", "p50", "mean"]
    points = answer["Predictions"]["p50"]
    assert [point["Timestamp"] for point in points] == ["2024-03-02T00:00:00", "2024-03-03T00:00:00"]
    rows = rows_of(exported(customer, forecast))
    of_bread = rows[(rows["item_id"] == "Bread") & (rows["store"] == "1")]
    assert [point["Value"] for point in points] == of_bread["p50"].tolist()[1:3]


def test_parquet_exports_say_what_csv_exports_say(served: Served) -> None:
    customer, _, forecast = served
    of_parquet = pd.read_parquet(io.BytesIO(exported(customer, forecast, Format="PARQUET")))
    pd.testing.assert_frame_equal(of_parquet, rows_of(exported(customer, forecast)))


def test_related_data_that_ends_before_the_horizon_is_told_and_does_not_fail_the_training(customer: Customer) -> None:
    lines = customer.bucket.read("plan.csv").decode().splitlines()
    customer.bucket.write("plan.csv", "\n".join(line for line in lines if line < "2024-03-01").encode())
    attributes = {"timestamp": "timestamp", "item_id": "string", "store": "string", "price": "float"}
    customer.import_data("RELATED_TIME_SERIES", "s3://data/plan.csv", attributes)
    assert "price" in customer.train(legacy("NPTS"))["Message"]
