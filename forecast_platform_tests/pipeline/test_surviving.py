"""``kill -9`` at every change of the bucket, then a second run: the end is an undisturbed run's, byte for byte."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.bucket import Bucket
from forecast_platform.forecast_service.port import Export, ForecastService
from forecast_platform.pipeline.forecasting import export_forecast
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket
from forecast_platform_tests.small_project import (
    after,
    quiet,
    run_steps,
    small_csv,
    small_params,
    small_workspace,
    tree,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 needs POSIX")
EARLIER, CUTOFF = after(50), after(60)


@pytest.mark.slow
@pytest.mark.parametrize("perform_delete", [False, True], ids=["kept", "cleaned up"])
def test_a_run_killed_at_any_change_and_started_again_ends_like_an_undisturbed_one(
    tmp_path: Path, perform_delete: bool
) -> None:
    params = small_params(PerformDelete=perform_delete)
    undisturbed = small_workspace(tmp_path / "undisturbed", params)
    run_steps(undisturbed, EARLIER)
    counting = InterruptingBucket(undisturbed.bucket, before_write=0, act=lambda: None)
    run_steps(replace(undisturbed, bucket=counting), CUTOFF)
    expected = tree(tmp_path / "undisturbed")
    assert counting.changes > 10

    for change in range(1, counting.changes + 1):
        home = tmp_path / f"killed-at-{change}"
        workspace = small_workspace(home, params)
        run_steps(workspace, EARLIER)
        before = _published(workspace)
        assert _run_and_be_killed(workspace, CUTOFF, change) == -signal.SIGKILL
        assert _published(workspace) in (before, _published(undisturbed)), "a reader must find a whole publication"
        run_steps(workspace, CUTOFF)
        assert tree(home) == expected, f"killed at change {change}"


@pytest.mark.parametrize("perform_delete", [False, True], ids=["kept", "cleaned up"])
def test_a_run_that_another_of_its_cutoff_overtakes_adopts_what_that_has_archived(
    tmp_path: Path, perform_delete: bool
) -> None:
    workspace = small_workspace(tmp_path, small_params(PerformDelete=perform_delete))
    run_other = partial(run_steps, workspace, CUTOFF)
    run_steps(replace(workspace, service=_Overtaken(workspace.service, run_other)), CUTOFF)
    assert export_forecast(workspace, CUTOFF, quiet).reused


class _Overtaken:
    """A service whose export another run has dealt with by the time it is looked at."""

    def __init__(self, service: ForecastService, act: Callable[[], None]) -> None:
        self._service, self._act, self.kind = service, act, service.kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)

    def export_forecast(self, forecast: str, bucket: Bucket, prefix: str) -> Export:
        export = self._service.export_forecast(forecast, bucket, prefix)
        self._act()
        return export


def test_two_runs_of_one_project_at_once_do_not_corrupt_it(tmp_path: Path) -> None:
    alone = small_workspace(tmp_path / "alone")
    run_steps(alone, EARLIER)
    run_steps(alone, CUTOFF)

    together = small_workspace(tmp_path / "together")
    children = [_fork(together, cutoff) for cutoff in (EARLIER, CUTOFF, CUTOFF)]
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    run_steps(together, CUTOFF)
    assert _published(together) == _published(alone)
    assert tree(tmp_path / "together" / "bucket") == tree(tmp_path / "alone" / "bucket")


def test_the_order_of_a_backfill_does_not_matter(tmp_path: Path) -> None:
    cutoffs = [after(days) for days in range(45, 61, 3)]
    forward, backward = small_workspace(tmp_path / "forward"), small_workspace(tmp_path / "backward")
    for cutoff in cutoffs:
        run_steps(forward, cutoff)
    for cutoff in reversed(cutoffs):
        run_steps(backward, cutoff)
    # The comparison of a cutoff is refreshed by the later ones, so one more look at the newest makes both current.
    run_steps(backward, cutoffs[-1])
    assert tree(tmp_path / "backward" / "bucket") == tree(tmp_path / "forward" / "bucket")


def test_a_cutoff_sees_no_data_that_comes_after_it(tmp_path: Path) -> None:
    with_future, without = small_workspace(tmp_path / "with"), small_workspace(tmp_path / "without")
    without.bucket.write("train/days.csv", small_csv(days=50))
    for workspace in (with_future, without):
        run_steps(workspace, EARLIER)
    assert _published(with_future) == _published(without)


def _published(workspace: Workspace) -> dict[str, bytes]:
    bucket = workspace.bucket
    return {stored.key: bucket.read(stored.key) for stored in bucket.list("quicksight/")}


def _run_and_be_killed(workspace: Workspace, cutoff: datetime, change: int) -> int:
    killing: Bucket = InterruptingBucket(workspace.bucket, change, lambda: os.kill(os.getpid(), signal.SIGKILL))
    child = _fork(replace(workspace, bucket=killing), cutoff)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _fork(workspace: Workspace, cutoff: datetime) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        run_steps(workspace, cutoff)
        code = 0
    finally:
        os._exit(code)
