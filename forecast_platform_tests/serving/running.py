"""The scoring server as a process of its own on a free port, and what it captured."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LINEAR: dict[str, Any] = {
    "format": "forecast-platform/linear-model",
    "version": 1,
    "kind": "logistic_regression",
    "labels": ["no", "yes"],
    "threshold": 0.5,
    "intercept": 0.25,
    "features": [
        {"name": "age", "type": "number", "mean": 40, "scale": 10, "coefficient": 1.5, "missing": 40},
        {"name": "job", "type": "category", "coefficients": {"baker": 0.5, "smith": -0.5}, "unknown": 0},
    ],
}


def write_linear(folder: Path) -> Path:
    """A model of an age and a job."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps(LINEAR))
    return folder


@dataclass
class Running:
    """A server that runs."""

    process: subprocess.Popen[str]
    port: int

    def ask(
        self, path: str, body: bytes | str | None = None, method: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (lower case) and body of an answer. Header names are written with ``_`` for ``-``."""
        with self.connection() as connection:
            return ask(connection, path, body, method, **headers)

    def score(self, body: str = "50,baker", **headers: str) -> tuple[int, dict[str, str], bytes]:
        return self.ask("/invocations", body, **{"Content_Type": "text/csv", **headers})

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            yield connection
        finally:
            connection.close()

    def capture_state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.ask("/capture")[2])
        return state

    def end(self) -> tuple[int, str]:
        """Tell it to end; its exit code and the rest of what it said."""
        self.process.terminate()
        said = self.process.communicate(timeout=60)[1]
        return self.process.returncode, said


def ask(
    connection: http.client.HTTPConnection,
    path: str,
    body: bytes | str | None = None,
    method: str | None = None,
    **headers: str,
) -> tuple[int, dict[str, str], bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method or ("GET" if body is None else "POST"), path, body, named)
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


@contextmanager
def serving(model: Path, *options: str | Path, below: Sequence[str] = ()) -> Iterator[Running]:
    """``forecast-platform serve`` on a free port, as an argument of the command ``below``; ended with the block."""
    program = Path(sys.executable).with_name("forecast-platform")
    command = [*below, program, "serve", model, "--port", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    said: list[str] = []
    try:
        assert process.stderr is not None
        while not (said and re.search(r"Serving \S+ on http://127.0.0.1:(\d+)$", said[-1].strip())):
            said.append(process.stderr.readline())
            assert said[-1], "".join(said)
        yield Running(process, int(said[-1].strip().rpartition(":")[2]))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what must come about."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def captured(folder: Path) -> list[dict[str, Any]]:
    """All records that readers of the folder see."""
    files = [path for path in sorted(folder.rglob("*.jsonl")) if not any(part.startswith(".") for part in path.parts)]
    return [json.loads(line) for path in files for line in path.read_text().split("\n")[:-1]]


def event_ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["eventMetadata"]["eventId"] for record in records]
