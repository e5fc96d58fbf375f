"""Gradient boosting on made series whose next values are known.

Belongs here: what the model learns, and that it is the same everywhere. Does not belong here: accuracy on real data
(``benchmarks``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecast_platform.engine.algorithms.contract import LEVELS, Covariates, Floats, History
from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS, read_hyperparameters
from forecast_platform.frequency import Frequency

pytest.importorskip("lightgbm", reason="lightgbm is not installed")

from forecast_platform.engine.algorithms.gbm import Gbm, TrainedGbm, load

HORIZON = 7
QUICK = Gbm(num_iterations=40, learning_rate=0.1, most_examples=4000)


def daily(values: Floats, horizon: int = HORIZON, covariates: Covariates | None = None) -> History:
    """Daily series with a weekly season, from Monday 1 January 2024."""
    timeline = (np.datetime64("2024-01-01") + np.arange(values.shape[1] + horizon)).astype("datetime64[ns]")
    return History(values, (7,), Frequency.parse("D"), timeline, covariates)


def shop(series: int = 12, days: int = 140, seed: int = 0) -> Floats:
    """Series of very different size with a weekly cycle and noise."""
    random = np.random.default_rng(seed)
    shape = 10 + 3 * np.sin(2 * np.pi * np.arange(days) / 7) + random.normal(0, 0.3, (series, days))
    return np.asarray(shape * np.logspace(-1, 4, series)[:, None])


def test_it_learns_a_weekly_cycle_of_series_of_any_size() -> None:
    values = shop()
    history = daily(values[:, :-HORIZON])
    forecasts = QUICK.train(history, HORIZON).forecast(history, HORIZON)
    errors = np.abs(forecasts.points - values[:, -HORIZON:]) / values.mean(axis=1, keepdims=True)
    assert errors.mean() < 0.04
    assert errors.max() < 0.15


def test_most_observations_lie_between_the_quantiles_and_these_ascend() -> None:
    values = shop(series=40, seed=5)
    history = daily(values[:, :-HORIZON])
    quantiles = QUICK.train(history, HORIZON).forecast(history, HORIZON).quantiles
    assert quantiles is not None
    assert quantiles.shape == (40, HORIZON, len(LEVELS))
    assert (np.diff(quantiles, axis=2) >= 0).all()
    low, high = (quantiles[:, :, int(np.abs(LEVELS - level).argmin())] for level in (0.1, 0.9))
    inside = (values[:, -HORIZON:] >= low) & (values[:, -HORIZON:] <= high)
    assert 0.65 < inside.mean() < 0.92


def test_a_feature_known_ahead_that_drives_the_target_is_used_at_the_target_period() -> None:
    random = np.random.default_rng(1)
    promotion = (random.random((12, 147)) < 0.2).astype(float)
    values = shop(days=140) * (1 + promotion[:, :140])
    covariates = Covariates(("promotion",), promotion[None], (True,))
    history = daily(values, covariates=covariates)
    points = QUICK.train(history, HORIZON).forecast(history, HORIZON).points
    relative = points / np.median(values, axis=1, keepdims=True)
    ahead = promotion[:, 140:] == 1
    assert relative[ahead].mean() > 1.5
    assert relative[~ahead].mean() < 1.2


def test_what_is_not_known_ahead_is_not_looked_at_after_the_origin() -> None:
    random = np.random.default_rng(2)
    weather = random.normal(size=(1, 12, 147))
    history = daily(shop(), covariates=Covariates(("weather",), weather, (False,)))
    other = weather.copy()
    other[:, :, 140:] = 99
    changed = daily(shop(), covariates=Covariates(("weather",), other, (False,)))
    trained = QUICK.train(history, HORIZON)
    assert np.array_equal(trained.forecast(history, HORIZON).points, trained.forecast(changed, HORIZON).points)
    assert trained.files() == QUICK.train(changed, HORIZON).files()


def promotions(kinds: list[str], categories: tuple[str, ...], planned: Floats) -> History:
    """Noisy series that promotions double if the series is "elastic" and leave alone if it is "rigid"."""
    random = np.random.default_rng(3)
    elastic = np.array(kinds)[:, None] == "elastic"
    values = 20 + 20 * elastic * planned[:, :-HORIZON] + random.normal(0, 3, (len(kinds), 140))
    codes = np.array([[categories.index(kind) for kind in kinds]])
    return daily(values, covariates=Covariates(("promotion",), planned[None], (True,), ("kind",), codes, (categories,)))


def elastic_and_rigid() -> History:
    """Forty series with promotions on a fifth of the days."""
    planned = (np.random.default_rng(4).random((40, 140 + HORIZON)) < 0.2).astype(float)
    return promotions(["elastic", "rigid"] * 20, ("elastic", "rigid"), planned)


def test_a_series_never_seen_is_forecast_by_its_attribute_even_if_that_has_another_code() -> None:
    trained = QUICK.train(elastic_and_rigid(), HORIZON)
    first_promotion = np.repeat([[0.0] * 140 + [1.0] * HORIZON], 3, axis=0)
    unseen = promotions(["rigid", "elastic", "unheard of"], ("unheard of", "rigid", "elastic"), first_promotion)
    rigid, elastic, unheard = trained.forecast(unseen, HORIZON).points.mean(axis=1)
    assert elastic > rigid + 3
    assert rigid == pytest.approx(20, abs=3)
    assert np.isfinite(unheard)


def test_ten_times_the_series_gives_ten_times_the_forecast() -> None:
    history = daily(shop())
    trained = QUICK.train(history, HORIZON)
    once = trained.forecast(history, HORIZON)
    scaled = trained.forecast(replace(history, values=history.values * 10), HORIZON)
    np.testing.assert_allclose(scaled.points, once.points * 10, rtol=1e-3)
    # Powers of two change no digits, so training on them gives the very same trees.
    assert QUICK.train(replace(history, values=history.values * 4), HORIZON).files() == trained.files()


def test_a_loaded_model_forecasts_the_same_bits_and_its_files_are_text() -> None:
    history = elastic_and_rigid()
    trained = QUICK.train(history, HORIZON)
    files = trained.files()
    loaded = load(files)
    assert loaded == trained
    assert all(content.decode().isascii() for content in files.values())
    expected, found = trained.forecast(history, HORIZON), loaded.forecast(history, HORIZON)
    assert np.array_equal(expected.points, found.points)
    assert expected.quantiles is not None
    assert found.quantiles is not None
    assert np.array_equal(expected.quantiles, found.quantiles)


def test_the_number_of_threads_changes_no_bit() -> None:
    history = daily(shop(series=30, days=300))
    one, two = (replace(QUICK, num_iterations=10, threads=threads).train(history, HORIZON) for threads in (1, 2))
    assert one.center == two.center.replace("[num_threads: 2]", "[num_threads: 1]")
    assert np.array_equal(one.forecast(history, HORIZON).points, two.forecast(history, HORIZON).points)


def test_a_row_depends_on_itself_alone() -> None:
    history = daily(shop())
    trained = QUICK.train(history, HORIZON)
    together = trained.forecast(history, HORIZON).points
    assert np.array_equal(trained.forecast(history.rows(np.array([3])), HORIZON).points[0], together[3])


def test_short_series_are_forecast_from_what_there_is_and_empty_ones_are_not() -> None:
    values = shop()
    values[0] = np.nan
    values[1, :-1] = np.nan
    values[2, :-3] = np.nan
    history = daily(values)
    points = QUICK.train(history, HORIZON).forecast(history, HORIZON).points
    assert np.isnan(points[0]).all()
    assert np.isfinite(points[1:]).all()
    assert (np.abs(points[1] / values[1, -1] - 1) < 0.6).all()


def test_gaps_and_a_silence_before_now_do_no_harm() -> None:
    values = shop()
    complete = values.copy()
    values[np.random.default_rng(6).random(values.shape) < 0.15] = np.nan
    values[0, -21:] = np.nan
    history = daily(values[:, :-HORIZON])
    points = QUICK.train(history, HORIZON).forecast(history, HORIZON).points
    errors = np.abs(points - complete[:, -HORIZON:]) / complete.mean(axis=1, keepdims=True)
    assert errors.mean() < 0.06


def test_constant_and_zero_series_go_on() -> None:
    values = shop()
    values[0], values[1] = 0.0, 5.0
    history = daily(values)
    points = QUICK.train(history, HORIZON).forecast(history, HORIZON).points
    assert (points[0] == 0).all()
    np.testing.assert_allclose(points[1], 5, rtol=0.05)


def test_too_little_to_learn_from_leaves_a_model_that_forecasts_nothing() -> None:
    history = daily(np.array([[1.0, 2.0, 3.0]]))
    trained = load(QUICK.train(history, HORIZON).files())
    assert trained == TrainedGbm(trained.layout)
    assert np.isnan(trained.forecast(history, HORIZON).points).all()


@pytest.mark.parametrize(("frequency", "unit", "seasons"), [("H", "h", (24, 168)), ("W", "W", (52,)), ("Y", "Y", ())])
def test_a_trend_and_a_cycle_go_on_at_every_frequency(frequency: str, unit: str, seasons: tuple[int, ...]) -> None:
    season = seasons[0] if seasons else 1
    periods = 400
    cycle = np.sin(2 * np.pi * np.arange(periods + 5) / season) * 5 * bool(seasons)
    noise = np.random.default_rng(7).normal(0, 0.2, (10, periods + 5))
    values = 50 + 0.1 * np.arange(periods + 5) + cycle + noise
    timeline = (np.datetime64("1700", unit) + np.arange(periods + 5)).astype("datetime64[s]")
    history = History(values[:, :periods], seasons, Frequency.parse(frequency), timeline)
    points = QUICK.train(history, 5).forecast(history, 5).points
    assert np.abs(points - values[:, periods:]).mean() < 0.6


def test_another_set_of_features_than_in_training_is_refused() -> None:
    trained = QUICK.train(daily(shop()), HORIZON)
    price = Covariates(("price",), np.ones((1, 12, 147)), (True,))
    with pytest.raises(ValueError, match="other features; differing: related_price"):
        trained.forecast(daily(shop(), covariates=price), HORIZON)


def test_the_documented_hyperparameters_and_defaults_are_those_of_the_algorithm() -> None:
    assert Gbm(**read_hyperparameters("GBM", {})) == Gbm()
    assert {parameter.name for parameter in HYPERPARAMETERS["GBM"]} <= set(Gbm.__dataclass_fields__)
