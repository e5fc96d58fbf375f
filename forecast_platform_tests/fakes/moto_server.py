"""moto as a server on loopback: S3, Glue, SNS, SQS, CloudWatch, IAM and STS for tests.

Amazon Forecast is not among what it speaks; the platform's own peer is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

import pytest

from forecast_platform.aws.clients import client, forget_clients, session

REGION = "eu-west-1"
ACCOUNT = "123456789012"
IN_THE_REGION = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
"""Arguments with which ``create_bucket`` makes a bucket in :data:`REGION`."""


@contextmanager
def running_moto() -> Iterator[str]:
    """The URL of a server that runs in a thread of this process."""
    from moto.server import ThreadedMotoServer  # takes a second

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def empty_account(url: str) -> Iterator[None]:
    """The environment of this process points to an empty account on the server."""
    reset(url)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(url).items():
            patch.setenv(name, value)
        forget_clients()
        _keep_service_models()
        yield
    forget_clients()


def _keep_service_models() -> None:
    """Read botocore's descriptions of the services once a process: they are most of what new clients cost."""
    session()._session.register_component("data_loader", _loader())


@cache
def _loader() -> Any:
    from botocore.loaders import create_loader

    return create_loader()


@contextmanager
def listening(service: str, event: str, act: Callable[..., Any]) -> Iterator[None]:
    """Have boto3 call ``act`` at an event of a service's client, such as ``before-call.athena.GetQueryExecution``."""
    events = client(service).meta.events
    events.register(event, act)
    try:
        yield
    finally:
        events.unregister(event, act)


def reset(url: str) -> None:
    """Forget everything the server holds."""
    urlopen(Request(f"{url}/moto-api/reset", method="POST"), timeout=10).close()


def put_directly(bucket: str, keys: Iterable[str]) -> None:
    """Put empty objects into the server of this process without a request for each, which takes milliseconds."""
    from moto.s3.models import s3_backends

    backend = s3_backends[ACCOUNT]["aws"]
    for key in keys:
        backend.put_object(bucket, key, b"")


@contextmanager
def checked_rights(url: str) -> Iterator[None]:
    """The server refuses what the policies of a call's keys do not allow; otherwise it allows everything."""
    _check_rights_after("0", url)
    try:
        yield
    finally:
        _check_rights_after("inf", url)


def _check_rights_after(calls: str, url: str) -> None:
    header = {"Content-Type": "text/plain"}
    urlopen(Request(f"{url}/moto-api/reset-auth", calls.encode(), header, method="POST"), timeout=10).close()


def environment(url: str) -> Mapping[str, str]:
    """The variables with which boto3 and this platform find the server."""
    services = ("S3", "GLUE", "SNS", "SQS", "CLOUDWATCH", "IAM", "STS", "ATHENA", "QUICKSIGHT", "SECRETS_MANAGER")
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **{f"AWS_ENDPOINT_URL_{service}": url for service in services},
    }
