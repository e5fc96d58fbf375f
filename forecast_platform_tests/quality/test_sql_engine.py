"""Unexpected rows as a query names them: on the frame, and on nothing else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.quality import Check, Expectation
from forecast_platform.quality.answers import EXAMPLES, ExpectationError
from forecast_platform.quality.validation import CheckOutcome, validate

FRAME = pd.DataFrame(
    {
        "item": ["bread", "bread", "milk"],
        "at": pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-01"]),
        "p10": [1.0, 5.0, None],
        "p50": [2.0, 4.0, 3.0],
    },
    index=[7, 7, 7],
)


def asked(query: object, frame: pd.DataFrame = FRAME, **arguments: object) -> CheckOutcome:
    expectation = Expectation("UnexpectedRowsExpectation", {"unexpected_rows_query": query, **arguments})
    return validate(frame, [Check("c", "c", "critical", (expectation,))], {})["c"]


@pytest.mark.parametrize(
    "query", ["SELECT * FROM nowhere", "SELEC 1", "SELECT wrong FROM {batch}", "DROP TABLE {batch}", ""]
)
def test_a_query_that_cannot_run_is_an_error_and_not_an_answer(query: str) -> None:
    with pytest.raises(ExpectationError, match="check c: could not evaluate"):
        asked(query)


def test_a_query_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="check c"):
        asked(None)


def test_a_query_sees_no_file_and_no_variable_of_this_process(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    for source in (f"read_csv('{secret}')", f"'{secret}'", "secret", "frame", "FRAME"):
        with pytest.raises(ExpectationError):
            asked(f"SELECT * FROM {source}")
    with pytest.raises(ExpectationError):
        asked(f"SELECT 1); COPY (SELECT 1) TO '{tmp_path / 'out.csv'}'; SELECT (1")
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_no_row_is_as_expected() -> None:
    outcome = asked("SELECT * FROM {batch} WHERE p50 > 100")
    assert outcome.passed
    assert outcome.message == "As expected: 3 rows looked at."


def test_every_row_that_is_returned_is_not_as_expected() -> None:
    outcome = asked("SELECT * FROM {batch} WHERE p10 > p50;")
    assert not outcome.passed
    assert outcome.examples == [{"item": "bread", "at": "2025-01-02 00:00:00", "p10": 5.0, "p50": 4.0}]
    assert outcome.message == ("no row is returned by: SELECT * FROM batch WHERE p10 > p50; observed: 1 row returned.")


def test_a_query_may_add_up() -> None:
    outcome = asked("SELECT item, sum(p50) AS total FROM {batch} GROUP BY item HAVING total > 5")
    assert outcome.examples == [{"item": "bread", "total": 6.0}]


def test_a_description_stands_for_the_query() -> None:
    outcome = asked("SELECT * FROM {batch} WHERE p10 > p50", description="p10 is never above p50")
    assert outcome.message == "p10 is never above p50; observed: 1 row returned."


def test_all_rows_are_counted_and_twenty_are_shown() -> None:
    outcome = asked("SELECT * FROM {batch} WHERE n >= 0", pd.DataFrame({"n": range(1000)}))
    assert outcome.observed[0]["observed"] == "1000 rows returned"
    assert len(outcome.examples) == EXAMPLES


def test_a_query_and_other_expectations_may_answer_one_check() -> None:
    query = Expectation(
        "unexpected_rows_expectation", {"unexpected_rows_query": "SELECT item FROM {batch} WHERE p10 > p50"}
    )
    present = Expectation("ExpectColumnValuesToNotBeNull", {"column": "p10"})
    outcome = validate(FRAME, [Check("c", "c", "critical", (query, present))], {})["c"]
    assert [row["passed"] for row in outcome.observed] == [False, False]
    assert [row["item"] for row in outcome.examples] == ["milk", "bread"]
