"""The check of the tables passes when they agree with their files and names those that do not."""

from __future__ import annotations

from forecast_platform.quality.suites import athena_tables
from forecast_platform_tests.quality.suites.judging import failed, outcomes


def test_tables_that_agree_with_their_files_pass() -> None:
    assert failed(outcomes(athena_tables.batch([("train", 5, 5), ("forecast", 0, 0)]), athena_tables.checks())) == []


def test_a_table_that_shows_fewer_rows_than_its_files_is_named() -> None:
    batch = athena_tables.batch([("train", 5, 5), ("forecast", 719, 720)])
    outcome = outcomes(batch, athena_tables.checks())["row_counts_agree"]
    assert not outcome.passed
    assert outcome.message == "Rows by SQL and in the files: train 5 and 5, forecast 719 and 720."
    assert outcome.examples == [{"table": "forecast", "rows_in_table": 719, "rows_in_files": 720}]
