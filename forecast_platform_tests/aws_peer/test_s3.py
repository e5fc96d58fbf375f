"""What the peer does on S3 beyond reading and writing."""

from __future__ import annotations

from datetime import UTC, datetime

import boto3
import pandas as pd

from forecast_platform.aws_peer.forecast.engine.exporting import write_export
from forecast_platform.aws_peer.options import open_s3_bucket
from forecast_platform_tests.fakes.aws_peer import ROLE
from forecast_platform_tests.fakes.moto_server import IN_THE_REGION


def test_an_export_is_encrypted_with_the_key_of_its_destination(aws: str) -> None:
    s3, key = boto3.client("s3"), "arn:aws:kms:eu-west-1:123456789012:key/abc"
    s3.create_bucket(Bucket="data", **IN_THE_REGION)
    destination = {"S3Config": {"Path": "s3://data/out/", "RoleArn": ROLE, "KMSKeyArn": key}}
    job = {"Destination": destination, "CreationTime": datetime(2024, 1, 1, tzinfo=UTC), "Format": "PARQUET"}
    write_export(open_s3_bucket, job, "files", {"": pd.DataFrame({"item_id": ["a"]})})
    (found,) = s3.list_objects_v2(Bucket="data")["Contents"]
    written = s3.head_object(Bucket="data", Key=found["Key"])
    assert (written["ServerSideEncryption"], written["SSEKMSKeyId"]) == ("aws:kms", key)
