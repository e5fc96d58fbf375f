"""The checks of a forecast pass on a good one and say in words what is wrong with a bad one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pandas as pd
import pytest

from forecast_platform.quality.suites import exported_forecast
from forecast_platform.quality.validation import CheckOutcome
from forecast_platform_tests.quality.suites.judging import failed, outcomes

TYPES = ("p90", "p10", "mean", "p5")


def complete_forecast() -> pd.DataFrame:
    timestamps = pd.date_range("2025-12-01", periods=3, freq="h")
    rows = [
        {"item_id": item, "store": store, "timestamp": at, "p90": 9.0, "p10": 1.0, "mean": 50.0, "p5": 0.5}
        for item in ("toys, 장난감", "food")
        for store in ("one", "two")
        for at in timestamps
    ]
    return pd.DataFrame(rows)


ANYTHING = pd.DataFrame(
    {"item_id": [], "store": [], "lowest": [], "highest": [], "lowest_by_sign": []}, dtype=float
).astype({"item_id": str, "store": str})
"""Ranges of series of which too little is known."""


def judge(
    forecast: pd.DataFrame,
    target: pd.DataFrame | None = None,
    types: Sequence[str] = TYPES,
    ranges: pd.DataFrame = ANYTHING,
) -> dict[str, CheckOutcome]:
    batch = exported_forecast.batch(
        forecast,
        complete_forecast() if target is None else target,
        ranges,
        forecast_types=types,
        forecast_dimensions=["store"],
        horizon=3,
    )
    return outcomes(batch, exported_forecast.checks())


def test_a_complete_forecast_passes_whatever_the_order_of_its_types() -> None:
    assert failed(judge(complete_forecast())) == []


def test_a_mean_may_lie_anywhere() -> None:
    assert judge(complete_forecast().assign(mean=-1e9))["quantiles_do_not_cross"].passed


def test_a_missing_step_fails_and_shows_the_rows_of_its_series() -> None:
    outcome = judge(complete_forecast().drop(index=4))["every_item_and_step_is_there"]
    assert not outcome.passed
    assert {(row["item_id"], row["store"]) for row in outcome.examples} == {("toys, 장난감", "two")}


def test_a_step_too_many_does_not_make_up_for_a_missing_one() -> None:
    frame = complete_forecast()
    frame.loc[4, "store"] = "one"
    frame.loc[4, "timestamp"] += pd.Timedelta(days=1)
    assert failed(judge(frame)) == ["every_item_and_step_is_there"]


def test_a_step_that_comes_twice_fails() -> None:
    frame = complete_forecast()
    frame.loc[4, "timestamp"] = frame.loc[3, "timestamp"]
    assert failed(judge(frame)) == ["every_item_and_step_is_there"]


def test_a_missing_series_is_named() -> None:
    outcome = judge(complete_forecast().query("item_id != 'food' or store != 'two'"))["every_item_and_step_is_there"]
    assert not outcome.passed
    assert outcome.message == (
        "9 rows of 3 series; expected: 12 rows, 3 steps of each of 4 series. Series without a forecast: 'food' / 'two'."
    )


def test_many_missing_series_are_counted() -> None:
    target = pd.DataFrame({"item_id": [f"item_{number}" for number in range(9)], "store": "one"})
    outcome = judge(complete_forecast(), target)["every_item_and_step_is_there"]
    assert "'item_4' / 'one' and 4 more" in outcome.message


def test_an_empty_forecast_fails_without_an_exception() -> None:
    assert failed(judge(complete_forecast().head(0))) == ["every_item_and_step_is_there"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_not_finite_fails_and_its_row_is_shown(value: float) -> None:
    frame = complete_forecast()
    frame.loc[7, "mean"] = value
    found = judge(frame)
    assert failed(found) == ["values_are_finite"]
    assert found["values_are_finite"].examples[0]["mean"] == str(value)
    assert "mean values must" in found["values_are_finite"].message


def test_the_largest_number_is_finite() -> None:
    assert judge(complete_forecast().assign(mean=sys.float_info.max))["values_are_finite"].passed


def test_quantiles_that_cross_fail_also_across_one_that_is_missing() -> None:
    frame = complete_forecast()
    frame.loc[2, "p5"] = 1.5
    found = judge(frame)
    assert failed(found) == ["quantiles_do_not_cross"]
    assert (
        "Values in p10 must always be greater than or equal to those in p5" in found["quantiles_do_not_cross"].message
    )


@pytest.mark.parametrize("types", [("p50",), ("mean",)])
def test_one_quantile_or_none_cannot_cross(types: tuple[str, ...]) -> None:
    frame = complete_forecast().rename(columns={"p90": "p50"})
    assert failed(judge(frame, types=types)) == []


def ranges_of_food(store: str) -> pd.DataFrame:
    row = {"item_id": "food", "store": store, "lowest": -40.0, "highest": 60.0, "lowest_by_sign": 0.0}
    return pd.DataFrame([row])


@pytest.mark.parametrize(("label", "value"), [("p90", 60.1), ("mean", 1e9), ("p5", -40.1)])
def test_a_value_out_of_reach_of_its_own_history_is_shown(label: str, value: float) -> None:
    frame = complete_forecast().query("item_id == 'food' and store == 'two'").assign(**{label: value})
    found = judge(frame, frame, ranges=ranges_of_food("two"))
    assert "values_are_within_reason" in failed(found)
    assert found["values_are_within_reason"].message.startswith("3 of 3 rows have a value more than five times as far")
    assert found["values_are_within_reason"].examples[0]["highest"] == 60.0
    assert found["values_are_within_reason"].examples[0]["item_id"] == "food"


def test_the_history_of_one_series_says_nothing_of_another() -> None:
    frame = complete_forecast().assign(mean=1e9)
    assert judge(frame, ranges=ranges_of_food("three"))["values_are_within_reason"].passed


def test_a_negative_value_after_a_history_without_one_is_reported_and_no_more() -> None:
    found = judge(complete_forecast().assign(p5=-0.1), ranges=ranges_of_food("one"))
    assert failed(found) == ["values_are_not_below_zero"]
    assert "3 of 12 rows have a negative value" in found["values_are_not_below_zero"].message
