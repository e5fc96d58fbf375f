"""Decay and bias: no more alarms than designed, a change is found, and too little to compare says so."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from forecast_platform.quality.forecast_monitoring import has_decayed, judge_bias, separate_windows

START = pd.Timestamp("2025-01-01")


def losses(seed: int, live: int, tested: int, worse: float = 1.0, spread: float = 0.15) -> pd.DataFrame:
    """Windows whose loss varies around ``worse`` times that of a backtest of ``tested`` windows."""
    random = np.random.default_rng(seed)
    backtest = 0.1 * np.exp(random.normal(0, spread, tested))
    return pd.DataFrame(
        {
            "loss": worse * 0.1 * np.exp(random.normal(0, spread, live)),
            "backtest_loss": backtest.mean(),
            "backtest_windows": tested,
            "backtest_spread": np.log(backtest).std(ddof=1) if tested > 1 else np.nan,
        }
    )


def by_cutoff(starts: list[int], horizon: int = 7, provisional: tuple[int, ...] = ()) -> pd.DataFrame:
    windows = [START + pd.Timedelta(days=day) for day in starts]
    return pd.DataFrame(
        {
            "window_start": windows,
            "window_end": [start + pd.Timedelta(days=horizon) for start in windows],
            "provisional": [day in provisional for day in starts],
        }
    )


class TestDecay:
    @pytest.mark.parametrize(("live", "tested"), [(1, 3), (2, 1), (3, 2), (5, 1), (5, 5)])
    def test_forecasts_as_good_as_their_backtest_have_not_decayed(self, live: int, tested: int) -> None:
        alarms = [seed for seed in range(200) if has_decayed(losses(seed, live, tested)).decayed]
        assert len(alarms) <= 2

    def test_a_fifth_more_loss_is_tolerated(self) -> None:
        assert sum(has_decayed(losses(seed, 5, 5, worse=1.2)).decayed for seed in range(200)) <= 6

    @pytest.mark.parametrize(("tested", "worse"), [(1, 3.0), (3, 2.0), (5, 2.0)])
    def test_a_loss_that_has_doubled_is_found(self, tested: int, worse: float) -> None:
        found = sum(has_decayed(losses(seed, 5, tested, worse, spread=0.1)).decayed for seed in range(20))
        assert found >= 18

    def test_the_fewer_windows_the_larger_the_ratio_has_to_be(self) -> None:
        assert has_decayed(losses(1, 2, 2)).limit > has_decayed(losses(1, 5, 5)).limit > 1.2

    def test_one_window_and_one_backtest_window_tell_nothing_of_chance(self) -> None:
        decay = has_decayed(losses(1, 1, 1, worse=50.0))
        assert (decay.judged, decay.decayed, decay.windows) == (False, False, 1)
        assert decay.ratio > 10

    def test_without_windows_or_without_a_backtest_there_is_nothing_to_compare(self) -> None:
        for windows in (losses(1, 3, 1).head(0), losses(1, 3, 1).assign(backtest_loss=np.nan)):
            decay = has_decayed(windows)
            assert (decay.judged, decay.decayed, decay.windows) == (False, False, 0)

    def test_a_perfect_backtest_does_not_break_it(self) -> None:
        perfect = losses(1, 3, 3).assign(loss=0.0, backtest_loss=0.0)
        assert not has_decayed(perfect).decayed
        assert has_decayed(perfect.assign(loss=[0.1, 0.11, 0.12], backtest_spread=0.1)).decayed


class TestBias:
    @staticmethod
    def windows(seed: int, count: int, bias: float) -> pd.DataFrame:
        return pd.DataFrame({"bias": np.random.default_rng(seed).normal(bias, 0.03, count)})

    def test_unbiased_forecasts_pass(self) -> None:
        assert all(judge_bias(self.windows(seed, 10, 0.0)).holds for seed in range(50))

    @pytest.mark.parametrize("bias", [0.2, -0.2])
    def test_a_bias_is_found_with_its_direction(self, bias: float) -> None:
        for seed in range(20):
            found = judge_bias(self.windows(seed, 10, bias))
            assert not found.holds
            assert np.sign(found.bias) == np.sign(bias)
            assert found.tracking_signal == pytest.approx(10 * np.sign(bias)), "all in the same direction"

    def test_two_windows_are_too_few(self) -> None:
        found = judge_bias(self.windows(1, 2, 0.9))
        assert found.holds
        assert not found.judged
        assert judge_bias(self.windows(1, 0, 0.0)).windows == 0


class TestSeparateWindows:
    def test_overlapping_windows_count_once_from_the_newest_on(self) -> None:
        chosen = separate_windows(by_cutoff(list(range(20))), datetime(2026, 1, 1), 10)
        assert [(start - START).days for start in chosen["window_start"]] == [5, 12, 19]

    def test_provisional_windows_and_those_that_had_not_ended_are_left_out(self) -> None:
        rows = by_cutoff([0, 7, 14, 21], provisional=(7,))
        chosen = separate_windows(rows, (START + pd.Timedelta(days=21)).to_pydatetime(), 10)
        assert [(start - START).days for start in chosen["window_start"]] == [0, 14]

    def test_there_are_at_most_so_many(self) -> None:
        assert len(separate_windows(by_cutoff([0, 7, 14, 21]), datetime(2026, 1, 1), 2)) == 2
        assert separate_windows(by_cutoff([]), datetime(2026, 1, 1), 2).empty
