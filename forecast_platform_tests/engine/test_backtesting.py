"""Windows of the past, and that nobody is shown what comes after their start."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_platform.engine.algorithms.contract import Algorithm, Covariates, History
from forecast_platform.engine.algorithms.naive import SeasonalNaive
from forecast_platform.engine.backtesting import (
    Backtest,
    Lineup,
    observations_needed,
    periods_needed,
    run_backtest,
    window_starts,
)
from forecast_platform.engine.executor import LocalExecutor
from forecast_platform.errors import InputError
from forecast_platform_tests.engine.fakes import Raises, Says, Watches
from forecast_platform_tests.engine.series import task

NAN = np.nan


def run(history: History, starts: Sequence[int], horizon: int, *algorithms: Algorithm) -> Backtest:
    with LocalExecutor(jobs=1) as executor:
        return run_backtest(history, starts, horizon, [Lineup(algorithms)] * len(starts), executor, lambda done: None)


def test_the_newest_window_ends_with_the_data_and_each_older_one_is_a_horizon_earlier() -> None:
    assert window_starts(100, 7, task(horizon=10, backtest_windows=3), extra=0) == (90, 80, 70)


def test_an_offset_moves_all_windows_away_from_the_end() -> None:
    asked = task(horizon=10, backtest_windows=2, backtest_window_offset=25)
    assert window_starts(100, 7, asked, extra=0) == (75, 65)


def test_more_windows_are_used_than_are_reported_while_two_seasons_are_left() -> None:
    assert window_starts(100, 7, task(horizon=10), extra=3) == (90, 80, 70, 60)
    assert window_starts(50, 7, task(horizon=10), extra=9) == (40, 30, 20)
    assert window_starts(50, 20, task(horizon=10), extra=9) == (40, 30)


def test_the_least_history_is_the_offset_and_the_reported_windows() -> None:
    assert periods_needed(task(horizon=10, backtest_windows=2)) == 30
    assert observations_needed(task("W", horizon=2, data_frequency="D")) == 28


def test_a_history_that_is_too_short_says_what_is_there_and_what_is_needed() -> None:
    with pytest.raises(InputError) as caught:
        window_starts(20, 7, task(horizon=7, backtest_windows=2), extra=4)
    assert "20 periods of 1D" in str(caught.value) or "20 periods of D" in str(caught.value)
    assert "at least 21" in str(caught.value)
    assert "Shorten ForecastHorizon" in str(caught.value)


@given(st.integers(1, 400), st.integers(1, 50), st.integers(1, 5), st.integers(0, 60), st.integers(1, 365))
def test_windows_lie_inside_the_data_behind_something_to_learn_from(
    periods: int, horizon: int, windows: int, further: int, season: int
) -> None:
    asked = task(horizon=horizon, backtest_windows=windows, backtest_window_offset=horizon + further)
    if periods < periods_needed(asked):
        return
    starts = window_starts(periods, season, asked, extra=4)
    assert windows <= len(starts) <= windows + 4
    assert starts[0] + horizon <= periods
    assert starts[-1] >= horizon
    assert set(np.diff(starts)) <= {-horizon}


def test_what_is_scored_is_what_happened_in_each_window() -> None:
    values = np.arange(20.0)[None]
    made = run(History(values, ()), (16, 12), 4, SeasonalNaive(1))
    assert made.actuals[:, 0].tolist() == [[16, 17, 18, 19], [12, 13, 14, 15]]
    assert made.answers.points["SeasonalNaive_1"][:, 0].tolist() == [[15] * 4, [11] * 4]


def test_nobody_is_shown_what_comes_after_the_start_of_the_window() -> None:
    watch = Watches()
    values = np.arange(40.0).reshape(2, 20)
    run(History(values, ()), (16, 12), 4, watch)
    assert [history.values.tolist() for history in watch.seen] == [values[:, :16].tolist(), values[:, :12].tolist()]


def test_what_is_known_ahead_is_shown_to_the_end_of_the_window_and_everything_else_is_not() -> None:
    watch = Watches()
    features = np.stack([np.arange(24.0), 100 + np.arange(24.0)])[:, None]
    covariates = Covariates(("promotion", "visitors"), features, known_ahead=(True, False))
    timeline = np.datetime64("2024-01-01", "ns") + np.arange(24) * np.timedelta64(1, "D")
    run(History(np.arange(20.0)[None], (), None, timeline, covariates), (12,), 4, watch)
    (seen,) = watch.seen
    assert seen.covariates is not None
    assert seen.covariates.values[0, 0].tolist() == list(range(16))
    assert seen.covariates.values[1, 0, :12].tolist() == list(range(100, 112))
    assert np.isnan(seen.covariates.values[1, 0, 12:]).all()
    assert seen.timeline is not None
    assert seen.timeline[-1] == timeline[15]


def test_a_series_that_had_not_begun_is_not_asked_about() -> None:
    watch = Watches()
    values = np.arange(40.0).reshape(2, 20)
    values[1, :14] = NAN
    made = run(History(values, ()), (16, 12), 4, watch)
    assert [len(history.values) for history in watch.seen] == [2, 1]
    assert np.isnan(made.answers.points["Watches"][1, 1]).all()


def test_an_algorithm_that_raises_is_reported_and_the_others_are_not_lost() -> None:
    made = run(History(np.ones((3, 20)), ()), (16, 12), 4, Raises(), Says("One", 1.0))
    assert np.isnan(made.answers.points["Raises"]).all()
    assert dict(made.answers.failures["Raises"]) == {"MemoryError: too big": 6}
    assert (made.answers.points["One"] == 1).all()
    assert made.answers.failures["One"] == {}


def test_many_series_are_answered_in_their_order_and_counted_as_they_are_done() -> None:
    values = np.repeat(np.arange(300.0)[:, None], 10, axis=1)
    done: list[int] = []
    with LocalExecutor(jobs=1) as executor:
        made = run_backtest(History(values, ()), (8,), 2, [Lineup((SeasonalNaive(1),))], executor, done.append)
    assert made.answers.points["SeasonalNaive_1"][0, :, 0].tolist() == list(range(300))
    assert sum(done) == 300
    assert len(done) > 1


def test_quantiles_of_those_that_have_them_are_kept_and_missing_ones_are_nan() -> None:
    made = run(History(np.ones((200, 20)), ()), (16, 12), 4, Says("Points", 1.0), Says("Quantiles", 1.0, spread=2.0))
    assert set(made.answers.quantiles) == {"Quantiles"}
    assert made.answers.distribution("Quantiles")[0, 0, 0, [0, -1]] == pytest.approx([1 - 0.98, 1 + 0.98])
    assert np.isnan(made.answers.distribution("Points")).all()


def test_older_windows_are_those_that_had_ended_before_a_window_began() -> None:
    made = run(History(np.arange(20.0)[None], ()), (16, 12, 8), 4, SeasonalNaive(1))
    assert made.older_than(0).starts == (12, 8)
    assert made.older_than(0).actuals.max() < 16
    assert made.older_than(2).actuals.shape == (0, 1, 4)


def test_each_window_has_the_line_up_that_was_trained_before_it() -> None:
    history = History(np.arange(20.0)[None], ())
    lineups = [Lineup((), (Says("Trained", float(number)),)) for number in (1, 2)]
    with LocalExecutor(jobs=1) as executor:
        made = run_backtest(history, (16, 12), 4, lineups, executor, lambda done: None)
    assert made.answers.points["Trained"][:, 0, 0].tolist() == [1, 2]
