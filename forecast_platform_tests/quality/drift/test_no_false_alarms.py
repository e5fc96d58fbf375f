"""What has not changed is not said to have drifted: seasons, few points, growth, memory, rare demand, many items."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from forecast_platform.quality.drift.verdict import judge_feature
from forecast_platform_tests.quality.drift.panels import (
    WEEK,
    Days,
    Floats,
    autocorrelated,
    independent,
    intermittent,
    seasonal,
)

MONTH = 30


@pytest.mark.parametrize("first", [200, 730], ids=["within the first year", "after two years"])
def test_no_month_of_a_stationary_seasonal_panel_is_flagged(first: int) -> None:
    rng = np.random.default_rng(1)
    panel = Days(seasonal(rng, 40, first + 12 * MONTH), MONTH)
    flagged = []
    for month in range(12):
        together, each = panel.until(first + (month + 1) * MONTH, MONTH).judged()
        flagged.append(int(together.drifted.sum() + each.drifted.sum()))
    assert flagged == [0] * 12


def test_a_fixed_threshold_would_have_flagged_most_of_those_months() -> None:
    from forecast_platform.quality.distances import linf_simple
    from forecast_platform.quality.sketches import KllSketch

    values = seasonal(np.random.default_rng(1), 40, 730 + 12 * MONTH)
    values = values / values[:, :730].mean(axis=1, keepdims=True)
    flagged = 0
    for month in range(12):
        trained = 730 + month * MONTH
        base, now = values[:, trained - 730 : trained], values[:, trained : trained + MONTH]
        flagged += linf_simple(KllSketch.of(base.ravel()), KllSketch.of(now.ravel())) > 0.1
    assert flagged >= 8


@pytest.mark.parametrize("trained", [30, 120, 400])
def test_thirty_points_without_drift_alarm_in_at_most_five_percent(trained: int) -> None:
    rng = np.random.default_rng(2)
    alarms = 0
    for _ in range(200):
        together, each = Days(100 + 10 * rng.standard_normal((1, trained + 30)), 30).judged()
        alarms += bool(together.drifted[0] or each.drifted[0])
    assert alarms <= 10


@pytest.mark.parametrize("panel", [independent, autocorrelated, intermittent])
def test_none_of_five_thousand_calibrated_items_is_flagged(
    panel: Callable[[np.random.Generator, int, int, int], Days],
) -> None:
    together, each = panel(np.random.default_rng(3), 5000, 400, 28).judged()
    assert len(each.drifted) == 5000
    assert int(each.drifted.sum()) == 0
    assert not together.drifted[0]


def test_p_values_of_independent_series_are_not_too_small() -> None:
    _, each = independent(np.random.default_rng(4), 2000, 365, 28).judged()
    for level in (0.05, 0.01, 0.001):
        assert (each.p_value <= level).mean() <= level


def test_growth_that_training_has_seen_is_no_drift() -> None:
    rng = np.random.default_rng(5)
    growing = independent(rng, 50, 730, 28, spread=0.1).values * np.linspace(1, 2.2, 758)
    together, each = Days(growing, 28).judged()
    assert not together.drifted[0]
    assert not each.drifted.any()


def test_random_walks_go_where_they_like() -> None:
    walks = 100 * np.exp(np.cumsum(0.02 * np.random.default_rng(6).standard_normal((50, 758)), axis=1))
    together, each = Days(walks, 28).judged()
    assert not together.drifted[0]
    assert not each.drifted.any()


def _with_peak(values: Floats, first: int) -> Floats:
    """Twice as much in one week of every year."""
    day = np.arange(values.shape[1]) % 364
    return values * np.where((day >= first) & (day < first + WEEK), 2.0, 1.0)


def test_the_week_that_is_a_peak_every_year_is_no_drift() -> None:
    panel = independent(np.random.default_rng(7), 50, 714, WEEK)
    together, each = Days(_with_peak(panel.values, 350), WEEK).judged()
    assert not together.drifted[0]
    assert not each.drifted.any()
    together, _ = Days(_with_peak(panel.values, 350)[:, 364:], WEEK).judged()
    assert together.drifted[0], "seen for the first time it is one"


def test_values_that_move_together_are_not_counted_as_so_many() -> None:
    rng = np.random.default_rng(8)
    common = np.zeros(758)
    for day in range(1, 758):
        common[day] = 0.8 * common[day - 1] + 0.03 * rng.standard_normal()
    flagged = 0
    for month in range(10):
        panel = Days(independent(rng, 200, 730, 28).values * np.exp(common), 28)
        flagged += bool(panel.until(758 - month * 10, 28).judged()[0].drifted[0])
    assert flagged == 0


def test_series_that_say_nothing_are_not_flagged_and_break_nothing() -> None:
    rng = np.random.default_rng(9)
    values = independent(rng, 8, 365, 28).values
    values[0] = 0.0
    values[1] = 5.0
    values[2] = np.nan
    values[3, :365] = np.nan
    values[4, 365:] = np.nan
    values[5, :340] = np.nan
    values[6] *= -1
    together, each = Days(values, 28).judged()
    assert not each.drifted.any()
    assert not together.drifted[0]
    assert np.isfinite(each.distance).all()


def test_a_promotion_that_comes_and_goes_as_ever_is_no_drift() -> None:
    rng = np.random.default_rng(10)
    promotion = (rng.random((30, 428)) < 0.2).astype(float)
    found = judge_feature(promotion, Days(promotion, 28).windows)
    assert found.method == "categorical LInfinity"
    assert not found.drifted[0]
