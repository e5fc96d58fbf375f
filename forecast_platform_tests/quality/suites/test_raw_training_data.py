"""The checks of the training data pass on good data and say in words what is wrong with bad data."""

from __future__ import annotations

from forecast_platform.errors import Problem
from forecast_platform.quality.suites import raw_training_data
from forecast_platform.quality.validation import CheckOutcome
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
    assert found["rows_are_readable"].message == "1 of 24048 rows (0.00%) were refused; allowed: 0.00%."


def test_the_message_names_file_line_and_reason_of_refused_rows() -> None:
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
    assert outcomes(batch, raw_training_data.checks())["rows_are_readable"].message == (
        "1 of 10 rows (10.00%) were refused; allowed: 0.00%.\n"
        "- train/a.csv, line 17, column demand: found '{twelve}'; expected a number."
    )


def test_a_share_may_be_allowed() -> None:
    assert failed(judge(refused_rows=240, allowed=0.01)) == []
    assert failed(judge(refused_rows=241, allowed=0.01)) == ["rows_are_readable"]


def test_a_short_history_fails_and_says_what_is_needed() -> None:
    found = judge(longest_series=143)
    assert failed(found) == ["history_is_long_enough"]
    assert "143 periods before the cutoff; needed: 144" in found["history_is_long_enough"].message


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
