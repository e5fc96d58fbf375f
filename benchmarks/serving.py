"""The scoring server with and without capture: requests a second and latencies, and their ratios.

Run: ``python benchmarks/serving.py [ROUNDS]``. Two servers run side by side, one captures everything; the same clients
ask them in turn, a second each, so that what else the machine does falls on both. Target: a few percent.
"""

from __future__ import annotations

import contextlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from forecast_platform.samples import generate

CLIENTS = 4
SLICE_SECONDS = 1.0
PAUSE_SECONDS = 0.005
CENSUS_ROW = "39,private,bachelor,16,married,sales,male,2174,0,40,northeast"
NUMBERS_ROW = "39,1,4,13,2,5,0,2174,0,40,3"


@dataclass(frozen=True)
class Scenario:
    """What is served, one row of 11 values a request, and how long a client waits between two requests."""

    name: str
    file: str
    model: bytes
    row: str
    pause: float = 0.0


def lightgbm_model() -> bytes:
    """200 trees of 31 leaves on eleven numbers."""
    import lightgbm
    import numpy as np

    rows = np.random.default_rng(0).random((5000, 11))
    options = {"objective": "binary", "verbosity": -1, "num_threads": 1}
    return str(lightgbm.train(options, lightgbm.Dataset(rows, rows.sum(axis=1) > 5), 200).model_to_string()).encode()


@contextlib.contextmanager
def serving(model: Path, *options: str) -> Iterator[tuple[int, psutil.Process]]:
    """The port and the process of a server."""
    program = Path(sys.executable).with_name("forecast-platform")
    command = [program, "serve", model, "--port", "0", *options]
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
    """Asks one server over one connection for a slice of time, and remembers how long each answer took."""

    def __init__(self, port: int, scenario: Scenario) -> None:
        super().__init__()
        self._port = port
        self._pause = scenario.pause
        self._request = (
            "POST /invocations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n"
            f"Content-Length: {len(scenario.row)}\r\n\r\n{scenario.row}"
        ).encode()
        self.latencies: list[float] = []

    def run(self) -> None:
        """Ask until the time is over."""
        with socket.create_connection(("127.0.0.1", self._port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end = time.perf_counter() + SLICE_SECONDS
            while (start := time.perf_counter()) < end:
                connection.sendall(self._request)
                read_answer(connection)
                self.latencies.append(time.perf_counter() - start)
                if self._pause:
                    time.sleep(self._pause)


def read_answer(connection: socket.socket) -> None:
    """One whole answer, which has to be 200."""
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


def ask(port: int, scenario: Scenario) -> list[float]:
    """Latencies in seconds of all clients together."""
    clients = [Client(port, scenario) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return [latency for client in clients for latency in client.latencies]


def measure(scenario: Scenario, rounds: int) -> None:
    """Ask both servers in turn, and print."""
    latencies: dict[str, list[float]] = {"off": [], "on": []}
    processor = {"off": 0.0, "on": 0.0}
    with tempfile.TemporaryDirectory() as home:
        model = Path(home) / scenario.file
        model.write_bytes(scenario.model)
        with serving(model) as off, serving(model, "--capture", str(Path(home) / "captures")) as on:
            servers = {"off": off, "on": on}
            for port, _ in servers.values():
                ask(port, scenario)
            for number in range(rounds):
                for name in ("off", "on") if number % 2 else ("on", "off"):
                    port, process = servers[name]
                    before = processor_seconds(process)
                    latencies[name] += ask(port, scenario)
                    processor[name] += processor_seconds(process) - before
    print(f"\n{scenario.name}, {CLIENTS} clients, {rounds} s each")
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


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    linear, trees = generate("census")["model/model.json"], lightgbm_model()
    for scenario in (
        Scenario("logistic regression, as fast as it goes", "model.json", linear, CENSUS_ROW),
        Scenario("logistic regression, 5 ms between requests", "model.json", linear, CENSUS_ROW, PAUSE_SECONDS),
        Scenario("LightGBM, 200 trees, as fast as it goes", "model.txt", trees, NUMBERS_ROW),
    ):
        measure(scenario, rounds)


if __name__ == "__main__":
    main()
