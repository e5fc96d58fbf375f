"""The job of a project, run for real on an instance that remembers."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest
from dagster._core.definitions.run_status_sensor_definition import RunStatusSensorDefinition

from forecast_platform.bucket import layout
from forecast_platform.components.failures import PERMANENT_FAILURE
from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.components.partitions import cutoff_of
from forecast_platform.errors import TransientError
from forecast_platform.notifications.message import Notification
from forecast_platform.notifications.outbox import Outbox
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.quality import suites
from forecast_platform.settings import load_settings
from forecast_platform_tests.small_project import small_csv, small_params, small_project, small_workspace

PARTITION = "2025-03-01"
EARLIER = "2025-02-20"
NOUNS = {
    "params",
    "raw_training_data",
    "data_drift",
    "dataset_group",
    "predictor",
    "exported_forecast",
    "forecast",
    "cleaned_history",
    "forecast_accuracy",
    "athena_tables",
    "dashboard",
    "explainability",
    "what_if",
}


class Deployment:
    """The small project on an instance, with the parts of the daemon that a test needs."""

    def __init__(self, shell: ProjectShell, instance: dg.DagsterInstance) -> None:
        self.shell = shell
        self.instance = instance
        self.definitions = build_definitions(shell.project)
        self._cursors: dict[str, str | None] = {}

    def run(self, partition: str = PARTITION, nouns: list[str] | None = None) -> dg.ExecuteInProcessResult:
        """The project's job, or only the assets ``nouns`` with their checks."""
        selection = None if nouns is None else [self.shell.key(noun) for noun in nouns]
        job = self.definitions.resolve_job_def(self.shell.job_name)
        return job.execute_in_process(
            instance=self.instance, partition_key=partition, asset_selection=selection, raise_on_error=False
        )

    def materialized(self, noun: str) -> set[str]:
        """Partitions of an asset that were ever materialized."""
        return self.instance.get_materialized_partitions(self.shell.key(noun))

    def tick(self) -> None:
        """Both sensors that look at the ends of runs, once."""
        repository = self.definitions.get_repository_def()
        for sensor in repository.sensor_defs:
            if not isinstance(sensor, RunStatusSensorDefinition):
                continue
            context = dg.build_sensor_context(
                instance=self.instance, cursor=self._cursors.get(sensor.name), repository_def=repository
            )
            ticked = sensor.evaluate_tick(context)
            assert not any(reaction.error for reaction in ticked.dagster_run_reactions or [])
            self._cursors[sensor.name] = ticked.cursor

    def told(self) -> list[Notification]:
        """What is in the outbox."""
        return Outbox(load_settings().outbox).notifications()


@pytest.fixture
def deployment(shell: ProjectShell, workspace: Workspace, instance: dg.DagsterInstance) -> Deployment:
    return Deployment(shell, instance)


@dataclass(frozen=True)
class Finished:
    """A deployment after one run at :data:`PARTITION`."""

    deployment: Deployment
    workspace: Workspace
    result: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """For tests that only look at what a run has left: a run costs seconds."""
    folder = tmp_path_factory.mktemp("finished")
    quiet = {"telemetry": {"enabled": False}, "python_logs": {"python_log_level": "ERROR"}}
    with (
        pytest.MonkeyPatch.context() as patch,
        dg.DagsterInstance.local_temp(str(folder), overrides=quiet) as instance,
    ):
        patch.setenv("FORECAST_PLATFORM_HOME", str(folder / "home"))
        workspace = small_workspace(folder / "home")
        deployment = Deployment(ProjectShell(small_project()), instance)
        deployment.tick()
        yield Finished(deployment, workspace, deployment.run())


def test_a_run_records_every_asset_and_every_check_for_its_partition(finished: Finished) -> None:
    deployment, result = finished.deployment, finished.result
    assert result.success
    assert {key.path[1] for key in map(_asset, result.get_asset_materialization_events())} == NOUNS
    for noun in NOUNS:
        assert deployment.materialized(noun) == {PARTITION}
    evaluations = result.get_asset_check_evaluations()
    defined = deployment.definitions.resolve_asset_graph().asset_check_keys
    assert {evaluation.asset_check_key for evaluation in evaluations} == defined
    standing = {check.name for check in suites.standing.checks()}
    assert {one.partition for one in evaluations if one.check_name not in standing} == {PARTITION}
    assert {one.partition for one in evaluations if one.check_name in standing} == {None}
    assert [
        one.check_name for one in evaluations if not one.passed and one.severity is dg.AssetCheckSeverity.ERROR
    ] == []


