"""The scoring server with and without capture: requests a second and latencies, and their ratios.

Run: ``python benchmarks/serving.py [SECONDS]``. Two servers run side by side, one captures everything; the same clients
ask them in turn, a second each, so that what else the machine does falls on both. Target: a few percent.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

CLIENTS = 4
SLICE_SECONDS = 1.0
_ROW = "39,Private,Bachelors,13,Never-married,Sales,Male,2174,0,40,Northeast"
_REQUEST = (
    "POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n"
    f"Content-Length: {len(_ROW)}\r\n\r\n{_ROW}"
).encode()


def model() -> dict[str, object]:
    """A logistic regression of the eleven features of the row."""
    names = [
        "age",
        "workclass",
        "education",
        "years",
        "marital",
        "occupation",
        "sex",
        "gain",
        "loss",
        "hours",
        "region",
    ]
    numbers = ("age", "years", "gain", "loss", "hours")
    features = [
        {"name": name, "type": "number", "mean": 40, "scale": 12, "coefficient": 0.1}
        if name in numbers
        else {"name": name, "type": "category", "coefficients": {"Private": 0.1, "Sales": 0.2, "Male": 0.1}}
        for name in names
    ]
    return {
        "format": "forecast-platform/linear-model",
        "version": 1,
        "kind": "logistic_regression",
        "labels": [0, 1],
        "intercept": -1.0,
        "features": features,
    }


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[int, psutil.Process]]:
    """A server process and its port."""
    program = Path(sys.executable).with_name("forecast-platform")
    command = [program, "serve", folder / "model.json", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        if not (port := re.search(r":(\d+)$", said.strip())):
            sys.exit(said + process.stderr.read())
        try:
            yield int(port[1]), psutil.Process(process.pid)
        finally:
            process.terminate()
            process.communicate()


class Client(threading.Thread):
    """Asks one server over one connection for a time, and remembers how long each answer took."""

    def __init__(self, port: int, seconds: float) -> None:
        super().__init__()
        self._port = port
        self._seconds = seconds
        self.latencies: list[float] = []

    def run(self) -> None:
        """Ask until the time is over."""
        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end = time.perf_counter() + self._seconds
            while (start := time.perf_counter()) < end:
                connection.sendall(_REQUEST)
                _read_answer(connection)
                self.latencies.append(time.perf_counter() - start)


def _read_answer(connection: socket.socket) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    if not head.startswith(b"HTTP/1.1 200") or length is None:
        sys.exit(answer.decode())
    missing = int(length[1]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(missing))


def ask(port: int, seconds: float) -> list[float]:
    """Latencies in seconds of all clients together."""
    clients = [Client(port, seconds) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return [latency for client in clients for latency in client.latencies]


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        (folder / "model.json").write_text(json.dumps(model()))
        with serving(folder) as off, serving(folder, "--capture", str(folder / "captures")) as on:
            servers = {"off": off, "on": on}
            for port, _ in servers.values():
                ask(port, SLICE_SECONDS / 2)
            latencies: dict[str, list[float]] = {"off": [], "on": []}
            processor = {"off": 0.0, "on": 0.0}
            for number in range(rounds):
                for name in ("off", "on") if number % 2 else ("on", "off"):
                    port, process = servers[name]
                    before = processor_seconds(process)
                    latencies[name] += ask(port, SLICE_SECONDS)
                    processor[name] += processor_seconds(process) - before
    for name, found in latencies.items():
        report(name, found, processor[name] / len(found), rounds * SLICE_SECONDS)
    print("on / off: " + ratios(latencies, processor))


def processor_seconds(process: psutil.Process) -> float:
    """Of all threads since the start."""
    times = process.cpu_times()
    return float(times.user + times.system)


def report(name: str, latencies: list[float], processor: float, seconds: float) -> None:
    """Print what was measured of one server."""
    cuts = statistics.quantiles(latencies, n=100)
    print(
        f"capture {name:<4}{len(latencies) / seconds:7.0f} requests/s   p50 {cuts[49] * 1e3:.3f} ms   "
        f"p99 {cuts[98] * 1e3:.3f} ms   processor {processor * 1e6:.0f} µs a request"
    )


def ratios(latencies: dict[str, list[float]], processor: dict[str, float]) -> str:
    """The server that captures, relative to the other."""
    counts = {name: len(found) for name, found in latencies.items()}
    on, off = (statistics.quantiles(latencies[name], n=100) for name in ("on", "off"))
    per_request = processor["on"] / counts["on"] / (processor["off"] / counts["off"])
    return (
        f"requests/s {counts['on'] / counts['off']:.3f}, p50 {on[49] / off[49]:.3f}, p99 {on[98] / off[98]:.3f}, "
        f"processor {per_request:.3f}"
    )


if __name__ == "__main__":
    main()
