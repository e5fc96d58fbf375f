"""Which periods are compared with which."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_platform.quality.drift.windows import LEAST_EARLIER_WINDOWS, plan_windows

WEEK, YEAR = 7, 365


def test_the_window_is_what_came_since_training_and_its_run_up_the_end_of_what_was_trained_on() -> None:
    windows = plan_windows(428, 400, (WEEK,), YEAR)
    assert windows.window(windows.start).tolist() == list(range(400, 428))
    assert windows.run_up(windows.start, windows.gap).tolist() == list(range(400 - 112, 400))


def test_a_window_shorter_than_the_week_is_compared_with_the_same_weekdays() -> None:
    windows = plan_windows(402, 400, (WEEK,), YEAR)
    assert windows.window(windows.start).tolist() == [400, 401]
    assert {int(column) % WEEK for column in windows.run_up(windows.start, windows.gap)} == {400 % WEEK, 401 % WEEK}
    assert {start % WEEK for start in windows.earlier} == {400 % WEEK}


def test_the_same_season_is_a_whole_number_of_weeks_ago() -> None:
    windows = plan_windows(1200, 1193, (WEEK,), YEAR)
    assert windows.seasons(windows.start, windows.gap) == [1193 - 364, 1193 - 728]


def test_without_a_year_of_training_there_is_no_same_season() -> None:
    windows = plan_windows(307, 300, (WEEK,), YEAR)
    assert windows.seasons(windows.start, windows.gap) == []


def test_of_a_long_time_since_training_the_newest_four_weeks_are_compared() -> None:
    windows = plan_windows(930, 730, (WEEK,), YEAR)
    assert (windows.start, windows.length, windows.gap) == (902, 28, 172)
    assert int(windows.run_up(windows.start, windows.gap).max()) == 729, "what lies between was not trained on"
    assert windows.earlier_gap == 172


def test_a_window_is_halved_until_training_has_several_of_its_length() -> None:
    windows = plan_windows(245, 217, (WEEK,), YEAR)
    assert windows.length == 14
    assert len(windows.earlier) >= LEAST_EARLIER_WINDOWS


def test_where_training_is_short_earlier_windows_follow_their_run_ups_sooner() -> None:
    windows = plan_windows(198, 107, (WEEK,), YEAR)
    assert windows.gap > windows.earlier_gap
    assert len(windows.earlier) >= LEAST_EARLIER_WINDOWS


def test_where_no_length_helps_everything_since_training_is_compared() -> None:
    windows = plan_windows(60, 30, (WEEK,), YEAR)
    assert (windows.length, windows.earlier) == (30, ())


def test_a_week_is_not_minded_before_training_has_seen_six() -> None:
    assert plan_windows(44, 41, (WEEK,), YEAR).cycle == 1
    assert plan_windows(45, 42, (WEEK,), YEAR).cycle == WEEK


@pytest.mark.parametrize(("periods", "trained"), [(10, 10), (10, 12), (0, 0)])
def test_nothing_since_training_is_an_empty_window(periods: int, trained: int) -> None:
    assert plan_windows(periods, trained, (WEEK,), YEAR).length == 0


@given(
    st.integers(1, 900), st.integers(1, 300), st.sampled_from([(), (7,), (24, 168)]), st.sampled_from([None, 12, 365])
)
def test_what_a_window_is_compared_with_was_trained_on_and_lies_before_it(
    trained: int, since: int, cycles: tuple[int, ...], year: int | None
) -> None:
    windows = plan_windows(trained + since, trained, cycles, year)
    gaps = [(windows.start, windows.gap), *((start, windows.earlier_gap) for start in windows.earlier)]
    for start, gap in gaps:
        run_up = windows.run_up(start, gap)
        assert (run_up >= 0).all()
        assert (run_up < min(start, trained)).all()
        assert all(one >= 0 and one + windows.length <= trained for one in windows.seasons(start, gap))
    assert all(start + windows.length <= trained for start in windows.earlier)
    assert np.all(np.diff(windows.earlier) > 0)