def test_a_success_is_told_once_and_logged(finished: Finished) -> None:
    deployment, run = finished.deployment, finished.result
    for _ in range(3):
        deployment.tick()
    (message,) = deployment.told()
    assert (message.event, message.run_id) == ("success", run.run_id)
    assert message.cutoff == cutoff_of(deployment.shell.project.schedule, PARTITION)
    row = _run_log(finished.workspace, run.run_id)
    assert row["status"] == "SUCCESS"
    assert row["cutoff"] == "2025-03-02T00-00-00Z"
    assert row["rows"] == 36
    assert row["average_wql"] > 0
    assert row["ended"] - row["started"] > timedelta()


def test_what_an_asset_shows_is_worth_looking_at(finished: Finished) -> None:
    shown = {
        _asset(event).path[1]: event.materialization.metadata
        for event in finished.result.get_asset_materialization_events()
    }
    assert shown["forecast"]["dagster/partition_row_count"].value == 2 * 5 * 3 + 2 * 3
    for noun, picture in {"forecast": "chart", "predictor": "accuracy_chart"}.items():
        markdown = shown[noun][picture].value
        assert isinstance(markdown, str)
        assert "](data:image/png;base64," in markdown
        assert len(markdown) < 140_000, "base64 of 100 KB"
    accuracy = shown["predictor"]["accuracy"]
    assert isinstance(accuracy, dg.TableMetadataValue)
    assert {"algorithm", "evaluation type", "Average wQL", "wQL[0.1]", "WAPE"} <= set(accuracy.records[0].data)
    backtest = Path(str(shown["predictor"]["backtest_export"].value).removeprefix("file://"))
    assert len(list(backtest.glob("*/*.csv"))) == 2


def test_a_second_run_of_the_same_data_reuses_the_predictor_and_the_export(finished: Finished) -> None:
    again = {
        _asset(one).path[1]: one.materialization.metadata
        for one in finished.deployment.run().get_asset_materialization_events()
    }
    assert again["predictor"]["reused"].value is True
    assert again["exported_forecast"]["reused"].value is True


def test_a_bad_row_stops_the_run_before_training_and_for_its_partition_only(
    deployment: Deployment, workspace: Workspace
) -> None:
    assert deployment.run(EARLIER).success
    workspace.bucket.write("train/days.csv", small_csv() + b"2025-13-99,5.0,bread\n")
    result = deployment.run()
    assert not result.success
    assert deployment.materialized("raw_training_data") == {EARLIER, PARTITION}
    assert deployment.materialized("predictor") == {EARLIER}
    failed = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert [one.check_name for one in failed] == ["rows_are_readable"]
    assert "train/days.csv, line 121" in str(failed[0].description)
    assert "2025-13-99" in str(failed[0].description)


def test_the_message_about_a_bad_row_names_its_file_and_line(deployment: Deployment, workspace: Workspace) -> None:
    deployment.tick()
    workspace.bucket.write("train/days.csv", small_csv() + b"2025-13-99,5.0,bread\n")
    deployment.run()
    deployment.tick()
    (message,) = deployment.told()
    assert message.event == "failure"
    assert "train/days.csv, line 121" in message.body
    assert "2025-13-99" in message.body


def test_a_permanent_error_is_retried_by_no_layer(deployment: Deployment, workspace: Workspace) -> None:
    workspace.bucket.write("params.json", b"{")
    result = deployment.run()
    assert not result.success
    assert deployment.instance.all_logs(result.run_id, of_type=dg.DagsterEventType.STEP_UP_FOR_RETRY) == []
    run = deployment.instance.get_run_by_id(result.run_id)
    assert run is not None
    assert run.tags[PERMANENT_FAILURE] == "true"
    failure = result.failure_data_for_node("small__params")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert "params.json" in str(failure.user_failure_data.description)
    assert "problems" in failure.user_failure_data.metadata


