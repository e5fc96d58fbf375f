"""A program written for Amazon Forecast, as short as it can be, for the tests of the peer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from forecast_platform_tests.fakes.aws_peer import ROLE
from forecast_platform_tests.fakes.moto_server import REGION

SOURCE = {"S3Config": {"Path": "s3://data/train/", "RoleArn": ROLE}}
DESTINATION = {"S3Config": {"Path": "s3://data/out/", "RoleArn": ROLE}}
TARGET_SCHEMA = {
    "Attributes": [
        {"AttributeName": "item_id", "AttributeType": "string"},
        {"AttributeName": "timestamp", "AttributeType": "timestamp"},
        {"AttributeName": "target_value", "AttributeType": "float"},
    ]
}
RELATED_SCHEMA = {
    "Attributes": [*TARGET_SCHEMA["Attributes"][:2], {"AttributeName": "price", "AttributeType": "float"}]
}
METADATA_SCHEMA = {
    "Attributes": [
        {"AttributeName": "item_id", "AttributeType": "string"},
        {"AttributeName": "category", "AttributeType": "string"},
    ]
}


def client(service: str, url: str, attempts: int = 1) -> Any:
    """A boto3 client of a peer; one attempt shows every error."""
    import boto3
    from botocore.config import Config

    config = Config(retries={"mode": "standard", "total_max_attempts": attempts}, read_timeout=30)
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="AKIDOFATEST",
        aws_secret_access_key="secret",
        config=config,
    )


def ended(describe: Any, **arn: str) -> dict[str, Any]:
    """The Describe answer once the job has ended."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        answer: dict[str, Any] = describe(**arn)
        if answer["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS", "CREATE_STOPPING"):
            return answer
        time.sleep(0.01)
    raise AssertionError(f"{arn} has not ended")


def gone(describe: Any, **arn: str) -> None:
    """Return when the resource is deleted."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            describe(**arn)
        except describe.__self__.exceptions.ResourceNotFoundException:
            return
        time.sleep(0.01)
    raise AssertionError(f"{arn} is still there")


@dataclass(frozen=True)
class Program:
    """Makes resources, each on request with what it needs, and waits for them."""

    forecast: Any

    def dataset(self, name: str = "sales", kind: str = "TARGET_TIME_SERIES", **changes: Any) -> str:
        """An empty dataset."""
        schemas = {"TARGET_TIME_SERIES": TARGET_SCHEMA, "RELATED_TIME_SERIES": RELATED_SCHEMA}
        request = {
            "DatasetName": name,
            "Domain": "CUSTOM",
            "DatasetType": kind,
            "DataFrequency": "D",
            "Schema": schemas.get(kind, METADATA_SCHEMA),
        }
        return str(self.forecast.create_dataset(**{**request, **changes})["DatasetArn"])

    def start_import(self, dataset: str, name: str = "monday") -> str:
        """An import that is under way."""
        reply = self.forecast.create_dataset_import_job(
            DatasetImportJobName=name, DatasetArn=dataset, DataSource=SOURCE
        )
        return str(reply["DatasetImportJobArn"])

    def imported(self, dataset: str, name: str = "monday") -> str:
        """An import that has ended."""
        arn = self.start_import(dataset, name)
        assert ended(self.forecast.describe_dataset_import_job, DatasetImportJobArn=arn)["Status"] == "ACTIVE"
        return arn

    def group(self, *datasets: str, name: str = "shop") -> str:
        """A dataset group."""
        reply = self.forecast.create_dataset_group(DatasetGroupName=name, Domain="CUSTOM", DatasetArns=list(datasets))
        return str(reply["DatasetGroupArn"])

    def group_with_data(self) -> str:
        """A dataset group with target data."""
        dataset = self.dataset()
        self.imported(dataset)
        return self.group(dataset)

    def start_predictor(self, group: str, name: str = "best", **changes: Any) -> str:
        """A legacy predictor that is under way."""
        request = {
            "PredictorName": name,
            "AlgorithmArn": "arn:aws:forecast:::algorithm/ETS",
            "ForecastHorizon": 7,
            "InputDataConfig": {"DatasetGroupArn": group},
            "FeaturizationConfig": {"ForecastFrequency": "D"},
        }
        return str(self.forecast.create_predictor(**{**request, **changes})["PredictorArn"])

    def start_auto_predictor(self, group: str, name: str = "best", **changes: Any) -> str:
        """An auto predictor that is under way."""
        request = {
            "PredictorName": name,
            "ForecastHorizon": 7,
            "ForecastFrequency": "D",
            "DataConfig": {"DatasetGroupArn": group},
        }
        return str(self.forecast.create_auto_predictor(**{**request, **changes})["PredictorArn"])

    def auto_predictor(self, group: str | None = None, name: str = "best", **changes: Any) -> str:
        """An auto predictor that has ended, of a group with data."""
        arn = self.start_auto_predictor(group or self.group_with_data(), name, **changes)
        assert ended(self.forecast.describe_auto_predictor, PredictorArn=arn)["Status"] == "ACTIVE"
        return arn

    def predictor(self, group: str | None = None, name: str = "best") -> str:
        """A legacy predictor that has ended."""
        arn = self.start_predictor(group or self.group_with_data(), name)
        assert ended(self.forecast.describe_predictor, PredictorArn=arn)["Status"] == "ACTIVE"
        return arn

    def forecasted(self, predictor: str, name: str = "week") -> str:
        """A forecast that has ended."""
        arn = str(self.forecast.create_forecast(ForecastName=name, PredictorArn=predictor)["ForecastArn"])
        assert ended(self.forecast.describe_forecast, ForecastArn=arn)["Status"] == "ACTIVE"
        return arn

    def exported(self, forecast: str, name: str = "files") -> str:
        """A forecast export that has ended."""
        reply = self.forecast.create_forecast_export_job(
            ForecastExportJobName=name, ForecastArn=forecast, Destination=DESTINATION
        )
        arn = str(reply["ForecastExportJobArn"])
        assert ended(self.forecast.describe_forecast_export_job, ForecastExportJobArn=arn)["Status"] == "ACTIVE"
        return arn
