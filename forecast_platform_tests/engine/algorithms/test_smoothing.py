"""Exponential smoothing on a grid: against the textbook's formulas in a plain loop, and against statsforecast."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_platform.engine.algorithms.contract import Floats, History
from forecast_platform.engine.algorithms.smoothing import (
    _LEVEL,
    _SEASON,
    _TREND,
    HoltWinters,
    longest_season,
    seasonal_averages,
)
from forecast_platform_tests.engine.series import weekly_cycle

FEWEST_TO_START_FROM = 8


@dataclass(frozen=True)
class Smoothed:
    """What one combination of smoothing parameters makes of one series."""

    alpha: float
    beta: float
    gamma: float
    phi: float
    loss: float
    forecast: list[float]


def textbook(
    values: list[float], season: int, alpha: float, beta: float, gamma: float, phi: float, horizon: int
) -> Smoothed:
    """Hyndman and Athanasopoulos, FPP3, 8.2 and 8.6, with a level that starts at the mean of the first values."""
    late = values[0] != values[0]
    seasonal = seasonal_averages(np.array([values if late else values[: 3 * season]]), season)[:, 0].tolist()
    seen = [(t, y) for t, y in enumerate(values) if y == y][: max(season, FEWEST_TO_START_FROM)]
    level = sum(y - seasonal[t % season] for t, y in seen) / len(seen)
    trend, loss, count = 0.0, 0.0, 0
    for t, y in enumerate(values):
        expected = level + phi * trend
        if y != y:
            level, trend = expected, phi * trend
            continue
        count += 1
        error = y - expected - seasonal[t % season]
        loss += error**2 * (count > max(season, FEWEST_TO_START_FROM) // 2)
        level = expected + alpha * error
        trend = phi * trend + beta * error
        seasonal[t % season] += gamma * error
    made = [
        level + sum(phi**i for i in range(1, h + 1)) * trend + seasonal[(len(values) + h - 1) % season]
        for h in range(1, horizon + 1)
    ]
    return Smoothed(alpha, beta, gamma, phi, loss, made)


def best_of_the_grid(values: list[float], season: int, horizon: int) -> Smoothed:
    grid = product(_LEVEL, _TREND, _SEASON if season > 1 else (0.0,))
    return min(
        (
            textbook(values, season, alpha, alpha * trend, (1 - alpha) * gamma, phi, horizon)
            for alpha, (trend, phi), gamma in grid
        ),
        key=lambda one: one.loss,
    )


def points(values: Any, season: int = 1, horizon: int = 5, logarithms: bool = False) -> Floats:
    rows = np.atleast_2d(np.array(values, dtype=float))
    return HoltWinters(logarithms).forecast(History(rows, (season,) if season > 1 else ()), horizon).points


def test_a_level_alone_by_hand() -> None:
    # The level starts at the mean of the first eight, 4. With alpha 1 and no trend the errors are 0, 4, 0, 0, 0; every
    # other point of the grid has the 4 as well, and more after it.
    assert points([4] * 8 + [8] * 4).tolist() == [[8, 8, 8, 8, 8]]


def test_a_line_is_continued() -> None:
    np.testing.assert_allclose(points(np.arange(300.0) * 2 + 7), [[607, 609, 611, 613, 615]])


@pytest.mark.parametrize("season", [1, 4, 7])
@pytest.mark.parametrize("gaps", [(), (9, 10, 23), (0, 1, 2, 3, 4)])
def test_the_forecast_is_that_of_the_best_parameters_of_the_grid_in_a_plain_loop(
    season: int, gaps: tuple[int, ...]
) -> None:
    random = np.random.default_rng(season)
    values = 20 + np.cumsum(random.normal(0.2, 1, 40)) + 4 * np.sin(2 * np.pi * np.arange(40) / 7)
    values[list(gaps)] = nan
    expected = best_of_the_grid(values.tolist(), season, 9)
    np.testing.assert_allclose(points(values, season, 9)[0], expected.forecast)


def test_statsforecast_ends_in_the_same_state_when_it_is_told_the_same_parameters() -> None:
    """It starts elsewhere; after 300 periods that is forgotten."""
    from statsforecast.ets import ets_f

    random = np.random.default_rng(2)
    season = np.cumsum(random.normal(0, 3, (75, 4)), axis=0).ravel()
    values = 200 + np.cumsum(random.normal(0, 1, 300)) + season
    ours = best_of_the_grid(values.tolist(), 4, 8)
    assert ours.gamma > 0.1
    assert ours.phi < 1
    fitted = ets_f(values, 4, model="AAA", damped=True)
    fitted["par"][:4] = ours.alpha, ours.beta, ours.gamma, ours.phi
    level, trend, *newest_first = ets_f(values, 4, model=fitted)["states"][-1]
    damped = [sum(ours.phi**step for step in range(1, h + 1)) for h in range(1, 9)]
    expected = [level + growth * trend + newest_first[-1 - h % 4] for h, growth in enumerate(damped)]
    np.testing.assert_allclose(points(values, 4, 8)[0], expected, rtol=1e-6)


def test_a_gap_leaves_the_state_as_it_is() -> None:
    flat = [3.0, 5.0] * 10
    np.testing.assert_allclose(points([*flat, nan, nan], 2, 2), points(flat, 2, 2))


def test_a_series_that_starts_late_is_forecast_as_if_nothing_had_been_before() -> None:
    values = weekly_cycle(49)
    late = np.concatenate([np.full(21, nan), values])
    np.testing.assert_allclose(points(late, 7, 7), points(values, 7, 7), rtol=0.05)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000), st.booleans())
def test_a_series_is_forecast_alike_alone_and_among_others(seed: int, logarithms: bool) -> None:
    random = np.random.default_rng(seed)
    values = random.lognormal(2, 0.5, (4, 40))
    values[random.random((4, 40)) < 0.2] = nan
    values[1, :25] = nan
    together = points(values, 7, 9, logarithms)
    for row in range(4):
        np.testing.assert_array_equal(points(values[row], 7, 9, logarithms)[0], together[row])


@pytest.mark.parametrize("season", [1, 7])
def test_constant_and_all_zero_series_stay_what_they_are(season: int) -> None:
    np.testing.assert_allclose(points([[4.0] * 40, [0.0] * 40], season), [[4.0] * 5, [0.0] * 5], atol=1e-9)


def test_a_season_and_its_growth_are_followed() -> None:
    days = np.arange(147)
    wave = np.array([0.0, 3, 5, 9, 4, -6, -9])
    np.testing.assert_allclose(points((50 + wave[days % 7])[:140], 7, 7)[0], 50 + wave, atol=0.01)
    growing = np.exp(0.01 * days) * (2 + wave[days % 7] / 10)
    np.testing.assert_allclose(points(growing[:140], 7, 7, logarithms=True)[0], growing[140:], rtol=0.02)


def test_only_positive_series_are_forecast_multiplicatively() -> None:
    made = points([[2.0] * 20, [2.0] * 19 + [0.0], [2.0] * 19 + [-1.0], [2.0] * 19 + [nan]], logarithms=True)
    assert np.isfinite(made).all(axis=1).tolist() == [True, False, False, True]


def test_a_multiplicative_trend_that_explodes_is_no_forecast() -> None:
    made = points(np.exp(np.arange(40.0)), horizon=40, logarithms=True)
    assert np.isnan(made[0, -1])


def test_a_series_that_is_too_short_is_passed_over() -> None:
    values = np.full((2, 20), nan)
    values[0, -7:], values[1, -8:] = 1.0, 1.0
    assert np.isfinite(points(values)).all(axis=1).tolist() == [False, True]


def test_the_longest_season_that_contains_the_others_and_was_seen_twice_is_used() -> None:
    hours = History(np.ones((1, 400)), (24, 168))
    assert longest_season(hours) == 168
    assert longest_season(History(np.ones((1, 300)), (24, 168))) == 24
    assert longest_season(History(np.ones((1, 800)), (7, 365))) == 7
    assert longest_season(History(np.ones((1, 5)), (7,))) == 1


def test_seasonal_averages_are_deviations_from_a_moving_average_centred_on_zero() -> None:
    averages = seasonal_averages(np.tile([1.0, 2.0, 6.0], 5)[None], 3)[:, 0]
    np.testing.assert_allclose(averages, [-2, -1, 3], atol=1e-12)
