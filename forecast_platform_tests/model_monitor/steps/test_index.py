"""The page of all executions while several runs publish it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.monitor import DATA_QUALITY
from forecast_platform.model_monitor.steps.baseline import learn_baseline
from forecast_platform.model_monitor.steps.captured_data import captured_data
from forecast_platform.model_monitor.steps.index import publish_index
from forecast_platform.model_monitor.steps.monitoring import run_monitor
from forecast_platform.model_monitor.workspace import MonitorWorkspace
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket
from forecast_platform_tests.model_monitor.small_monitor import capture, rows, small_workspace, window


def judge(workspace: MonitorWorkspace, hour: int) -> None:
    capture(workspace, hour, rows(50, seed=hour + 2))
    captured_data(workspace, window(hour))
    run_monitor(workspace, DATA_QUALITY, window(hour))


def test_the_run_that_writes_last_does_not_forget_what_another_run_judged_meanwhile(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    learn_baseline(workspace)
    judge(workspace, 0)

    def another_run() -> None:
        judge(workspace, 1)
        publish_index(workspace)

    interrupted = InterruptingBucket(workspace.bucket, before_write=1, act=another_run)
    published = publish_index(replace(workspace, bucket=interrupted))

    assert published.executions == 2
    page = workspace.bucket.read(layout.INDEX_PAGE).decode()
    assert all(f"2025/11/03/{hour}/report.html" in page for hour in ("00", "01"))
