"""The assets that explain a forecast and forecast scenarios, run for real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.dashboards.drawing import MAX_BYTES
from forecast_platform_tests.planned_project import SCENARIO, planned_workspace
from forecast_platform_tests.small_project import small_project

PARTITION = "2025-03-01"


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(tmp_path / "home"))
    return planned_workspace(tmp_path / "home").bucket


def run(instance: dg.DagsterInstance, **changes: Any) -> dict[str, Any]:
    """The metadata of every asset after a run of the whole job."""
    shell = ProjectShell(small_project(**changes))
    job = build_definitions(shell.project).resolve_job_def(shell.job_name)
    result = job.execute_in_process(instance=instance, partition_key=PARTITION, raise_on_error=False)
    shown = {}
    for event in result.get_asset_materialization_events():
        assert event.asset_key is not None
        shown[event.asset_key.path[1]] = event.materialization.metadata
    return shown


def rows(table: Any) -> list[dict[str, Any]]:
    return [record.data for record in table.records]


def test_what_nobody_asked_for_is_skipped_and_says_how_to_ask(bucket: Any, instance: dg.DagsterInstance) -> None:
    shown = run(instance)
    assert "explain: true" in shown["explainability"]["skipped"].value
    assert "what_if/" in shown["what_if"]["skipped"].value


def test_impacts_and_scenarios_are_shown_as_tables_and_pictures(bucket: Any, instance: dg.DagsterInstance) -> None:
    bucket.write("what_if/milk.json", SCENARIO.encode())
    shown = run(instance, explain=True)
    impacts = rows(shown["explainability"]["impacts"])
    assert impacts == [{"feature": "promotion", "impact": 1.0}, {"feature": "shelf", "impact": 0.0}]
    assert shown["explainability"]["series_explained"].value == "2 of 2"
    compared = rows(shown["what_if"]["comparison"])
    assert [row["type"] for row in compared] == ["p10", "p50", "p90"]
    assert {row["scenario"] for row in compared} == {"milk"}
    assert compared[1]["difference"] > 10
    for picture in (shown["explainability"]["chart"], shown["what_if"]["chart_milk"]):
        assert picture.value.startswith("![")
        assert len(picture.value) < 4 / 3 * MAX_BYTES + 200


def test_a_scenario_that_cannot_be_used_fails_its_asset_and_nothing_else(
    bucket: Any, instance: dg.DagsterInstance
) -> None:
    bucket.write("what_if/milk.json", SCENARIO.replace("promotion", "promo").encode())
    shown = run(instance)
    assert "what_if" not in shown
    assert {"forecast", "dashboard", "athena_tables", "explainability"} <= set(shown)
