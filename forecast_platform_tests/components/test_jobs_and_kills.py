"""Projects whose jobs are not waited for, with every run killed at its worst moments; and runs that are terminated."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import dagster as dg
import pytest

from forecast_platform.bucket import layout
from forecast_platform.components.forecast_project.build import build_definitions, definitions_of
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.components.ticking import Daemon, DeferringShell
from forecast_platform_tests.fakes.polling_service import PollingService
from forecast_platform_tests.small_project import small_project, small_workspace, tree

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="signals need POSIX")]
PARTITION = "2025-03-01"
KILLS = (dg.DagsterEventType.ASSET_MATERIALIZATION, dg.DagsterEventType.ASSET_OBSERVATION)
"""After the first asset is recorded, and after it is remembered what is waited for; then the run may end."""


@contextmanager
def on_disk(folder: Path) -> Iterator[dg.DagsterInstance]:
    """An instance that another process can open."""
    folder.mkdir(exist_ok=True)
    quiet = {"telemetry": {"enabled": False}, "python_logs": {"python_log_level": "ERROR"}}
    with dg.DagsterInstance.local_temp(str(folder), overrides=quiet) as instance:
        yield instance


def in_another_process(work: Callable[[], object]) -> int:
    """Its id; its exit code is 0 when the work was done."""
    child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@dataclass
class Killing:
    """A daemon whose runs are killed, each after other events, until they have been killed after all of them."""

    folder: Path
    definitions: dg.Definitions
    shell: DeferringShell
    cursors: dict[str, str | None] = field(default_factory=dict)
    kills: int = 0

    def tick(self) -> int:
        """A tick of every sensor, and the runs that are asked for; how many those were."""
        with on_disk(self.folder) as instance:
            daemon = Daemon(self.shell, instance, self.definitions)
            daemon.cursors = self.cursors
            if not self.cursors:
                daemon.told()  # what ends from here on
            requests = daemon.tick("small_new_data") + daemon.tick(self.shell.watch_name)
        for request in requests:
            self._run(request)
        return len(requests)

    def _run(self, request: dg.RunRequest) -> None:
        attempt = int((request.run_key or "").partition("#retry-")[2] or 0)
        kill_after = KILLS[attempt] if attempt < len(KILLS) else None
        code = exit_code(in_another_process(lambda: self._work(request, kill_after)))
        assert code in (0, -signal.SIGKILL)
        if code:
            self.kills += 1
            with on_disk(self.folder) as instance:
                (run,) = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
                instance.report_run_failed(run, "Detected run worker status FAILED: the process is gone.")

    def _work(self, request: dg.RunRequest, kill_after: dg.DagsterEventType | None) -> None:
        def listen(entry: dg.EventLogEntry) -> None:
            if entry.dagster_event and entry.dagster_event.event_type is kill_after:
                os.kill(os.getpid(), signal.SIGKILL)

        with on_disk(self.folder) as instance:
            run_id = f"00000000-0000-0000-0000-{len(instance.get_runs()):012}"
            instance.add_event_listener(run_id, listen)
            assert Daemon(self.shell, instance, self.definitions).run_request(request, run_id).success


def test_a_project_whose_every_run_is_killed_twice_ends_like_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_PLATFORM_SETTLE_SECONDS", "0")
    undisturbed = new_home(tmp_path / "undisturbed", monkeypatch)
    with on_disk(tmp_path / "undisturbed" / "dagster") as instance:
        job = build_definitions(small_project()).resolve_job_def("small_forecast")
        assert job.execute_in_process(instance=instance, partition_key=PARTITION).success

    killed = new_home(tmp_path / "killed", monkeypatch)
    shell = DeferringShell(small_project(), kinds=("dataset_import", "predictor", "forecast"))
    killing = Killing(tmp_path / "killed" / "dagster", definitions_of(shell), shell)
    while killing.tick() or shell.jobs.end():
        pass
    assert killing.kills >= 6
    assert shell.jobs.created == ["dataset_import", "predictor", "forecast"]
    assert objects(killed) == objects(undisturbed)
    assert list(killed.bucket.list(layout.WAITING)) == []
    with on_disk(killing.folder) as instance:
        daemon = Daemon(shell, instance, killing.definitions)
        daemon.cursors = killing.cursors
        assert [one.event for one in daemon.told() if one.event == "success"] == ["success"]


def new_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(folder / "home"))
    return small_workspace(folder / "home")


def objects(workspace: Workspace) -> dict[str, bytes]:
    """Everything in the bucket but the log of runs, which have other ids."""
    found = tree(Path(workspace.bucket.uri()))
    return {key: data for key, data in found.items() if not key.startswith(layout.RUN_LOG)}


@dataclass(frozen=True)
class PollingShell(ProjectShell):
    """A project whose service polls a job that does not end."""

    folder: Path = Path("unused")
    stops: bool = False

    def workspace(self) -> Workspace:
        service = PollingService(self.folder / "service", self.folder, stops=self.stops)
        return replace(super().workspace(), service=service)


@pytest.mark.parametrize(
    ("sent", "stops"),
    [(signal.SIGINT, False), (signal.SIGTERM, True)],
    ids=["a process, and the job goes on", "a container, and the job is stopped"],
)
def test_a_run_that_is_terminated_while_it_waits_ends_at_once_as_canceled(
    sent: signal.Signals, stops: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = new_home(tmp_path, monkeypatch)
    shell = PollingShell(small_project(), folder=tmp_path, stops=stops)
    read_training_data(workspace, shell.cutoff(PARTITION))
    job = definitions_of(shell).resolve_job_def(shell.job_name)

    def work() -> None:
        with on_disk(tmp_path / "dagster") as instance:
            selection = [shell.key("dataset_group")]
            job.execute_in_process(
                instance=instance, partition_key=PARTITION, asset_selection=selection, raise_on_error=False
            )

    child = in_another_process(work)
    while not (tmp_path / "polled").exists():
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "the run ended without waiting"
        time.sleep(0.05)
    with on_disk(tmp_path / "dagster") as instance:
        (run,) = instance.get_runs()
        instance.report_run_canceling(run)
        os.kill(child, sent)
        exit_code(child)
        (run,) = instance.get_runs()
        assert run.status is dg.DagsterRunStatus.CANCELED
    assert (tmp_path / "stopped").exists() == stops
