"""The checks of drift say what moved, how far, against what, and what is only chance."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from forecast_platform.quality.suites import data_drift
from forecast_platform.quality.validation import CheckOutcome
from forecast_platform_tests.quality.suites.judging import failed, outcomes

TRAINED_AT = "2025-02-25 00:00:00"


def row(**changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "item_id": None,
        "kind": "target",
        "feature": "demand",
        "compared_with": "run-up",
        "method": "LInfinity",
        "distance": 0.1,
        "threshold": 0.3,
        "psi": 0.02,
        "points": 40,
        "drifted": False,
    }
    return facts | changes


def judge(*rows: dict[str, Any], note: str = "") -> CheckOutcome:
    frame = pd.DataFrame(list(rows), columns=list(row()))
    found = outcomes(data_drift.batch(frame, note, TRAINED_AT), data_drift.target_checks())
    assert set(failed(found)) <= {"target_has_not_drifted"}
    return found["target_has_not_drifted"]


def test_a_distance_that_is_chance_passes_and_is_shown() -> None:
    outcome = judge(row())
    assert outcome.passed
    assert outcome.message == (
        "demand: the distance of 40 values from what came before is 0.100, up to 0.300 is chance (PSI 0.02), "
        f"since the training at {TRAINED_AT}."
    )


def test_a_distance_beyond_chance_fails() -> None:
    outcome = judge(row(distance=0.5, drifted=True, compared_with="same season of earlier years"))
    assert not outcome.passed
    assert "from the same season of earlier years is 0.500, up to 0.300" in outcome.message


def test_drifted_items_are_named_and_shown_and_the_others_counted() -> None:
    rows = [row(item_id=f"item {number}", distance=0.4, drifted=True) for number in range(7)]
    outcome = judge(*rows, row(item_id="quiet"))
    assert not outcome.passed
    assert outcome.message.startswith(f"7 of 8 have drifted since the training at {TRAINED_AT}: item 0: the distance")
    assert outcome.message.endswith("; and 2 more.")
    assert [one["item_id"] for one in outcome.examples] == [f"item {number}" for number in range(7)]


def test_too_few_values_to_tell_say_so() -> None:
    outcome = judge(row(distance=1.0, threshold=1.9, points=2))
    assert outcome.passed
    assert "too few to tell from chance" in outcome.message


@pytest.mark.parametrize("note", ["No data has come since the predictor was trained.", ""])
def test_nothing_to_compare_passes_and_says_why(note: str) -> None:
    outcome = judge(note=note)
    assert outcome.passed
    assert outcome.message == (note or "There is nothing to compare.")


def test_an_item_without_values_is_not_blamed() -> None:
    outcome = judge(row(item_id="gone", distance=math.nan, threshold=math.nan, psi=math.nan, points=0), row())
    assert outcome.passed


def test_all_three_are_warnings() -> None:
    assert {check.name: check.severity for check in data_drift.checks()} == {
        "target_has_not_drifted": "warning",
        "items_have_not_drifted": "warning",
        "related_series_have_not_drifted": "warning",
    }
