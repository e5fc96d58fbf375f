"""Every engine of the warehouse, over a bucket of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.warehouse import Warehouse
from forecast_platform_tests.fakes import moto_server
from forecast_platform_tests.warehouse.examples import AWKWARD_ITEMS, Home, fill, open_warehouse

if TYPE_CHECKING:
    from forecast_platform_tests.fakes.athena import AthenaPeer

ENGINES = ("duckdb", "athena")


@pytest.fixture(params=ENGINES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home[Warehouse]:
    """An empty warehouse."""
    if request.param == "athena":
        found: Home[Warehouse] = request.getfixturevalue("athena_home")
        return found
    return Home(LocalBucket(tmp_path / "bucket"), open_warehouse(tmp_path))


@pytest.fixture(scope="module", params=ENGINES)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home[Warehouse]]:
    """A warehouse with the project ``electricity``, for modules whose tests only ask."""
    folder = tmp_path_factory.mktemp("filled")
    if request.param == "duckdb":
        yield fill(Home(LocalBucket(folder / "bucket"), open_warehouse(folder)), AWKWARD_ITEMS, "electricity")
        return
    from forecast_platform_tests.fakes.athena import executing_athena

    request.getfixturevalue("account")
    with executing_athena():
        yield fill(_on_aws(), AWKWARD_ITEMS, "electricity")


@pytest.fixture(scope="module")
def account(moto_url: str) -> Iterator[str]:
    """One AWS account for the tests of a module: new clients cost more than all their calls."""
    with moto_server.empty_account(moto_url):
        yield moto_url


@pytest.fixture
def peer(account: str) -> Iterator[AthenaPeer]:
    """The Athena of the account, in which there is nothing else."""
    from forecast_platform_tests.fakes.athena import executing_athena

    moto_server.reset(account)
    with executing_athena() as found:
        yield found


@pytest.fixture
def athena_home(peer: AthenaPeer) -> Home[Warehouse]:
    """An empty warehouse on Glue and Athena."""
    return _on_aws()


def _on_aws() -> Home[Warehouse]:
    from forecast_platform.aws.clients import client
    from forecast_platform.aws.settings import AwsSettings
    from forecast_platform.bucket.s3 import S3Bucket
    from forecast_platform.warehouse.athena import AthenaWarehouse

    client("s3").create_bucket(Bucket="lake", **moto_server.IN_THE_REGION)
    bucket = S3Bucket("lake", "team")
    settings = AwsSettings("lake", "team", athena_results="s3://lake/results/", poll_seconds=0.01)
    return Home(bucket, AthenaWarehouse(settings, bucket.below))
