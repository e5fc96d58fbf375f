"""The check of what is published says which lines do not touch."""

from __future__ import annotations

import pandas as pd

from forecast_platform.quality.suites import forecast
from forecast_platform.quality.validation import CheckOutcome
from forecast_platform_tests.quality.suites.judging import outcomes


def judge(bridges: pd.DataFrame | None) -> CheckOutcome:
    return outcomes(forecast.batch(bridges), forecast.checks())["lines_touch"]


def bridges(**rows: int) -> pd.DataFrame:
    return pd.DataFrame({"item_id": list(rows), "bridge_rows": list(rows.values()), "forecast_types": 3})


def test_lines_that_touch_pass() -> None:
    assert judge(bridges(milk=3, bread=3)).passed


def test_a_series_without_a_bridge_or_with_two_is_shown() -> None:
    outcome = judge(bridges(milk=3, bread=0, butter=6))
    assert not outcome.passed
    assert outcome.message.startswith("1 of 3 series have their last observation")
    assert [row["item_id"] for row in outcome.examples] == ["bread", "butter"]


def test_a_forecast_that_is_superseded_passes_and_says_so() -> None:
    outcome = judge(None)
    assert outcome.passed
    assert outcome.message.endswith("A newer forecast is published: there is nothing to look at.")
