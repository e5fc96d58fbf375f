"""Programs that customers of Amazon Forecast have, unchanged: only the environment says where the service is."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from forecast_platform_tests.fakes.aws_peer import ROLE, peer_in_thread
from forecast_platform_tests.fakes.moto_server import ACCOUNT, IN_THE_REGION, REGION

BUCKET = "customer-data"
FIRST_DAY = datetime(2024, 1, 1)
DAYS, HORIZON = 56, 7
ITEMS = ("Bread", "Milk")
STRINGS = {"item_id": "string", "category": "string"}


@pytest.fixture
def s3(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The customer's bucket; the environment points to it and to the peer."""
    with peer_in_thread(tmp_path) as peer:
        for name, value in peer.environment().items():
            monkeypatch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET, **IN_THE_REGION)
        yield client


def wait_until_active(describe: Callable[..., dict[str, Any]], **arn: str) -> dict[str, Any]:
    """The loop that every such program has."""
    while True:
        answer = describe(**arn)
        if answer["Status"] in ("ACTIVE", "CREATE_FAILED"):
            assert answer["Status"] == "ACTIVE", answer.get("Message")
            return answer
        time.sleep(0.01)


def wait_until_gone(delete: Callable[..., Any], **arn: str) -> None:
    """As the sample notebooks of Amazon Forecast do: ask to delete until there is nothing to delete."""
    while True:
        try:
            delete(**arn)
        except delete.__self__.exceptions.ResourceNotFoundException:  # type: ignore[attr-defined]
            return
        except delete.__self__.exceptions.ResourceInUseException:  # type: ignore[attr-defined]
            pass
        time.sleep(0.01)


def s3_config(path: str) -> dict[str, Any]:
    return {"S3Config": {"Path": f"s3://{BUCKET}/{path}", "RoleArn": ROLE}}


