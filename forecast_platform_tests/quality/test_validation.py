"""Checks are answered by the real Great Expectations, and what it cannot answer is an error and never an answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.quality import Check, Expectation
from forecast_platform.quality.validation import EXAMPLES, ExpectationError, validate

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
