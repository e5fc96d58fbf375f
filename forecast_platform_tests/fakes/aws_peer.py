"""The platform's own peer of Amazon Forecast, for tests: in a thread, or in a process that can be killed.

Belongs here: starting it, and asking its control endpoints. Does not belong here: what it does, which is product code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from forecast_platform_tests.fakes.moto_server import ACCOUNT, REGION

if TYPE_CHECKING:
    from forecast_platform.aws_peer.forecast.engine import ForecastEngine

_MAIN = "from forecast_platform.cli import main; main()"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/forecast"
"""A role to give in requests; the peer takes none."""


@dataclass(frozen=True)
class AwsPeer:
    """A peer that runs.

    Attributes:
        url: Where it listens.
    """

    url: str

    def environment(self) -> Mapping[str, str]:
        """The variables with which boto3 finds it, besides keys and a region."""
        return {"AWS_ENDPOINT_URL_FORECAST": self.url, "AWS_ENDPOINT_URL_FORECASTQUERY": self.url}

    def calls(self, operation: str | None = None, name: str | None = None) -> list[dict[str, Any]]:
        """The calls that were made, oldest first, as :class:`forecast_platform.aws_peer.call_log.Call` has them.

        Args:
            name: Of the resource that a Create call names, or the ARN that another call is about.
        """
        query = "&".join(f"{key}={value}" for key, value in (("operation", operation), ("name", name)) if value)
        calls: list[dict[str, Any]] = self._ask("GET", f"calls?{query}")["calls"]
        return calls

    def created(self) -> dict[tuple[str, str], int]:
        """How often each Create call was done, heard or not, by operation and name: every value should be 1."""
        counts: dict[tuple[str, str], int] = {}
        for call in self.calls():
            if call["operation"].startswith("Create") and call["done"]:
                key = (call["operation"], call["name"])
                counts[key] = counts.get(key, 0) + 1
        return counts

    def fault(self, effect: str, *operations: str, **details: Any) -> int:
        """Make something go wrong from now on; gives its number.

        Args:
            effect: Of calls: ``throttle``, ``error`` (500), ``unavailable`` (503), ``expired_token``, ``limit``,
                ``denied``, ``drop`` (no answer). Of jobs: ``fail``, ``hang``, ``slow``.
            operations: Patterns of operations (``Create*``); of jobs: of kinds as in ARNs (``predictor``). None = all.
            details: ``names`` (pattern of names or ARNs), ``times``, ``for_seconds``, ``message``, ``seconds`` (of
                ``slow``), ``after=True`` (the call is done and its answer is lost).
        """
        identifier: int = self._ask(
            "POST", "faults", {"effect": effect, "operations": list(operations or ["*"]), **details}
        )["identifier"]
        return identifier

    def heal(self, identifier: int | None = None) -> None:
        """End a fault, or all of them; jobs that hang go on."""
        self._ask("DELETE", "faults" if identifier is None else f"faults?identifier={identifier}")

    def forget_calls(self) -> None:
        """Empty the log of calls."""
        self._ask("DELETE", "calls")

    def reset(self) -> None:
        """Forget all resources, calls and faults."""
        self._ask("POST", "reset")

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.url}/_peer/{path}", data=data, method=method), timeout=60) as reply:
            answer: dict[str, Any] = json.load(reply)
        return answer


@contextmanager
def peer_in_thread(
    home: Path,
    *,
    delay: float = 0.0,
    preset: str = "fast",
    engine: Callable[[Path], ForecastEngine] | None = None,
) -> Iterator[AwsPeer]:
    """A peer in a thread of this process; it reads S3 as the environment says at its first job.

    Args:
        delay: Seconds that every state lasts at least.
        preset: Effort of all auto predictors.
        engine: In place of the embedded engine.
    """
    from forecast_platform.aws_peer.forecast.engine import ForecastEngine
    from forecast_platform.aws_peer.options import PeerOptions, open_s3_bucket
    from forecast_platform.aws_peer.server import PeerServer

    embedded = partial(ForecastEngine, open_bucket=open_s3_bucket, preset=preset)
    server = PeerServer(PeerOptions(home, REGION, ACCOUNT, delay, workers=2, forecast_engine=engine or embedded))
    server.start()
    try:
        yield AwsPeer(server.url)
    finally:
        server.shutdown()
        server.close()


class PeerProcess:
    """A peer that is a process of its own, which can be killed and started again at the same address.

    Args:
        home: Folder of all it keeps.
        delay: Seconds that every state lasts at least.
    """

    def __init__(self, home: Path, delay: float = 0.0) -> None:
        self._home, self._delay, self._port = home, delay, 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> AwsPeer:
        """Start it, with the environment of this process."""
        options = {
            "--home": self._home,
            "--delay": self._delay,
            "--port": self._port,
            "--region": REGION,
            "--preset": "fast",
        }
        words = [str(word) for option in options.items() for word in option]
        command = [sys.executable, "-c", _MAIN, "aws-peer", *words, "--account", ACCOUNT]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        said = self._process.stderr.readline()
        assert " on http" in said, said + self._process.stderr.read()
        url = said.split()[-1]
        self._port = int(url.rpartition(":")[2])
        return AwsPeer(url)

    def kill(self) -> None:
        """``kill -9``, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextmanager
def peer_process(home: Path, *, delay: float = 0.0) -> Iterator[PeerProcess]:
    """A process of the peer, not started yet; killed at the end."""
    process = PeerProcess(home, delay)
    try:
        yield process
    finally:
        process.kill()
