"""``kill -9`` at every change of the bucket, then a second run: the end is an undisturbed run's, byte for byte."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from forecast_platform.bucket import Bucket
from forecast_platform.model_monitor.steps.baseline import learn_baseline
from forecast_platform.model_monitor.steps.captured_data import captured_data
from forecast_platform.model_monitor.steps.index import publish_index
from forecast_platform.model_monitor.steps.monitoring import run_monitor
from forecast_platform.model_monitor.workspace import MonitorWorkspace
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket
from forecast_platform_tests.model_monitor.small_monitor import (
    QUALITY,
    baseline_csv,
    capture,
    rows,
    small_workspace,
    window,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 needs POSIX")


def upload(workspace: MonitorWorkspace, *, late: bool) -> None:
    """A baseline and an hour of traffic; or later another baseline, and more traffic for the same hour."""
    workspace.bucket.write("baseline/train.csv", baseline_csv(200 if late else 100))
    capture(workspace, 0, rows(50, 2), labels=True)
    if late:
        capture(workspace, 0, rows(50, 3), name="late", labels=True)


def run_all(workspace: MonitorWorkspace) -> None:
    """Every asset of the monitor, as its jobs run them."""
    learn_baseline(workspace)
    captured_data(workspace, window(0))
    for kind in workspace.monitor.kinds:
        run_monitor(workspace, kind, window(0))
    publish_index(workspace)


def published(workspace: MonitorWorkspace) -> dict[str, bytes]:
    """What the monitor wrote. A profile is named after the versions of its files, which no two homes share."""
    found = {}
    for stored in workspace.bucket.list("monitoring/"):
        folder, _, name = stored.key.rpartition("/")
        is_profile = stored.key.startswith("monitoring/profiles/")
        key = f"{folder}/{name.rpartition('.')[2]}" if is_profile else stored.key
        assert key not in found, "what an earlier run kept of an hour has to go"
        found[key] = workspace.bucket.read(stored.key)
    return found


def run_and_be_killed(workspace: MonitorWorkspace, change: int) -> int:
    killing: Bucket = InterruptingBucket(workspace.bucket, change, lambda: os.kill(os.getpid(), signal.SIGKILL))
    child = os.fork()
    if not child:
        try:
            run_all(replace(workspace, bucket=killing))
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_run_killed_at_any_change_and_started_again_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    undisturbed = small_workspace(tmp_path / "undisturbed", model_quality=QUALITY)
    upload(undisturbed, late=False)
    run_all(undisturbed)
    upload(undisturbed, late=True)
    counting = InterruptingBucket(undisturbed.bucket, before_write=0, act=lambda: None)
    run_all(replace(undisturbed, bucket=counting))
    expected = published(undisturbed)
    assert counting.changes > 20

    for change in range(1, counting.changes + 1):
        workspace = small_workspace(tmp_path / f"killed-at-{change}", model_quality=QUALITY)
        upload(workspace, late=False)
        run_all(workspace)
        upload(workspace, late=True)
        assert run_and_be_killed(workspace, change) == -signal.SIGKILL
        run_all(workspace)
        assert published(workspace) == expected, f"killed at change {change}"
