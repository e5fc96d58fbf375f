"""Prophet, where its package is installed."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from forecast_platform.engine.algorithms.contract import LEVELS, Covariates, History
from forecast_platform.engine.algorithms.prophet import Prophet
from forecast_platform.frequency import Frequency
from forecast_platform_tests.engine.series import weekly_cycle

pytest.importorskip("prophet", reason="the extra 'prophet' is not installed")

NAN = np.nan
PROPHET = Prophet(samples=200)


def daily(values: Any, horizon: int, covariates: Covariates | None = None) -> History:
    periods = np.shape(values)[1] + horizon
    timeline = (np.datetime64("2024-01-01", "D") + np.arange(periods)).astype("datetime64[ns]")
    return History(np.array(values, dtype=float), (7,), Frequency(1, "D"), timeline, covariates)


def test_it_follows_a_weekly_cycle_with_rising_quantiles_around_it() -> None:
    answer = PROPHET.forecast(daily(weekly_cycle(120)[None], 7), 7)
    truth = weekly_cycle(127)[-7:]
    assert answer.failures == {}
    assert answer.quantiles is not None
    assert np.abs(answer.points[0] - truth).mean() < 2
    assert (np.diff(answer.quantiles, axis=2) >= 0).all()
    low, high = answer.quantiles[0, :, np.abs(LEVELS - 0.02).argmin()], answer.quantiles[0, :, -1]
    assert ((low < truth) & (truth < high)).mean() > 0.8


def test_it_gives_what_the_package_gives() -> None:
    import pandas as pd
    from prophet import Prophet as Reference

    given = daily(weekly_cycle(90)[None], 5)
    frame = pd.DataFrame({"ds": given.timeline})
    model = Reference(uncertainty_samples=200).fit(frame[:90].assign(y=given.values[0]))
    np.testing.assert_allclose(PROPHET.forecast(given, 5).points[0], model.predict(frame[90:])["yhat"], atol=0.5)


def test_a_series_is_forecast_alike_alone_and_among_others_and_again() -> None:
    values = np.stack([weekly_cycle(60, seed) for seed in range(3)])
    values[1, :30] = NAN
    values[2, [40, 41, 59]] = NAN
    given = daily(values, 4)
    together = PROPHET.forecast(given, 4)
    assert np.isfinite(together.points).all()
    for row in range(3):
        alone = PROPHET.forecast(given.rows(slice(row, row + 1)), 4)
        np.testing.assert_array_equal(alone.quantiles[0], together.quantiles[row])  # type: ignore[index]


def test_drawing_leaves_the_global_generator_as_it_was() -> None:
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    PROPHET.forecast(daily(weekly_cycle(30)[None], 2), 2)
    assert np.random.random() == expected


def test_a_feature_known_ahead_moves_the_forecast() -> None:
    promotion = (np.random.default_rng(0).random(127) < 0.3).astype(float)
    values = weekly_cycle(127) + 15 * promotion
    names, known = ("promotion", "unknown", "late", "constant"), (True, False, True, True)
    features = np.stack([promotion, promotion, np.where(np.arange(127) < 60, NAN, 1), np.ones(127)])[:, None]
    given = daily(values[None, :120], 7, Covariates(names, features, known))
    assert np.abs(PROPHET.forecast(given, 7).points[0] - values[120:]).mean() < 2


def test_constant_and_all_zero_series_stay_what_they_are() -> None:
    answer = PROPHET.forecast(daily([[4.0] * 40, [0.0] * 40], 3), 3)
    np.testing.assert_allclose(answer.points, [[4.0] * 3, [0.0] * 3], atol=1e-3)


def test_series_of_fewer_than_eight_observations_are_passed_over() -> None:
    values = np.full((2, 40), NAN)
    values[0, ::6] = 1.0
    answer = PROPHET.forecast(daily(values, 3), 3)
    assert np.isnan(answer.points).all()
    assert answer.failures == {}


def test_the_log_stays_silent(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        PROPHET.forecast(daily(weekly_cycle(30)[None], 2), 2)
    assert caplog.records == []
