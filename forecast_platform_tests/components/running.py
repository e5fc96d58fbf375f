"""A whole deployment on free loopback ports: ``forecast-platform dev`` as a person starts it, and questions to it.

Belongs here: starting, asking, stopping. Does not belong here: what is expected of it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import URLError

T = TypeVar("T")

_RUNS = (
    "query($filter: RunsFilter) { runsOrError(filter: $filter) { ... on Runs { results { runId status jobName } } } }"
)
_HUNG_SECONDS = 300
"""Far more than anything waited for needs on a busy machine; a test ends as soon as what it waits for is there."""


@dataclass(frozen=True)
class Deployment:
    """Processes that answer.

    Attributes:
        url: Of the Dagster UI.
        dashboards: Of the dashboards.
        log: What the processes have written.
    """

    home: Path
    url: str
    dashboards: str
    log: Path

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a GraphQL answer."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            document = json.load(answer)
        assert "errors" not in document, document["errors"]
        return document["data"]

    def runs(self, job: str) -> list[dict[str, str]]:
        """Runs of a job, newest first."""
        return list(self.ask(_RUNS, filter={"pipelineName": job})["runsOrError"]["results"])

    def wait(self, look: Callable[[], T], seconds: float = _HUNG_SECONDS) -> T:
        """Look until there is something to see."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if seen := look():
                return seen
            time.sleep(0.5)
        raise AssertionError(f"nothing came within {seconds:g} s\n{self.log.read_text()[-5000:]}")


def write_project(defs: Path, name: str, attributes: str, component: str = "ForecastProject") -> None:
    """A folder with a ``defs.yaml``."""
    (defs / name).mkdir(parents=True)
    text = f"type: forecast_platform.components.{component}\nattributes:\n{attributes}"
    (defs / name / "defs.yaml").write_text(text, encoding="utf-8")


def environment(folder: Path) -> dict[str, str]:
    """Variables of a deployment whose home and definitions are below ``folder``, without any of this process's."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("FORECAST_", "DAGSTER_"))}
    return inherited | {
        "FORECAST_PLATFORM_HOME": str(folder / "home"),
        "FORECAST_PLATFORM_DEFS": str(folder / "defs"),
        "FORECAST_PLATFORM_SETTLE_SECONDS": "1",
        "FORECAST_PLATFORM_SENSOR_INTERVAL_SECONDS": "2",
    }


@contextmanager
def deployment(folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Deployment]:
    """Start everything for the definitions in ``folder / "defs"``, and end exactly what was started.

    Args:
        more: Variables besides those of :func:`environment`.
    """
    ui, dashboards = free_port(), free_port()
    link = f"http://127.0.0.1:{dashboards}"
    variables = {**environment(folder), **(more or {}), "FORECAST_PLATFORM_DASHBOARD_URL": link}
    program = str(Path(sys.executable).with_name("forecast-platform"))
    log = folder / "dev.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "dev", "--port", str(ui)], env=variables, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        running = Deployment(
            folder / "home", f"http://127.0.0.1:{ui}", variables["FORECAST_PLATFORM_DASHBOARD_URL"], log
        )
        running.wait(lambda: _answers(running, process))
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(running: Deployment, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, running.log.read_text()
    try:
        loaded = running.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")
    except (URLError, ConnectionError):
        return False
    return bool(loaded["repositoriesOrError"].get("nodes"))
