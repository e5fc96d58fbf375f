"""A peer whose jobs do nothing, and a program that uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from forecast_platform_tests.aws_peer.program import Program, client
from forecast_platform_tests.fakes.aws_peer import AwsPeer, peer_in_thread
from forecast_platform_tests.fakes.idle_engine import IdleEngine


@dataclass(frozen=True)
class _Running:
    peer: AwsPeer
    engine: IdleEngine
    forecast: Any
    query: Any


@pytest.fixture(scope="session")
def running_peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Running]:
    engine = IdleEngine()
    home: Path = tmp_path_factory.mktemp("peer")
    with peer_in_thread(home, engine=lambda folder: engine) as peer:
        yield _Running(peer, engine, client("forecast", peer.url), client("forecastquery", peer.url))


@pytest.fixture
def peer(running_peer: _Running) -> AwsPeer:
    """An empty peer."""
    running_peer.engine.begin_again()
    running_peer.peer.reset()
    return running_peer.peer


@pytest.fixture
def engine(running_peer: _Running, peer: AwsPeer) -> IdleEngine:
    """The engine of the peer."""
    return running_peer.engine


@pytest.fixture
def forecast(running_peer: _Running, peer: AwsPeer) -> Any:
    """A boto3 client of the empty peer, without retries."""
    return running_peer.forecast


@pytest.fixture
def forecastquery(running_peer: _Running, peer: AwsPeer) -> Any:
    """The client that asks forecasts."""
    return running_peer.query


@pytest.fixture
def program(forecast: Any) -> Program:
    """A program that has nothing yet."""
    return Program(forecast)
