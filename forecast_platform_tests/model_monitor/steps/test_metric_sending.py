"""What a monitor sends to CloudWatch: SageMaker Model Monitor's namespaces, names and dimensions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest

from forecast_platform.errors import TransientError
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.execution import Execution
from forecast_platform.model_monitor.monitor import BATCH_TRANSFORM, DATA_QUALITY, MODEL_BIAS
from forecast_platform.model_monitor.steps.baseline import learn_baseline
from forecast_platform.model_monitor.steps.executing import report_key
from forecast_platform.model_monitor.steps.metric_sending import send_metrics
from forecast_platform.model_monitor.steps.monitoring import run_monitor
from forecast_platform.model_monitor.workspace import MonitorWorkspace
from forecast_platform_tests.fakes.metric_sinks import RememberingSink
from forecast_platform_tests.model_monitor.small_monitor import (
    BIAS,
    baseline_csv,
    capture,
    rows,
    small_workspace,
    window,
)


@pytest.fixture
def sink() -> RememberingSink:
    return RememberingSink()


@pytest.fixture
def workspace(tmp_path: Path, sink: RememberingSink) -> MonitorWorkspace:
    workspace = replace(small_workspace(tmp_path, bias=BIAS), metrics=sink)
    workspace.bucket.write("baseline/train.csv", baseline_csv(400))
    learn_baseline(workspace)
    for hour in (0, 1):
        capture(workspace, hour, rows(50, 2 + hour), labels=True)
    return workspace


def run(workspace: MonitorWorkspace, hour: int = 0, kind: str = DATA_QUALITY) -> Execution:
    return run_monitor(workspace, kind, window(hour))


def test_a_sink_that_fails_costs_no_report_and_gets_everything_at_the_next_execution(
    workspace: MonitorWorkspace, sink: RememberingSink
) -> None:
    sink.failing = TransientError("throttled")
    execution = run(workspace)
    assert execution.analysis.looked.notes[-1].endswith("the next run tries again. throttled")
    record = workspace.bucket.read(report_key(workspace, DATA_QUALITY, window(0), layout.EXECUTION_FILE))
    assert b"throttled" not in record, "the report is of the data"
    sink.failing = None
    run(workspace, hour=1)
    times = {metric.timestamp for metric in sink.metrics}
    assert times == {window(hour).end.replace(tzinfo=UTC) for hour in (0, 1)}


def test_names_and_dimensions_are_sagemakers(workspace: MonitorWorkspace, sink: RememberingSink) -> None:
    run(workspace)
    [(namespace, metrics)] = sink.put_calls
    assert namespace == "aws/sagemaker/Endpoints/data-metrics"
    assert {metric.name for metric in metrics} >= {
        "feature_data_income",
        "feature_non_null_income",
        "feature_baseline_drift_income",
    }
    schedule = workspace.monitor.schedule_name(DATA_QUALITY)
    assert all(one.dimensions == {"Endpoint": "loans", "MonitoringSchedule": schedule} for one in metrics)
    income = next(one for one in metrics if one.name == "feature_data_income")
    assert income.summary is not None
    assert income.summary["SampleCount"] == 50
    assert income.summary["Minimum"] <= income.summary["Sum"] / 50 <= income.summary["Maximum"]


def test_dimensions_of_one_metric_come_beside_those_of_all(workspace: MonitorWorkspace, sink: RememberingSink) -> None:
    run(workspace, kind=MODEL_BIAS)
    [(namespace, metrics)] = sink.put_calls
    assert namespace == "aws/sagemaker/Endpoints/bias-metrics"
    assert metrics
    assert all(metric.dimensions["Facet"] == "group" for metric in metrics)
    assert all(metric.dimensions["Endpoint"] == "loans" for metric in metrics)


def test_a_batch_transform_has_no_endpoint(workspace: MonitorWorkspace, sink: RememberingSink) -> None:
    execution = run(replace(workspace, metrics=None))
    batch = replace(workspace, monitor=replace(workspace.monitor, source=BATCH_TRANSFORM, bias=None))
    send_metrics(batch, execution)
    [(namespace, metrics)] = sink.put_calls
    assert namespace == "aws/sagemaker/ModelMonitoring/data-metrics"
    assert all(metric.dimensions.keys() == {"MonitoringSchedule"} for metric in metrics)


def test_the_same_execution_sends_once_and_another_of_the_same_window_again(
    workspace: MonitorWorkspace, sink: RememberingSink
) -> None:
    run(workspace)
    run(workspace)
    assert len(sink.put_calls) == 1
    capture(workspace, 0, rows(50, 9), name="late", labels=True)
    run(workspace)
    assert len(sink.put_calls) == 2


def test_without_a_sink_nothing_is_kept_of_it(workspace: MonitorWorkspace) -> None:
    run(replace(workspace, metrics=None))
    assert list(workspace.bucket.list(layout.SENT_METRICS)) == []
