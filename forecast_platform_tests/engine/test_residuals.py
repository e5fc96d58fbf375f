"""Distributions from residuals."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast_platform.engine.residuals import ResidualQuantiles, pooled_quantiles, residual_quantiles, step_groups


def distribution(residuals: np.ndarray, levels: np.ndarray) -> ResidualQuantiles:
    return residual_quantiles(residuals, levels, pooled_quantiles(residuals, levels))


def test_steps_are_grouped_evenly_and_never_beyond_the_horizon() -> None:
    assert step_groups(8).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert step_groups(2).tolist() == [0, 1]


def test_intervals_of_normal_errors_cover_what_they_promise() -> None:
    random = np.random.default_rng(1)
    made = distribution(random.normal(0, 2, (40, 5, 12)), np.ones(5))
    lower, upper = (made.quantile_forecast(np.zeros((5, 12)), tau) for tau in (0.1, 0.9))
    future = random.normal(0, 2, (2000, 5, 12))
    assert 0.76 < ((future > lower) & (future < upper)).mean() < 0.84


def test_a_series_without_residuals_takes_those_of_the_panel_at_its_own_level() -> None:
    residuals = np.random.default_rng(2).normal(0, 1, (30, 2, 4))
    residuals[:, 1] = np.nan
    made = distribution(residuals, np.array([10.0, 1000.0]))
    wide = made.quantile_forecast(np.zeros((2, 4)), 0.9)
    assert wide[1].min() > 50 * wide[0].max()


@given(
    arrays(np.float64, (3, 2, 5), elements=st.floats(-1e6, 1e6) | st.just(float("nan"))),
    st.lists(st.integers(1, 99), min_size=2, max_size=5, unique=True),
)
def test_quantiles_never_cross(residuals: np.ndarray, percents: list[int]) -> None:
    made = distribution(residuals, np.array([1.0, 0.0]))
    points = np.arange(10.0).reshape(2, 5)
    forecasts = [made.quantile_forecast(points, percent / 100) for percent in sorted(percents)]
    for lower, upper in pairwise(forecasts):
        assert (lower <= upper + 1e-9).all()
