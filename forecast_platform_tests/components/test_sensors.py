"""The data sensor, tick by tick, on a real instance."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import freeze_time

from forecast_platform.bucket import looking
from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform.components.forecast_project.sensors import MAX_RETRIES, evaluate
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.small_project import DAYS, small_csv, small_params, small_project, small_workspace


@dataclass
class Ticking:
    """The part of the daemon that matters here: it saves cursors and launches a run key once."""

    shell: ProjectShell
    instance: dg.DagsterInstance
    cursor: str | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(seconds=5))
    launched: list[str] = field(default_factory=list)

    def tick(self, *, crash_before_saving: bool = False) -> dg.SensorResult:
        """One tick; the clock moves on by a minute."""
        self.now += timedelta(minutes=1)
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        result = evaluate(self.shell, context, self.now)
        for request in result.run_requests or []:
            if request.run_key not in self.launched:
                self.launched.append(request.run_key)
        if not crash_before_saving:
            self.cursor = result.cursor
        return result

    def run_last(self) -> dg.ExecuteInProcessResult:
        """Execute the run that was launched last."""
        partition = self.launched[-1].split(":")[1]
        job = build_definitions(self.shell.project).resolve_job_def(self.shell.job_name)
        return job.execute_in_process(
            instance=self.instance,
            partition_key=partition,
            tags={"forecast_platform/inputs": self.launched[-1]},
            raise_on_error=False,
        )


@pytest.fixture
def ticking(shell: ProjectShell, workspace: Workspace, instance: dg.DagsterInstance) -> Ticking:
    return Ticking(shell, instance)


def _partitions(result: dg.SensorResult) -> list[str | None]:
    return [request.partition_key for request in result.run_requests or []]


def test_new_data_requests_the_newest_cutoff_it_completes_once(ticking: Ticking) -> None:
    assert _partitions(ticking.tick()) == ["2025-03-01"]
    assert _partitions(ticking.tick()) == []


def test_the_same_file_again_does_nothing(ticking: Ticking, workspace: Workspace) -> None:
    ticking.tick()
    workspace.bucket.write("train/days.csv", small_csv())
    result = ticking.tick()
    assert _partitions(result) == []
    assert result.skip_reason is not None
    assert "same content" in str(result.skip_reason.skip_message)


def test_a_changed_file_under_the_same_name_runs_again(ticking: Ticking, workspace: Workspace) -> None:
    ticking.tick()
    workspace.bucket.write("train/days.csv", small_csv(days=DAYS + 1))
    assert _partitions(ticking.tick()) == ["2025-03-02"]


def test_a_correction_of_old_rows_runs_the_newest_cutoff_again(ticking: Ticking, workspace: Workspace) -> None:
    ticking.tick()
    workspace.bucket.write("train/days.csv", small_csv().replace(b"2025-01-03,", b"2025-01-03,1"))
    assert _partitions(ticking.tick()) == ["2025-03-01"]
    assert len(set(ticking.launched)) == 2


def test_going_back_to_the_old_content_runs_again(ticking: Ticking, workspace: Workspace) -> None:
    ticking.tick()
    workspace.bucket.write("train/days.csv", small_csv(days=DAYS - 1))
    ticking.tick()
    workspace.bucket.write("train/days.csv", small_csv())
    ticking.tick()
    assert len(ticking.launched) == 3


def test_changed_parameters_run_again(ticking: Ticking, workspace: Workspace) -> None:
    import json

    ticking.tick()
    workspace.bucket.write("params.json", json.dumps(small_params(PerformDelete=True)).encode())
    assert len(_partitions(ticking.tick())) == 1


def test_several_files_dropped_at_once_are_one_run(ticking: Ticking, workspace: Workspace) -> None:
    for item in ("tea", "coffee", "salt"):
        workspace.bucket.write(f"train/{item}.csv", small_csv().replace(b"bread", item.encode()))
    assert len(_partitions(ticking.tick())) == 1


def test_more_than_a_thousand_files_are_all_seen(ticking: Ticking, workspace: Workspace) -> None:
    for number in range(1005):
        workspace.bucket.write(f"train/item_{number:04}.csv", f"2025-01-01,1.0,item_{number:04}\n".encode())
    ticking.tick()
    from forecast_platform.training_data import current_snapshot

    snapshot = current_snapshot(workspace.bucket)
    assert snapshot is not None
    assert snapshot.items == 1005 + 2


def test_a_crash_before_the_cursor_is_saved_asks_again_for_the_same_run(ticking: Ticking) -> None:
    ticking.tick(crash_before_saving=True)
    ticking.tick()
    assert len(ticking.launched) == 1


def test_a_file_still_being_written_waits(
    ticking: Ticking, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_PLATFORM_SETTLE_SECONDS", "600")
    result = ticking.tick()
    assert _partitions(result) == []
    assert "Still being written" in str(result.skip_reason and result.skip_reason.skip_message)
    ticking.now += timedelta(minutes=20)
    assert _partitions(ticking.tick()) == ["2025-03-01"]


def test_a_file_dated_in_the_future_is_taken_once_it_has_been_seen_unchanged(
    ticking: Ticking, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sensor forgot that it had seen it, and waited for ever."""
    monkeypatch.setenv("FORECAST_PLATFORM_SETTLE_SECONDS", "30")
    later = (datetime.now(UTC) + timedelta(days=400)).timestamp()
    os.utime(workspace.bucket.uri("train/days.csv"), (later, later))
    os.utime(workspace.bucket.uri("params.json"), (later, later))
    assert _partitions(ticking.tick()) == []
    assert _partitions(ticking.tick()) == ["2025-03-01"]


