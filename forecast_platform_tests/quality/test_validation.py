"""Checks are answered by the real Great Expectations, and what it cannot answer is an error and never an answer."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.quality import Check, Expectation
from forecast_platform.quality.validation import EXAMPLES, Batch, ExpectationError, validate, validate_batch

FRAME = pd.DataFrame({"item": ["a", "b", "c"], "value": [1.0, float("nan"), 7.0]}, index=[10, 20, 30])


def not_null(column: str) -> Expectation:
    return Expectation("ExpectColumnValuesToNotBeNull", {"column": column})


def check(name: str, *expectations: Expectation, message: str = "") -> Check:
    return Check(name, f"Question {name}", "critical", expectations, message)


def test_every_check_gets_the_answer_of_its_own_expectations() -> None:
    checks = [
        check("items", not_null("item")),
        check("values", not_null("value")),
        check("rows", Expectation("ExpectTableRowCountToEqual", {"value": 3})),
    ]
    outcomes = validate(FRAME, checks, {})
    assert {name: outcome.passed for name, outcome in outcomes.items()} == {
        "items": True,
        "values": False,
        "rows": True,
    }


def test_the_same_expectation_may_answer_two_checks() -> None:
    outcomes = validate(FRAME, [check("one", not_null("value")), check("two", not_null("value"))], {})
    assert [len(outcome.observed) for outcome in outcomes.values()] == [1, 1]
    assert not any(outcome.passed for outcome in outcomes.values())


def test_a_check_passes_only_when_all_its_expectations_are_met_and_reports_them_in_order() -> None:
    both = check("both", not_null("value"), not_null("item"))
    outcome = validate(FRAME, [both], {})["both"]
    assert not outcome.passed
    assert [(row["expectation"], row["passed"]) for row in outcome.observed] == [
        ("value values must never be null", False),
        ("item values must never be null", True),
    ]


def test_a_check_that_expects_nothing_passes() -> None:
    assert validate(FRAME, [check("nothing")], {})["nothing"].passed


def test_run_time_parameters_are_put_into_arguments() -> None:
    at_most = Expectation("ExpectColumnMaxToBeBetween", {"column": "value", "max_value": {"$PARAMETER": "limit"}})
    assert validate(FRAME, [check("limit", at_most)], {"limit": 7})["limit"].passed
    assert not validate(FRAME, [check("limit", at_most)], {"limit": 6})["limit"].passed


def test_the_message_says_what_was_observed_against_what_was_expected() -> None:
    at_most = Expectation("ExpectColumnMaxToBeBetween", {"column": "value", "max_value": 6})
    outcome = validate(FRAME, [check("limit", at_most)], {})["limit"]
    assert outcome.message == "value maximum value must be less than or equal to 6; observed: 7."


def test_a_message_of_the_check_itself_is_filled_from_the_only_row_and_the_parameters() -> None:
    small = check("small", not_null("refused"), message="{refused} refused of {rows}; allowed: {allowed:.0%}.")
    outcome = validate(pd.DataFrame({"refused": [2], "rows": [100]}), [small], {"allowed": 0.01})["small"]
    assert outcome.message == "2 refused of 100; allowed: 1%."


def test_rows_that_are_not_as_expected_are_shown_whole() -> None:
    outcome = validate(FRAME, [check("values", not_null("value"))], {})["values"]
    assert outcome.examples == [{"item": "b", "value": "nan"}]


def test_no_more_than_twenty_rows_are_shown() -> None:
    frame = pd.DataFrame({"value": [None] * 50, "at": range(50)})
    outcome = validate(frame, [check("values", not_null("value"))], {})["values"]
    assert [row["at"] for row in outcome.examples] == list(range(EXAMPLES))


def test_a_batch_may_show_other_rows_than_its_own_of_what_is_not_as_expected() -> None:
    summary = pd.DataFrame({"refused": [30], "late": [2], "fine": [0]})
    none = [
        check(name, Expectation("ExpectColumnMaxToBeBetween", {"column": name, "max_value": 0}))
        for name in summary.columns
    ]
    rows = [{"line": line, "found": float("nan")} for line in range(30)]
    found = validate_batch(Batch(summary, examples={"refused": rows, "fine": rows}), none)
    assert found["refused"].examples == [{"line": line, "found": "nan"} for line in range(EXAMPLES)]
    assert found["late"].examples == []
    assert found["fine"].examples == []


def test_the_frame_is_left_as_it_was() -> None:
    before = FRAME.copy()
    validate(FRAME, [check("values", not_null("value"))], {})
    pd.testing.assert_frame_equal(FRAME, before)


def test_an_exception_inside_an_expectation_is_an_error_and_not_a_failed_check() -> None:
    with pytest.raises(ExpectationError, match=r'check gone: could not evaluate .*column "price".*does not exist'):
        validate(FRAME, [check("fine", not_null("item")), check("gone", not_null("price"))], {})


def test_a_parameter_that_was_not_given_is_an_error() -> None:
    at_most = Expectation("ExpectColumnMaxToBeBetween", {"column": "value", "max_value": {"$PARAMETER": "limit"}})
    with pytest.raises(ExpectationError, match="limit"):
        validate(FRAME, [check("limit", at_most)], {})


def test_all_unusable_expectations_are_reported_at_once_with_the_nearest_name() -> None:
    checks = [
        check("misspelt", Expectation("ExpectColumnValuesToNotBeNul", {"column": "value"})),
        check("internal", Expectation("Expectation")),
        check("overloaded", Expectation("ExpectColumnValuesToNotBeNull", {"column": "value", "colour": "red"})),
    ]
    with pytest.raises(InputError) as caught:
        validate(FRAME, checks, {})
    assert [problem.where for problem in caught.value.problems] == [
        "check misspelt",
        "check internal",
        "check overloaded",
    ]
    assert caught.value.problems[0].advice == "Did you mean ExpectColumnValuesToNotBeNull?"
    assert "colour" in caught.value.problems[2].advice


def test_nothing_is_written_nothing_is_sent_and_no_progress_bar_is_drawn(tmp_path: Path) -> None:
    """Watched from inside the interpreter: every file opened for writing and every look at the network."""
    program = """
