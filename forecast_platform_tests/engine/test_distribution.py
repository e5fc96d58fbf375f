"""Distributions from errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast_platform.engine.algorithms.contract import LEVELS, Floats
from forecast_platform.engine.distribution import (
    WIDENING,
    SeriesErrors,
    at_quantile,
    historical_errors,
    learn_errors,
    mean_of,
    recent_level,
    series_errors,
    step_groups,
    unit_of,
)


def quantiles_around_zero(errors: Floats, scale: Floats, level: float = 1.0) -> Floats:
    """(series × steps × levels) of forecasts of 0, for the errors of a backtest.

    Without the widening, because nothing was fitted to the errors of these tests.
    """
    made = series_errors(errors, scale, learn_errors(errors, scale))
    return made.quantiles(np.zeros(errors.shape[1:]), np.full(errors.shape[1], level)) / WIDENING


def width(distribution: Floats) -> Floats:
    """(series × steps): from p10 to p90."""
    return at_quantile(distribution, 0.9) - at_quantile(distribution, 0.1)


def test_steps_are_grouped_evenly_and_never_beyond_the_horizon() -> None:
    assert step_groups(8).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert step_groups(2).tolist() == [0, 1]


@pytest.mark.parametrize("tails", ["normal", "heavy", "skewed"])
def test_intervals_cover_about_what_they_promise(tails: str) -> None:
    random = np.random.default_rng(1)
    draw = {
        "normal": lambda shape: random.normal(0, 2, shape),
        "heavy": lambda shape: random.standard_t(3, shape),
        "skewed": lambda shape: random.gamma(1, 3, shape) - 3,
    }[tails]
    made = quantiles_around_zero(draw((6, 60, 12)), np.full(60, 2.0))
    future = draw((500, 60, 12))
    for low, high in ((0.1, 0.9), (0.05, 0.95), (0.25, 0.75)):
        inside = (future > at_quantile(made, low)) & (future < at_quantile(made, high))
        assert inside.mean() == pytest.approx(high - low, abs=0.04)


def test_each_series_has_the_spread_of_its_own_errors() -> None:
    errors = np.random.default_rng(2).normal(0, 1, (8, 2, 12)) * np.array([1.0, 50.0])[:, None]
    wide = width(quantiles_around_zero(errors, np.array([1.0, 50.0]))).mean(axis=1)
    assert wide[1] == pytest.approx(50 * wide[0], rel=0.3)


def test_the_spread_follows_the_errors_and_not_the_scale_alone() -> None:
    errors = np.random.default_rng(3).normal(0, 1, (8, 20, 12))
    errors[:, 0] *= 5
    wide = width(quantiles_around_zero(errors, np.ones(20))).mean(axis=1)
    assert wide[0] > 3 * wide[1:].mean()


def test_intervals_grow_with_the_step_as_the_errors_did() -> None:
    growing = np.random.default_rng(4).normal(0, 1, (8, 30, 12)) * np.arange(1, 13)
    wide = width(quantiles_around_zero(growing, np.ones(30))).mean(axis=0)
    assert (np.diff(wide) > -1e-9).all()
    assert wide[-1] > 3 * wide[0]


def test_a_series_without_errors_takes_those_of_the_panel_at_its_own_scale() -> None:
    errors = np.random.default_rng(5).normal(0, 1, (8, 3, 4))
    errors[:, 2] = np.nan
    wide = width(quantiles_around_zero(errors, np.array([1.0, 1.0, 100.0]))).mean(axis=1)
    assert wide[2] == pytest.approx(100 * wide[:2].mean(), rel=0.3)


def test_without_a_single_window_the_panel_is_told_by_what_the_past_was_like() -> None:
    history = np.random.default_rng(6).normal(10, 2, (5, 40))
    stand_in = historical_errors(history, recent=20, horizon=4)
    assert stand_in.shape == (20, 5, 4)
    np.testing.assert_allclose(stand_in.mean(axis=0), 0, atol=1e-9)
    wide = width(quantiles_around_zero(stand_in, np.full(5, 2.0)))
    assert wide.mean() == pytest.approx(2 * 1.2816 * 2, rel=0.2)


def test_no_windows_for_some_series_are_enough_for_intervals_at_their_scale() -> None:
    panel = learn_errors(np.random.default_rng(7).normal(0, 1, (8, 10, 4)), np.ones(10))
    made = series_errors(np.empty((0, 2, 4)), np.array([1.0, 10.0]), panel)
    assert np.isfinite(made.offsets).all()
    np.testing.assert_allclose(made.offsets[1], 10 * made.offsets[0])


def test_a_series_of_zeros_has_the_least_scale_of_the_panel() -> None:
    """It had the scale 1, which is a lot for a panel of millionths and nothing for one of millions."""
    errors = np.random.default_rng(8).normal(0, 1, (8, 3, 4)) * np.array([5.0, 2.0, 0.0])[:, None]
    panel = learn_errors(errors, np.array([5.0, 2.0, 0.0]))
    assert panel.least_scale == 2.0
    unseen = series_errors(np.empty((0, 2, 4)), np.array([0.0, 2.0]), panel)
    np.testing.assert_array_equal(unseen.offsets[0], unseen.offsets[1])
    seen = series_errors(errors, np.array([5.0, 2.0, 0.0]), panel).offsets
    assert 0 < np.ptp(seen[2]) < np.ptp(seen[1]) / 2


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_distributions_scale_with_the_errors_where_a_series_has_none(unit: float) -> None:
    scale = np.array([5.0, 2.0, 0.0])
    errors = np.random.default_rng(9).normal(0, 1, (8, 3, 4)) * scale[:, None]
    other = series_errors(errors * unit, scale * unit, learn_errors(errors * unit, scale * unit))
    expected = series_errors(errors, scale, learn_errors(errors, scale))
    np.testing.assert_allclose(other.offsets / unit, expected.offsets)


def test_a_panel_of_nothing_but_zeros_has_no_errors_to_expect() -> None:
    nothing = np.zeros((4, 2, 3))
    panel = learn_errors(nothing, np.zeros(2))
    assert panel.least_scale == 0
    assert (series_errors(nothing, np.zeros(2), panel).offsets == 0).all()


def test_busy_steps_have_larger_errors_than_quiet_ones_by_the_square_root() -> None:
    unit = unit_of(np.array([[1.0, 4.0, 16.0]]), np.array([1.0]))
    np.testing.assert_allclose(unit[0] / unit[0, 0], [1, 2, 4])


def test_a_step_without_demand_still_has_errors_in_proportion_to_the_level() -> None:
    unit = unit_of(np.array([[0.0, 10.0]]), np.array([10.0]))
    np.testing.assert_allclose(unit[0, 1] / unit[0, 0], np.sqrt(10))
    assert (unit_of(np.zeros((1, 3)), np.zeros(1)) == 1).all()


def test_the_level_is_the_mean_size_of_the_newest_values() -> None:
    assert recent_level(np.array([[100.0, 2, -4], [1, np.nan, 3], [np.nan] * 3]), 2).tolist() == [3, 3, 0]


def test_quantiles_lie_around_the_point_in_the_unit_of_the_target_by_hand() -> None:
    offsets = np.linspace(-2, 2, len(LEVELS))[None, None]
    made = SeriesErrors(offsets).quantiles(np.array([[100.0, 100.0]]), np.array([100.0]))
    np.testing.assert_allclose(made, 100 + np.broadcast_to(offsets, made.shape))


def test_quantiles_between_the_levels_are_interpolated_by_hand() -> None:
    straight = 10 * LEVELS[None]
    for quantile in (0.01, 0.02, 0.03, 0.1, 0.12, 0.5, 0.73, 0.9, 0.97, 0.99):
        assert at_quantile(straight, quantile)[0] == pytest.approx(10 * quantile)


def test_the_mean_is_the_integral_over_the_quantiles_by_hand() -> None:
    assert mean_of(np.full(len(LEVELS), 7.0)) == pytest.approx(7)
    assert mean_of(10 * LEVELS) == pytest.approx(5, abs=1e-6)
    # An exponential distribution has the quantiles -ln(1 - p) and the mean 1; its tail beyond 0.99 is cut.
    assert mean_of(-np.log(1 - LEVELS)) == pytest.approx(1, abs=0.02)


@settings(deadline=None, max_examples=60)
@given(
    arrays(np.float64, (3, 2, 5), elements=st.floats(-1e6, 1e6) | st.just(float("nan"))),
    arrays(np.float64, (2, 5), elements=st.floats(-1e6, 1e6)),
    st.lists(st.integers(1, 99), min_size=2, max_size=5, unique=True),
)
def test_quantiles_never_cross_and_are_numbers(errors: Floats, points: Floats, percents: list[int]) -> None:
    scale = np.array([1.0, 1e3])
    made = series_errors(errors, scale, learn_errors(errors, scale)).quantiles(points, np.array([1.0, 0.0]))
    asked = np.stack([at_quantile(made, percent / 100) for percent in sorted(percents)])
    assert np.isfinite(asked).all()
    assert (np.diff(asked, axis=0) >= -1e-9 * (1 + np.abs(asked).max())).all()
