"""What the keys of a role can do and cannot do, on a server that checks rights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest

from forecast_platform.aws.clients import client, forget_clients
from forecast_platform.bucket.events import BucketEvents
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform.errors import PermanentError
from forecast_platform.metrics.cloudwatch import CloudWatchMetrics
from forecast_platform.metrics.port import Metric
from forecast_platform_tests.fakes import moto_server
from forecast_platform_tests.fakes.iam import keys_for

BUCKET, FOREIGN = "my-forecasts", "somebody-elses"


@contextmanager
def _rights(url: str, file: str) -> Iterator[None]:
    """The keys of a user who may do what a file in ``deploy/iam`` says for ``s3://my-forecasts/team/``."""
    keys = keys_for(file, BucketName=BUCKET, BucketPrefix="team/")
    with pytest.MonkeyPatch.context() as patch, moto_server.checked_rights(url):
        for name, value in keys.items():
            patch.setenv(name, value)
        forget_clients()
        yield
    forget_clients()


@pytest.fixture
def account(aws: str) -> str:
    """An account with two buckets, one object in each and one outside of the prefix; its value is the server's URL."""
    for name in (BUCKET, FOREIGN):
        boto3.client("s3").create_bucket(Bucket=name, **moto_server.IN_THE_REGION)
    for bucket, key in ((BUCKET, "team/small/params.json"), (BUCKET, "other/secret"), (FOREIGN, "team/secret")):
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")
    return aws


@pytest.mark.parametrize("file", ["runs-embedded.json", "sensors.json"])
def test_runs_and_sensors_can_do_everything_a_bucket_does(account: str, file: str) -> None:
    with _rights(account, file):
        bucket = S3Bucket(BUCKET, "team").below("small")
        assert bucket.read("params.json") == b"{}"
        assert bucket.head("missing") is None
        bucket.write("large", bytes(9 * 1024 * 1024))
        assert bucket.create("once", b"first")
        assert not bucket.create("once", b"second")
        found = bucket.head("once")
        assert found is not None
        assert bucket.compare_and_swap("once", b"second", found.version)
        assert [one.key for one in bucket.list()] == ["large", "once", "params.json"]
        bucket.delete("once")


@pytest.mark.parametrize("file", ["runs.json", "sensors.json", "webserver.json", "amazon-forecast.json"])
def test_other_prefixes_and_buckets_are_closed(account: str, file: str) -> None:
    with _rights(account, file):
        for place in (S3Bucket(BUCKET, "other"), S3Bucket(FOREIGN, "team")):
            with pytest.raises(PermanentError, match="deploy/iam"):
                place.read("secret")
            with pytest.raises(PermanentError, match="deploy/iam"):
                place.write("secret", b"mine")


def test_the_ui_can_read_dashboards_and_write_nothing(account: str) -> None:
    with _rights(account, "webserver.json"):
        bucket = S3Bucket(BUCKET, "team")
        assert [one.key for one in bucket.list()] == ["small/params.json"]
        assert bucket.read("small/params.json") == b"{}"
        with pytest.raises(PermanentError, match="deploy/iam"):
            bucket.write("small/params.json", b"")


def test_runs_can_tell_people_and_write_metrics(account: str) -> None:
    topic = boto3.client("sns").create_topic(Name="told")["TopicArn"]
    with _rights(account, "runs.json"):
        CloudWatchMetrics().put("FORECAST", [Metric("WQL", 0.5)])
        client("sns").publish(TopicArn=topic, Message="done")


def test_sensors_can_take_events_and_runs_cannot(account: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    queue = boto3.client("sqs").create_queue(QueueName="events")["QueueUrl"]
    body = {"Records": [{"s3": {"bucket": {"name": BUCKET}, "object": {"key": "team/small/train/a.csv"}}}]}
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))
    events = BucketEvents(queue, tmp_path_factory.mktemp("events") / "events.sqlite")
    with _rights(account, "sensors.json"):
        first = events.news("", ["s3://my-forecasts/team/small/"])
        assert first.concerned
    with _rights(account, "runs.json"), pytest.raises(PermanentError):
        events.news(first.position, ["s3://my-forecasts/team/small/"])