import sys
import pandas as pd
from forecast_platform.quality import Check, Expectation
from forecast_platform.quality.validation import validate

seen = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        seen.append((event, arguments))
    elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        seen.append((event, arguments))

sys.dont_write_bytecode = True
sys.addaudithook(watch)
check = Check("c", "c", "critical", (Expectation("ExpectColumnValuesToNotBeNull", {"column": "a"}),))
print(validate(pd.DataFrame({"a": [1]}), [check], {})["c"].passed, seen)
"""
    environment = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "True []"
    assert run.stderr == ""
    assert list(tmp_path.iterdir()) == []


def rows_of(expectation: Expectation, frame: pd.DataFrame) -> list[object]:
    """The places, as ``at``, of the rows that are shown as not as expected."""
    return [row["at"] for row in validate(frame, [check("c", expectation)], {})["c"].examples]


SALES = pd.DataFrame(
    {
        "at": range(6),
        "shop": ["a", "a", "b", "b", "b", "c"],
        "item": ["p", "q", "p", "q", "q", "z"],
        "value": [1, 2, 3, 4, 99, None],
        "limit": [1, 5, 1, 9, 9, 1],
    },
    index=[5, 4, 3, 2, 1, 0],
)


def test_with_a_row_condition_the_rows_shown_are_those_of_the_whole_batch() -> None:
    at_most = Expectation(
        "ExpectColumnValuesToBeBetween", {"column": "value", "max_value": 3, "row_condition": 'shop == "b"'}
    )
    assert rows_of(at_most, SALES) == [3, 4]


def test_rows_are_shown_for_pairs_of_columns() -> None:
    arguments = {
        "column_A": "limit",
        "column_B": "value",
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    assert rows_of(Expectation("ExpectColumnPairValuesAToBeGreaterThanB", arguments), SALES) == [2, 4]
    conditional = Expectation("ExpectColumnPairValuesAToBeGreaterThanB", arguments | {"row_condition": "value > 3"})
    assert rows_of(conditional, SALES) == [4]


def test_rows_are_shown_for_compound_keys() -> None:
    unique = Expectation("ExpectCompoundColumnsToBeUnique", {"column_list": ["shop", "item"]})
    assert rows_of(unique, SALES) == [3, 4]


def test_rows_that_several_expectations_name_are_shown_once_in_the_order_of_the_batch() -> None:
    small = Expectation("ExpectColumnValuesToBeBetween", {"column": "value", "max_value": 3})
    outcome = validate(SALES, [check("c", not_null("value"), small)], {})["c"]
    assert [row["at"] for row in outcome.examples] == [3, 4, 5]


def test_a_row_condition_is_in_the_words() -> None:
    at_most = Expectation(
        "ExpectColumnValuesToBeBetween", {"column": "value", "max_value": 3, "row_condition": 'shop == "b"'}
    )
    assert 'If shop == "b", then value values must be' in validate(SALES, [check("c", at_most)], {})["c"].message


@pytest.mark.parametrize("limit", [date(2025, 1, 2), "2025-01-02", datetime(2025, 1, 2), {"$PARAMETER": "cutoff"}])
def test_timestamps_can_be_held_against_dates_however_they_are_written(limit: object) -> None:
    """Pandas refuses to compare timestamps with dates, which are what YAML and Great Expectations make of these."""
    frame = pd.DataFrame({"at": pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-03"])})
    at_most = Expectation("ExpectColumnValuesToBeBetween", {"column": "at", "max_value": limit})
    outcome = validate(frame, [check("c", at_most)], {"cutoff": datetime(2025, 1, 2)})["c"]
    assert [row["at"] for row in outcome.examples] == ["2025-01-03 00:00:00"]


def test_rows_are_shown_with_the_file_and_line_they_come_from() -> None:
    asked: list[list[int]] = []

    def origins(rows: pd.DataFrame) -> pd.DataFrame:
        asked.append(list(rows["at"]))
        return pd.DataFrame({"file": "train/days.csv", "line": [int(at) + 2 for at in rows["at"]]})

    checks = [check("missing", not_null("value")), check("shops", not_null("shop"))]
    outcome = validate(SALES, checks, {}, origins)["missing"]
    assert asked == [[5]], "only about rows that are shown"
    assert list(outcome.examples[0])[:2] == ["file", "line"]
    assert outcome.examples[0] | {"value": ""} == {
        "file": "train/days.csv",
        "line": 7,
        "at": 5,
        "shop": "c",
        "item": "z",
        "value": "",
        "limit": 1,
    }


def test_a_line_that_is_not_known_is_left_empty() -> None:
    def origins(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"file": ["train/days.csv"], "line": [None]}, dtype=object)

    (row,) = validate(SALES, [check("missing", not_null("value"))], {}, origins)["missing"].examples
    assert (row["file"], row["line"]) == ("train/days.csv", None)


def test_a_message_may_mention_what_would_be_said_without_it() -> None:
    asked = check("c", not_null("value"), message="{observed} Ask the warehouse.")
    message = validate(FRAME, [asked], {})["c"].message
    assert message.startswith("value values must never be null; observed: 1 of 3 values unexpected")
    assert message.endswith(". Ask the warehouse.")


def test_a_class_of_somebody_elses_is_an_expectation_by_its_dotted_path() -> None:
    even = Expectation(f"{__name__.rpartition('.')[0]}.own_expectations.ExpectValuesToBeEven", {"column": "limit"})
    outcome = validate(pd.DataFrame({"limit": [2, 4, 5]}), [check("even", even)], {})["even"]
    assert not outcome.passed
    assert outcome.message == "values must be even; observed: 1 of 3 values unexpected, for example 5."


@pytest.mark.parametrize("path", ["no_such_module.Expect", "pandas.DataFrame", "pandas.no_such_name"])
def test_a_dotted_path_that_is_no_expectation_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="check c: found"):
        validate(SALES, [check("c", Expectation(path))], {})
