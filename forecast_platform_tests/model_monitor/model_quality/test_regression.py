"""Metrics of a regression: by hand, and as scikit-learn has them."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from sklearn import metrics as reference

from forecast_platform.model_monitor.model_quality.regression import regression_metrics


def test_metrics_of_four_rows_are_as_computed_by_hand() -> None:
    found = regression_metrics(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 5.0, 3.0]))
    assert {name: metric.value for name, metric in found.items()} == {
        "mae": 0.75,  # (0 + 0 + 2 + 1) / 4
        "mse": 1.25,  # (0 + 0 + 4 + 1) / 4
        "rmse": 1.25**0.5,
        "r2": 0.0,  # 1 - 5 / (2.25 + 0.25 + 0.25 + 2.25)
    }
    assert list(found) == ["mae", "mse", "rmse", "r2"]


@pytest.mark.parametrize("actual", [[3.0, 3.0, 3.0], [3.0]])
def test_r2_of_ground_truth_that_does_not_vary_is_undefined_and_says_why(actual: list[float]) -> None:
    found = regression_metrics(np.array(actual), np.array(actual) + 1)
    assert found["mae"].value == 1
    assert isnan(found["r2"].value)
    assert found["r2"].document() == {
        "value": "NaN",
        "standard_deviation": "NaN",
        "reason": "the ground truth does not vary",
    }


def test_metrics_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(3)
    actual, predicted = random.normal(5, 3, 1000), random.normal(5, 3, 1000)
    found = {name: metric.value for name, metric in regression_metrics(actual, predicted).items()}
    assert found == pytest.approx(
        {
            "mae": reference.mean_absolute_error(actual, predicted),
            "mse": reference.mean_squared_error(actual, predicted),
            "rmse": reference.root_mean_squared_error(actual, predicted),
            "r2": reference.r2_score(actual, predicted),
        }
    )


def test_there_is_a_standard_deviation_from_200_rows_on_and_it_is_the_same_every_time() -> None:
    random = np.random.default_rng(3)
    actual, predicted = random.normal(size=200), random.normal(size=200)
    few = regression_metrics(actual[:199], predicted[:199])
    assert all(isnan(metric.deviation) for metric in few.values())
    assert few["mae"].document()["standard_deviation"] == "NaN"
    enough = regression_metrics(actual, predicted)
    assert all(0 < metric.deviation < 0.2 for metric in enough.values())
    assert enough == regression_metrics(actual, predicted)


def test_the_standard_deviation_is_that_of_five_samples_of_80_percent() -> None:
    random = np.random.default_rng(0)
    actual = np.random.default_rng(5).normal(size=1000)
    samples = [random.choice(1000, 800, replace=False, shuffle=False) for _ in range(5)]
    expected = np.std([np.abs(actual[rows]).mean() for rows in samples])
    assert regression_metrics(actual, np.zeros(1000))["mae"].deviation == pytest.approx(expected)
