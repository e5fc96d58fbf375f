"""``kill -9`` of the process of a run right after an asset was recorded, then a second run."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import dagster as dg
import pytest

from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform_tests.small_project import small_params, small_project, small_workspace, tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 needs POSIX")
PARTITION = "2025-03-01"
ASSETS = 11


@pytest.mark.slow
@pytest.mark.parametrize("perform_delete", [False, True], ids=["kept", "cleaned up"])
def test_a_run_killed_after_any_asset_ends_like_an_undisturbed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, perform_delete: bool
) -> None:
    undisturbed = _new_home(tmp_path / "undisturbed", monkeypatch, perform_delete)
    assert _run(undisturbed)
    expected = tree(undisturbed / "home")
    for boundary in range(1, ASSETS + 1):
        killed = _new_home(tmp_path / f"killed-after-{boundary}", monkeypatch, perform_delete)
        assert _run_and_be_killed(killed, boundary) == -signal.SIGKILL
        assert _recorded(killed) == boundary
        assert _run(killed)
        assert tree(killed / "home") == expected, f"killed after asset {boundary}"


def _new_home(folder: Path, monkeypatch: pytest.MonkeyPatch, perform_delete: bool) -> Path:
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(folder / "home"))
    small_workspace(folder / "home", small_params(PerformDelete=perform_delete))
    return folder


def _run_and_be_killed(folder: Path, boundary: int) -> int:
    """Exit code of a process of its own that dies as soon as so many materializations are in the event log."""
    child = os.fork()
    if not child:
        try:
            _run(folder, kill_after=boundary)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run(folder: Path, kill_after: int | None = None) -> bool:
    seen = []

    def listen(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event and event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
            seen.append(event)
            if len(seen) == kill_after:
                os.kill(os.getpid(), signal.SIGKILL)

    with _instance(folder) as instance:
        run_id = f"00000000-0000-0000-0000-{len(instance.get_runs()):012}"
        instance.add_event_listener(run_id, listen)
        job = build_definitions(small_project()).resolve_job_def("small_forecast")
        result = job.execute_in_process(instance=instance, partition_key=PARTITION, run_id=run_id, raise_on_error=False)
    return result.success


def _recorded(folder: Path) -> int:
    with _instance(folder) as instance:
        (run,) = instance.get_runs()
        return len(instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION))


def _instance(folder: Path) -> dg.DagsterInstance:
    (folder / "dagster").mkdir(exist_ok=True)
    quiet = {"telemetry": {"enabled": False}, "python_logs": {"python_log_level": "ERROR"}}
    return dg.DagsterInstance.local_temp(str(folder / "dagster"), overrides=quiet)
