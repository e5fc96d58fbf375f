"""The metrics, against numbers worked out by hand, a second formulation, and other libraries."""

from __future__ import annotations

from math import isnan, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast_platform.engine import metrics

Floats = metrics.Floats

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


def test_bias_and_hit_rate_by_hand() -> None:
    assert metrics.bias(ACTUAL, FORECAST) == pytest.approx((2 - 4 + 1 + 0) / 40)
    assert metrics.bias(ACTUAL, FORECAST, axis=1).tolist() == pytest.approx([-2 / 30, 1 / 10])
    assert metrics.hit_rate(ACTUAL, FORECAST) == pytest.approx(3 / 4), "a value on the quantile is a hit"
    assert isnan(metrics.hit_rate(np.array([np.nan]), np.array([1.0])))


def test_metrics_per_step() -> None:
    assert metrics.wape(ACTUAL, FORECAST, axis=0).tolist() == pytest.approx([3 / 10, 4 / 30])
    assert metrics.mase(ACTUAL, FORECAST, np.array([2.0, 0.0]), axis=0).tolist() == pytest.approx([1.0, 2.0])


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


def long_frame(actual: Floats, **forecasts: Floats) -> Any:
    """Arrays of (series × steps) as the frame that utilsforecast takes."""
    import pandas as pd

    rows, steps = actual.shape
    columns = {name: values.ravel() for name, values in {"y": actual, **forecasts}.items()}
    return pd.DataFrame(
        {"unique_id": np.repeat(np.arange(rows), steps), "ds": np.tile(np.arange(steps), rows), **columns}
    )


@pytest.mark.parametrize("seed", range(3))
def test_metrics_per_series_agree_with_utilsforecast(seed: int) -> None:
    import pandas as pd
    from utilsforecast import losses

    random = np.random.default_rng(seed)
    history = random.gamma(2, 10, (6, 40))
    actual = random.gamma(2, 10, (6, 9)) + 0.1
    forecast = actual + random.normal(0, 5, actual.shape)
    low, high = forecast - 4, forecast + 4
    frame = long_frame(actual, m=forecast, **{"m-lo-80": low, "m-hi-80": high})
    past = long_frame(history)
    size = np.abs(actual).sum(axis=1)
    ours = {
        "mape": metrics.mape(actual, forecast, axis=1),
        "rmse": metrics.rmse(actual, forecast, axis=1),
        "wape": metrics.wape(actual, forecast, axis=1),
        "mase": metrics.mase(actual, forecast, metrics.seasonal_error(history, 7), axis=1),
        "coverage": metrics.coverage(actual, low, high, axis=1),
        **{f"wQL {q}": metrics.weighted_quantile_loss(actual, forecast, q, axis=1) for q in (0.1, 0.5, 0.9)},
    }
    theirs = {
        "mape": losses.mape(frame, ["m"]),
        "rmse": losses.rmse(frame, ["m"]),
        "wape": losses.nd(frame, ["m"]),
        "mase": losses.mase(frame, ["m"], 7, past),
        "coverage": losses.coverage(frame, ["m"], 80),
        **{f"wQL {q}": losses.quantile_loss(frame, {"m": "m"}, q=q) for q in (0.1, 0.5, 0.9)},
    }
    for name, table in theirs.items():
        assert isinstance(table, pd.DataFrame)
        expected = table.sort_values("unique_id")["m"].to_numpy()
        if name.startswith("wQL"):
            # Theirs is the mean over the steps, not relative to the actuals.
            expected = 2 * expected * actual.shape[1] / size
        np.testing.assert_allclose(ours[name], expected, err_msg=name)


def test_pooled_metrics_agree_with_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn comes with the extra for LightGBM")
    random = np.random.default_rng(0)
    actual = random.gamma(2, 10, (6, 9))
    forecast = actual + random.normal(0, 5, actual.shape)
    flat, made = actual.ravel(), forecast.ravel()
    assert metrics.rmse(actual, forecast) == pytest.approx(sklearn.root_mean_squared_error(flat, made))
    assert metrics.mape(actual, forecast) == pytest.approx(sklearn.mean_absolute_percentage_error(flat, made))
    for quantile in (0.05, 0.5, 0.9):
        pinball = sklearn.mean_pinball_loss(flat, made, alpha=quantile)
        expected = 2 * pinball * flat.size / np.abs(flat).sum()
        assert metrics.weighted_quantile_loss(actual, forecast, quantile) == pytest.approx(expected)
