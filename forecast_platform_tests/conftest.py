"""What tests of the engines on AWS share; nothing is started before a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forecast_platform.aws.clients import forget_clients
from forecast_platform_tests.fakes import moto_server


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """A moto server for all tests of this process."""
    with moto_server.running_moto() as url:
        yield url


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty AWS account to which the environment of the test points; its value is the URL of the server."""
    moto_server.reset(moto_url)
    for name, value in moto_server.environment(moto_url).items():
        monkeypatch.setenv(name, value)
    forget_clients()
    yield moto_url
    forget_clients()
