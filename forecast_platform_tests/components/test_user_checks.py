"""Checks of the user's in a project: from a defs.yaml to evaluations that say what and where, and stop what is due."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from forecast_platform.components import CheckAttributes
from forecast_platform.components.check_attributes import UserChecks
from forecast_platform.components.failures import PERMANENT_FAILURE
from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.definitions import defs
from forecast_platform.errors import InputError
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.small_project import small_project

PARTITION = "2025-03-01"
HOW_TO = Path(__file__).parents[2] / "docs/how-to/write-your-own-checks.md"
DEFS_YAML = """\
type: forecast_platform.components.ForecastProject
attributes:
  start: "2025-02-10"
  cadence: daily
  checks:
    - asset: raw_training_data
      name: sales_are_plausible
      description: Nothing sells more than 50 a day.
      severity: critical
      expectations:
        - type: expect_column_values_to_be_between
          column: target
          max_value: 50
    - asset: cleaned_history
      name: no_forecast_is_negative
      description: No forecast is negative.
      expectations:
        - type: UnexpectedRowsExpectation
          unexpected_rows_query: SELECT * FROM {batch} WHERE value < 0
      message: "{observed}"
  checks_from: [.my_checks.checks]
"""
MY_CHECKS = """\
from forecast_platform.components import CheckAttributes

def checks():
    return [
        CheckAttributes(
            asset="exported_forecast",
            name=f"{item}_is_forecast",
            description=f"{item} is forecast.",
            expectations=[
                {"type": "ExpectColumnDistinctValuesToContainSet", "column": "item_id", "value_set": [item]},
            ],
        )
        for item in ("bread", "milk")
    ]
"""


def at_most(value: float, **changes: Any) -> CheckAttributes:
    facts: dict[str, Any] = {
        "asset": "raw_training_data",
        "name": "sales_are_plausible",
        "description": "Sales are plausible.",
        "expectations": [{"type": "expect_column_values_to_be_between", "column": "target", "max_value": value}],
    }
    return CheckAttributes(**facts | changes)


def definitions(checks: Sequence[CheckAttributes]) -> dg.Definitions:
    return build_definitions(small_project(), checks=UserChecks(checks))


def run(
    checks: Sequence[CheckAttributes], instance: dg.DagsterInstance, nouns: Sequence[str]
) -> dg.ExecuteInProcessResult:
    """Some assets of the small project, with their checks, at :data:`PARTITION`."""
    job = definitions(checks).resolve_job_def("small_forecast")
    return job.execute_in_process(
        instance=instance,
        partition_key=PARTITION,
        asset_selection=[ProjectShell(small_project()).key(noun) for noun in nouns],
        raise_on_error=False,
    )


def evaluation(result: dg.ExecuteInProcessResult, name: str) -> dg.AssetCheckEvaluation:
    (found,) = [one for one in result.get_asset_check_evaluations() if one.check_name == name]
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of definitions with one project, outside any Python package."""
    folder = tmp_path / "defs" / "shop"
    folder.mkdir(parents=True)
    (folder / "defs.yaml").write_text(DEFS_YAML)
    (folder / "my_checks.py").write_text(MY_CHECKS)
    monkeypatch.setenv("FORECAST_PLATFORM_DEFS", str(tmp_path / "defs"))
    # Another test's file of the same name.
    monkeypatch.delitem(sys.modules, "forecast_platform_user_defs.shop.my_checks", raising=False)
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(tmp_path / "home"))
    return folder


def test_definitions_that_ask_for_an_expectation_that_does_not_exist_do_not_load_and_say_why(project: Path) -> None:
    written = (project / "defs.yaml").read_text().replace("values_to_be_between", "values_to_be_betwen")
    (project / "defs.yaml").write_text(written.replace("value < 0", "value < 0\n          mostly: 0.9"))
    # Dagster wraps our error in several of its own.
    with pytest.raises(Exception, match=r"defs\.yaml") as caught:
        defs().get_repository_def()
    said = _chain(caught.value)
    assert "check 1 (sales_are_plausible), expectation 1: found expect_column_values_to_be_betwen" in said
    assert "Did you mean expect_column_values_to_be_between?" in said
    assert "check 2 (no_forecast_is_negative), expectation 1: found mostly" in said


def test_checks_in_yaml_and_beside_it_in_python_are_asset_checks(project: Path) -> None:
    keys = defs().resolve_asset_graph().asset_check_keys
    found = {(key.asset_key.to_user_string(), key.name) for key in keys}
    assert {
        ("shop/raw_training_data", "sales_are_plausible"),
        ("shop/cleaned_history", "no_forecast_is_negative"),
        ("shop/exported_forecast", "bread_is_forecast"),
        ("shop/exported_forecast", "milk_is_forecast"),
        ("shop/raw_training_data", "rows_are_readable"),
    } <= found


