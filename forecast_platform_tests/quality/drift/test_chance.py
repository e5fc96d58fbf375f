"""Thresholds and p-values agree with each other, with Kolmogorov and Smirnov, and with Benjamini and Hochberg."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, kstwobign

from forecast_platform.quality.drift import chance

ONE = np.array([1.0])


@pytest.mark.parametrize("level", [0.05, 0.003, 1e-6])
@pytest.mark.parametrize("degrees", [4.0, 30.0, 1000.0])
def test_the_threshold_is_the_distance_whose_p_value_is_the_level(level: float, degrees: float) -> None:
    size, variance, freedom = 12.0 * ONE, 0.4 * ONE, degrees * ONE
    distance = chance.threshold(level, size, variance, freedom)
    assert chance.p_value(distance, size, variance, freedom) == pytest.approx([level], rel=1e-9)


def test_of_independent_values_the_p_value_is_that_of_kolmogorov_and_smirnov() -> None:
    size = chance.effective(80.0 * ONE, 120.0 * ONE)
    for distance in (0.2, 0.25, 0.3):
        ours = chance.p_value(distance * ONE, size, chance.INDEPENDENT * ONE, 1e6 * ONE)
        assert ours[0] == pytest.approx(kstwobign.sf(distance * np.sqrt(size[0])), rel=0.02)


def test_more_points_need_less_distance_and_fewer_windows_need_more() -> None:
    few, many = (chance.threshold(0.003, n * ONE, 0.25 * ONE, 30 * ONE)[0] for n in (10, 100))
    assert few == pytest.approx(many * np.sqrt(10))
    unsure = chance.threshold(0.003, 10 * ONE, 0.25 * ONE, 5 * ONE)[0]
    assert unsure > few


def test_series_that_are_alike_lend_each_other_what_is_known_of_them() -> None:
    rng = np.random.default_rng(1)
    windows = np.full(500, 10.0)
    alike = 0.5 * rng.chisquare(10, 500) / 10
    variance, degrees = chance.moderated(alike, windows)
    assert degrees.min() > 100
    assert variance.std() < 0.1 * alike.std()
    different = np.exp(rng.normal(0, 2, 500)) * rng.chisquare(10, 500) / 10
    variance, degrees = chance.moderated(different, windows)
    assert degrees.max() < 13
    assert np.corrcoef(np.log(variance), np.log(different))[0, 1] > 0.99


def test_two_series_lend_each_other_nothing() -> None:
    variance, degrees = chance.moderated(np.array([0.3, 0.6]), np.array([8.0, 8.0]))
    assert (variance.tolist(), degrees.tolist()) == ([0.3, 0.6], [8.0, 8.0])


def test_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    rng = np.random.default_rng(2)
    p_values = np.concatenate([rng.random(400), rng.random(40) * 1e-3])
    level = chance.discovery_level(p_values, 0.05)
    expected = false_discovery_control(p_values) <= 0.05
    assert ((p_values <= level) == expected).all()
    assert expected.any()


def test_without_a_discovery_the_level_is_what_a_single_one_would_have_needed() -> None:
    assert chance.discovery_level(np.full(50, 0.9), 0.01) == pytest.approx(0.0002)
    assert chance.discovery_level(np.array([]), 0.01) == 0.01
