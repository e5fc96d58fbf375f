"""NPTS: cases by hand, against a sampler of the published definition, and what no series may do to another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecast_platform.engine.algorithms.contract import LEVELS, Covariates, Floats, History
from forecast_platform.engine.algorithms.hyperparameters import read_hyperparameters
from forecast_platform.engine.algorithms.npts import Npts
from forecast_platform.frequency import Frequency

NAN = np.nan
LN2 = float(np.log(2))
VARIANTS = [
    pytest.param({"kernel_type": kernel, "use_seasonal_model": seasonal}, id=f"{kernel}-{seasonal}")
    for kernel in ("exponential", "uniform")
    for seasonal in (False, True)
]


def quantile(forecasts: Any, level: float) -> list[list[float]]:
    assert forecasts.quantiles is not None
    return forecasts.quantiles[:, :, np.abs(LEVELS - level).argmin()].tolist()  # type: ignore[no-any-return]


def history(values: Any, frequency: str, start: str, horizon: int, **more: Any) -> History:
    """A history whose periods lie on the calendar."""
    parsed, array = Frequency.parse(frequency), np.array(values, dtype=float)
    unit = {"min": "m", "H": "h", "D": "D", "W": "W", "M": "M"}[parsed.unit]
    steps = np.arange(array.shape[1] + horizon) * parsed.count
    first = np.datetime64(start, "M" if unit == "M" else "m")
    timeline = (first + steps.astype(f"timedelta64[{unit}]")).astype("datetime64[ns]")
    return History(array, (), parsed, timeline, **more)


def sampled(values: Floats, season: int, decay: float, horizon: int, samples: int) -> Floats:
    """(samples × horizon): paths drawn step by step as published, from past observations and from the path so far."""
    rng, periods = np.random.default_rng(0), len(values)
    paths = np.hstack([np.tile(values, (samples, 1)), np.zeros((samples, horizon))])
    for step in range(periods, periods + horizon):
        earlier = np.arange(step)
        weights = np.exp(-decay * (step - earlier)) * (earlier % season == step % season)
        weights[:periods][np.isnan(values)] = 0
        drawn = rng.choice(step, size=samples, p=weights / weights.sum())
        paths[:, step] = paths[np.arange(samples), drawn]
    return paths[:, periods:]


@pytest.mark.parametrize(("decay", "season"), [(0.05, 1), (0.05, 4), (0.0, 1), (0.0, 4), (0.4, 4)])
def test_quantiles_are_those_of_paths_sampled_step_by_step(decay: float, season: int) -> None:
    values = np.random.default_rng(1).poisson(3, 30).astype(float)
    values[[2, 3, 17, 29]] = NAN
    variant = {"kernel_type": "exponential", "exp_kernel_weights": decay} if decay else {"kernel_type": "uniform"}
    ours = Npts(use_seasonal_model=season > 1, **variant).forecast(History(values[None], (season,)), 11)  # type: ignore[arg-type]
    paths = sampled(values, season, decay, 11, samples=20_000)
    assert ours.quantiles is not None
    for step in range(11):
        least, below = ours.quantiles[0, step], ours.quantiles[0, step] - 0.5
        reached = (paths[:, step, None] <= least).mean(axis=0)
        not_reached = (paths[:, step, None] <= below).mean(axis=0)
        assert (reached >= LEVELS - 0.015).all()
        assert (not_reached <= LEVELS + 0.015).all()


def test_each_period_of_age_lowers_the_weight_by_the_decay() -> None:
    # Weights 4, 2, 1 of 7 for the values 10, 30, 20, newest first; cumulated by value: 10 -> 4/7, 20 -> 5/7.
    algorithm = Npts(use_seasonal_model=False, exp_kernel_weights=LN2)
    forecasts = algorithm.forecast(History(np.array([[20.0, 30, 10]]), ()), 2)
    assert [quantile(forecasts, level)[0] for level in (0.55, 0.6, 0.7, 0.75)] == [
        [10, 10],
        [20, 20],
        [20, 20],
        [30, 30],
    ]


def test_the_climatological_forecaster_weighs_all_observations_alike() -> None:
    forecasts = Npts(kernel_type="uniform", use_seasonal_model=False).forecast(
        History(np.arange(1.0, 21)[None, ::-1], ()), 1
    )
    assert quantile(forecasts, 0.05) == [[1]]
    assert quantile(forecasts, 0.1) == [[2]]
    assert quantile(forecasts, 0.5) == [[10]]
    assert quantile(forecasts, 0.95) == [[19]]
    assert quantile(forecasts, 0.99) == [[20]]


def test_points_are_medians() -> None:
    forecasts = Npts().forecast(History(np.random.default_rng(0).random((3, 40)), (7,)), 9)
    assert forecasts.points.tolist() == quantile(forecasts, 0.5)


def test_a_step_repeats_only_observations_of_its_season() -> None:
    cycle = np.tile([1.0, 2, 3], 5)
    assert Npts().forecast(History(cycle[None], (3,)), 7).points.tolist() == [[1, 2, 3, 1, 2, 3, 1]]


@pytest.mark.parametrize(
    ("frequency", "periods", "season"),
    [("H", 72, 24), ("2H", 36, 12), ("15min", 288, 96), ("D", 28, 7), ("3D", 28, 7), ("M", 36, 12), ("3M", 12, 4)],
)
def test_the_season_follows_the_calendar(frequency: str, periods: int, season: int) -> None:
    cycle = np.arange(periods + 5) % season
    given = history([cycle[:periods]], frequency, "2024-01-01", 5)
    assert Npts().forecast(given, 5).points.tolist() == [cycle[periods:].tolist()]


def test_minutes_take_the_minute_of_the_hour_until_the_data_hold_each_time_of_day_twice() -> None:
    given = history([np.arange(16) % 4], "15min", "2024-01-01", 5)
    assert Npts().forecast(given, 5).points.tolist() == [[0, 1, 2, 3, 0]]


def test_weeks_take_the_month_they_start_in() -> None:
    given = history(np.zeros((1, 104)), "W", "2022-01-03", 10)
    assert given.timeline is not None
    month = given.timeline.astype("datetime64[M]").astype(int) % 12
    answer = Npts().forecast(history([month[:104]], "W", "2022-01-03", 10), 10)
    assert answer.points.tolist() == [month[104:].tolist()]


def test_the_day_of_the_week_can_be_part_of_the_season_of_hours() -> None:
    week = np.arange(21 * 24 + 30) // 24 % 7 * 100 + np.arange(21 * 24 + 30) % 24
    given = history([week[: 21 * 24]], "H", "2024-01-01", 30)
    assert Npts(day_of_week=True).forecast(given, 30).points.tolist() == [week[21 * 24 :].tolist()]
    without_calendar = History(given.values, (24, 168))
    assert Npts(day_of_week=True).forecast(without_calendar, 30).points.tolist() == [week[21 * 24 :].tolist()]


def test_years_have_no_season() -> None:
    timeline = (np.datetime64("2000", "Y") + np.arange(6)).astype("datetime64[ns]")
    answer = Npts(kernel_type="uniform").forecast(
        History(np.array([[1.0, 2, 3, 4, 5]]), (), Frequency(1, "Y"), timeline), 1
    )
    assert answer.points.tolist() == [[3]]


def test_a_season_without_an_observation_takes_all_observations() -> None:
    values = np.array([[NAN, 2, NAN, 4, NAN, 6]])
    answer = Npts(kernel_type="uniform").forecast(History(values, (2,)), 2)
    assert answer.points.tolist() == [[4, 4]]


def test_only_the_context_counts() -> None:
    values = np.array([[100.0, 100, 100, 1, 2, 3]])
    answer = Npts(kernel_type="uniform", use_seasonal_model=False, context_length=3).forecast(History(values, ()), 2)
    assert quantile(answer, 0.99) == [[3, 3]]


def test_series_without_an_observation_in_the_context_get_no_forecast() -> None:
    answer = Npts(context_length=2).forecast(History(np.array([[NAN, NAN, NAN], [5, NAN, NAN], [NAN, NAN, 7]]), ()), 2)
    assert np.isnan(answer.points[:2]).all()
    assert answer.quantiles is not None
    assert np.isnan(answer.quantiles[:2]).all()
    assert (answer.quantiles[2] == 7).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_constant_and_all_zero_series_stay_what_they_are(variant: dict[str, Any]) -> None:
    answer = Npts(**variant).forecast(History(np.array([[4.0] * 20, [0.0] * 20]), (7,)), 9)
    assert answer.quantiles is not None
    assert (answer.quantiles[0] == 4).all()
    assert (answer.quantiles[1] == 0).all()


def test_a_long_silence_does_not_take_all_weight() -> None:
    values = np.full((1, 3000), NAN)
    values[0, :3] = [3, 1, 2]
    answer = Npts(use_seasonal_model=False, exp_kernel_weights=1.0).forecast(History(values, ()), 1)
    assert answer.points.tolist() == [[2]]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_series_is_forecast_alike_alone_and_among_others(variant: dict[str, Any]) -> None:
    rng = np.random.default_rng(3)
    values = rng.poisson(1.5, (6, 60)).astype(float)
    values[rng.random(values.shape) < 0.2] = NAN
    values[1, :40] = NAN
    flags = rng.random((2, 6, 69)) < 0.2
    covariates = Covariates(("promotion", "price"), flags.astype(float), (True, True))
    covariates.values[1, 2:] = rng.random((4, 69))
    given = history(values, "D", "2024-01-01", 9, covariates=covariates)
    together = Npts(**variant).forecast(given, 9)
    assert together.quantiles is not None
    assert (np.diff(together.quantiles, axis=2) >= 0).all()
    for row in range(6):
        alone = Npts(**variant).forecast(given.rows(slice(row, row + 1)), 9)
        np.testing.assert_array_equal(together.quantiles[row], alone.quantiles[0])  # type: ignore[index]


def test_many_series_are_forecast_in_chunks_with_the_same_result() -> None:
    given = History(np.random.default_rng(0).random((50, 40)), (7,))
    np.testing.assert_array_equal(
        Npts(chunk_bytes=20_000).forecast(given, 3).quantiles,  # type: ignore[arg-type]
        Npts().forecast(given, 3).quantiles,  # type: ignore[arg-type]
    )


def promoted(known_ahead: bool) -> History:
    """Twenty weeks of days worth 10, and 50 on each promotion; one is ahead."""
    promotion = np.zeros((1, 1, 147))
    promotion[0, 0, [6, 34, 62, 90, 118, 146]] = 1
    values = np.where(promotion[0, :, :140] == 1, 50.0, 10.0)
    return history(values, "D", "2024-01-01", 7, covariates=Covariates(("promotion",), promotion, (known_ahead,)))


def test_a_promotion_that_is_known_ahead_repeats_past_promotions_of_its_season() -> None:
    assert Npts().forecast(promoted(known_ahead=True), 7).points.tolist() == [[10, 10, 10, 10, 10, 10, 50]]


def test_a_promotion_that_is_not_known_ahead_counts_for_nothing() -> None:
    assert Npts().forecast(promoted(known_ahead=False), 7).points.tolist() == [[10] * 7]


def test_a_promotion_that_was_rare_is_forecast_like_any_day_of_its_season() -> None:
    rare = promoted(known_ahead=True)
    assert rare.covariates is not None
    rare.covariates.values[0, 0, [6, 34, 62]] = 0
    assert Npts(kernel_type="uniform").forecast(rare, 7).points.tolist() == [[10] * 7]


def test_flags_alone_make_the_season_without_default_time_features() -> None:
    given = promoted(known_ahead=True)
    given.values[0, :] += np.arange(140) % 7
    answer = Npts(kernel_type="uniform", use_default_time_features=False).forecast(given, 7)
    assert answer.points.tolist() == [[13, 13, 13, 13, 13, 13, 56]]


def test_the_hyperparameters_of_the_service_make_an_algorithm() -> None:
    written = {"kernel_type": "Uniform", "use_seasonal_model": "False", "context_length": "30"}
    algorithm = Npts(**read_hyperparameters("NPTS", written))
    assert algorithm == Npts(context_length=30, kernel_type="uniform", use_seasonal_model=False)
    assert Npts(**read_hyperparameters("NPTS", {})) == Npts()
