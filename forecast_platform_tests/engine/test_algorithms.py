"""Each algorithm on its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from forecast_platform.engine.algorithms import History, Median, Mstl, PointForecasts, SeasonalNaive, candidates
from forecast_platform_tests.engine.series import weekly_cycle

MODELS = [algorithm for algorithm in candidates(None, (7,)) if algorithm.fits_each_series]


def test_seasonal_naive_repeats_the_last_season() -> None:
    history = History(np.array([[1.0, 2, 3, 4, 5, 6]]), (3,))
    assert SeasonalNaive(3).forecast(history, 7).values.tolist() == [[4, 5, 6, 4, 5, 6, 4]]


def test_seasonal_naive_agrees_with_statsforecast() -> None:
    from statsforecast.models import SeasonalNaive as Reference

    values = weekly_cycle(100)
    ours = SeasonalNaive(7).forecast(History(values[None, :], (7,)), 20).values[0]
    np.testing.assert_allclose(ours, Reference(7).forecast(y=values, h=20)["mean"])


def test_seasonal_naive_looks_further_back_for_a_phase_that_is_missing() -> None:
    history = History(np.array([[1.0, 2, 3, 4, np.nan, 6], [np.nan, np.nan, np.nan, np.nan, np.nan, 8]]), (3,))
    assert SeasonalNaive(3).forecast(history, 3).values.tolist() == [[4, 2, 6], [8, 8, 8]]


@pytest.mark.parametrize("algorithm", MODELS, ids=lambda algorithm: algorithm.name)
def test_models_follow_the_cycle_of_a_long_series_and_pass_over_a_short_one(algorithm: object) -> None:
    values = np.full((2, 120), np.nan)
    values[0], values[1, -3:] = weekly_cycle(120), 1.0
    answer = algorithm.forecast(History(values, (7,)), 7)  # type: ignore[attr-defined]
    assert np.abs(answer.values[0] - weekly_cycle(127)[-7:]).mean() < 2
    assert np.isnan(answer.values[1]).all()
    assert answer.failures == {}


@pytest.mark.parametrize("algorithm", MODELS, ids=lambda algorithm: algorithm.name)
def test_models_accept_gaps_that_were_left_open(algorithm: object) -> None:
    values = weekly_cycle(120)[None, :].copy()
    values[0, [40, 41, 119]] = np.nan
    assert np.isfinite(algorithm.forecast(History(values, (7,)), 7).values).all()  # type: ignore[attr-defined]


def test_a_model_that_raises_is_reported_and_loses_only_that_series() -> None:
    class Broken(Mstl):
        def _model(self, seasons: tuple[int, ...]) -> object:
            raise ZeroDivisionError("no")

    answer = Broken().forecast(History(weekly_cycle(60)[None, :], (7,)), 3)
    assert np.isnan(answer.values).all()
    assert answer.failures == {0: "ZeroDivisionError: no"}


def test_only_the_seasons_of_the_frequency_become_candidates() -> None:
    assert [algorithm.name for algorithm in candidates("SeasonalNaive", (24, 168))] == [
        "SeasonalNaive_168",
        "SeasonalNaive_24",
        "SeasonalNaive_1",
    ]
    assert "MSTL" not in [algorithm.name for algorithm in candidates(None, ())]


def test_the_median_is_taken_step_by_step_and_passes_a_series_over_that_a_member_cannot_forecast() -> None:
    members = (_Says("low", 1.0), _Says("middle", 2.0), _Says("high", 9.0))
    history = History(np.ones((2, 10)), ())
    assert (Median(members).forecast(history, 3).values == 2.0).all()
    missing = (*members, _Says("unable", np.nan))
    assert np.isnan(Median(missing).forecast(history, 3).values).all()


def test_the_median_is_a_candidate_only_when_the_service_may_choose() -> None:
    assert [one.name for one in candidates(None, (24, 168))][-1] == "Median"
    assert "Median" not in [one.name for one in candidates("SeasonalNaive", (24, 168))]


@dataclass(frozen=True)
class _Says:
    name: str
    value: float
    fits_each_series: bool = False

    def forecast(self, history: History, horizon: int) -> PointForecasts:
        return PointForecasts(np.full((len(history.values), horizon), self.value), {})
