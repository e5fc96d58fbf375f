"""Autoregression of seasonal differences: against ridge regression of one series by hand, and what the pool adds."""

from __future__ import annotations

import json
from math import nan
from typing import Any

import numpy as np
import pytest

from forecast_platform.engine.algorithms.autoregression import (
    PooledAutoregression,
    SeasonalAutoregression,
    load,
)
from forecast_platform.engine.algorithms.contract import Algorithm, Floats, History
from forecast_platform_tests.engine.series import weekly_cycle

WAVE = np.array([0.0, 3, 5, 9, 4, -6, -9])
VARIANTS = [(cycles, logarithms) for cycles in (1, 3) for logarithms in (False, True)]
each_variant = pytest.mark.parametrize(("cycles", "logarithms"), VARIANTS)


def history(values: Any, season: int = 7) -> History:
    return History(np.atleast_2d(np.array(values, dtype=float)), (season,) if season > 1 else ())


def own(values: Any, season: int = 7, horizon: int = 7, cycles: int = 1, logarithms: bool = False) -> Floats:
    return SeasonalAutoregression(cycles, logarithms).forecast(history(values, season), horizon).points


def persistent(periods: int, seed: int, coefficient: float = 0.8) -> Floats:
    """A weekly cycle whose differences from week to week follow an AR(1)."""
    random = np.random.default_rng(seed)
    differences = [0.0]
    for shock in random.normal(0, 1, periods - 1):
        differences.append(coefficient * differences[-1] + shock)
    values = 100 + np.resize(WAVE, periods)
    for t in range(7, periods):
        values[t] = values[t - 7] + differences[t]
    return np.asarray(values)


def ridge(values: Floats, season: int, lags: int, horizon: int, cycles: int = 1, penalty: float = 2.0) -> Floats:
    """One series without gaps, one equation after the other."""
    past = [values[(cycles - back) * season : len(values) - back * season] for back in range(1, cycles + 1)]
    differences = values[cycles * season :] - np.mean(past, axis=0)
    scale = np.abs(differences).mean()
    known = list(differences / scale)
    equations = np.array([[known[t - lag] for lag in range(1, lags + 1)] for t in range(lags, len(known))])
    target = np.array(known[lags:])
    normal = equations.T @ equations + penalty * np.sqrt(len(target)) * np.eye(lags)
    weights = np.linalg.inv(normal) @ equations.T @ target
    drift = (target - equations @ weights).sum() / (len(target) + 20)
    made, largest = list(values), np.abs(known).max()
    for _ in range(horizon):
        recent = np.array(known[-1 : -lags - 1 : -1])
        known.append(float(np.clip(drift + weights @ recent, -largest, largest)))
        made.append(np.mean([made[-back * season] for back in range(1, cycles + 1)]) + known[-1] * scale)
    return np.array(made[len(values) :])


@each_variant
def test_a_pure_cycle_is_repeated(cycles: int, logarithms: bool) -> None:
    values = np.resize(20 + WAVE, 70 + 9)
    np.testing.assert_allclose(own(values[:70], 7, 9, cycles, logarithms)[0], values[70:])


@pytest.mark.parametrize("cycles", [1, 2])
def test_the_forecast_is_that_of_ridge_regression_by_hand(cycles: int) -> None:
    values = persistent(120, 0)
    np.testing.assert_allclose(own(values, cycles=cycles, horizon=20)[0], ridge(values, 7, 7, 20, cycles))


def test_without_a_season_it_is_one_of_the_steps_from_value_to_value() -> None:
    values = np.cumsum(persistent(120, 1))
    np.testing.assert_allclose(own(values, 1)[0], ridge(values, 1, 6, 7))


def test_logarithms_are_of_the_value_in_twentieths_of_the_mean() -> None:
    values = np.maximum(persistent(120, 2) - 95, 0)
    unit = values.mean() / 20
    expected = np.expm1(ridge(np.log1p(values / unit), 7, 7, 7)) * unit
    np.testing.assert_allclose(own(values, logarithms=True)[0], expected)


def test_an_autoregression_of_the_differences_is_learnt() -> None:
    trained = PooledAutoregression().train(history(persistent(280, 3)), 7)
    assert trained.shared is not None
    first, *others = trained.shared.weights
    assert trained.shared.lags == (1, 2, 3, 4, 5, 6, 7)
    assert first > 0.5
    assert np.abs(others).max() < 0.25


