"""An AWS account for a whole deployment: a bucket, a topic with a queue that hears it, an Athena that runs SQL.

Belongs here: setting it up, and the variables that lead there. Does not belong here: what is done in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from forecast_platform.aws.clients import forget_clients
from forecast_platform_tests.fakes import moto_server
from forecast_platform_tests.fakes.athena import executing_athena
from forecast_platform_tests.fakes.aws_peer import ROLE
from forecast_platform_tests.fakes.iam import keys_for

BUCKET = "my-forecasts"


@dataclass(frozen=True)
class Account:
    """An account to which the environment points.

    Attributes:
        url: Of moto.
        queue: URL of the queue that hears the topic.
    """

    url: str
    queue: str

    def messages(self) -> list[dict[str, Any]]:
        """What the topic has told programs."""
        received = boto3.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(one["Body"]) for one in received.get("Messages", [])]


@contextmanager
def account(moto_url: str, home: str) -> Iterator[Account]:
    """An empty account, and the settings of a deployment in it whose home is ``home``."""
    moto_server.reset(moto_url)
    with ExitStack() as stack:
        stack.enter_context(variables(dict(moto_server.environment(moto_url))))
        stack.enter_context(executing_athena())
        topic, queue = _resources()
        stack.enter_context(variables({**_settings(topic), "FORECAST_PLATFORM_HOME": home}))
        yield Account(moto_url, queue)


@contextmanager
def least_rights(found: Account) -> Iterator[None]:
    """With the keys of somebody who may do what ``deploy/iam/runs.json`` says, and nothing else."""
    keys = keys_for("runs.json", BucketName=BUCKET, BucketPrefix="")
    with moto_server.checked_rights(found.url), variables(keys):
        yield


@contextmanager
def variables(values: dict[str, str]) -> Iterator[None]:
    """Environment variables for a while; uploads settle at once."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"FORECAST_PLATFORM_SETTLE_SECONDS": "0", **values}.items():
            patch.setenv(name, value)
        forget_clients()
        yield
    forget_clients()


def _resources() -> tuple[str, str]:
    """A bucket, and a topic with a queue that hears it; gives the topic's ARN and the queue's URL."""
    boto3.client("s3").create_bucket(Bucket=BUCKET, **moto_server.IN_THE_REGION)
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    queue, topic = sqs.create_queue(QueueName="hears")["QueueUrl"], sns.create_topic(Name="ends-of-runs")["TopicArn"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return topic, queue


def _settings(topic: str) -> dict[str, str]:
    return {
        "FORECAST_PLATFORM_ENV": "aws",
        "FORECAST_PLATFORM_BUCKET": BUCKET,
        "FORECAST_PLATFORM_FORECAST_ROLE_ARN": ROLE,
        "FORECAST_PLATFORM_ATHENA_RESULTS": f"s3://{BUCKET}/athena-results/",
        "FORECAST_PLATFORM_TOPIC_ARN": topic,
        "FORECAST_PLATFORM_POLL_SECONDS": "0.05",
    }
