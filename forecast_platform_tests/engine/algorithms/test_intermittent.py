"""Models of sparse series against statsforecast called directly, and the classification of demand by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from forecast_platform.engine.algorithms.contract import History
from forecast_platform.engine.algorithms.intermittent import (
    CrostonSba,
    Imapa,
    Intermittent,
    Tsb,
    sparsity,
)

NAN = np.nan
MODELS = (CrostonSba(), Tsb(), Imapa())
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)


def sparse(rows: int = 4, periods: int = 60) -> Any:
    rng = np.random.default_rng(0)
    return rng.poisson(4, (rows, periods)) * (rng.random((rows, periods)) < 0.3).astype(float)


def test_croston_smooths_size_and_interval() -> None:
    # Sizes 4, 8 -> 4 + 0.1 * 4 = 4.4; intervals 2, 4 -> 2 + 0.1 * 2 = 2.2; the rate is 0.95 * 4.4 / 2.2.
    answer = CrostonSba().forecast(History(np.array([[0.0, 4, 0, 0, 0, 8, 0]]), ()), 2)
    np.testing.assert_allclose(answer.points, [[1.9, 1.9]])


def test_the_rate_of_tsb_falls_with_each_period_without_demand() -> None:
    values = np.zeros((1, 40))
    values[0, :20:2] = 5
    rates = [Tsb().forecast(History(values[:, :periods], ()), 1).points[0, 0] for periods in (19, 25, 40)]
    assert rates[0] > rates[1] > rates[2] > 0


def test_each_model_gives_what_statsforecast_gives() -> None:
    from statsforecast import models

    reference = {
        "CrostonSBA": models.CrostonSBA(),
        "TSB": models.TSB(alpha_d=0.1, alpha_p=0.1),
        "IMAPA": models.IMAPA(),
    }
    values = sparse()
    for model in MODELS:
        expected = [reference[model.name].forecast(y=series, h=3)["mean"] for series in values]
        np.testing.assert_array_equal(model.forecast(History(values, ()), 3).points, expected)


@each_model
def test_a_series_is_forecast_alike_alone_and_among_others(model: Intermittent) -> None:
    values = sparse()
    values[1, :30] = NAN
    values[2, [5, 6, 59]] = NAN
    together = model.forecast(History(values, (7,)), 5)
    assert together.failures == {}
    for row in range(len(values)):
        np.testing.assert_array_equal(model.forecast(History(values[[row]], (7,)), 5).points[0], together.points[row])


@each_model
def test_what_comes_before_the_first_observation_counts_for_nothing(model: Intermittent) -> None:
    late = np.full((1, 100), NAN)
    late[0, 40:] = sparse(1)[0]
    np.testing.assert_array_equal(
        model.forecast(History(late, ()), 2).points, model.forecast(History(late[:, 40:], ()), 2).points
    )


@each_model
def test_any_series_with_an_observation_gets_a_forecast(model: Intermittent) -> None:
    values = np.full((5, 12), NAN)
    values[0], values[1], values[2] = 0, 3, np.arange(12)
    values[3, -1] = 7
    answer = model.forecast(History(values, ()), 4)
    assert answer.failures == {}
    assert np.isfinite(answer.points[:4]).all()
    assert (answer.points[0] == 0).all()
    assert np.isnan(answer.points[4]).all()


def test_sparsity_is_the_share_of_zeros_among_observations() -> None:
    values = np.array([[0.0, 0, 1, 2], [NAN, NAN, 0, 1], [0, 0, 0, 0], [NAN, NAN, NAN, NAN]])
    np.testing.assert_array_equal(sparsity(values), [0.5, 0.5, 1.0, NAN])
