"""Dealing chunks to a Ray cluster: two workers on this machine."""

from __future__ import annotations

import importlib.util
import os
import pickle
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.executor import LocalExecutor
from forecast_platform.engine.executor_ray import RayExecutor, answer_on_worker, versions_that_matter
from forecast_platform.errors import InputError, MissingExtraError, TransientError
from forecast_platform.platform import Platform
from forecast_platform.settings import load_settings
from forecast_platform_tests.engine.working import (
    KillsItsWorker,
    LeavesATrace,
    Refuses,
    SaysWhatItSees,
    Sums,
    WaitsToBeKilled,
    WhoWorks,
    WorksInPlace,
    chunks,
    kill_when_noted,
    trained_and_forecast,
)

CHECKOUT = Path(__file__).resolve().parents[2]
WORKERS = 2

RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not RAY, reason="the extra 'ray' is not installed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayExecutor]:
    """Starts in about ten seconds, in a process that reacts to SIGTERM in its own way."""
    before = signal.signal(signal.SIGTERM, _react)
    with RayExecutor("local", cpus=WORKERS) as executor:
        yield executor
    signal.signal(signal.SIGTERM, before)


def _react(number: int, frame: Any) -> None:
    pass


def same(answers: Any, expected: Any) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(answers, expected, strict=True))


@pytest.mark.parametrize("address", ["", "auto", "cluster.example.com", "ray://", "http://127.0.0.1:8265", "a b:6379"])
def test_an_address_that_is_none_is_refused_before_anything_starts(address: str) -> None:
    with pytest.raises(InputError) as refused:
        RayExecutor(address)
    (problem,) = refused.value.problems
    assert problem.where == "environment variable FORECAST_PLATFORM_RAY_ADDRESS"
    assert problem.found == repr(address)
    assert problem.expected == "local, HOST:PORT or ray://HOST:PORT"


def test_the_setting_decides_where_models_are_fitted(tmp_path: Path) -> None:
    settings = {"FORECAST_PLATFORM_HOME": str(tmp_path)}
    assert isinstance(Platform(load_settings(settings)).executor(), LocalExecutor)
    settings["FORECAST_PLATFORM_RAY_ADDRESS"] = "ray://cluster.example.com:10001"
    assert isinstance(Platform(load_settings(settings)).executor(), RayExecutor)


def test_a_node_with_other_versions_is_refused_and_told_what_to_install() -> None:
    work, chunk = pickle.dumps(Sums()), pickle.dumps(chunks(1)[0])
    with pytest.raises(InputError) as refused:
        answer_on_worker(work, chunk, versions_that_matter() | {"numpy": "1.0"})
    (problem,) = refused.value.problems
    assert problem.found == f"numpy {np.__version__}"
    assert problem.expected == "1.0, as where the work is given out"


@pytest.mark.skipif(RAY, reason="the extra 'ray' is installed")
def test_without_ray_the_error_says_how_to_install_it() -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'forecast-platform\[ray\]'"), RayExecutor("local"):
        pass


