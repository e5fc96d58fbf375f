"""Models of single series: against statsforecast called directly, and what they do with awkward series."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecast_platform.engine.algorithms.contract import Floats, History
from forecast_platform.engine.algorithms.statistical import (
    Arima,
    Ces,
    DynamicTheta,
    Ets,
    Mstl,
    StatsforecastModel,
    fourier_cycle,
)
from forecast_platform_tests.engine.series import weekly_cycle

NAN = np.nan
MODELS = (Ets(), DynamicTheta(), Ces(), Arima(), Mstl())
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def yearly(weeks: int, seed: int = 0) -> Floats:
    """A weekly series with a yearly cycle, a trend and noise."""
    time = np.arange(weeks)
    cycle = 20 * np.sin(2 * np.pi * time / 52) + 10 * np.cos(6 * np.pi * time / 52)
    return np.asarray(200 + 0.5 * time + cycle + np.random.default_rng(seed).normal(0, 1, weeks))


@each_model
def test_models_follow_the_cycle_of_a_long_series_and_pass_over_a_short_one(model: StatsforecastModel) -> None:
    values = np.full((2, 120), NAN)
    values[0], values[1, -7:] = weekly_cycle(120), 1.0
    answer = model.forecast(History(values, (7,)), 7)
    assert np.abs(answer.points[0] - weekly_cycle(127)[-7:]).mean() < 2
    assert np.isnan(answer.points[1]).all()
    assert answer.failures == {}


@each_model
def test_a_series_is_forecast_alike_alone_and_among_others(model: StatsforecastModel) -> None:
    values = np.stack([weekly_cycle(70, seed) for seed in range(3)])
    values[1, :30] = NAN
    values[2, [40, 41, 69]] = NAN
    together = model.forecast(History(values, (7,)), 9)
    assert np.isfinite(together.points).all()
    for row in range(3):
        np.testing.assert_array_equal(model.forecast(History(values[[row]], (7,)), 9).points[0], together.points[row])


@each_model
def test_constant_and_all_zero_series_stay_what_they_are(model: StatsforecastModel) -> None:
    answer = model.forecast(History(np.array([[4.0] * 40, [0.0] * 40]), (7,)), 5)
    assert answer.failures == {}
    np.testing.assert_allclose(answer.points, [[4.0] * 5, [0.0] * 5], atol=1e-6)


@each_model
def test_series_just_long_enough_are_forecast_without_a_season(model: StatsforecastModel) -> None:
    answer = model.forecast(History(np.random.default_rng(0).random((1, 8)), (7, 365)), 3)
    assert answer.failures == {}
    assert np.isfinite(answer.points).all() or model.name == "MSTL"


def test_models_give_what_statsforecast_gives() -> None:
    from statsforecast import models

    reference: dict[str, Any] = {
        "ETS": models.AutoETS(season_length=7, model="AZZ"),
        "DynamicTheta": models.DynamicOptimizedTheta(season_length=7),
        "CES": models.AutoCES(season_length=7),
        "MSTL": models.MSTL(season_length=[7], trend_forecaster=models.AutoETS(model="AAN", damped=True)),
    }
    values = weekly_cycle(100)
    for model in MODELS:
        if model.name in reference:
            expected = reference[model.name].forecast(y=values, h=10)["mean"]
            np.testing.assert_array_equal(model.forecast(History(values[None], (7,)), 10).points[0], expected)


def test_arima_without_a_season_gives_what_the_same_search_of_statsforecast_gives() -> None:
    from statsforecast.models import AutoARIMA

    values = 50 + np.cumsum(np.random.default_rng(0).normal(0, 1, 100))
    search: dict[str, Any] = {"max_p": 3, "max_q": 3, "start_p": 1, "start_q": 1, "max_order": 4, "nmodels": 20}
    expected = AutoARIMA(seasonal=False, approximation=True, **search).forecast(y=values, h=5)["mean"]
    np.testing.assert_array_equal(Arima().forecast(History(values[None], ()), 5).points[0], expected)


def test_a_yearly_season_of_weeks_reaches_arima_as_fourier_terms() -> None:
    answer = Arima().forecast(History(yearly(156)[None], (52,)), 26)
    assert np.abs(answer.points[0] - yearly(182)[156:]).mean() < 5


def test_arima_follows_days_and_weeks_of_hours() -> None:
    time = np.arange(24 * 7 * 4)
    values = 100 + 20 * np.sin(2 * np.pi * time / 24) + np.where(time // 24 % 7 >= 5, -30, 0)
    noisy = values + np.random.default_rng(0).normal(0, 1, len(time))
    answer = Arima().forecast(History(noisy[None, :-48], (24, 168)), 48)
    assert np.abs(answer.points[0] - values[-48:]).mean() < 6


def test_the_fourier_cycle_is_the_least_squares_fit_of_its_terms() -> None:
    season, periods = 30, 95
    time = np.arange(-periods, 0)
    wave = 8 * np.sin(2 * np.pi * time / season + 1) + 3 * np.cos(2 * np.pi * 4 * time / season)
    cycle = fourier_cycle(wave + 40 + np.random.default_rng(0).normal(0, 0.1, periods), season)
    expected = 8 * np.sin(2 * np.pi * np.arange(season) / season + 1) + 3 * np.cos(
        2 * np.pi * 4 * np.arange(season) / season
    )
    np.testing.assert_allclose(cycle, expected, atol=0.5)


def test_noise_has_almost_no_fourier_cycle_and_a_constant_has_none() -> None:
    noise = np.random.default_rng(0).normal(0, 1, 156)
    assert fourier_cycle(noise, 52).std() < 0.35
    assert (fourier_cycle(np.full(104, 3.0), 52) == 0).all()


def test_ets_can_be_asked_for_a_trend_beside_a_long_season() -> None:
    values = yearly(156)
    with_trend = Ets(trend_of_long_seasons=True).forecast(History(values[None], (52,)), 13).points[0]
    without = Ets().forecast(History(values[None], (52,)), 13).points[0]
    truth = yearly(169)[156:]
    assert np.abs(with_trend - truth).mean() < np.abs(without - truth).mean()


def test_a_model_that_raises_is_reported_and_loses_only_that_series() -> None:
    class Broken(Mstl):
        def _model(self, seasons: tuple[int, ...]) -> object:
            raise ZeroDivisionError("no")

    answer = Broken().forecast(History(weekly_cycle(60)[None, :], (7,)), 3)
    assert np.isnan(answer.points).all()
    assert answer.failures == {0: "ZeroDivisionError: no"}
