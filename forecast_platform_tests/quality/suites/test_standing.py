"""What must be there by now, and what is said of what is not: on a schedule, a clock and facts, without Dagster."""

from __future__ import annotations

from datetime import datetime, timedelta

from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.quality.answers import EXAMPLES
from forecast_platform.quality.suites.standing import FailedCutoff, Forecasts, expected_partition, left_failed
from forecast_platform.quality.validation import CheckOutcome

DAILY = CutoffSchedule(Cadence.DAILY, datetime(2025, 1, 1))
ENDED = CutoffSchedule(Cadence.DAILY, datetime(2025, 1, 1), datetime(2025, 1, 5))
NOTHING = Forecasts(None)


def day(number: int, hour: int = 0) -> datetime:
    return datetime(2025, 1, number, hour)


def asked(
    forecasts: Forecasts,
    now: datetime,
    data_end: datetime | None,
    schedule: CutoffSchedule = DAILY,
    tolerance: timedelta | None = None,
) -> CheckOutcome:
    return expected_partition(schedule, forecasts, now=now, data_end=data_end, tolerance=tolerance)


def test_nothing_is_expected_before_the_first_cutoff() -> None:
    outcome = asked(NOTHING, now=day(1, hour=12), data_end=None)
    assert outcome.passed
    assert outcome.message == "There is no forecast yet. None is expected by now."


def test_a_new_project_without_data_is_late_one_period_after_its_first_cutoff() -> None:
    assert asked(NOTHING, now=day(2, hour=23), data_end=None).passed
    outcome = asked(NOTHING, now=day(3), data_end=None)
    assert not outcome.passed
    assert outcome.message == (
        "Expected by the clock: a forecast of 2025-01-02 00:00:00 (there is no data); there is none."
    )


def test_a_forecast_that_the_data_completes_is_expected_at_once() -> None:
    outcome = asked(Forecasts(day(4)), now=day(5, hour=1), data_end=day(5))
    assert not outcome.passed
    assert "by the data, which ends at 2025-01-05 00:00:00: a forecast of 2025-01-05 00:00:00" in outcome.message
    assert "the newest is of 2025-01-04 00:00:00" in outcome.message
    assert asked(Forecasts(day(5)), now=day(5, hour=1), data_end=day(5)).passed


def test_when_no_data_comes_the_clock_still_speaks() -> None:
    up_to_date = Forecasts(day(5))
    assert asked(up_to_date, now=day(6, hour=23), data_end=day(5)).passed
    outcome = asked(up_to_date, now=day(7), data_end=day(5))
    assert not outcome.passed
    assert "a forecast of 2025-01-06 00:00:00 (the data ends at 2025-01-05 00:00:00)" in outcome.message


def test_the_tolerance_says_when_a_forecast_is_late() -> None:
    on_the_fifth = Forecasts(day(5))
    assert asked(on_the_fifth, now=day(8, hour=23), data_end=day(5), tolerance=timedelta(days=3)).passed
    assert not asked(on_the_fifth, now=day(6), data_end=day(5), tolerance=timedelta(0)).passed


def test_a_newer_forecast_will_do() -> None:
    """After a pause the sensor asks for the newest cutoff only; the ones between are nobody's concern any more."""
    assert asked(Forecasts(day(9)), now=day(9, hour=1), data_end=day(9)).passed


def test_a_backfill_of_an_old_cutoff_makes_nothing_fresh() -> None:
    """What a freshness policy gets wrong: it takes the last materialization, whatever its partition."""
    assert not asked(Forecasts(day(3)), now=day(9), data_end=day(9)).passed


def test_a_run_under_way_counts() -> None:
    outcome = asked(Forecasts(day(4), frozenset({day(5)})), now=day(5, hour=1), data_end=day(5))
    assert outcome.passed
    assert outcome.observed[0]["observed"] == "its run is under way"
    assert not asked(Forecasts(day(4), frozenset({day(2)})), now=day(5, hour=1), data_end=day(5)).passed


def test_data_ahead_of_the_clock_expects_no_cutoff_that_is_still_to_come() -> None:
    assert asked(Forecasts(day(5)), now=day(5, hour=20), data_end=day(6)).passed


def test_the_clock_expects_nothing_more_of_a_schedule_that_has_ended_but_the_data_does() -> None:
    later = datetime(2026, 1, 1)
    assert asked(Forecasts(day(3)), now=later, data_end=day(3), schedule=ENDED).passed
    assert not asked(Forecasts(day(3)), now=later, data_end=day(4), schedule=ENDED).passed
    assert asked(Forecasts(day(5)), now=later, data_end=later, schedule=ENDED).passed


def test_months_are_late_after_a_month_and_not_after_thirty_days() -> None:
    monthly = CutoffSchedule(Cadence.MONTHLY, datetime(2025, 1, 1))
    january, february = datetime(2025, 2, 1), datetime(2025, 3, 1)
    assert asked(Forecasts(january), now=datetime(2025, 3, 31), data_end=january, schedule=monthly).passed
    assert not asked(Forecasts(january), now=datetime(2025, 4, 1), data_end=january, schedule=monthly).passed
    assert asked(Forecasts(february), now=datetime(2025, 4, 1), data_end=february, schedule=monthly).passed


def test_nothing_left_failed_passes() -> None:
    outcome = left_failed([])
    assert outcome.passed
    assert outcome.message == "No cutoff is left failed."
    assert outcome.examples == []


def test_each_failed_cutoff_is_listed_with_what_is_missing_and_why() -> None:
    one = FailedCutoff(
        day(2), ("predictor", "forecast"), "run-1", day(2, hour=3).replace(microsecond=5), "rows_are_readable: line 121"
    )
    outcome = left_failed([one])
    assert not outcome.passed
    assert outcome.examples == [
        {
            "cutoff": "2025-01-02 00:00:00",
            "failed": "predictor, forecast",
            "run": "run-1",
            "ended (UTC)": "2025-01-02 03:00:00",
            "error": "rows_are_readable: line 121",
        }
    ]
    assert outcome.message.startswith("The last run of 1 cutoff failed and was not repaired: 2025-01-02 00:00:00.")


def test_many_failed_cutoffs_are_counted_and_the_first_twenty_listed() -> None:
    many = [FailedCutoff(day(30) - timedelta(days=number), ("forecast",)) for number in range(25)]
    outcome = left_failed(many)
    assert len(outcome.examples) == EXAMPLES
    assert "25 cutoffs" in outcome.message
    assert "2025-01-28 00:00:00 and 22 more" in outcome.message