@needs_ray
@pytest.mark.parametrize("protocol", ["", "ray://"])
def test_an_address_where_nobody_is_says_what_to_do(protocol: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"{protocol}127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(TransientError, match=f"No Ray cluster answers at {address}: .*refused.*ray status"):
            RayExecutor(address).__enter__()


@needs_ray
def test_an_address_where_something_else_is_says_so() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as website:
        threading.Thread(target=website.serve_forever, daemon=True).start()
        with pytest.raises(TransientError, match="something else than Ray listens there"):
            RayExecutor(f"ray://127.0.0.1:{website.server_port}").__enter__()
        website.shutdown()


@needs_ray
@pytest.mark.slow
class TestOnALocalCluster:
    def test_the_predictor_and_the_forecast_are_those_of_one_process_bit_for_bit(self, cluster: RayExecutor) -> None:
        # An executor of its own each time, as the service makes them; they use the Ray that runs already.
        on_ray, same_accuracy = trained_and_forecast(lambda: RayExecutor("local"))
        alone, accuracy = trained_and_forecast(lambda: LocalExecutor(1))
        pd.testing.assert_frame_equal(on_ray, alone, check_exact=True)
        assert same_accuracy == accuracy

    def test_chunks_are_worked_on_by_two_other_processes_and_answered_in_order(
        self, cluster: RayExecutor, tmp_path: Path
    ) -> None:
        workers = set(cluster.map(WhoWorks(), chunks(40)))
        assert len(workers) == WORKERS
        assert os.getpid() not in workers
        assert list(cluster.map(LeavesATrace(tmp_path), chunks(40))) == [2 * number for number in range(40)]
        assert list(cluster.map(Sums(), [])) == []

    def test_a_worker_gets_the_chunk_as_it_is_and_may_work_in_place(self, cluster: RayExecutor) -> None:
        given = chunks(4)
        for chunk, seen in zip(given, cluster.map(SaysWhatItSees(), given), strict=True):
            assert np.array_equal(seen.values, chunk.values)
            assert seen.covariates is not None
            assert chunk.covariates is not None
            assert np.array_equal(seen.covariates.values, chunk.covariates.values)
            assert np.array_equal(seen.covariates.attributes, chunk.covariates.attributes)
        assert same(cluster.map(WorksInPlace(), given), [chunk.values + 1 for chunk in given])

    def test_a_worker_killed_in_the_middle_of_a_chunk_does_not_lose_the_job(
        self, cluster: RayExecutor, tmp_path: Path
    ) -> None:
        killed: list[int] = []
        finish = kill_when_noted(tmp_path / "pid", killed)
        given = chunks(20)
        answers = list(cluster.map(WaitsToBeKilled(tmp_path / "pid"), given))
        finish()
        assert killed != [os.getpid()]
        assert same(answers, [Sums()(chunk) for chunk in given])

    def test_a_chunk_that_kills_every_worker_is_worked_on_here(
        self, cluster: RayExecutor, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        given = chunks(12)
        work = KillsItsWorker(home=os.getpid(), folder=tmp_path, deaths=100, row=8)
        assert same(cluster.map(work, given), [Sums()(chunk) for chunk in given])
        assert len(list(tmp_path.iterdir())) == 1 + 3
        assert "A chunk of 2 series is worked on without Ray" in caplog.text

    def test_what_the_work_raises_is_raised_here(self, cluster: RayExecutor) -> None:
        answers: Any = cluster.map(Refuses(), chunks(6))
        next(answers)
        next(answers)
        with pytest.raises(LookupError, match="this chunk is refused"):
            next(answers)

    def test_the_cluster_works_a_few_chunks_ahead_and_not_on_all_of_them(
        self, cluster: RayExecutor, tmp_path: Path
    ) -> None:
        answers: Any = cluster.map(LeavesATrace(tmp_path), chunks(100))
        for _ in range(4):
            next(answers)
        # Long enough for far more chunks than these.
        time.sleep(1)
        assert 4 <= len(list(tmp_path.iterdir())) <= 4 + 8
        assert len(list(answers)) == 96

    def test_a_reaction_to_sigterm_stays(self, cluster: RayExecutor) -> None:
        assert signal.getsignal(signal.SIGTERM) is _react

    def test_it_listens_on_this_machine_only(self, cluster: RayExecutor) -> None:
        psutil = pytest.importorskip("psutil", reason="lists who listens")
        listening = {
            one.laddr.ip.removeprefix("::ffff:")
            for process in [psutil.Process(), *psutil.Process().children(recursive=True)]
            for one in process.net_connections("tcp")
            if one.status == "LISTEN"
        }
        assert listening == {"127.0.0.1"}


_JOIN_AND_WORK = """
import sys
from forecast_platform.engine.executor_ray import RayExecutor, answer_on_worker, versions_that_matter
from forecast_platform_tests.engine.working import LeavesATrace, chunks
from pathlib import Path
with RayExecutor(sys.argv[1]) as executor:
    print(*executor.map(LeavesATrace(Path(sys.argv[2])), chunks(20)))
"""


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """Of a cluster that others start: loopback only, with a token, and without what forks badly (see the how-to)."""
    return {
        **os.environ,
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "GRPC_ENABLE_FORK_SUPPORT": "0",
        "PYTHONPATH": str(CHECKOUT),
    }


@pytest.fixture(scope="module")
def addresses(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Those of a cluster that was started with ``ray start``."""
    ports = {"": _free_port(), "ray://": _free_port()}
    command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--node-ip-address=127.0.0.1"]
    options = [f"--port={ports['']}", f"--ray-client-server-port={ports['ray://']}", "--num-cpus=2"]
    # Of pytest's folders the paths are too long for a socket.
    with socket.socket() as probe, tempfile.TemporaryDirectory(dir="/tmp", prefix="ray-") as folder:
        options += ["--include-dashboard=false", f"--temp-dir={folder}"]
        head = subprocess.Popen([*command, *options], env=environment, stdout=subprocess.DEVNULL)
        try:
            while probe.connect_ex(("127.0.0.1", ports["ray://"])) != 0:
                assert head.poll() is None, "ray start ended"
                time.sleep(0.2)
            yield {protocol: f"{protocol}127.0.0.1:{port}" for protocol, port in ports.items()}
        finally:
            head.terminate()
            head.wait(60)


@needs_ray
@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["", "ray://"])
def test_it_joins_a_cluster_that_runs_already_and_lets_it_run(
    addresses: dict[str, str], environment: dict[str, str], protocol: str, tmp_path: Path
) -> None:
    for _ in range(2):
        joined = subprocess.run(
            [sys.executable, "-c", _JOIN_AND_WORK, addresses[protocol], str(tmp_path)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert joined.returncode == 0, joined.stderr
        assert joined.stdout.split() == [str(2 * number) for number in range(20)]
