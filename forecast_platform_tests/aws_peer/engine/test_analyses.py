"""Explainability and what-if forecasts, in the layouts that Amazon Forecast exports."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform_tests.aws_peer.engine.customer import ACCOUNT, Customer, Document, legacy, source

ANALYSIS = {"WhatIfAnalysisArn": f"{ACCOUNT}what-if-analysis/prices"}
CHEAPER = [{"Action": {"AttributeName": "price", "Operation": "SUBTRACT", "Value": 1.0}}]
KEYS = {"Attributes": [{"AttributeName": name, "AttributeType": "string"} for name in ("item_id", "store")]}
Served = tuple[Customer, Document, Document]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """NPTS looks at the plan of prices that the small data has."""
    customer = Customer(tmp_path_factory.mktemp("served"))
    customer.import_small_data()
    predictor = customer.train(legacy("NPTS", ForecastTypes=["0.5", "mean"]))
    customer.bucket.write("some.csv", b'"milk, fresh",1\n')
    return customer, predictor, customer.forecast(predictor)


def exported(customer: Customer, prefix: str) -> pd.DataFrame:
    [(_, data)] = customer.exported(f"{prefix}/").items()
    return pd.read_csv(io.BytesIO(data), dtype={"store": str}, float_precision="round_trip")


def what_if(name: str, **scenario: object) -> Document:
    return {"WhatIfForecastArn": f"{ACCOUNT}what-if-forecast/{name}", "WhatIfForecastName": name, **scenario}


def replacement(path: str, *names: str) -> Document:
    kinds = {"timestamp": "timestamp", "price": "float"}
    attributes = [{"AttributeName": name, "AttributeType": kinds.get(name, "string")} for name in names]
    rows = {**source(path), "Schema": {"Attributes": attributes}, "Format": "CSV", "TimestampFormat": "yyyy-MM-dd"}
    return {"TimeSeriesReplacementsDataSource": rows}


@pytest.mark.parametrize("of", ["predictor", "forecast"])
def test_impact_scores_are_exported_with_their_aggregate_first(served: Served, of: str) -> None:
    customer, predictor, forecast = served
    config = {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "ALL"}
    asked = {"ExplainabilityArn": f"{ACCOUNT}explainability/{of}", "ExplainabilityConfig": config}
    customer.engine.explain(asked, predictor if of == "predictor" else forecast)
    customer.engine.export_explainability(asked, customer.job("ExplainabilityExportName", of, f"s3://data/{of}"))
    rows = exported(customer, of)
    assert list(rows.columns[:5]) == [
        "item_id",
        "store",
        "timestamp",
        "price-NormalizedImpactScore",
        "price-RawImpactScore",
    ]
    assert rows["item_id"].tolist()[:2] == ["Aggregate", "Bread"]
    assert rows["price-RawImpactScore"].isna().tolist() == [True, False, False, False, False]
    assert rows["price-NormalizedImpactScore"].abs().max() == 1


def test_only_the_series_of_a_file_are_explained(served: Served) -> None:
    customer, _, forecast = served
    asked = {
        "ExplainabilityArn": f"{ACCOUNT}explainability/some",
        "ExplainabilityConfig": {"TimeSeriesGranularity": "SPECIFIC", "TimePointGranularity": "ALL"},
        "DataSource": source("s3://data/some.csv"),
        "Schema": KEYS,
    }
    customer.engine.explain(asked, forecast)
    customer.engine.export_explainability(asked, customer.job("ExplainabilityExportName", "some", "s3://data/some/"))
    assert exported(customer, "some")["item_id"].tolist() == ["Aggregate", "milk, fresh"]
    customer.engine.delete("explainability", "some")


def test_a_scenario_is_exported_beside_its_baseline_and_queried_alone(served: Served) -> None:
    customer, _, forecast = served
    asked = what_if("cheaper", TimeSeriesTransformations=CHEAPER)
    assert customer.engine.what_if_forecast(asked, ANALYSIS, forecast)["ForecastTypes"] == [
        "0.5",
        "mean",
    ]
    customer.engine.export_what_if([asked], customer.job("WhatIfForecastExportName", "w", "s3://data/scenario"))
    rows = exported(customer, "scenario")
    values = ["Baseline_p50", "Baseline_mean", "cheaper_p50", "cheaper_mean"]
    assert list(rows.columns) == ["item_id", "store", "date", *values]
    assert (rows["cheaper_mean"] > rows["Baseline_mean"]).any()
    answer = customer.engine.query_what_if(asked, {"item_id": "Bread", "store": "1"}, None, None)["Predictions"]
    baseline = customer.engine.query(forecast, {"item_id": "Bread", "store": "1"}, None, None)["Predictions"]
    assert [point["Value"] for point in answer["mean"]] == rows["cheaper_mean"].tolist()[:5]
    assert [point["Value"] for point in baseline["mean"]] == rows["Baseline_mean"].tolist()[:5]


def test_rows_that_replace_the_plan_do_what_the_same_transformation_does(served: Served) -> None:
    customer, _, forecast = served
    plan = pd.read_csv(io.BytesIO(customer.bucket.read("plan.csv")), names=["timestamp", "item_id", "store", "price"])
    future = plan[plan["timestamp"] >= "2024-03-01"].assign(price=plan["price"] - 1)
    customer.bucket.write("cheap/plan.csv", future.to_csv(index=False).encode())
    asked = [
        what_if("told", TimeSeriesTransformations=CHEAPER),
        what_if("given", **replacement("s3://data/cheap/", "timestamp", "item_id", "store", "price")),
    ]
    for one in asked:
        customer.engine.what_if_forecast(one, ANALYSIS, forecast)
    customer.engine.export_what_if(asked, customer.job("WhatIfForecastExportName", "w", "s3://data/both"))
    rows = exported(customer, "both")
    assert rows["told_p50"].tolist() == rows["given_p50"].tolist()
    assert rows["told_p50"].tolist() != rows["Baseline_p50"].tolist()


def test_an_analysis_of_some_series_has_only_those(served: Served) -> None:
    customer, _, forecast = served
    identifiers = {"DataSource": source("s3://data/some.csv"), "Schema": KEYS}
    analysis = ANALYSIS | {"TimeSeriesSelector": {"TimeSeriesIdentifiers": identifiers}}
    asked = what_if("few", TimeSeriesTransformations=CHEAPER)
    customer.engine.what_if_forecast(asked, analysis, forecast)
    customer.engine.export_what_if([asked], customer.job("WhatIfForecastExportName", "w", "s3://data/few"))
    assert set(exported(customer, "few")["item_id"]) == {"milk, fresh"}


def test_a_scenario_without_an_effect_says_so(served: Served) -> None:
    customer, _, forecast = served
    never = {"AttributeName": "item_id", "AttributeValue": "Cake", "Condition": "EQUALS"}
    asked = what_if("idle", TimeSeriesTransformations=[{**CHEAPER[0], "TimeSeriesConditions": [never]}])
    answer = customer.engine.what_if_forecast(asked, ANALYSIS, forecast)
    assert "changes no value" in answer["Message"]


def test_scenarios_of_two_analyses_are_not_exported_together(served: Served) -> None:
    customer, _, forecast = served
    asked = [what_if(name, TimeSeriesTransformations=CHEAPER) for name in ("x", "y")]
    other = {"WhatIfAnalysisArn": f"{ACCOUNT}what-if-analysis/other"}
    for one, analysis in zip(asked, (ANALYSIS, other), strict=True):
        customer.engine.what_if_forecast(one, analysis, forecast)
    with pytest.raises(InputError, match="forecasts of 2 analyses"):
        customer.engine.export_what_if(asked, customer.job("WhatIfForecastExportName", "w", "s3://data/xy"))


@pytest.mark.parametrize(
    ("names", "expected"),
    [(("timestamp", "price"), "A replacement has no keys"), (("timestamp", "item_id", "store", "prize"), "prize")],
)
def test_a_replacement_needs_keys_and_known_features(served: Served, names: tuple[str, ...], expected: str) -> None:
    customer, _, forecast = served
    customer.bucket.write("rows.csv", ",".join("2024-03-01" if one == "timestamp" else "1" for one in names).encode())
    asked = what_if("wrong", **replacement("s3://data/rows.csv", *names))
    with pytest.raises(InputError, match=expected):
        customer.engine.what_if_forecast(asked, ANALYSIS, forecast)
