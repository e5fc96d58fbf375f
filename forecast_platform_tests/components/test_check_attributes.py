"""Checks as users write them: everything that is wrong is said when definitions load, and what is right is a check."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from forecast_platform.components.check_attributes import CheckAttributes, UserChecks, load_checks
from forecast_platform.errors import InputError
from forecast_platform.quality import Check, Expectation
from forecast_platform_tests.components import written_checks

TABLES = {"raw_training_data": ("target", "related"), "exported_forecast": ("",)}
BETWEEN = {"type": "expect_column_values_to_be_between", "column": "target", "min_value": 0}
PACKAGE = "forecast_platform_tests.components"


def written(**changes: Any) -> CheckAttributes:
    facts: dict[str, Any] = {
        "asset": "raw_training_data",
        "name": "sales_are_plausible",
        "description": "Sales are plausible.",
        "expectations": [BETWEEN],
    }
    return CheckAttributes(**facts | changes)


def problems(*checks: CheckAttributes, taken: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(InputError) as caught:
        UserChecks(checks).by_table(TABLES, {"raw_training_data": taken})
    return [str(problem) for problem in caught.value.problems]


def test_everything_that_is_wrong_with_all_checks_is_said_at_once() -> None:
    found = problems(
        written(asset="forecasts", name="of nothing"),
        written(expectations=[{"type": "expect_column_values_to_be_betwen", "column": "target"}, {"column": "target"}]),
        written(name="empty", expectations=[]),
    )
    assert [problem.split(": found")[0] for problem in found] == [
        "check 1 (of nothing), asset",
        "check 1 (of nothing), name",
        "check 2 (sales_are_plausible), expectation 1",
        "check 2 (sales_are_plausible), expectation 2",
        "check 3 (empty), expectations",
    ]
    assert "an asset with rows: raw_training_data, exported_forecast" in found[0]
    assert "Did you mean expect_column_values_to_be_between?" in found[2]
    assert "found no type" in found[3]


def test_arguments_are_held_to_the_expectation() -> None:
    (unknown, wrong) = problems(written(expectations=[BETWEEN | {"min_values": 0, "mostly": "most"}]))
    assert "Did you mean min_value?" in unknown
    assert "argument mostly: found 'most'; expected a number from 0 to 1" in wrong


def test_a_name_is_used_once_per_asset_by_the_platform_or_by_the_user() -> None:
    (ours,) = problems(written(name="rows_are_readable"), taken=("rows_are_readable",))
    assert "a second check rows_are_readable of raw_training_data" in ours
    (theirs,) = problems(written(), written(severity="info"))
    assert theirs.startswith("check 2 (sales_are_plausible), name")
    elsewhere = written(asset="exported_forecast")
    assert len(UserChecks([written(), elsewhere]).by_table(TABLES, {})) == 2


def test_a_table_is_one_of_the_assets() -> None:
    (unknown,) = problems(written(table="targets"))
    assert "a table of raw_training_data: target, related" in unknown
    (single,) = problems(written(asset="exported_forecast", table="wide"))
    assert "exported_forecast has one table only" in single


@pytest.mark.parametrize("message", ["{price}", "{0}", "{", "{}", "{rows} {price[0]}"])
def test_a_message_that_could_not_be_filled_in_is_refused(message: str) -> None:
    (problem,) = problems(written(message=message))
    assert "check 1 (sales_are_plausible), message" in problem


def test_a_parameter_that_no_batch_has_is_refused() -> None:
    (problem,) = problems(written(expectations=[BETWEEN | {"min_value": {"$PARAMETER": "lowest"}}]))
    assert "argument min_value: found 'lowest'; expected a parameter: cutoff, rows" in problem


def test_what_is_right_is_a_check_of_its_table() -> None:
    message = "{observed} Ask before {cutoff:%d %B}."
    found = UserChecks([written(severity="critical", message=message)]).by_table(TABLES, {})
    expectation = Expectation("expect_column_values_to_be_between", {"column": "target", "min_value": 0})
    check = Check("sales_are_plausible", "Sales are plausible.", "critical", (expectation,), message)
    assert found == {("raw_training_data", "target"): (check,)}


def test_checks_of_one_asset_go_to_the_tables_they_name() -> None:
    found = UserChecks([written(), written(name="other", table="related")]).by_table(TABLES, {})
    assert {table: [check.name for check in checks] for table, checks in found.items()} == {
        ("raw_training_data", "target"): ["sales_are_plausible"],
        ("raw_training_data", "related"): ["other"],
    }


def test_a_warning_is_the_default() -> None:
    assert written().severity == "warning"


def test_a_severity_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="severity"):
        written(severity="blocker")


def test_a_class_of_ones_own_is_imported_and_held_to_its_arguments() -> None:
    path = "forecast_platform_tests.quality.own_expectations.ExpectValuesToBeEven"
    found = UserChecks([written(expectations=[{"type": path, "column": "target"}])]).by_table(TABLES, {})
    ((check,),) = found.values()
    assert check.expectations[0].name == path
    (wrong,) = problems(written(expectations=[{"type": path, "column": "target", "colour": "red"}]))
    assert "colour" in wrong
    (gone,) = problems(written(expectations=[{"type": "no_such_module.Expect", "column": "target"}]))
    assert "No module named 'no_such_module'" in gone


def test_a_class_beside_the_defs_yaml_is_found_by_a_path_that_starts_with_a_dot() -> None:
    relative = {"type": ".own_expectations.ExpectValuesToBeEven", "column": "target"}
    checks = UserChecks([written(expectations=[relative])], "forecast_platform_tests.quality")
    ((check,),) = checks.by_table(TABLES, {}).values()
    assert check.expectations[0].name == "forecast_platform_tests.quality.own_expectations.ExpectValuesToBeEven"


def test_checks_in_python_come_from_a_function_or_a_list_absolute_or_beside_the_defs_yaml() -> None:
    assert load_checks([f"{PACKAGE}.written_checks.checks"], "") == written_checks.checks()
    assert load_checks([".written_checks.CHECKS", ".written_checks.checks"], PACKAGE) == [
        *written_checks.CHECKS,
        *written_checks.checks(),
    ]


def test_what_gives_no_checks_is_refused_all_at_once() -> None:
    paths = [
        "checks",
        "no_such_module.checks",
        ".written_checks.nothing",
        ".written_checks.strangers",
        ".written_checks.ONE",
    ]
    with pytest.raises(InputError) as caught:
        load_checks(paths, PACKAGE)
    found = [problem.found for problem in caught.value.problems]
    assert found == [repr(path) for path in paths]
    assert "it gives str" in caught.value.problems[3].advice


def test_written_checks_need_neither_great_expectations_nor_pandas() -> None:
    program = """
import sys
from forecast_platform.components.check_attributes import CheckAttributes, UserChecks
exists = {"type": "ExpectColumnToExist", "column": "c"}
one = CheckAttributes(asset="a", name="n", description="d", expectations=[exists])
print(len(UserChecks([one]).by_table({"a": ("",)}, {})))
print([name for name in ("great_expectations", "pandas", "numpy", "duckdb") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "[]"]
