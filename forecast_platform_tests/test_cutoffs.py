from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_platform.cutoffs import Cadence, CutoffSchedule, Retrain, cutoff_key, parse_cutoff_key

DAILY = CutoffSchedule(Cadence.DAILY, datetime(2014, 9, 1), datetime(2014, 12, 1))
schedules = st.builds(
    CutoffSchedule,
    st.sampled_from(list(Cadence)),
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(day=min(at.day, 28))),
)


def test_the_first_cutoff_is_one_window_after_the_start() -> None:
    assert DAILY.cutoff(0) == datetime(2014, 9, 2)
    assert CutoffSchedule(Cadence.MONTHLY, datetime(2014, 1, 28)).cutoff(0) == datetime(2014, 2, 28)


def test_the_newest_cutoff_is_the_one_whose_window_the_data_fills() -> None:
    assert DAILY.newest_complete(datetime(2014, 11, 30)) == datetime(2014, 11, 30)
    assert DAILY.newest_complete(datetime(2014, 11, 29, 23)) == datetime(2014, 11, 29)


def test_data_ahead_of_the_first_cutoff_completes_none() -> None:
    assert DAILY.newest_complete(datetime(2014, 9, 1, 23)) is None


def test_data_beyond_the_end_completes_the_last_cutoff() -> None:
    assert DAILY.newest_complete(datetime(2020, 1, 1)) == datetime(2014, 12, 1)


def test_a_range_holds_both_its_ends() -> None:
    cutoffs = DAILY.between(datetime(2014, 9, 2), datetime(2014, 9, 5))
    assert cutoffs == [datetime(2014, 9, day) for day in (2, 3, 4, 5)]


def test_a_week_of_daily_cutoffs_shares_one_predictor() -> None:
    shared = {
        DAILY.retrain_cutoff(cutoff, Retrain.WEEKLY) for cutoff in DAILY.between(DAILY.cutoff(0), DAILY.cutoff(6))
    }
    assert shared == {DAILY.cutoff(0)}
    assert DAILY.retrain_cutoff(DAILY.cutoff(7), Retrain.WEEKLY) == DAILY.cutoff(7)


def test_always_retrains_at_every_cutoff() -> None:
    assert DAILY.retrain_cutoff(DAILY.cutoff(5), Retrain.ALWAYS) == DAILY.cutoff(5)


def test_a_grid_finer_than_the_cadence_retrains_at_every_cutoff() -> None:
    monthly = CutoffSchedule(Cadence.MONTHLY, datetime(2014, 1, 1))
    assert monthly.retrain_cutoff(monthly.cutoff(4), Retrain.WEEKLY) == monthly.cutoff(4)


@given(schedules, st.integers(0, 400), st.sampled_from([one for one in Retrain if not one.follows_data]))
def test_a_predictor_is_never_trained_after_the_cutoff_it_serves(
    schedule: CutoffSchedule, index: int, retrain: Retrain
) -> None:
    cutoff = schedule.cutoff(index)
    trained_at = schedule.retrain_cutoff(cutoff, retrain)
    assert schedule.cutoff(0) <= trained_at <= cutoff
    assert schedule.contains(trained_at)
    assert schedule.retrain_cutoff(trained_at, retrain) == trained_at


@pytest.mark.parametrize("retrain", [Retrain.ON_DRIFT, Retrain.ON_DECAY])
def test_the_calendar_does_not_pretend_to_know_what_the_data_decides(retrain: Retrain) -> None:
    with pytest.raises(ValueError, match=f"{retrain.value} is decided cutoff by cutoff"):
        DAILY.retrain_cutoff(DAILY.cutoff(5), retrain)


@given(schedules, st.integers(1, 400))
def test_the_cutoff_before_another_is_one_window_earlier(schedule: CutoffSchedule, index: int) -> None:
    assert schedule.before(schedule.cutoff(index)) == schedule.cutoff(index - 1)
    assert schedule.before(schedule.cutoff(index) + timedelta(seconds=1)) == schedule.cutoff(index)


def test_there_is_no_cutoff_before_the_first() -> None:
    assert DAILY.before(DAILY.cutoff(0)) is None
    assert DAILY.before(DAILY.cutoff(0) - timedelta(days=3)) is None


@given(schedules, st.integers(0, 400))
def test_every_cutoff_is_found_again_by_its_instant(schedule: CutoffSchedule, index: int) -> None:
    assert schedule.index_at(schedule.cutoff(index)) == index
    assert schedule.index_at(schedule.cutoff(index) - timedelta(seconds=1)) == index - 1


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(microsecond=0)))
def test_a_cutoff_key_reads_back_and_sorts_like_the_cutoff(cutoff: datetime) -> None:
    assert parse_cutoff_key(cutoff_key(cutoff)) == cutoff
    assert cutoff_key(cutoff) < cutoff_key(cutoff + timedelta(seconds=1))