def test_a_transient_error_is_tried_again(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    from forecast_platform.components import failures
    from forecast_platform.pipeline import tables

    publish, calls = tables.publish_tables, []

    def throttled_once(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            raise TransientError("The service is busy.")
        return publish(*arguments)

    monkeypatch.setattr(tables, "publish_tables", throttled_once)
    monkeypatch.setattr(failures, "RETRY_SECONDS", 0)
    result = deployment.run()
    assert result.success
    retried = deployment.instance.all_logs(result.run_id, of_type=dg.DagsterEventType.STEP_UP_FOR_RETRY)
    assert [entry.step_key for entry in retried] == ["small__athena_tables"]


def test_a_run_whose_process_was_killed_is_told_as_a_failure(deployment: Deployment, workspace: Workspace) -> None:
    deployment.tick()
    job = deployment.definitions.resolve_job_def(deployment.shell.job_name)
    run = deployment.instance.create_run_for_job(job, tags={"dagster/partition": PARTITION})
    deployment.instance.report_run_failed(run, "Detected run worker status FAILED: the process is gone.")
    for _ in range(3):
        deployment.tick()
    (message,) = deployment.told()
    assert (message.event, message.run_id) == ("failure", run.run_id)
    assert "killed" in message.body
    row = _run_log(workspace, run.run_id)
    assert (row["status"], row["rows"]) == ("FAILURE", 0)


def test_ends_of_several_runs_between_two_ticks_are_all_told_also_beside_runs_of_others(
    deployment: Deployment, instance: dg.DagsterInstance
) -> None:
    @dg.job
    def somebody_elses() -> None: ...

    deployment.tick()
    somebody_elses.execute_in_process(instance=instance)
    deployment.run(EARLIER)
    somebody_elses.execute_in_process(instance=instance)
    deployment.run(PARTITION)
    for _ in range(6):
        deployment.tick()
    assert [message.cutoff.strftime("%Y-%m-%d") for message in deployment.told()] == ["2025-02-21", "2025-03-02"]


def test_one_asset_can_be_materialized_alone(finished: Finished) -> None:
    result = finished.deployment.run(nouns=["dashboard"])
    assert result.success
    assert [_asset(event).path[1] for event in result.get_asset_materialization_events()] == ["dashboard"]


def test_an_asset_without_what_it_is_made_of_says_what_to_materialize_first(deployment: Deployment) -> None:
    result = deployment.run(nouns=["forecast"])
    failure = result.failure_data_for_node("small__forecast")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert "Materialize exported_forecast" in str(failure.user_failure_data.description)


@pytest.mark.slow
def test_a_range_of_partitions_in_any_order_leaves_the_newest_published(
    deployment: Deployment, workspace: Workspace
) -> None:
    for partition in ("2025-02-27", "2025-03-01", "2025-02-28"):
        assert deployment.run(partition).success
    assert deployment.materialized("cleaned_history") == {"2025-02-27", "2025-02-28", "2025-03-01"}
    published = pd.read_csv(io.BytesIO(workspace.bucket.read(layout.PUBLISHED_FORECAST)))
    assert published["timestamp"].min() == "2025-03-01", "the bridge row is the last observation of the newest cutoff"


def test_the_cleanup_job_empties_the_service_and_leaves_what_was_exported(finished: Finished) -> None:
    deployment, workspace = finished.deployment, finished.workspace
    assert workspace.service.resources("small")
    exported = {stored.key for stored in workspace.bucket.list(layout.RAW_HISTORY)}
    job = deployment.definitions.resolve_job_def("small_cleanup")
    assert job.execute_in_process(instance=deployment.instance).success
    assert list(workspace.service.resources("small")) == []
    assert {stored.key for stored in workspace.bucket.list(layout.RAW_HISTORY)} == exported


def test_a_run_after_a_cleanup_by_the_parameters_does_nothing_again(
    deployment: Deployment, workspace: Workspace
) -> None:
    workspace.bucket.write("params.json", json.dumps(small_params(PerformDelete=True)).encode())
    assert deployment.run().success
    assert list(workspace.service.resources("small")) == []
    result = deployment.run()
    assert result.success
    shown = {_asset(one).path[1]: one.materialization.metadata for one in result.get_asset_materialization_events()}
    assert "skipped" in shown["predictor"]


def _asset(event: dg.DagsterEvent) -> dg.AssetKey:
    assert event.asset_key is not None
    return event.asset_key


def _run_log(workspace: Workspace, run_id: str) -> pd.Series:
    return pd.read_parquet(io.BytesIO(workspace.bucket.read(f"{layout.RUN_LOG}{run_id}.parquet"))).iloc[0]
