"""Every engine of the warehouse, over a bucket of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.warehouse import Warehouse
from forecast_platform_tests.fakes import moto_server
from forecast_platform_tests.warehouse.examples import AWKWARD_ITEMS, Home, fill, open_warehouse

ENGINES = ("duckdb", "athena")


@pytest.fixture(params=ENGINES)
def home(request: pytest.FixtureRequest, moto_url: str, tmp_path: Path) -> Iterator[Home[Warehouse]]:
    """An empty warehouse."""
    with _home(request.param, moto_url, tmp_path) as found:
        yield found


@pytest.fixture(scope="module", params=ENGINES)
def filled(
    request: pytest.FixtureRequest, moto_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Home[Warehouse]]:
    """A warehouse with the project ``electricity``, for tests that only ask."""
    with _home(request.param, moto_url, tmp_path_factory.mktemp("filled")) as found:
        yield fill(found, AWKWARD_ITEMS, "electricity")


@pytest.fixture
def athena_home(athena: object) -> Home[Warehouse]:
    """An empty warehouse on Glue and Athena."""
    return _on_aws()


@contextmanager
def _home(engine: str, moto_url: str, folder: Path) -> Iterator[Home[Warehouse]]:
    if engine == "duckdb":
        yield Home(LocalBucket(folder / "bucket"), open_warehouse(folder))
        return
    from forecast_platform_tests.fakes.athena import executing_athena

    with moto_server.empty_account(moto_url), executing_athena():
        yield _on_aws()


def _on_aws() -> Home[Warehouse]:
    from forecast_platform.aws.clients import client
    from forecast_platform.aws.settings import AwsSettings
    from forecast_platform.bucket.s3 import S3Bucket
    from forecast_platform.warehouse.athena import AthenaWarehouse

    client("s3").create_bucket(Bucket="lake", **moto_server.IN_THE_REGION)
    bucket = S3Bucket("lake", "team")
    settings = AwsSettings("lake", "team", athena_results="s3://lake/results/", poll_seconds=0.01)
    return Home(bucket, AthenaWarehouse(settings, bucket.below))
