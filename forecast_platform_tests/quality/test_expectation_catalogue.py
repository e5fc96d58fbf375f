"""The stored catalogue is what the installed Great Expectations has, and what it lets through can be evaluated."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any

import pandas as pd
import pytest
import yaml

from forecast_platform.quality import Check, Expectation
from forecast_platform.quality.answers import ExpectationError
from forecast_platform.quality.expectation_catalogue import STORED, catalogue, class_name, problems_of
from forecast_platform.quality.expectation_catalogue_writer import installed_catalogue
from forecast_platform.quality.validation import validate

FRAME = pd.DataFrame(
    {
        "n": [1.0, 2.0, 3.0],
        "m": [1.0, 2.0, 3.0],
        "s": ["a", "b", "c"],
        "json": ["{}", "{}", "{}"],
        "day": ["2025-01-01", "2025-01-02", "2025-01-03"],
    }
)
COLUMN = {"column": "n"}
TEXT = {"column": "s"}
PAIR = {"column_A": "n", "column_B": "m"}
LIST = {"column_list": ["n", "m"]}
EXAMPLES: dict[str, dict[str, Any]] = {
    "ExpectColumnDistinctValuesToBeInSet": TEXT | {"value_set": ["a", "b", "c"]},
    "ExpectColumnDistinctValuesToContainSet": TEXT | {"value_set": ["a"]},
    "ExpectColumnDistinctValuesToEqualSet": TEXT | {"value_set": ["a", "b", "c"]},
    "ExpectColumnKLDivergenceToBeLessThan": TEXT
    | {"partition_object": {"values": ["a", "b", "c"], "weights": [0.3, 0.3, 0.4]}, "threshold": 0.1},
    "ExpectColumnMaxToBeBetween": COLUMN | {"max_value": 3},
    "ExpectColumnMeanToBeBetween": COLUMN | {"max_value": 3},
    "ExpectColumnMedianToBeBetween": COLUMN | {"max_value": 3},
    "ExpectColumnMinToBeBetween": COLUMN | {"min_value": 1},
    "ExpectColumnMostCommonValueToBeInSet": TEXT | {"value_set": ["a", "b", "c"], "ties_okay": True},
    "ExpectColumnPairValuesAToBeGreaterThanB": PAIR | {"or_equal": True},
    "ExpectColumnPairValuesToBeEqual": PAIR,
    "ExpectColumnPairValuesToBeInSet": PAIR | {"value_pairs_set": [[1, 1], [2, 2], [3, 3]]},
    "ExpectColumnProportionOfNonNullValuesToBeBetween": COLUMN | {"min_value": 1},
    "ExpectColumnProportionOfUniqueValuesToBeBetween": COLUMN | {"min_value": 1},
    "ExpectColumnQuantileValuesToBeBetween": COLUMN
    | {"quantile_ranges": {"quantiles": [0.5], "value_ranges": [[1, 3]]}},
    "ExpectColumnStdevToBeBetween": COLUMN | {"max_value": 3},
    "ExpectColumnSumToBeBetween": COLUMN | {"max_value": 6},
    "ExpectColumnToExist": COLUMN,
    "ExpectColumnTypeToBe": COLUMN | {"type_": "float64"},
    "ExpectColumnUniqueValueCountToBeBetween": COLUMN | {"max_value": 3},
    "ExpectColumnValueLengthsToBeBetween": TEXT | {"max_value": 1},
    "ExpectColumnValueLengthsToEqual": TEXT | {"value": 1},
    "ExpectColumnValueZScoresToBeLessThan": COLUMN | {"threshold": 3, "double_sided": True},
    "ExpectColumnValuesToBeBetween": COLUMN | {"max_value": 3},
    "ExpectColumnValuesToBeDateutilParseable": {"column": "day"},
    "ExpectColumnValuesToBeDecreasing": COLUMN | {"mostly": 0.1},
    "ExpectColumnValuesToBeInSet": TEXT | {"value_set": ["a", "b", "c"]},
    "ExpectColumnValuesToBeInTypeList": COLUMN | {"type_list": ["float64"]},
    "ExpectColumnValuesToBeIncreasing": COLUMN,
    "ExpectColumnValuesToBeJsonParseable": {"column": "json"},
    "ExpectColumnValuesToBeNull": COLUMN | {"mostly": 0},
    "ExpectColumnValuesToBeOfType": COLUMN | {"type_": "float64"},
    "ExpectColumnValuesToBeUnique": COLUMN,
    "ExpectColumnValuesToMatchJsonSchema": {"column": "json", "json_schema": {"type": "object"}},
    "ExpectColumnValuesToMatchRegex": TEXT | {"regex": "^[a-c]$"},
    "ExpectColumnValuesToMatchRegexList": TEXT | {"regex_list": ["^[a-c]$"]},
    "ExpectColumnValuesToMatchStrftimeFormat": {"column": "day", "strftime_format": "%Y-%m-%d"},
    "ExpectColumnValuesToNotBeInSet": TEXT | {"value_set": ["z"]},
    "ExpectColumnValuesToNotBeNull": COLUMN,
    "ExpectColumnValuesToNotBeOutliers": COLUMN | {"method": "iqr", "multiplier": 1.5},
    "ExpectColumnValuesToNotMatchRegex": TEXT | {"regex": "z"},
    "ExpectColumnValuesToNotMatchRegexList": TEXT | {"regex_list": ["z"]},
    "ExpectCompoundColumnsToBeUnique": LIST,
    "ExpectMulticolumnSumToEqual": LIST | {"sum_total": 2, "row_condition": "n == 1"},
    "ExpectMulticolumnValuesToBeEqual": LIST,
    "ExpectSelectColumnValuesToBeUniqueWithinRecord": {"column_list": ["n", "s"]},
    "ExpectTableColumnCountToBeBetween": {"min_value": 1},
    "ExpectTableColumnCountToEqual": {"value": 5},
    "ExpectTableColumnsToMatchOrderedList": {"column_list": ["n", "m", "s", "json", "day"]},
    "ExpectTableColumnsToMatchSet": {"column_set": ["n", "m"], "exact_match": False},
    "ExpectTableRowCountToBeBetween": {"min_value": 1},
    "ExpectTableRowCountToEqual": {"value": 3},
    "UnexpectedRowsExpectation": {"unexpected_rows_query": "SELECT * FROM {batch} WHERE n > 3"},
}
FOR_A_DATABASE: dict[str, dict[str, Any]] = {
    "ExpectQueryResultsToMatchComparison": {
        "base_query": "q",
        "comparison_data_source_name": "d",
        "comparison_query": "q",
    },
    "ExpectTableRowCountToEqualOtherTable": {"other_table_name": "t"},
    "ExpectMulticolumnValuesToBeUnique": {"column": "n", "column_list": ["n", "m"]},
    "ExpectColumnValuesToMatchLikePatternList": TEXT | {"like_pattern_list": ["a%"]},
    "ExpectColumnValuesToNotMatchLikePatternList": TEXT | {"like_pattern_list": ["a%"]},
}
BETWEEN = "ExpectColumnValuesToBeBetween"


def problems(name: str, **arguments: Any) -> list[str]:
    return [str(problem) for problem in problems_of(Expectation(name, arguments), "here")]


def test_the_stored_catalogue_is_that_of_the_installed_great_expectations() -> None:
    """After an upgrade: ``python -m forecast_platform.quality.expectation_catalogue_writer``, and read the diff."""
    assert yaml.safe_load(STORED.read_text("utf-8")) == installed_catalogue()


def test_every_expectation_that_the_catalogue_allows_can_be_evaluated_on_a_frame() -> None:
    allowed = {name for name, known in catalogue().items() if not known.only_sql}
    assert set(EXAMPLES) == allowed
    checks = [Check(name, name, "critical", (Expectation(name, EXAMPLES[name]),)) for name in sorted(EXAMPLES)]
    outcomes = validate(FRAME, checks, {})
    assert {name: outcome.message for name, outcome in outcomes.items() if not outcome.passed} == {}


def test_none_of_the_examples_has_a_problem_by_the_catalogue() -> None:
    assert [problem for name, arguments in EXAMPLES.items() for problem in problems(name, **arguments)] == []


@pytest.mark.parametrize("name", sorted(name for name, known in catalogue().items() if known.only_sql))
def test_what_needs_a_database_is_refused_and_could_indeed_not_be_evaluated(name: str) -> None:
    assert "works on tables of a database only" in problems(name)[0]
    arguments = FOR_A_DATABASE.get(name, TEXT | {"like_pattern": "a%"})
    with pytest.raises(ExpectationError):
        validate(FRAME, [Check("c", "c", "critical", (Expectation(name, arguments),))], {})


def test_both_names_of_an_expectation_mean_the_same() -> None:
    assert class_name("expect_column_kl_divergence_to_be_less_than") == "ExpectColumnKLDivergenceToBeLessThan"
    assert class_name("unexpected_rows_expectation") == "UnexpectedRowsExpectation"
    assert class_name(BETWEEN) == BETWEEN
    assert class_name("my_checks.ExpectMore") == "my_checks.ExpectMore"


def test_a_misspelt_expectation_is_named_with_the_nearest_of_its_kind() -> None:
    assert problems("expect_column_values_to_be_betwen", column="n") == [
        "here: found expect_column_values_to_be_betwen; expected the name of an expectation of Great Expectations. "
        "Did you mean expect_column_values_to_be_between?"
    ]
    assert "Did you mean ExpectColumnValuesToBeBetween?" in problems("ExpectColumnValuesToBeBetwen")[0]


def test_everything_that_is_wrong_with_the_arguments_is_said() -> None:
    assert problems(BETWEEN, colum="n", mostly=95, max_value="much", strict_max="yes") == [
        "here: found colum; expected arguments of ExpectColumnValuesToBeBetween: column, mostly, min_value, max_value, "
        "strict_min, strict_max, description, row_condition, condition_parser. Did you mean column?",
        "here, argument mostly: found 95; expected a number from 0 to 1.",
        "here, argument max_value: found 'much'; expected a number or a date or an ISO date-time.",
        "here, argument strict_max: found 'yes'; expected true or false.",
        "here: found no column; expected ExpectColumnValuesToBeBetween with it.",
    ]


def test_what_the_platform_sets_itself_is_no_argument() -> None:
    for name in ("result_format", "catch_exceptions", "severity", "meta"):
        assert f"found {name}" in problems(BETWEEN, column="n", **{name: "COMPLETE"})[0]


def test_a_choice_is_held_to_what_there_is() -> None:
    (problem,) = problems("ExpectColumnPairValuesToBeEqual", **PAIR, ignore_row_if="sometimes")
    assert "one of both_values_are_missing, either_value_is_missing, neither" in problem


def test_a_parameter_of_the_batch_may_stand_for_any_value() -> None:
    assert problems(BETWEEN, column="n", max_value={"$PARAMETER": "limit"}) == []
    assert problems(BETWEEN, column="n", max_value={"limit": 3}) != []


def test_true_is_no_number_and_a_date_is_a_limit() -> None:
    assert problems(BETWEEN, column="n", max_value=True) != []
    assert problems(BETWEEN, column="n", min_value=date(2025, 1, 1), max_value="2025-02-01T12:00:00") == []


def test_looking_things_up_imports_neither_great_expectations_nor_pandas() -> None:
    program = """
import sys
from forecast_platform.quality import Expectation
from forecast_platform.quality.expectation_catalogue import problems_of
print(problems_of(Expectation("ExpectColumnToExist", {"column": "n"}), "here"))
print([name for name in ("great_expectations", "pandas", "numpy", "duckdb") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["[]", "[]"]