def test_it_looks_a_season_back_where_the_season_is_not_among_the_newest_lags() -> None:
    long, short = (
        PooledAutoregression().train(history(weekly_cycle(days), 24), 7).shared for days in (4 * 24, 4 * 24 - 1)
    )
    assert long is not None
    assert short is not None
    assert long.lags == (*range(1, 13), 24, 25)
    assert short.lags == tuple(range(1, 13))


def test_the_less_data_there_is_the_closer_it_stays_to_repeating_the_last_cycle() -> None:
    series = [persistent(280, seed) for seed in range(40)]

    def kept_of_what_the_data_says(periods: int) -> float:
        newest = [values[-periods:] for values in series]
        moved = [np.abs(own(values)[0] - values[-7:]).mean() for values in newest]
        unpenalised = [np.abs(ridge(values, 7, 7, 7, penalty=0.0) - values[-7:]).mean() for values in newest]
        return float(np.mean(moved) / np.mean(unpenalised))

    little, more, much = (kept_of_what_the_data_says(periods) for periods in (24, 60, 280))
    assert little < 0.6
    assert little < more < much


def test_only_series_that_are_never_negative_are_forecast_on_logarithms() -> None:
    values = np.tile(weekly_cycle(70), (5, 1))
    values[1, 3], values[2, 40], values[3, 40], values[4] = -0.1, 0.0, nan, 0.0
    made = own(values, logarithms=True)
    assert np.isfinite(made).all(axis=1).tolist() == [True, False, True, True, False]
    assert np.isfinite(own(values)).all()


def test_a_mean_of_several_cycles_needs_a_season() -> None:
    values = history(weekly_cycle(70), 1)
    assert np.isnan(SeasonalAutoregression(2).forecast(values, 3).points).all()
    assert np.isnan(PooledAutoregression(2).train(values, 3).forecast(values, 3).points).all()
    assert np.isfinite(SeasonalAutoregression(1).forecast(values, 3).points).all()


@pytest.mark.parametrize("season", [1, 7])
def test_a_gap_takes_the_value_one_season_earlier(season: int) -> None:
    values = persistent(70, 6)
    gaps, filled = values.copy(), values.copy()
    for period in (20, 27, 28, 69):
        gaps[period], filled[period] = nan, filled[period - season]
    np.testing.assert_array_equal(own(gaps, season), own(filled, season))


def test_a_gap_in_the_first_season_takes_the_value_before() -> None:
    values = persistent(70, 7)
    gaps, filled = values.copy(), values.copy()
    gaps[3], filled[3] = nan, values[2]
    np.testing.assert_array_equal(own(gaps), own(filled))


@each_variant
def test_a_series_that_starts_late_is_forecast_as_if_nothing_had_been_before(cycles: int, logarithms: bool) -> None:
    values = persistent(70, 8)
    late = np.concatenate([np.full(23, nan), values])
    expected = own(values, 7, 9, cycles, logarithms)
    np.testing.assert_allclose(own(late, 7, 9, cycles, logarithms), expected)


def test_a_series_that_is_too_short_is_passed_over() -> None:
    """A week to compare with, a week of lags, and eight equations."""
    values = np.full((4, 60), nan)
    values[0, -21:], values[1, -22:], values[2, -1:] = 1.0, 1.0, 1.0
    assert np.isfinite(own(values)).all(axis=1).tolist() == [False, True, False, False]
    assert np.isnan(own(values[:, -8:])).all()
    assert own(np.empty((0, 60))).shape == (0, 7)


def test_constant_and_all_zero_series_stay_what_they_are() -> None:
    for season in (1, 7):
        np.testing.assert_allclose(own([[4.0] * 40, [0.0] * 40], season), [[4.0] * 7, [0.0] * 7], atol=1e-12)


def test_explosive_series_do_not_run_away() -> None:
    values = 1.2 ** np.arange(80) * (1 + 0.1 * np.resize(WAVE, 80) / 9)
    for season in (1, 7):
        steps = np.abs(np.diff(np.append(values, own(values, season, 200))))
        assert steps.max() <= 2 * np.abs(values[season:] - values[:-season]).max()


def test_growth_by_a_factor_ends_at_a_hundred_times_all_that_was_seen() -> None:
    """On logarithms the steps are bounded but their sum is not; it was 1e13 times the newest value after 60 steps."""
    values = np.exp(0.5 * np.arange(60))
    made = own(values, 1, 2000, logarithms=True)[0]
    assert np.isnan(made[-1])
    assert np.nanmax(made) <= 100 * values.max()
    assert made[0] > values[-1]


