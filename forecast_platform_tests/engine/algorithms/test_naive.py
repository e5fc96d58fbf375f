"""Seasonal naive."""

from __future__ import annotations

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats, History
from forecast_platform.engine.algorithms.naive import SeasonalNaive
from forecast_platform_tests.engine.series import weekly_cycle

NAN = np.nan


def points(values: list[list[float]] | Floats, season: int, horizon: int) -> Floats:
    return SeasonalNaive(season).forecast(History(np.array(values), (season,)), horizon).points


def test_the_last_season_is_repeated() -> None:
    assert points([[1, 2, 3, 4, 5, 6]], 3, 7).tolist() == [[4, 5, 6, 4, 5, 6, 4]]


def test_without_a_season_the_last_value_is_repeated() -> None:
    assert points([[1, 2, 3]], 1, 2).tolist() == [[3, 3]]


def test_it_agrees_with_statsforecast() -> None:
    from statsforecast.models import SeasonalNaive as Reference

    values = weekly_cycle(100)
    np.testing.assert_allclose(points(values[None], 7, 20)[0], Reference(7).forecast(y=values, h=20)["mean"])


def test_a_phase_that_is_missing_in_the_last_season_is_looked_up_further_back() -> None:
    assert points([[1, 2, 3, 4, NAN, 6]], 3, 3).tolist() == [[4, 2, 6]]


def test_a_phase_that_was_never_observed_takes_the_last_value() -> None:
    assert points([[NAN, NAN, NAN, 5, 8], [NAN, NAN, NAN, 8, NAN]], 3, 3).tolist() == [[8, 5, 8], [8, 8, 8]]


def test_a_history_shorter_than_the_season_is_repeated_as_it_is() -> None:
    assert points([[1, 2]], 4, 4).tolist() == [[2, 2, 1, 2]]
