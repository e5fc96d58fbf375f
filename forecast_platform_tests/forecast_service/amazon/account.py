"""An account in which S3 is moto and Amazon Forecast is the platform's peer. No tests here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from forecast_platform.aws.clients import client
from forecast_platform.aws.settings import AwsSettings
from forecast_platform.bucket import Bucket
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.forecast_service.amazon import AmazonForecastService
from forecast_platform.forecast_service.port import ImportRequest
from forecast_platform.params import Params, parse_params
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.fakes.aws_peer import ROLE
from forecast_platform_tests.fakes.moto_server import REGION
from forecast_platform_tests.forecast_service.requests import params, request, sales
from forecast_platform_tests.small_project import small_params, small_workspace

BUCKET = "forecasts"
QUICK = "arn:aws:forecast:::algorithm/NPTS"


def make_bucket() -> None:
    """The account's bucket."""
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})


def project_bucket(project: str = "shop") -> Bucket:
    """A project's prefix of it."""
    return S3Bucket(BUCKET, "team").below(project)


def settings(**changes: Any) -> AwsSettings:
    """Looks every hundredth of a second, and gives up after half a minute."""
    usual: dict[str, Any] = {
        "bucket": BUCKET,
        "prefix": "team",
        "forecast_role_arn": ROLE,
        "poll_seconds": 0.01,
        "deadline_hours": 30 / 3600,
    }
    return AwsSettings(**usual | changes)


def service(bucket: Bucket | None = None, **changes: Any) -> AmazonForecastService:
    """A service with nothing remembered, as a new process has it."""
    return AmazonForecastService(bucket or project_bucket(), settings(**changes))


def shop(days: int = 60, items: tuple[str, ...] = ("bread", "milk"), **changes: Any) -> ImportRequest:
    """Daily sales of a shop, forecast with an algorithm that is quick; ``changes`` go into the Predictor."""
    return request(sales(days, items), params("NPTS", **changes))


def with_metadata(asked: ImportRequest, attributes: tuple[str, ...] = ("item_id", "colour")) -> ImportRequest:
    """The same with a dataset of item metadata."""
    raw = asked.params.raw
    dataset = {
        "DatasetName": "ShopItems",
        "Domain": "RETAIL",
        "DatasetType": "ITEM_METADATA",
        "Schema": {"Attributes": [{"AttributeName": name, "AttributeType": "string"} for name in attributes]},
    }
    target = asked.frames().target
    metadata = pd.DataFrame({"item_id": target["item_id"].unique(), "colour": "red"})
    return replace(
        asked,
        params=parsed({**raw, "Datasets": [*raw["Datasets"], dataset]}),
        frames=lambda: TrainingFrames(target, item_metadata=metadata),
    )


def parsed(document: dict[str, Any]) -> Params:
    """Valid parameters from a document."""
    import json

    return parse_params(json.dumps(document)).params


def small_project_on_amazon(home: Path, **changes: Any) -> Workspace:
    """The small project with its bucket on S3 and Amazon Forecast; tables stay local."""
    asked = small_params()
    asked["Predictor"]["AlgorithmArn"] = QUICK
    local = small_workspace(home, asked)
    bucket = project_bucket("small")
    for stored in local.bucket.list():
        bucket.write(stored.key, local.bucket.read(stored.key))
    return replace(local, bucket=bucket, service=service(bucket, **changes))
