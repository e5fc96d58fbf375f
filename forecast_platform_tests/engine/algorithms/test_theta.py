"""The theta method: against the textbook in a plain loop, and beside statsforecast."""

from __future__ import annotations

from math import exp, log, nan
from typing import Any

import numpy as np
import pytest

from forecast_platform.engine.algorithms.contract import Floats, History
from forecast_platform.engine.algorithms.smoothing import seasonal_averages
from forecast_platform.engine.algorithms.theta import Theta
from forecast_platform_tests.engine.series import weekly_cycle

GRID = [step / 20 for step in range(1, 21)]


def points(values: Any, season: int = 1, horizon: int = 5) -> Floats:
    rows = np.atleast_2d(np.array(values, dtype=float))
    return Theta().forecast(History(rows, (season,) if season > 1 else ()), horizon).points


def with_half_drift(values: list[float], horizon: int) -> list[float]:
    """Hyndman and Billah 2003: simple exponential smoothing with half of the slope of the linear trend as drift."""
    seen = [(t, y) for t, y in enumerate(values) if y == y]
    time, size = (sum(column) / len(seen) for column in zip(*seen, strict=True))
    drift = sum((t - time) * (y - size) for t, y in seen) / sum((t - time) ** 2 for t, _ in seen) / 2

    def smoothed(alpha: float) -> tuple[float, float]:
        first, level = seen[0]
        loss = 0.0
        for y in values[first + 1 :]:
            level += drift
            if y == y:
                loss += (y - level) ** 2
                level += alpha * (y - level)
        return loss, level

    _, level = min((smoothed(alpha) for alpha in GRID), key=lambda one: one[0])
    return [level + drift * step for step in range(1, horizon + 1)]


def textbook(values: list[float], season: int, horizon: int) -> list[float]:
    """The same, of the series without its season: divided by it when all is positive, else less it."""
    positive = min(y for y in values if y == y) > 0
    seen = [log(y) for y in values] if positive else values
    averages: list[float] = seasonal_averages(np.array([seen]), season)[:, 0].tolist()
    past = [averages[t % season] for t in range(len(values))]
    ahead = [averages[(len(values) + step) % season] for step in range(horizon)]
    if positive:
        made = with_half_drift([y / exp(part) for y, part in zip(values, past, strict=True)], horizon)
        return [y * exp(part) for y, part in zip(made, ahead, strict=True)]
    made = with_half_drift([y - part for y, part in zip(values, past, strict=True)], horizon)
    return [y + part for y, part in zip(made, ahead, strict=True)]


def wandering(periods: int, seed: int) -> Floats:
    """A positive series with a drift, a weekly season and noise."""
    random = np.random.default_rng(seed)
    level = 200 + np.cumsum(random.normal(0.3, 2, periods))
    return np.asarray(level * (1 + 0.2 * np.sin(2 * np.pi * np.arange(periods) / 7)) + random.normal(0, 3, periods))


def test_a_line_is_continued_with_half_of_its_slope() -> None:
    np.testing.assert_allclose(points(np.arange(40.0) * 2 + 7), [[86, 87, 88, 89, 90]])


@pytest.mark.parametrize("season", [1, 4, 7])
@pytest.mark.parametrize("gaps", [(), (9, 10, 23, 39), (0, 1, 2, 3, 4)])
@pytest.mark.parametrize("less", [0.0, 200.0], ids=["positive", "of both signs"])
def test_the_forecast_is_that_of_the_textbook_in_a_plain_loop(season: int, gaps: tuple[int, ...], less: float) -> None:
    values = wandering(40, season) - less
    values[list(gaps)] = nan
    np.testing.assert_allclose(points(values, season, 9)[0], textbook(values.tolist(), season, 9))


def test_it_is_close_to_the_theta_of_statsforecast() -> None:
    from statsforecast.models import Theta as Reference

    values = np.stack([wandering(140, seed) for seed in range(10)])
    expected = np.stack([Reference(season_length=7).forecast(y=row, h=14)["mean"] for row in values])
    made = points(values, 7, 14)
    assert np.abs(made - expected).sum() < 0.02 * np.abs(expected).sum()


def test_the_season_of_a_positive_series_grows_with_it_and_that_of_another_does_not() -> None:
    days = np.arange(147)
    wave = np.array([0.0, 3, 5, 9, 4, -6, -9])[days % 7]
    growing = (100 + days) * (1 + wave / 20)
    np.testing.assert_allclose(points(growing[:140], 7, 7)[0], growing[140:], rtol=0.03)
    signed = wave - 5
    np.testing.assert_allclose(points(signed[:140], 7, 7)[0], signed[140:], atol=0.1)


def test_one_zero_is_enough_for_differences() -> None:
    values = weekly_cycle(70)
    values[30] = 0.0
    np.testing.assert_allclose(points(values, 7)[0], textbook(values.tolist(), 7, 5))
    assert np.isfinite(points(values, 7)).all()


def test_a_series_that_starts_late_is_forecast_as_if_nothing_had_been_before() -> None:
    values = wandering(49, 0)
    late = np.concatenate([np.full(21, nan), values])
    np.testing.assert_allclose(points(late), points(values))
    np.testing.assert_allclose(points(late, 7, 7), points(values, 7, 7), rtol=0.05)


def test_a_series_of_less_than_two_seasons_has_none_however_long_the_others_are() -> None:
    """Its averages by phase would be the series itself; what was left was a constant, and so was the forecast."""
    young = 50 + np.cumsum(np.random.default_rng(0).normal(0.5, 2, 80))
    values = np.full((2, 156), nan)
    values[0], values[1, -80:] = 60.0, young
    np.testing.assert_allclose(points(values, 52, 10)[1], points(young, 1, 10)[0])


def test_a_series_that_is_too_short_is_passed_over() -> None:
    values = np.full((3, 20), nan)
    values[0, -7:], values[1, -8:] = 1.0, 1.0
    assert np.isfinite(points(values)).all(axis=1).tolist() == [False, True, False]
    assert points(np.empty((0, 20))).shape == (0, 5)


@pytest.mark.parametrize("season", [1, 7])
def test_constant_and_all_zero_series_stay_what_they_are(season: int) -> None:
    np.testing.assert_allclose(points([[4.0] * 40, [0.0] * 40], season), [[4.0] * 5, [0.0] * 5], atol=1e-9)


@pytest.mark.parametrize("season", [1, 4, 7, 12])
def test_a_series_is_forecast_alike_alone_and_among_others(season: int) -> None:
    random = np.random.default_rng(season)
    values = random.lognormal(2, 0.5, (40, 60))
    values[random.random(values.shape) < 0.2] = nan
    values[1, :45], values[2::3, 50] = nan, 0.0
    together = points(values, season, 9)
    for row in range(len(values)):
        np.testing.assert_array_equal(points(values[row], season, 9)[0], together[row])


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_of_the_target_does_not_matter(factor: float) -> None:
    values = np.stack([wandering(70, 0), wandering(70, 1) - 200, np.zeros(70), np.full(70, 3.0)])
    np.testing.assert_allclose(points(values * factor, 7) / factor, points(values, 7), rtol=1e-9, atol=1e-9)