def schema(**attributes: str) -> dict[str, Any]:
    return {"Attributes": [{"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()]}


def exported(s3: Any, prefix: str) -> list[dict[str, str]]:
    """The rows of all CSV files of an export."""
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    texts = [s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read().decode() for one in found]
    return [row for text in texts for row in csv.DictReader(io.StringIO(text))]


def sales(first: int, after: int) -> bytes:
    rows = [
        f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d},{item},{20 + 5 * (day % 7) + day % 3 + 30 * (day % 4 == 1)}"
        for item in ITEMS
        for day in range(first, after)
    ]
    return ("\n".join(rows) + "\n").encode()


def prices() -> bytes:
    rows = [
        f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d},{item},{1.5 if day % 4 == 1 else 2.5}"
        for item in ITEMS
        for day in range(DAYS + 3 * HORIZON)
    ]
    return ("\n".join(rows) + "\n").encode()


def import_file(forecast: Any, dataset: str, name: str, path: str, **changes: Any) -> dict[str, Any]:
    arn = forecast.create_dataset_import_job(
        DatasetImportJobName=name,
        DatasetArn=dataset,
        DataSource=s3_config(path),
        TimestampFormat="yyyy-MM-dd",
        **changes,
    )["DatasetImportJobArn"]
    return wait_until_active(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)


def create_dataset(forecast: Any, kind: str, **attributes: str) -> str:
    frequency = {} if kind == "ITEM_METADATA" else {"DataFrequency": "D"}
    reply = forecast.create_dataset(
        DatasetName=f"shop_{kind.lower()}", Domain="RETAIL", DatasetType=kind, Schema=schema(**attributes), **frequency
    )
    return str(reply["DatasetArn"])


@pytest.mark.slow
def test_a_program_with_an_auto_predictor_runs_from_upload_to_clean_up(s3: Any) -> None:
    forecast, query = boto3.client("forecast"), boto3.client("forecastquery")
    s3.put_object(Bucket=BUCKET, Key="sales/first.csv", Body=b"timestamp,item_id,demand\n" + sales(0, DAYS))
    s3.put_object(Bucket=BUCKET, Key="prices.csv", Body=prices())
    s3.put_object(Bucket=BUCKET, Key="items.csv", Body=b"Bread,bakery\nMilk,dairy\n")

    target = create_dataset(forecast, "TARGET_TIME_SERIES", timestamp="timestamp", item_id="string", demand="float")
    related = create_dataset(forecast, "RELATED_TIME_SERIES", timestamp="timestamp", item_id="string", price="float")
    items = create_dataset(forecast, "ITEM_METADATA", **STRINGS)
    group = forecast.create_dataset_group(
        DatasetGroupName="shop", Domain="RETAIL", DatasetArns=[target, related, items]
    )["DatasetGroupArn"]
    imported = import_file(forecast, target, "first", "sales/")
    assert imported["FieldStatistics"]["demand"]["Count"] == 2 * DAYS
    import_file(forecast, related, "first", "prices.csv")
    import_file(forecast, items, "first", "items.csv")

    predictor = forecast.create_auto_predictor(
        PredictorName="shop",
        ForecastHorizon=HORIZON,
        ForecastTypes=["0.1", "0.5", "mean"],
        ForecastFrequency="D",
        DataConfig={
            "DatasetGroupArn": group,
            "AttributeConfigs": [{"AttributeName": "demand", "Transformations": {"backfill": "mean"}}],
            "AdditionalDatasets": [{"Name": "holiday", "Configuration": {"CountryCode": ["US"]}}],
        },
        ExplainPredictor=True,
    )["PredictorArn"]
    described = wait_until_active(forecast.describe_auto_predictor, PredictorArn=predictor)
    metrics = forecast.get_accuracy_metrics(PredictorArn=predictor)
    assert metrics["IsAutoPredictor"]
    assert metrics["PredictorEvaluationResults"][0]["TestWindows"][0]["TestWindowStart"].year == 2024

    made = forecast.create_forecast(ForecastName="week", PredictorArn=predictor)["ForecastArn"]
    wait_until_active(forecast.describe_forecast, ForecastArn=made)
    job = forecast.create_forecast_export_job(
        ForecastExportJobName="week", ForecastArn=made, Destination=s3_config("out/week")
    )["ForecastExportJobArn"]
    wait_until_active(forecast.describe_forecast_export_job, ForecastExportJobArn=job)
    rows = exported(s3, "out/week/week_")
    assert list(rows[0]) == ["item_id", "date", "p10", "p50", "mean"]
    assert len(rows) == len(ITEMS) * HORIZON
    answer = query.query_forecast(ForecastArn=made, Filters={"item_id": "bread"}, StartDate="2024-02-27T00:00:00")
    points = answer["Forecast"]["Predictions"]["p50"]
    assert points[0] == {"Timestamp": "2024-02-27T00:00:00", "Value": float(rows[1]["p50"])}

    explainability = described["ExplainabilityInfo"]["ExplainabilityArn"]
    wait_until_active(forecast.describe_explainability, ExplainabilityArn=explainability)
    job = forecast.create_explainability_export(
        ExplainabilityExportName="why", ExplainabilityArn=explainability, Destination=s3_config("out/why")
    )["ExplainabilityExportArn"]
    wait_until_active(forecast.describe_explainability_export, ExplainabilityExportArn=job)
    assert exported(s3, "out/why/")[0]["item_id"] == "Aggregate"

    s3.put_object(Bucket=BUCKET, Key="second.csv", Body=sales(DAYS, DAYS + HORIZON))
    import_file(forecast, target, "second", "second.csv", ImportMode="INCREMENTAL")
    retrained = forecast.create_auto_predictor(PredictorName="newer", ReferencePredictorArn=predictor)["PredictorArn"]
    newer = wait_until_active(forecast.describe_auto_predictor, PredictorArn=retrained)
    assert newer["DataConfig"] == described["DataConfig"]
    assert newer["ReferencePredictorSummary"] == {"Arn": predictor, "State": "Active"}
    later = forecast.create_forecast(ForecastName="later", PredictorArn=retrained)["ForecastArn"]
    wait_until_active(forecast.describe_forecast, ForecastArn=later)
    points = query.query_forecast(ForecastArn=later, Filters={"item_id": "Milk"})["Forecast"]["Predictions"]["mean"]
    assert [points[0]["Timestamp"], len(points)] == ["2024-03-04T00:00:00", HORIZON]

    forecast.delete_resource_tree(ResourceArn=group)
    with pytest.raises(forecast.exceptions.ResourceNotFoundException):
        wait_until_active(forecast.describe_forecast, ForecastArn=later)
    for dataset in (target, related, items):
        forecast.delete_resource_tree(ResourceArn=dataset)
    assert len(exported(s3, "out/week/")) == len(rows), "what was exported stays"


def test_a_program_with_scenarios_compares_them_with_the_baseline(s3: Any) -> None:
    forecast, query = boto3.client("forecast"), boto3.client("forecastquery")
    s3.put_object(Bucket=BUCKET, Key="sales.csv", Body=sales(0, DAYS))
    s3.put_object(Bucket=BUCKET, Key="prices.csv", Body=prices())
    target = create_dataset(forecast, "TARGET_TIME_SERIES", timestamp="timestamp", item_id="string", demand="float")
    related = create_dataset(forecast, "RELATED_TIME_SERIES", timestamp="timestamp", item_id="string", price="float")
    group = forecast.create_dataset_group(DatasetGroupName="shop", Domain="RETAIL")["DatasetGroupArn"]
    forecast.update_dataset_group(DatasetGroupArn=group, DatasetArns=[target, related])
    import_file(forecast, target, "sales", "sales.csv")
    import_file(forecast, related, "prices", "prices.csv")
    predictor = forecast.create_auto_predictor(
        PredictorName="shop", ForecastHorizon=HORIZON, ForecastFrequency="D", DataConfig={"DatasetGroupArn": group}
    )["PredictorArn"]
    wait_until_active(forecast.describe_auto_predictor, PredictorArn=predictor)
    baseline = forecast.create_forecast(ForecastName="week", PredictorArn=predictor, ForecastTypes=["0.50"])
    wait_until_active(forecast.describe_forecast, ForecastArn=baseline["ForecastArn"])

    analysis = forecast.create_what_if_analysis(WhatIfAnalysisName="prices", ForecastArn=baseline["ForecastArn"])
    wait_until_active(forecast.describe_what_if_analysis, WhatIfAnalysisArn=analysis["WhatIfAnalysisArn"])
    scenario = forecast.create_what_if_forecast(
        WhatIfForecastName="ten_percent_off",
        WhatIfAnalysisArn=analysis["WhatIfAnalysisArn"],
        TimeSeriesTransformations=[
            {
                "Action": {"AttributeName": "price", "Operation": "MULTIPLY", "Value": 0.90},
                "TimeSeriesConditions": [
                    {
                        "AttributeName": "timestamp",
                        "AttributeValue": "2024-02-20 00:00:00",
                        "Condition": "GREATER_THAN",
                    }
                ],
            }
        ],
    )["WhatIfForecastArn"]
    wait_until_active(forecast.describe_what_if_forecast, WhatIfForecastArn=scenario)
    job = forecast.create_what_if_forecast_export(
        WhatIfForecastExportName="both", WhatIfForecastArns=[scenario], Destination=s3_config("out/")
    )["WhatIfForecastExportArn"]
    wait_until_active(forecast.describe_what_if_forecast_export, WhatIfForecastExportArn=job)
    rows = exported(s3, "out/both_")
    assert list(rows[0]) == ["item_id", "date", "Baseline_p50", "ten_percent_off_p50"]
    answer = query.query_what_if_forecast(WhatIfForecastArn=scenario, Filters={"item_id": "Bread"})
    points = answer["Forecast"]["Predictions"]["p50"]
    assert [point["Value"] for point in points] == [float(row["ten_percent_off_p50"]) for row in rows[:HORIZON]]

    wait_until_gone(forecast.delete_what_if_forecast_export, WhatIfForecastExportArn=job)
    wait_until_gone(forecast.delete_what_if_forecast, WhatIfForecastArn=scenario)
    wait_until_gone(forecast.delete_what_if_analysis, WhatIfAnalysisArn=analysis["WhatIfAnalysisArn"])
    wait_until_gone(forecast.delete_forecast, ForecastArn=baseline["ForecastArn"])
    wait_until_gone(forecast.delete_predictor, PredictorArn=predictor)


def test_a_program_hears_why_its_data_could_not_be_imported(s3: Any) -> None:
    forecast = boto3.client("forecast")
    s3.put_object(Bucket=BUCKET, Key="sales.csv", Body=sales(0, 9) + b"2024-01-10,Bread,many\n")
    target = create_dataset(forecast, "TARGET_TIME_SERIES", timestamp="timestamp", item_id="string", demand="float")
    with pytest.raises(AssertionError, match="line 19, column demand: found 'many'"):
        import_file(forecast, target, "first", "sales.csv")
    with pytest.raises(AssertionError, match="no object at this path"):
        import_file(forecast, target, "second", "elsewhere/")
    s3.delete_object(Bucket=BUCKET, Key="sales.csv")
    s3.delete_bucket(Bucket=BUCKET)
    with pytest.raises(AssertionError, match=BUCKET):
        import_file(forecast, target, "third", "sales.csv")


class Pipeline:
    """The steps of AWS's deprecated pipeline, describe before create, each asked again until it is done.

    Everything is given to the API as ``params.json`` has it.
    """

    def __init__(self, params: dict[str, Any], date: str) -> None:
        self.params, self.date, self.forecast = params, date, boto3.client("forecast")
        self.datapoints: list[dict[str, Any]] = []

    def run(self) -> None:
        dataset = self.params["Datasets"][0]
        self._ensure("dataset", dataset["DatasetName"], lambda: self.forecast.create_dataset(**dataset))
        group = self.params["DatasetGroup"]
        datasets = [self._arn("dataset", dataset["DatasetName"])]
        self._ensure(
            "dataset_group",
            group["DatasetGroupName"],
            lambda: self.forecast.create_dataset_group(**group, DatasetArns=datasets),
        )
        self._ensure(
            "dataset_import_job", f"{dataset['DatasetName']}/{dataset['DatasetName']}_{self.date}", self._import
        )
        self._ensure("predictor", self.params["Predictor"]["PredictorName"], self._train)
        self._ensure("forecast", self.params["Forecast"]["ForecastName"], self._predict)
        name = self.params["Forecast"]["ForecastName"]
        self._ensure("forecast_export_job", f"{name}/{name}_{self.date}", self._export)

    def delete(self) -> None:
        """Delete the forecast, then the predictor, then the import."""
        forecast, dataset = self.params["Forecast"]["ForecastName"], self.params["Datasets"][0]["DatasetName"]
        for kind, name in (
            ("forecast_export_job", f"{forecast}/{forecast}_{self.date}"),
            ("forecast", forecast),
            ("predictor", self.params["Predictor"]["PredictorName"]),
            ("dataset_import_job", f"{dataset}/{dataset}_{self.date}"),
        ):
            wait_until_gone(getattr(self.forecast, f"delete_{kind}"), **{_member(kind): self._arn(kind, name)})

    def _ensure(self, kind: str, name: str, create: Callable[[], Any]) -> None:
        describe = getattr(self.forecast, f"describe_{kind}")
        arn = {_member(kind): self._arn(kind, name)}
        try:
            describe(**arn)
        except self.forecast.exceptions.ResourceNotFoundException:
            create()
        wait_until_active(lambda **asked: {"Status": "ACTIVE"} | describe(**asked), **arn)

    def _arn(self, kind: str, name: str) -> str:
        return f"arn:aws:forecast:{REGION}:{ACCOUNT}:{kind.replace('_', '-')}/{name}"

    def _import(self) -> None:
        name = self.params["Datasets"][0]["DatasetName"]
        self.forecast.create_dataset_import_job(
            DatasetImportJobName=f"{name}_{self.date}",
            DatasetArn=self._arn("dataset", name),
            DataSource=s3_config("train/"),
            TimestampFormat=self.params["TimestampFormat"],
        )

    def _train(self) -> None:
        group = self._arn("dataset_group", self.params["DatasetGroup"]["DatasetGroupName"])
        self.forecast.create_predictor(**self.params["Predictor"], InputDataConfig={"DatasetGroupArn": group})

    def _predict(self) -> None:
        predictor = self._arn("predictor", self.params["Predictor"]["PredictorName"])
        self._put_metrics(self.forecast.get_accuracy_metrics(PredictorArn=predictor))
        self.forecast.create_forecast(**self.params["Forecast"], PredictorArn=predictor)

    def _put_metrics(self, accuracy: dict[str, Any]) -> None:
        for result in accuracy["PredictorEvaluationResults"]:
            algorithm, measured = result["AlgorithmArn"], result["TestWindows"][0]["Metrics"]
            self._put("RMSE", measured["RMSE"], Algorithm=algorithm)
            for loss in measured["WeightedQuantileLosses"]:
                self._put("WQL", loss["LossValue"], Algorithm=algorithm, Quantile=str(loss["Quantile"]))

    def _put(self, name: str, value: float, **dimensions: str) -> None:
        point = {
            "MetricName": name,
            "Value": value,
            "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()],
        }
        boto3.client("cloudwatch").put_metric_data(Namespace="FORECAST", MetricData=[point])
        self.datapoints.append(point)

    def _export(self) -> None:
        name = self.params["Forecast"]["ForecastName"]
        self.forecast.create_forecast_export_job(
            ForecastExportJobName=f"{name}_{self.date}",
            ForecastArn=self._arn("forecast", name),
            Destination=s3_config("tmp/"),
        )


def _member(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_")) + "Arn"


def pipeline_params() -> dict[str, Any]:
    """The sample of the pipeline, with a shorter horizon; its clock of twelve hours is in the original."""
    return {
        "DatasetGroup": {"DatasetGroupName": "GithubExample", "Domain": "CUSTOM"},
        "Predictor": {
            "PredictorName": "GithubExamplePredictor",
            "ForecastHorizon": 24,
            "FeaturizationConfig": {"ForecastFrequency": "H"},
            "PerformAutoML": True,
        },
        "Forecast": {"ForecastName": "GithubForecastExample", "ForecastTypes": ["0.10", "0.50", "0.90"]},
        "TimestampFormat": "yyyy-MM-dd hh:mm:ss",
        "Datasets": [
            {
                "DatasetName": "GithubTargetTimeSeries",
                "Domain": "CUSTOM",
                "DatasetType": "TARGET_TIME_SERIES",
                "DataFrequency": "H",
                "Schema": schema(timestamp="timestamp", target_value="float", item_id="string"),
            }
        ],
    }


def hourly(item: str) -> bytes:
    rows = [
        f"{FIRST_DAY + timedelta(hours=hour)},{50 + 20 * (hour % 24 > 7) + hour % 5},{item}" for hour in range(10 * 24)
    ]
    return ("\n".join(rows) + "\n").encode()


@pytest.mark.slow
def test_the_deprecated_pipeline_runs_from_its_params_to_its_export_and_deletes_what_it_made(s3: Any) -> None:
    for item in ("client_10", "client_12"):
        s3.put_object(Bucket=BUCKET, Key=f"train/{item}.csv", Body=hourly(item))
    pipeline = Pipeline(pipeline_params(), "2024_01_11_00_00_00")
    pipeline.run()
    rows = exported(s3, "tmp/GithubForecastExample_2024_01_11_00_00_00_")
    assert list(rows[0]) == ["item_id", "date", "p10", "p50", "p90"]
    assert [len(rows), rows[0]["date"]] == [2 * 24, "2024-01-11T00:00:00Z"]
    pipeline.run()
    assert exported(s3, "tmp/") == rows, "the second run finds all that it asks for"
    listed = boto3.client("cloudwatch").list_metrics(Namespace="FORECAST")["Metrics"]
    assert {one["MetricName"] for one in listed} == {"RMSE", "WQL"}
    quantiles = {point["Dimensions"][-1]["Value"] for point in pipeline.datapoints if point["MetricName"] == "WQL"}
    assert quantiles == {"0.1", "0.5", "0.9"}
    pipeline.delete()
    left = pipeline.forecast.list_predictors()["Predictors"] + pipeline.forecast.list_forecasts()["Forecasts"]
    assert left == pipeline.forecast.list_dataset_import_jobs()["DatasetImportJobs"] == []
