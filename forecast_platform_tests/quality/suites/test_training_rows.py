"""The checks of single training rows pass on usual ones and show those that are not, with file and line."""

from __future__ import annotations

import math
from datetime import timedelta

import pandas as pd
import pytest

from forecast_platform.quality.arrivals.rows import JudgedRows, judged_rows
from forecast_platform.quality.suites import training_rows
from forecast_platform.quality.validation import CheckOutcome, validate
from forecast_platform_tests.quality.arrivals.panels import seen, series
from forecast_platform_tests.quality.suites.judging import failed

NINE_HOURS = timedelta(hours=9)


def places(rows: pd.DataFrame) -> pd.DataFrame:
    """Every row in a file named after its item, on a line named after its day."""
    lines = [stamp.dayofyear for stamp in rows["timestamp"]]
    return pd.DataFrame({"file": [f"train/{item}.csv" for item in rows["item_id"]], "line": lines})


def judge(*frames: pd.DataFrame) -> dict[str, CheckOutcome]:
    batch = training_rows.batch(judged_rows(seen(*frames)), frequency="D", origins=places)
    return validate(batch.frame, training_rows.checks(), batch.parameters, batch.origins)


def changed(day: int, value: float) -> pd.DataFrame:
    frame = series("bread")
    frame.loc[day, "target"] = value
    return frame


def test_rows_like_those_before_pass() -> None:
    assert failed(judge(series("milk"), series("bread"))) == []


def test_no_rows_at_all_are_the_business_of_other_checks() -> None:
    batch = training_rows.batch(JudgedRows.none(), frequency="D")
    assert failed(validate(batch.frame, training_rows.checks(), batch.parameters)) == []


def test_an_observation_that_comes_twice_blocks_and_both_rows_are_shown_with_their_places() -> None:
    again = series("bread", range(40, 41)).assign(timestamp=lambda rows: rows["timestamp"] + NINE_HOURS)
    found = judge(series("milk"), series("bread"), again)
    assert failed(found) == ["observations_come_once", "observations_are_on_the_grid"]
    outcome = found["observations_come_once"]
    assert outcome.message.startswith("2 of 201 observations are less than half a period (D) from another")
    assert [(row["timestamp"], row["file"], row["line"]) for row in outcome.examples] == [
        ("2025-02-10 00:00:00", "train/bread.csv", 41),
        ("2025-02-10 09:00:00", "train/bread.csv", 41),
    ]
    assert [row["timestamp"] for row in found["observations_are_on_the_grid"].examples] == ["2025-02-10 09:00:00"]


def test_a_value_out_of_reach_is_shown_with_what_was_expected() -> None:
    outcome = judge(series("milk"), changed(95, 1600.0))["values_are_within_reach"]
    assert not outcome.passed
    assert outcome.message.startswith("1 of 14 new values are more than five times as far from the median")
    (row,) = outcome.examples
    assert (row["item_id"], row["target"], row["highest"], row["line"]) == ("bread", 1600.0, 52.0, 96)


def test_a_series_that_turns_negative_is_shown() -> None:
    found = judge(series("milk"), changed(95, -1.0))
    assert failed(found) == ["values_keep_their_sign"]
    assert found["values_keep_their_sign"].examples[0]["target"] == -1.0


@pytest.mark.parametrize(("days", "passed"), [((), True), ((93, 94, 95), False)])
def test_missing_values_are_reported_beyond_what_chance_explains(days: tuple[int, ...], passed: bool) -> None:
    frame = series("bread")
    frame.loc[list(days), "target"] = math.nan
    outcome = judge(series("milk"), frame)["values_are_present"]
    assert outcome.passed == passed
    assert [row["line"] for row in outcome.examples] == [day + 1 for day in days]


def test_a_share_of_missing_values_that_was_always_there_passes() -> None:
    frame = series("bread")
    frame.loc[::3, "target"] = math.nan
    outcome = judge(series("milk"), frame)["values_are_present"]
    assert outcome.passed
    assert outcome.message.startswith(
        "21.43% of 14 new rows have no value, of the earlier rows 16.67%; explained: up to"
    )
