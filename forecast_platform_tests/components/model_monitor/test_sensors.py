"""The sensor of a monitor, tick by tick."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from forecast_platform.components.model_monitor.sensors import MOST_REQUESTS, evaluate
from forecast_platform.components.model_monitor.shell import MonitorShell
from forecast_platform.model_monitor.monitor import DATA_QUALITY
from forecast_platform.model_monitor.steps.baseline import learn_baseline
from forecast_platform.model_monitor.steps.monitoring import run_monitor
from forecast_platform.model_monitor.workspace import MonitorWorkspace
from forecast_platform_tests.model_monitor.small_monitor import (
    DAY,
    baseline_csv,
    capture,
    rows,
    small_monitor,
    small_workspace,
    window,
)


@dataclass
class Ticking:
    """The part of the daemon that matters here: it saves cursors and launches a run key once."""

    shell: MonitorShell
    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))
    cursor: str | None = None
    launched: set[str | None] = field(default_factory=set)

    def tick(self, *, crash_before_saving: bool = False) -> list[str]:
        """One tick; what was launched: partitions, or the name of the baseline job."""
        self.now += timedelta(seconds=1)
        result: dg.SensorResult = evaluate(self.shell, self.cursor, self.now)
        new = [one for one in result.run_requests or [] if one.run_key not in self.launched]
        self.launched |= {one.run_key for one in new}
        if not crash_before_saving:
            self.cursor = result.cursor
        return [one.partition_key or str(one.job_name) for one in new]


@pytest.fixture
def ticking(monitor_shell: MonitorShell, monitored: MonitorWorkspace) -> Ticking:
    return Ticking(monitor_shell)


def learned(ticking: Ticking, workspace: MonitorWorkspace) -> None:
    assert ticking.tick() == ["loans_baseline"]
    learn_baseline(workspace)


def test_the_baseline_is_asked_for_first_and_once(ticking: Ticking, monitored: MonitorWorkspace) -> None:
    capture(monitored, 0, rows(5, 2))
    assert ticking.tick() == ["loans_baseline"]
    assert ticking.tick() == []
    learn_baseline(monitored)
    assert ticking.tick() == ["2025-11-03-00:00"]


def test_a_new_baseline_dataset_is_learned_again(ticking: Ticking, monitored: MonitorWorkspace) -> None:
    learned(ticking, monitored)
    monitored.bucket.write("baseline/train.csv", b"score,approved,income,group\n0.5,1,3,a\n")
    assert ticking.tick() == ["loans_baseline"]


def test_every_hour_with_data_is_asked_for_once(ticking: Ticking, monitored: MonitorWorkspace) -> None:
    learned(ticking, monitored)
    capture(monitored, 3, rows(5, 2))
    capture(monitored, 7, rows(5, 2))
    assert ticking.tick() == ["2025-11-03-03:00", "2025-11-03-07:00"]
    assert "2025-11-03-03:00" not in ticking.tick()


def test_files_that_arrive_late_ask_for_their_hour_again(ticking: Ticking, monitored: MonitorWorkspace) -> None:
    learned(ticking, monitored)
    capture(monitored, 3, rows(5, 2))
    ticking.tick()
    capture(monitored, 3, rows(5, 2), name="late")
    assert "2025-11-03-03:00" in ticking.tick()


def test_an_hour_that_is_not_over_waits(ticking: Ticking, monitored: MonitorWorkspace) -> None:
    ticking.now = DAY.replace(tzinfo=UTC) + timedelta(hours=3, minutes=30)
    # The files are newer than this clock, so they settle once they were seen unchanged.
    assert ticking.tick() == ["loans_baseline"]
    learn_baseline(monitored)
    capture(monitored, 3, rows(5, 2))
    assert ticking.tick() == []
    ticking.now += timedelta(minutes=31)
    assert ticking.tick() == ["2025-11-03-03:00"]


def test_the_newest_hour_is_asked_for_without_data_too_once_there_was_traffic(
    ticking: Ticking, monitored: MonitorWorkspace
) -> None:
    ticking.now = DAY.replace(tzinfo=UTC) + timedelta(hours=4, minutes=5)
    learned(ticking, monitored)
    capture(monitored, 3, rows(5, 2))
    assert ticking.tick() == ["2025-11-03-03:00"]
    ticking.now += timedelta(hours=3)
    assert ticking.tick() == ["2025-11-03-06:00"]
    assert ticking.tick() == []


def test_ground_truth_asks_for_the_hour_in_which_it_was_collected(
    ticking: Ticking, monitored: MonitorWorkspace
) -> None:
    learned(ticking, monitored)
    monitored.bucket.write("ground_truth/2025/11/03/09/a.jsonl", b"{}\n")
    assert ticking.tick() == ["2025-11-03-09:00"]


def test_a_crash_before_the_cursor_is_saved_loses_nothing(ticking: Ticking, monitored: MonitorWorkspace) -> None:
    learned(ticking, monitored)
    capture(monitored, 3, rows(5, 2))
    asked = ticking.tick(crash_before_saving=True)
    assert asked == ["2025-11-03-03:00"]
    capture(monitored, 4, rows(5, 2))
    assert set(asked) | set(ticking.tick()) | set(ticking.tick()) >= {"2025-11-03-03:00", "2025-11-03-04:00"}


def test_many_hours_are_asked_for_in_several_ticks(ticking: Ticking, monitored: MonitorWorkspace) -> None:
    learned(ticking, monitored)
    for hour in range(24):
        capture(monitored, hour, rows(2, 2))
    found: list[str] = []
    while asked := ticking.tick():
        assert len(asked) <= MOST_REQUESTS
        found += asked
    assert sorted(found) == [f"2025-11-03-{hour:02}:00" for hour in range(24)]


def test_an_unreadable_cursor_starts_over(ticking: Ticking, monitored: MonitorWorkspace) -> None:
    learned(ticking, monitored)
    capture(monitored, 3, rows(5, 2))
    ticking.tick()
    ticking.cursor = "[1"
    ticking.launched.clear()
    assert ticking.tick() == ["loans_baseline"]
    assert "2025-11-03-03:00" in ticking.tick()


def test_what_the_monitor_writes_itself_asks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports lie in folders of hours too: watched at the root of its prefix, a monitor asked for its own reports."""
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(tmp_path))
    monkeypatch.setenv("FORECAST_PLATFORM_SETTLE_SECONDS", "0")
    facts = {"source": "files", "data": ""}
    workspace = small_workspace(tmp_path, **facts)
    ticking = Ticking(MonitorShell(small_monitor(**facts)))
    learned(ticking, workspace)
    workspace.bucket.write("2025/11/03/05/part/a.csv", baseline_csv(10))
    assert ticking.tick() == ["2025-11-03-05:00"]
    run_monitor(workspace, DATA_QUALITY, window(5))
    workspace.bucket.write("captured/loans/AllTraffic/2025/11/03/07/a.jsonl", b"{}")
    assert not {"2025-11-03-05:00", "2025-11-03-07:00"} & set(ticking.tick())
