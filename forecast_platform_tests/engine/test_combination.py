"""Weights of candidates: what the panel says, and how far a series may differ."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_platform.engine.algorithms.contract import Floats
from forecast_platform.engine.combination import PanelWeights, combine, learn_weights, series_weights
from forecast_platform_tests.engine.fakes import backtest_of

WQL = "AverageWeightedQuantileLoss"
METRICS = (WQL, "WAPE", "RMSE", "MASE", "MAPE")
WINDOWS, STEPS = 4, 6


def noise(size: float, series: int, seed: int) -> Floats:
    """Errors of a candidate that is off by about ``size``."""
    return np.random.default_rng(seed).normal(0, size, (WINDOWS, series, STEPS))


def by_name(weights: PanelWeights) -> dict[str, float]:
    return dict(zip(weights.names, weights.weights.tolist(), strict=True))


@pytest.mark.parametrize("metric", METRICS)
def test_without_windows_all_candidates_count_the_same(metric: str) -> None:
    nothing = backtest_of({name: np.empty((0, 3, STEPS)) for name in "abcd"})
    weights = learn_weights(nothing, np.ones(3), metric)
    assert by_name(weights) == pytest.approx(dict.fromkeys("abcd", 0.25))
    np.testing.assert_allclose(series_weights(nothing, weights, metric), np.full((3, 4), 0.25))


@pytest.mark.parametrize("metric", METRICS)
def test_a_candidate_that_is_bad_everywhere_counts_for_nothing(metric: str) -> None:
    made = backtest_of({"bad": noise(30, 20, 1), "good": noise(1, 20, 2), "fair": noise(1.2, 20, 3)}, actuals=50.0)
    weights = learn_weights(made, np.ones(20), metric)
    assert weights.names[-1] == "bad"
    assert by_name(weights)["bad"] == 0
    assert (series_weights(made, weights, metric)[:, -1] == 0).all()


def test_candidates_that_are_as_good_count_about_the_same() -> None:
    made = backtest_of({"one": noise(1, 50, 1), "other": noise(1, 50, 2)})
    assert learn_weights(made, np.ones(50), WQL).weights == pytest.approx([0.5, 0.5], abs=0.1)


def test_a_series_that_differs_from_the_panel_moves_its_weights() -> None:
    one, other = noise(1, 30, 1), noise(1.1, 30, 2)
    one[:, 0] *= 4
    made = backtest_of({"one": one, "other": other})
    panel = learn_weights(made, np.ones(30), WQL)
    weights = series_weights(made, panel, WQL)[:, panel.names.index("other")]
    assert weights[0] > weights[1:].max()
    assert weights[0] > 0.7


def test_one_lucky_window_of_one_series_does_not_decide() -> None:
    good, lucky = noise(1, 30, 1), noise(2, 30, 2)
    good[1:, 0], lucky[1:, 0] = np.nan, np.nan
    lucky[0, 0] = good[0, 0] / 2
    made = backtest_of({"good": good, "lucky": lucky})
    panel = learn_weights(made, np.ones(30), "WAPE")
    weights = series_weights(made, panel, "WAPE")[0]
    assert panel.names[0] == "good"
    assert weights[0] > 0.5


def test_a_series_that_was_never_scored_has_the_weights_of_the_panel() -> None:
    one, other = noise(1, 10, 1), noise(1.2, 10, 2)
    one[:, 3], other[:, 3] = np.nan, np.nan
    made = backtest_of({"one": one, "other": other})
    panel = learn_weights(made, np.ones(10), WQL)
    np.testing.assert_allclose(series_weights(made, panel, WQL)[3], panel.weights)


def test_a_constant_bias_is_no_loss_of_the_distribution_that_it_makes() -> None:
    """Errors move the distribution, so only their spread is left; the errors of points say something else."""
    biased, wide = np.full((WINDOWS, 20, STEPS), 3.0), noise(2, 20, 1)
    made = backtest_of({"biased": biased + noise(0.1, 20, 2), "wide": wide}, actuals=10.0)
    assert learn_weights(made, np.ones(20), WQL).names[0] == "biased"
    assert learn_weights(made, np.ones(20), "WAPE").names[0] == "wide"


def test_sparse_series_are_judged_by_the_distribution_and_not_by_the_zero() -> None:
    """Of demand in every fifth period, 0 has the least absolute error, and says nothing of when the demand comes."""
    demand = np.zeros((WINDOWS, 20, 10))
    demand[..., ::5] = 8.0
    knows = demand * 0.7 + 1.0
    made = backtest_of({"zero": demand - 0.0, "knows": demand - knows}, actuals=demand)
    assert np.abs(demand).mean() < np.abs(demand - knows).mean() * 1.5
    weights = by_name(learn_weights(made, np.ones(20), WQL))
    assert weights["knows"] > weights["zero"]


def test_the_metric_decides_what_is_good() -> None:
    steady = np.full((WINDOWS, 5, 4), 3.0)
    spiky = np.tile([0.0, 0.0, 0.0, 9.0], (WINDOWS, 5, 1))
    made = backtest_of({"steady": steady, "spiky": spiky}, actuals=10.0)
    assert learn_weights(made, np.ones(5), "WAPE").names[0] == "spiky"
    assert learn_weights(made, np.ones(5), "RMSE").names[0] == "steady"


def test_of_a_perfect_panel_nobody_is_the_favourite() -> None:
    made = backtest_of({"a": np.zeros((2, 3, 4)), "b": np.zeros((2, 3, 4))})
    assert learn_weights(made, np.ones(3), WQL).weights == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize(
    ("metric", "swing"),
    [
        *((metric, 10.0) for metric in METRICS),
        *((metric, 0.0) for metric in METRICS if metric != WQL),
        (WQL, 0.0),
    ],
)
def test_rounding_on_series_that_are_forecast_perfectly_does_not_turn_the_ranking_round(
    metric: str, swing: float
) -> None:
    """The 1e-14 of the better candidate counted as infinitely worse than the 0 of the other one."""
    perfect, actuals = slice(0, 9), 50 + swing * np.arange(STEPS)
    better, worse = noise(1, 12, 1), noise(1.5, 12, 2)
    better[:, perfect], worse[:, perfect] = 0.0, 0.0
    exact = backtest_of({"better": better, "worse": worse}, actuals)
    better[:, perfect] = noise(1e-14, 9, 3)
    rounded = backtest_of({"better": better, "worse": worse}, actuals)
    assert (rounded.answers.points["better"] != exact.answers.points["better"]).any()
    scale = np.repeat([50.0, 1.0], [9, 3])
    panel, expected = learn_weights(rounded, scale, metric), learn_weights(exact, scale, metric)
    assert panel.names == expected.names == ("better", "worse")
    np.testing.assert_allclose(panel.weights, expected.weights)
    np.testing.assert_allclose(series_weights(rounded, panel, metric), series_weights(exact, expected, metric))


def test_a_large_series_does_not_drown_the_others() -> None:
    """Nineteen series say that ``good`` is better; the twentieth is a million times larger and says the opposite."""
    good, other = noise(1, 20, 1), noise(2, 20, 2)
    good[:, 19], other[:, 19] = 2e6 * good[:, 19], 1e6 * other[:, 19] / 2
    scale = np.ones(20)
    scale[19] = 1e6
    weights = by_name(learn_weights(backtest_of({"good": good, "other": other}), scale, WQL))
    assert weights["good"] > 0.8


def test_the_combination_is_the_weighted_mean_by_hand() -> None:
    points = {"a": np.array([[1.0, 2.0]]), "b": np.array([[5.0, 10.0]])}
    assert combine(points, ("a", "b"), np.array([[0.75, 0.25]])).tolist() == [[2.0, 4.0]]


def test_candidates_without_a_forecast_stand_aside_and_the_others_share_their_weight() -> None:
    points = {"a": np.array([[1.0], [np.nan], [np.nan]]), "b": np.array([[2.0], [2.0], [np.nan]])}
    points["c"] = np.array([[4.0], [4.0], [9.0]])
    weights = np.array([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25], [0.5, 0.5, 0.0]])
    assert combine(points, ("a", "b", "c"), weights).tolist() == [[2.0], [3.0], [9.0]]


def test_a_candidate_that_was_not_asked_stands_aside_too() -> None:
    weights = np.array([[0.9, 0.1]])
    assert combine({"b": np.array([[7.0]])}, ("a", "b"), weights).tolist() == [[7.0]]


def test_where_nobody_has_a_forecast_there_is_none() -> None:
    assert np.isnan(combine({"a": np.array([[np.nan]])}, ("a",), np.array([[1.0]]))).all()


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.integers(1, 5),
    st.integers(0, 3),
    st.floats(0, 0.6),
    st.sampled_from(METRICS),
)
def test_weights_are_shares_whatever_was_seen(seed: int, count: int, windows: int, missing: float, metric: str) -> None:
    random = np.random.default_rng(seed)
    shape = (windows, 4, 3)
    errors = {f"c{index}": random.normal(0, 10 ** random.uniform(-3, 3), shape) for index in range(count)}
    for values in errors.values():
        values[random.random(shape) < missing] = np.nan
    actuals = random.poisson(1.0, shape).astype(float)
    made = backtest_of(errors, actuals)
    panel = learn_weights(made, np.ones(4), metric)
    weights = series_weights(made, panel, metric)
    assert sorted(panel.names) == sorted(errors)
    for shares in (panel.weights, *weights):
        assert shares.min() >= 0
        assert shares.sum() == pytest.approx(1)
