"""The metrics, against numbers worked out by hand and against a second formulation."""

from __future__ import annotations

from math import isnan, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast_platform.engine import metrics

ACTUAL = np.array([[10.0, 20.0], [0.0, 10.0]])
FORECAST = np.array([[12.0, 16.0], [1.0, 10.0]])
POSITIVE = arrays(np.float64, (3, 4), elements=st.floats(0.5, 1e6))


def test_weighted_quantile_loss_by_hand() -> None:
    # over by 2, under by 4, over by 1, exact: 2 * (0.1*2 + 0.9*4 + 0.1*1) / 40
    assert metrics.weighted_quantile_loss(ACTUAL, FORECAST, 0.9) == pytest.approx(2 * 3.9 / 40)


def test_point_metrics_by_hand() -> None:
    assert metrics.wape(ACTUAL, FORECAST) == pytest.approx(7 / 40)
    assert metrics.rmse(ACTUAL, FORECAST) == pytest.approx(sqrt((4 + 16 + 1 + 0) / 4))
    assert metrics.mape(ACTUAL, FORECAST) == pytest.approx((0.2 + 0.2 + 0.0) / 3)
    assert metrics.mase(ACTUAL, FORECAST, np.array([2.0, 0.5])) == pytest.approx((3 / 2 + 0.5 / 0.5) / 2)
    assert metrics.coverage(ACTUAL, FORECAST - 2, FORECAST + 1) == pytest.approx(3 / 4)


def test_seasonal_error_uses_the_last_step_where_the_season_is_too_long() -> None:
    history = np.array([[1.0, 5.0, 3.0, 9.0], [np.nan, np.nan, 2.0, 5.0]])
    assert metrics.seasonal_error(history, 2).tolist() == [3.0, 3.0]


def test_metrics_per_series() -> None:
    assert metrics.wape(ACTUAL, FORECAST, axis=1).tolist() == pytest.approx([6 / 30, 1 / 10])
    assert metrics.rmse(ACTUAL, FORECAST, axis=1).tolist() == pytest.approx([sqrt(10), sqrt(0.5)])


def test_all_zero_actuals_give_the_unweighted_loss() -> None:
    assert metrics.weighted_quantile_loss(np.zeros(2), np.array([1.0, 3.0]), 0.5) == pytest.approx(4.0)
    assert isnan(metrics.mape(np.zeros(2), np.ones(2)))


def test_what_was_not_observed_is_not_scored() -> None:
    actual = np.array([10.0, np.nan])
    assert metrics.wape(actual, np.array([8.0, 99.0])) == pytest.approx(0.2)
    assert isnan(metrics.wape(np.array([np.nan]), np.array([1.0])))


@given(POSITIVE, POSITIVE, st.floats(0.01, 0.99))
def test_weighted_quantile_loss_agrees_with_its_other_form(
    actual: np.ndarray, forecast: np.ndarray, tau: float
) -> None:
    other = 2 * np.sum((forecast - actual) * ((actual <= forecast) - tau)) / np.abs(actual).sum()
    assert metrics.weighted_quantile_loss(actual, forecast, tau) == pytest.approx(other)


@given(POSITIVE, POSITIVE)
def test_the_median_loss_is_the_wape(actual: Any, forecast: Any) -> None:
    assert metrics.weighted_quantile_loss(actual, forecast, 0.5) == pytest.approx(metrics.wape(actual, forecast))
