"""The account of the tests of Amazon Forecast."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forecast_platform.aws.clients import forget_clients
from forecast_platform_tests.fakes import moto_server
from forecast_platform_tests.fakes.aws_peer import AwsPeer, peer_in_thread
from forecast_platform_tests.forecast_service.amazon.account import make_bucket


@pytest.fixture(scope="module")
def account(moto_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsPeer]:
    """An account for all tests of a file, to which the environment points: making clients takes longer than most."""
    with peer_in_thread(tmp_path_factory.mktemp("peer")) as peer, pytest.MonkeyPatch.context() as patch:
        for name, value in {**moto_server.environment(moto_url), **peer.environment()}.items():
            patch.setenv(name, value)
        forget_clients()
        yield peer
    forget_clients()


@pytest.fixture
def peer(account: AwsPeer, moto_url: str) -> AwsPeer:
    """Amazon Forecast without any resource, and an empty bucket."""
    account.heal()
    account.reset()
    moto_server.reset(moto_url)
    make_bucket()
    return account
