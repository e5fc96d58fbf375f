"""The checks of the training data pass on good data and say in words what is wrong with bad data."""

from __future__ import annotations

import pandas as pd

from forecast_platform.errors import Problem
from forecast_platform.quality.arrivals.facts import Arrivals
from forecast_platform.quality.suites import raw_training_data
from forecast_platform.quality.validation import CheckOutcome
from forecast_platform_tests.quality.arrivals.panels import seen, series
from forecast_platform_tests.quality.suites.judging import failed, outcomes


def judge(
    *, refused_rows: int = 0, longest_series: int = 8016, hours: float | None = 0.0, allowed: float = 0.0
) -> dict[str, CheckOutcome]:
    batch = raw_training_data.batch(
        rows=24048,
        refused_rows=refused_rows,
        refused_files=0,
        observations_before_cutoff=24048 - refused_rows,
        longest_series=longest_series,
        horizon_needed=144,
        hours_behind_cutoff=hours,
        max_refused_share=allowed,
        max_hours_behind_cutoff=24.0,
    )
    return outcomes(batch, raw_training_data.checks())


def test_good_data_passes() -> None:
    assert failed(judge()) == []


def test_one_refused_row_is_too_many_by_default() -> None:
    found = judge(refused_rows=1)
    assert failed(found) == ["rows_are_readable"]
    assert found["rows_are_readable"].message == "1 of 24048 rows (0.00%) were refused; allowed: none."


def test_refused_rows_are_named_with_file_line_and_reason_in_the_message_and_in_the_table() -> None:
    problem = Problem("train/a.csv, line 17, column demand", "'{twelve}'", "a number")
    batch = raw_training_data.batch(
        rows=10,
        refused_rows=1,
        refused_files=0,
        observations_before_cutoff=9,
        longest_series=9,
        horizon_needed=1,
        hours_behind_cutoff=0.0,
        max_refused_share=0.0,
        max_hours_behind_cutoff=1.0,
        problems=[problem],
    )
    found = outcomes(batch, raw_training_data.checks())
    assert found["rows_are_readable"].message == (
        "1 of 10 rows (10.00%) were refused; allowed: none.\n"
        "- train/a.csv, line 17, column demand: found '{twelve}'; expected a number."
    )
    assert found["rows_are_readable"].examples == [
        {
            "where": "train/a.csv, line 17, column demand",
            "found": "'{twelve}'",
            "expected": "a number",
            "what to do": "",
        }
    ]
    assert found["files_are_readable"].examples == []


def test_a_share_may_be_allowed() -> None:
    assert failed(judge(refused_rows=240, allowed=0.01)) == []
    assert failed(judge(refused_rows=241, allowed=0.01)) == ["rows_are_readable"]


def test_a_short_history_fails_and_says_what_is_needed() -> None:
    found = judge(longest_series=143)
    assert failed(found) == ["history_is_long_enough"]
    assert "143 periods before the cutoff; needed: 144" in found["history_is_long_enough"].message
    assert found["history_is_long_enough"].examples == []


def test_data_that_ends_early_is_reported_with_the_hours() -> None:
    found = judge(hours=24.5)
    assert failed(found) == ["data_reaches_the_cutoff"]
    assert "to the cutoff: 24.5 (" in found["data_reaches_the_cutoff"].message
    assert failed(judge(hours=24.0)) == []


def test_no_data_before_the_cutoff_fails_without_an_exception() -> None:
    assert failed(judge(longest_series=0, hours=None)) == ["history_is_long_enough", "data_reaches_the_cutoff"]


def test_an_empty_folder_has_no_refused_rows() -> None:
    batch = raw_training_data.batch(
        rows=0,
        refused_rows=0,
        refused_files=0,
        observations_before_cutoff=0,
        longest_series=0,
        horizon_needed=1,
        hours_behind_cutoff=None,
        max_refused_share=0.0,
        max_hours_behind_cutoff=0.0,
    )
    assert outcomes(batch, raw_training_data.checks())["rows_are_readable"].passed


def judge_arrivals(*frames: pd.DataFrame) -> dict[str, CheckOutcome]:
    batch = raw_training_data.batch(
        rows=200,
        refused_rows=0,
        refused_files=0,
        observations_before_cutoff=200,
        longest_series=100,
        horizon_needed=1,
        hours_behind_cutoff=0.0,
        max_refused_share=0.0,
        max_hours_behind_cutoff=24.0,
        arrivals=Arrivals.of(seen(*frames)),
    )
    return outcomes(batch, raw_training_data.checks())


def test_deliveries_like_those_before_pass_and_say_what_they_were_compared_with() -> None:
    found = judge_arrivals(series("milk"), series("bread"))
    assert failed(found) == []
    assert found["volume_is_as_before"].message == (
        "14 new rows. Of the series that were there already: 14 now and 14 one week earlier."
    )


def test_a_gap_is_named() -> None:
    found = judge_arrivals(series("milk"), series("bread").drop(index=range(90, 97)))
    assert failed(found) == ["gaps_are_as_before"]
    assert [row["missing_periods"] for row in found["gaps_are_as_before"].examples] == [7]
    assert found["gaps_are_as_before"].message == (
        "New gaps more than three times as long as any before in their series: 1; explained by chance: up to 0.\n"
        "- bread: 7 periods without a row between 2025-03-31 00:00:00 and 2025-04-08 00:00:00\n"
        "Of all periods from the first to the last row of each series, 3.50% have no row."
    )


def test_items_that_came_and_went_are_named() -> None:
    found = judge_arrivals(series("milk"), series("bread", range(91)), series("baker's bread", range(95, 100)))
    assert failed(found) == ["items_are_as_before"]
    assert found["items_are_as_before"].message == (
        "New series: 1 (baker's bread); explained by earlier windows: up to 0. Gone, as they have no row for more than "
        "three times as long as ever before: 1 (bread); explained: up to 0."
    )


def test_a_delivery_that_is_half_as_large_as_usual_is_reported() -> None:
    whole = [series(f"item_{number:02}") for number in range(30)]
    found = judge_arrivals(*whole, *(frame.assign(item_id=f"{frame.item_id[0]}_b").head(93) for frame in whole))
    assert "volume_is_as_before" in failed(found)
    assert "210 now and 420 one week earlier" in found["volume_is_as_before"].message
