"""The data sensor on S3: it looks when an event says so, and every ten minutes to be sure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from forecast_platform.aws.clients import client
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform.components.forecast_project.sensors import evaluate
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform_tests.fakes import moto_server
from forecast_platform_tests.small_project import DAYS, small_csv, small_params, small_project

NOTHING = "Nothing has happened in the bucket."


@dataclass
class Ticking:
    """Evaluates the sensor of one project, and saves its cursor."""

    shell: ProjectShell
    instance: dg.DagsterInstance
    cursor: str | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(seconds=5))

    def tick(self, later: timedelta = timedelta(seconds=10)) -> str:
        """The partition that is asked for, or why none is."""
        self.now += later
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = evaluate(self.shell, context, self.now)
        self.cursor = result.cursor
        if result.run_requests:
            return str(result.run_requests[0].partition_key)
        assert result.skip_reason is not None
        return str(result.skip_reason.skip_message)


@pytest.fixture
def bucket(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Bucket:
    """The project's, on S3, with its data and a queue that is told of new objects."""
    client("s3").create_bucket(Bucket="forecasts", **moto_server.IN_THE_REGION)
    queue = client("sqs").create_queue(QueueName="events")["QueueUrl"]
    arn = f"arn:aws:sqs:{moto_server.REGION}:{moto_server.ACCOUNT}:events"
    told = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    client("s3").put_bucket_notification_configuration(Bucket="forecasts", NotificationConfiguration=told)
    for name, value in {
        "HOME": str(tmp_path / "home"),
        "ENV": "aws",
        "SERVICE": "local",
        "BUCKET": "forecasts",
        "EVENTS_QUEUE_URL": queue,
        "SETTLE_SECONDS": "0",
    }.items():
        monkeypatch.setenv(f"FORECAST_PLATFORM_{name}", value)
    bucket = S3Bucket("forecasts", "small")
    bucket.write("params.json", json.dumps(small_params()).encode())
    bucket.write("train/days.csv", small_csv())
    return bucket


def test_a_tick_looks_at_s3_when_something_has_happened_there(bucket: S3Bucket, instance: dg.DagsterInstance) -> None:
    ticking = Ticking(ProjectShell(small_project()), instance)
    another = Ticking(ProjectShell(small_project(name="other", prefix="other")), instance)
    assert ticking.tick() == "2025-03-01"
    assert ticking.tick() == NOTHING
    assert another.tick() == "Nothing is new."
    bucket.write("train/more.csv", small_csv(first=DAYS, days=1))
    assert another.tick() == NOTHING
    assert ticking.tick() == "2025-03-02"
    assert ticking.tick() == NOTHING
    assert ticking.tick(later=timedelta(minutes=11)) == "Nothing is new."


def test_a_queue_that_is_gone_costs_listings_and_is_told(
    bucket: S3Bucket, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, aws: str
) -> None:
    monkeypatch.setenv("FORECAST_PLATFORM_EVENTS_QUEUE_URL", f"{aws}/{moto_server.ACCOUNT}/gone")
    ticking = Ticking(ProjectShell(small_project()), instance)
    assert ticking.tick() == "2025-03-01"
    assert "The bucket is listed because its events cannot be read" in ticking.tick()
    bucket.write("train/more.csv", small_csv(first=DAYS, days=1))
    assert ticking.tick() == "2025-03-02"