@each_variant
def test_the_pool_forecasts_short_series_better_than_their_own_coefficients(cycles: int, logarithms: bool) -> None:
    values = np.stack([persistent(150, seed) for seed in range(60)])
    values = np.exp(values / 100) if logarithms else values
    short = np.arange(30)
    ten_equations = (cycles + 1) * 7 + 10
    known, future = history(values[:, :-7]), values[short, -7:]
    known.values[short, :-ten_equations] = nan
    pooled = PooledAutoregression(cycles, logarithms).train(known, 7).forecast(known, 7).points[short]
    alone = SeasonalAutoregression(cycles, logarithms).forecast(known, 7).points[short]
    assert np.abs(pooled - future).mean() < 0.95 * np.abs(alone - future).mean()


def test_a_panel_with_too_few_equations_teaches_nothing() -> None:
    few = np.full((3, 40), nan)
    few[0, -20:] = 1.0
    trained = PooledAutoregression().train(history(few), 7)
    assert trained.shared is None
    assert np.isnan(trained.forecast(history(weekly_cycle(70)), 3).points).all()
    assert load(trained.files()) == trained


def test_coefficients_go_with_the_season_that_they_were_learnt_with() -> None:
    """They were put to the differences of another season when the history had grown to show one, or had shrunk."""
    days = np.stack([persistent(110, seed) for seed in range(3)])
    without = PooledAutoregression().train(history(days[:, :60], 50), 7)
    assert without.shared is not None
    assert without.shared.season == 1
    same = without.forecast(history(days, 1), 7).points
    np.testing.assert_array_equal(without.forecast(history(days, 50), 7).points, same)
    with_season = PooledAutoregression().train(history(days, 50), 7)
    assert np.isnan(with_season.forecast(history(days[:, :60], 50), 7).points).all()


@each_variant
def test_what_was_written_forecasts_the_same_bits_and_is_readable(cycles: int, logarithms: bool) -> None:
    known = history([persistent(90, seed) for seed in range(4)])
    trained = PooledAutoregression(cycles, logarithms).train(known, 7)
    files = trained.files()
    assert load(files) == trained
    np.testing.assert_array_equal(load(files).forecast(known, 7).points, trained.forecast(known, 7).points)
    assert {name: set(json.loads(content)) for name, content in files.items()} == {
        "coefficients.json": {"cycles", "logarithms", "shared"}
    }


def test_names_tell_the_variants_apart() -> None:
    names = {kind(*variant).name for kind in (SeasonalAutoregression, PooledAutoregression) for variant in VARIANTS}
    assert len(names) == 2 * len(VARIANTS)
    trained = PooledAutoregression(3, True).train(history(weekly_cycle(90)), 7)
    assert trained.name == PooledAutoregression(3, True).name == "PooledARLog_3"


@each_variant
@pytest.mark.parametrize("season", [1, 7, 14])
def test_a_series_is_forecast_alike_alone_and_among_others(cycles: int, logarithms: bool, season: int) -> None:
    random = np.random.default_rng(season)
    values = random.lognormal(2, 0.5, (30, 70))
    values[random.random(values.shape) < 0.1] = nan
    values[1, :45], values[2::3, 50], values[3::5, 20] = nan, 0.0, -1.0
    together = history(values, season)
    algorithms: list[Algorithm] = [
        SeasonalAutoregression(cycles, logarithms),
        PooledAutoregression(cycles, logarithms).train(together, 9),
    ]
    for algorithm in algorithms:
        expected = algorithm.forecast(together, 9).points
        for row in range(len(values)):
            alone = algorithm.forecast(history(values[row], season), 9).points[0]
            np.testing.assert_array_equal(alone, expected[row])


@each_variant
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_unit_of_the_target_does_not_matter(cycles: int, logarithms: bool, factor: float) -> None:
    """What a pure cycle leaves is rounding, different in each unit, and the pool learnt from it."""
    values = np.stack([persistent(90, 1), np.resize(20 + WAVE, 90), np.zeros(90), np.full(90, 3.0)])
    scaled = own(values * factor, cycles=cycles, logarithms=logarithms) / factor
    np.testing.assert_allclose(scaled, own(values, cycles=cycles, logarithms=logarithms), rtol=1e-9, atol=1e-9)
    trained, other = (PooledAutoregression(cycles, logarithms).train(history(values * by), 7) for by in (1.0, factor))
    np.testing.assert_allclose(
        other.forecast(history(values * factor), 7).points / factor,
        trained.forecast(history(values), 7).points,
        rtol=1e-9,
        atol=1e-9,
    )
