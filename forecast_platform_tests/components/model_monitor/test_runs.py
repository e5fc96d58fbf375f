"""The jobs of a monitor, run for real on an instance that remembers."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from forecast_platform.components.check_attributes import CheckAttributes, UserChecks
from forecast_platform.components.model_monitor.build import build_definitions
from forecast_platform.components.model_monitor.shell import MonitorShell
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.workspace import MonitorWorkspace
from forecast_platform.warehouse import count_rows
from forecast_platform_tests.model_monitor.small_monitor import QUALITY, Row, baseline_csv, capture, rows, small_monitor

HOURS = ["2025-11-03-00:00", "2025-11-03-01:00", "2025-11-03-02:00"]


def richer(row: Row) -> Row:
    return row[0], row[1], row[2] + 15, row[3]


class Deployment:
    """A monitor on an instance."""

    def __init__(self, shell: MonitorShell, instance: dg.DagsterInstance, checks: UserChecks | None = None) -> None:
        self.shell, self.instance = shell, instance
        self.definitions = build_definitions(shell.monitor, checks=checks or UserChecks())

    def learn(self) -> dg.ExecuteInProcessResult:
        job = self.definitions.resolve_job_def(f"{self.shell.monitor.name}_baseline")
        return job.execute_in_process(instance=self.instance, raise_on_error=False)

    def run(self, partition: str) -> dg.ExecuteInProcessResult:
        job = self.definitions.resolve_job_def(self.shell.job_name)
        return job.execute_in_process(instance=self.instance, partition_key=partition, raise_on_error=False)


def answers(result: dg.ExecuteInProcessResult, noun: str = "monitoring_report") -> dict[str, dg.AssetCheckEvaluation]:
    return {one.check_name: one for one in result.get_asset_check_evaluations() if one.asset_key.path[-1] == noun}


def failed(result: dg.ExecuteInProcessResult, noun: str = "monitoring_report") -> set[str]:
    return {name for name, one in answers(result, noun).items() if not one.passed}


def metadata(result: dg.ExecuteInProcessResult, noun: str) -> dict[str, Any]:
    """Values by name; of a table its rows."""
    [found] = [one for one in result.get_asset_materialization_events() if one.asset_key.path[-1] == noun]
    return {
        name: [row.data for row in value.records] if isinstance(value, dg.TableMetadataValue) else value.value
        for name, value in found.materialization.metadata.items()
    }


@pytest.fixture
def deployment(monitor_shell: MonitorShell, monitored: MonitorWorkspace, instance: dg.DagsterInstance) -> Deployment:
    deployment = Deployment(monitor_shell, instance)
    capture(monitored, 0, rows(600, 2), labels=True)
    capture(monitored, 1, rows(600, 3, richer), labels=True)
    assert deployment.learn().success
    return deployment


def test_a_calm_hour_passes_every_check_of_its_data(deployment: Deployment) -> None:
    result = deployment.run(HOURS[0])
    assert result.success
    assert failed(result) == set()
    assert metadata(result, "monitoring_report")["status"] == "Completed"
    assert metadata(result, "captured_data")["dagster/partition_row_count"] == 600


def test_a_drifted_hour_fails_the_check_of_its_kind_only_and_shows_the_features(deployment: Deployment) -> None:
    result = deployment.run(HOURS[1])
    assert result.success
    assert failed(result) == {"baseline_drift"}
    drift = answers(result)["baseline_drift"]
    assert drift.severity is dg.AssetCheckSeverity.WARN
    assert drift.description is not None
    assert drift.description.startswith("income: Baseline drift distance:")
    shown = metadata(result, "monitoring_report")
    assert "data:image/png;base64" in shown["distances"]
    [violation] = shown["violation_list"]
    assert list(violation) == ["feature", "description", "check"]
    assert violation["feature"] == "income"


def test_an_hour_without_traffic_fails_its_execution_and_not_the_run(deployment: Deployment) -> None:
    result = deployment.run(HOURS[2])
    assert result.success
    assert failed(result) == {"execution_completed"}
    assert "No data" in str(answers(result)["execution_completed"].description)


def test_each_check_remembers_each_partition(deployment: Deployment) -> None:
    for hour in HOURS:
        deployment.run(hour)
    key = dg.AssetCheckKey(deployment.shell.key("monitoring_report"), "baseline_drift")
    history = deployment.instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
    passed = {}
    for record in history:
        assert record.event is not None
        assert record.event.dagster_event is not None
        evaluation = record.event.dagster_event.asset_check_evaluation_data
        passed[evaluation.partition] = evaluation.passed
    assert passed == {HOURS[0]: True, HOURS[1]: False, HOURS[2]: True}


def test_model_quality_is_a_report_of_its_own(deployment: Deployment) -> None:
    result = deployment.run(HOURS[0])
    assert {"execution_completed", "metrics_too_low", "metrics_too_high"} == set(
        answers(result, "model_quality_report")
    )
    shown = metadata(result, "model_quality_report")
    assert shown["rows"] == 600
    accuracy = next(row for row in shown["metrics"] if row["metric"] == "accuracy")
    assert accuracy == {"metric": "accuracy", "value": 0.9, "compared with": 0.9, "violated": False}


def test_the_index_and_the_tables_hold_all_executions(deployment: Deployment, monitored: MonitorWorkspace) -> None:
    deployment.run(HOURS[0])
    result = deployment.run(HOURS[1])
    shown = metadata(result, "monitoring_index")
    assert shown["executions"] == 4
    assert (shown["completed"] + shown["with_violations"], shown["failed"], shown["stopped"]) == (4, 0, 0)
    assert monitored.bucket.head(layout.INDEX_PAGE) is not None
    assert count_rows(monitored.warehouse, "loans", "monitoring_executions").rows == 4


def test_violations_of_a_blocking_monitor_stop_what_is_downstream_of_that_partition_only(
    monitor_shell: MonitorShell, monitored: MonitorWorkspace, instance: dg.DagsterInstance
) -> None:
    blocking = Deployment(MonitorShell(small_monitor(blocking=True)), instance)
    monitored.bucket.write("baseline/train.csv", baseline_csv(labels=False))
    capture(monitored, 0, rows(600, 2))
    capture(monitored, 1, rows(600, 3, richer))
    blocking.learn()
    assert not blocking.run(HOURS[1]).success
    assert blocking.run(HOURS[0]).success
    index = blocking.shell.key("monitoring_index")
    assert instance.get_materialized_partitions(index) == {HOURS[0]}


def test_without_a_baseline_the_run_fails_and_says_what_to_do(
    monitor_shell: MonitorShell, monitored: MonitorWorkspace, instance: dg.DagsterInstance
) -> None:
    deployment = Deployment(monitor_shell, instance)
    capture(monitored, 0, rows(20, 2))
    result = deployment.run(HOURS[0])
    assert not result.success
    [failure] = [event for event in result.get_failed_step_keys() if event.endswith("monitoring_report")]
    assert "Materialize loans/baseline first" in str(result.failure_data_for_node(failure).user_failure_data)


def test_a_user_asks_the_captured_rows_questions_of_their_own(
    monitor_shell: MonitorShell, monitored: MonitorWorkspace, instance: dg.DagsterInstance
) -> None:
    question = CheckAttributes(
        asset="captured_data",
        name="income_is_plausible",
        description="Nobody earns more than 60.",
        expectations=[{"type": "expect_column_values_to_be_between", "column": "income", "max_value": 60}],
    )
    deployment = Deployment(monitor_shell, instance, UserChecks([question]))
    capture(monitored, 0, rows(600, 2))
    deployment.learn()
    result = deployment.run(HOURS[0])
    assert failed(result, "captured_data") == {"income_is_plausible"}


def test_a_monitor_in_yaml_loads_with_its_assets(monitor_shell: MonitorShell) -> None:
    definitions = build_definitions(small_monitor(model_quality=QUALITY), owners=["team:ml"])
    keys = {key.path[-1] for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    assert keys == {"baseline", "captured_data", "monitoring_report", "model_quality_report", "monitoring_index"}
