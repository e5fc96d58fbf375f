"""What tests of the engines on AWS share; nothing is started before a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from forecast_platform_tests.fakes import moto_server

if TYPE_CHECKING:
    from forecast_platform_tests.fakes.athena import AthenaPeer


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """A moto server for all tests of this process."""
    with moto_server.running_moto() as url:
        yield url


@pytest.fixture
def aws(moto_url: str) -> Iterator[str]:
    """An empty AWS account to which the environment of the test points; its value is the URL of the server."""
    with moto_server.empty_account(moto_url):
        yield moto_url


@pytest.fixture
def athena(aws: str) -> Iterator[AthenaPeer]:
    """The Athena of that account; it runs SQL."""
    from forecast_platform_tests.fakes.athena import executing_athena

    with executing_athena() as peer:
        yield peer