def test_a_listing_that_takes_too_long_for_one_tick_goes_on_at_the_next(
    ticking: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "BUDGET_SECONDS", 0.0)
    result = ticking.tick()
    assert "1 objects so far; it goes on at the next tick" in str(result.skip_reason)
    ticking.tick()
    assert _partitions(ticking.tick()) == ["2025-03-01"]


def test_data_without_parameters_waits_for_them(ticking: Ticking, workspace: Workspace) -> None:
    params = workspace.bucket.read("params.json")
    workspace.bucket.delete("params.json")
    assert _partitions(ticking.tick()) == []
    workspace.bucket.write("params.json", params)
    assert _partitions(ticking.tick()) == ["2025-03-01"]


def test_parameters_without_data_wait_for_it(ticking: Ticking, workspace: Workspace) -> None:
    workspace.bucket.delete("train/days.csv")
    assert _partitions(ticking.tick()) == []
    workspace.bucket.write("train/days.csv", small_csv())
    assert _partitions(ticking.tick()) == ["2025-03-01"]
    assert len(ticking.launched) == 1


def test_parameters_that_cannot_be_read_ask_for_a_run_that_says_so(ticking: Ticking, workspace: Workspace) -> None:
    workspace.bucket.write("params.json", b"{")
    assert len(_partitions(ticking.tick())) == 1
    assert not ticking.run_last().success
    assert _partitions(ticking.tick()) == []


def test_a_run_that_failed_for_a_permanent_reason_is_not_asked_for_again(
    ticking: Ticking, workspace: Workspace
) -> None:
    workspace.bucket.write("train/days.csv", small_csv() + b"2025-13-99,5.0,bread\n")
    ticking.tick()
    assert not ticking.run_last().success
    for _ in range(3):
        assert _partitions(ticking.tick()) == []


@pytest.mark.slow
def test_a_run_that_failed_for_another_reason_is_asked_for_again_a_few_times(
    ticking: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    from forecast_platform.pipeline import inputs

    def broken(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(inputs, "read_training_data", broken)
    ticking.tick()
    for _ in range(MAX_RETRIES + 2):
        ticking.run_last()
        ticking.tick()
    assert len(ticking.launched) == 1 + MAX_RETRIES


def test_an_unreadable_cursor_starts_over(ticking: Ticking) -> None:
    ticking.cursor = "not ours"
    assert _partitions(ticking.tick()) == ["2025-03-01"]


def test_the_cursor_does_not_grow_with_the_files(ticking: Ticking, workspace: Workspace) -> None:
    for number in range(300):
        workspace.bucket.write(f"train/item_{number:04}.csv", f"2025-01-01,1.0,item_{number:04}\n".encode())
    ticking.tick()
    ticking.now += timedelta(days=1)
    ticking.tick()
    workspace.bucket.write("train/late.csv", small_csv(days=DAYS + 1))
    ticking.now = datetime.now(UTC) + timedelta(days=2)
    ticking.tick()
    assert ticking.cursor is not None
    assert len(ticking.cursor) < 60_000


def test_data_ahead_of_dagsters_clock_is_run_when_its_window_has_ended(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data's clock may be hours ahead of UTC: its day is complete before Dagster knows that day as a partition."""
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORECAST_PLATFORM_SETTLE_SECONDS", "0")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    schedule = CutoffSchedule(Cadence.DAILY, today - timedelta(days=3))
    workspace = small_workspace(tmp_path / "home", schedule=schedule)
    last_days = "".join(f"{today - timedelta(days=days):%Y-%m-%d},1.0,bread\n" for days in range(3))
    workspace.bucket.write("train/today.csv", last_days.encode())
    ticking = Ticking(ProjectShell(small_project(schedule=schedule)), instance)
    assert _partitions(ticking.tick()) == [f"{today - timedelta(days=1):%Y-%m-%d}"]
    assert _partitions(ticking.tick()) == []

    with freeze_time((today + timedelta(days=1, minutes=1)).replace(tzinfo=UTC)):
        assert _partitions(ticking.tick()) == [f"{today:%Y-%m-%d}"]
        assert _partitions(ticking.tick()) == []
