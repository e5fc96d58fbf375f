"""What the checks of the training data do in a run: the critical ones stop it, with the rows and their places."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.small_project import FIRST_DAY, small_params, value

PARTITION = "2025-03-01"
"""Of which the cutoff sees all sixty days."""
NINE = timedelta(hours=9)


def stamped(days: range, offset: timedelta = timedelta()) -> bytes:
    """Days of milk as a system writes them that stamps each ``offset`` after its start."""
    stamps: list[datetime] = [FIRST_DAY + timedelta(days=day) + offset for day in days]
    lines = [f"{stamp:%Y-%m-%d %H:%M:%S},{value('milk', day)},milk" for day, stamp in zip(days, stamps, strict=True)]
    return ("\n".join(lines) + "\n").encode()


def run(shell: ProjectShell, instance: dg.DagsterInstance, *nouns: str) -> dg.ExecuteInProcessResult:
    job = build_definitions(shell.project).resolve_job_def(shell.job_name)
    return job.execute_in_process(
        instance=instance,
        partition_key=PARTITION,
        asset_selection=[shell.key(noun) for noun in nouns],
        raise_on_error=False,
    )


def evaluations(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


def table(metadata: Any) -> list[dict[str, Any]]:
    return [dict(record.data) for record in metadata.records]


def test_a_day_that_two_files_stamp_differently_stops_the_run_and_both_rows_are_shown(
    shell: ProjectShell, workspace: Workspace, instance: dg.DagsterInstance
) -> None:
    workspace.bucket.write("params.json", json.dumps(small_params(TimestampFormat="yyyy-MM-dd HH:mm:ss")).encode())
    workspace.bucket.write("train/days.csv", stamped(range(60)))
    workspace.bucket.write("train/mornings.csv", stamped(range(57, 58), NINE))
    result = run(shell, instance, "params", "raw_training_data", "dataset_group", "predictor")
    assert not result.success
    assert not instance.get_materialized_partitions(shell.key("predictor"))
    found = evaluations(result)["observations_come_once"]
    assert not found.passed
    shown = table(found.metadata["rows not as expected"].value)
    assert [(row["timestamp"], row["file"], row["line"]) for row in shown] == [
        ("2025-02-27 00:00:00", "train/days.csv", 58),
        ("2025-02-27 09:00:00", "train/mornings.csv", 1),
    ]


def test_an_unusual_value_warns_and_stops_nothing(
    shell: ProjectShell, workspace: Workspace, instance: dg.DagsterInstance
) -> None:
    newest = FIRST_DAY + timedelta(days=59)
    workspace.bucket.write("train/correction.csv", f"{newest:%Y-%m-%d},1000000,milk\n".encode())
    result = run(shell, instance, "params", "raw_training_data")
    assert result.success
    failed = [name for name, one in evaluations(result).items() if not one.passed]
    assert failed == ["values_are_within_reach"]
    found = evaluations(result)["values_are_within_reach"]
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert [(row["file"], row["line"]) for row in table(found.metadata["rows not as expected"].value)] == [
        ("train/correction.csv", 1)
    ]