def test_the_examples_of_the_how_to_load(project: Path) -> None:
    if not HOW_TO.exists():
        pytest.skip("the documentation is not here")
    blocks = re.findall(r"^```(yaml|python)\n(.*?)^```", HOW_TO.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    in_yaml, from_python = (text for language, text in blocks if language == "yaml")
    (in_python,) = (text for language, text in blocks if language == "python")
    (project / "defs.yaml").write_text(in_yaml + from_python.removeprefix("attributes:\n"))
    (project / "my_checks.py").write_text(in_python)
    names = {key.name for key in defs().resolve_asset_graph().asset_check_keys}
    assert {"sales_are_plausible", "the_band_is_not_absurd", "bread_is_plausible", "milk_is_plausible"} <= names


def test_all_checks_of_an_asset_are_one_step() -> None:
    built = definitions([at_most(50), at_most(9, name="b", asset="cleaned_history")]).asset_checks or []
    assets = [sorted({key.asset_key.path[-1] for key in checks.check_keys}) for checks in built]
    assert sorted(map(tuple, assets)).count(("raw_training_data",)) == 1
    assert ("cleaned_history",) in map(tuple, assets)


def test_a_name_that_the_platform_has_taken_is_refused() -> None:
    with pytest.raises(InputError, match="a second check rows_are_readable of raw_training_data"):
        definitions([at_most(50, name="rows_are_readable")])


def test_a_critical_check_of_the_users_stops_the_run_before_training_with_file_and_line(
    shell: ProjectShell, workspace: Workspace, instance: dg.DagsterInstance
) -> None:
    checks = [at_most(54, severity="critical")]
    result = run(checks, instance, ["params", "raw_training_data", "dataset_group"])
    assert not result.success
    found = evaluation(result, "sales_are_plausible")
    assert not found.passed
    assert found.blocking
    assert found.partition == PARTITION
    assert str(found.description).startswith("target values must be less than or equal to 54; observed: ")
    assert instance.get_materialized_partitions(shell.key("dataset_group")) == set()
    table = found.metadata["rows not as expected"]
    assert isinstance(table, dg.TableMetadataValue)
    lines = workspace.bucket.read("train/days.csv").decode().splitlines()
    for record in table.records:
        assert record.data["file"] == "train/days.csv"
        line = lines[int(str(record.data["line"])) - 1]
        assert line == f"{str(record.data['timestamp'])[:10]},{record.data['target']},{record.data['item_id']}"


def test_a_warning_of_the_users_stops_nothing_and_an_info_passes(
    shell: ProjectShell, workspace: Workspace, instance: dg.DagsterInstance
) -> None:
    checks = [at_most(54), at_most(54, name="told", severity="info", message="{rows} rows before {cutoff:%d %B}.")]
    result = run(checks, instance, ["params", "raw_training_data", "dataset_group"])
    assert result.success
    assert not evaluation(result, "sales_are_plausible").passed
    assert evaluation(result, "told").passed
    assert evaluation(result, "told").description == "120 rows before 02 March."


def test_a_check_may_ask_about_the_cutoff(
    shell: ProjectShell, workspace: Workspace, instance: dg.DagsterInstance
) -> None:
    past = {"type": "ExpectColumnMaxToBeBetween", "column": "timestamp", "max_value": {"$PARAMETER": "cutoff"}}
    result = run([at_most(0, expectations=[past])], instance, ["params", "raw_training_data"])
    assert evaluation(result, "sales_are_plausible").passed


def test_a_column_that_there_is_not_is_a_failed_step_and_no_answer(
    shell: ProjectShell, workspace: Workspace, instance: dg.DagsterInstance
) -> None:
    wrong = {"type": "ExpectColumnValuesToNotBeNull", "column": "price"}
    result = run([at_most(0, expectations=[wrong])], instance, ["params", "raw_training_data"])
    assert not result.success
    assert result.get_asset_check_evaluations() == []
    failure = result.failure_data_for_node("small__raw_training_data_checks")
    assert failure is not None
    assert failure.user_failure_data is not None
    assert 'column "price"' in str(failure.user_failure_data.description)
    ended = instance.get_run_by_id(result.run_id)
    assert ended is not None
    assert PERMANENT_FAILURE in ended.tags, "the sensor need not ask again"


def _chain(error: BaseException | None) -> str:
    """The messages of an error and of all that led to it."""
    said = []
    while error is not None:
        said.append(str(error))
        error = error.__cause__ or error.__context__
    return "\n".join(said)
