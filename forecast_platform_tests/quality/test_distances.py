"""Distances agree with Deequ's own examples, with scipy, and with what they are said to mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from forecast_platform.quality.distances import (
    categorical_linf,
    chi_squared,
    linf_robust,
    linf_simple,
    psi,
    psi_of_sketches,
)
from forecast_platform.quality.sketches import KllSketch

BASELINE = {"a": 10, "b": 20, "c": 25, "d": 10, "e": 5}


def test_numbers_of_deequs_tests_for_sketches() -> None:
    first, second = KllSketch.of([1, 2, 3, 4]), KllSketch.of([2, 3, 4, 5])
    assert linf_simple(first, second) == 0.25
    assert linf_robust(first, second) == 0.0


def test_numbers_of_deequs_tests_for_categories() -> None:
    current = {"a": 11, "b": 20, "c": 25, "d": 10, "e": 10}
    assert categorical_linf(BASELINE, current) == 0.06015037593984962
    assert categorical_linf(BASELINE, current, robustly=True) == 0.0


def test_numbers_of_deequs_tests_for_chi_squared() -> None:
    current = {"a": 207, "b": 20, "c": 25, "d": 14, "e": 25, "g": 13}
    expected = {"a": 223, "b": 20, "c": 25, "d": 12, "e": 13, "f": 15}
    statistic, p_value = chi_squared(expected, current)
    assert statistic == pytest.approx(28.175042782458068, rel=1e-12)
    assert p_value == pytest.approx(3.3640191298478506e-5, rel=1e-9)
    del current["g"], expected["f"]
    assert chi_squared(expected, current)[1] == pytest.approx(0.013227994814265176, rel=1e-9)


def test_the_distance_of_sketches_is_the_kolmogorov_smirnov_statistic() -> None:
    random = np.random.default_rng(2)
    first, second = random.normal(size=40_000), random.normal(0.05, 1.1, size=30_000)
    exact = stats.ks_2samp(first, second).statistic
    assert linf_simple(KllSketch.of(first), KllSketch.of(second)) == pytest.approx(exact, abs=0.002)
    small = linf_simple(KllSketch.of(first[:900]), KllSketch.of(second[:700]))
    assert small == pytest.approx(stats.ks_2samp(first[:900], second[:700]).statistic, abs=1e-12)


def test_the_robust_distance_rarely_finds_a_difference_where_there_is_none() -> None:
    random = np.random.default_rng(11)
    found = [
        linf_robust(KllSketch.of(random.normal(size=400)), KllSketch.of(random.normal(size=100))) > 0
        for _ in range(500)
    ]
    assert sum(found) <= 5  # 0.3 % are expected


def test_chi_squared_is_scipys_when_no_category_is_rare() -> None:
    expected, current = {"a": 500, "b": 300, "c": 200}, {"a": 230, "b": 170, "c": 100}
    reference = stats.chisquare([230, 170, 100], [250, 150, 100])
    assert chi_squared(expected, current) == pytest.approx((reference.statistic, reference.pvalue))


def test_rare_categories_are_put_together_before_they_are_tested() -> None:
    expected = {"a": 900, "b": 90, "c": 4, "d": 3, "e": 3}
    current = {"a": 88, "b": 10, "c": 1, "d": 1}
    assert chi_squared(expected, current) == pytest.approx(tuple(stats.chisquare([88, 12], [90, 10])))


@pytest.mark.parametrize(
    ("expected", "current"), [({}, {"a": 1}), ({"a": 5}, {}), ({"a": 5}, {"a": 9}), ({"a": 5}, {"b": 9})]
)
def test_chi_squared_of_too_little_is_not_a_number(expected: dict[str, int], current: dict[str, int]) -> None:
    assert all(math.isnan(one) for one in chi_squared(expected, current))


def test_distances_of_nothing_are_not_a_number() -> None:
    something, nothing = KllSketch.of([1.0]), KllSketch()
    for distance in (linf_simple, linf_robust, psi_of_sketches):
        assert math.isnan(distance(something, nothing))
    assert math.isnan(categorical_linf({"a": 1}, {}))
    assert math.isnan(psi([1, 2], [0, 0]))


def test_the_stability_index_is_zero_for_equal_shares_and_grows_with_a_shift() -> None:
    assert psi([10, 20, 70], [10, 20, 70]) == 0.0
    # By hand, with half an occurrence in each bin: p = (.5, .5), q = (30.5, 70.5) / 101.
    q = np.array([30.5, 70.5]) / 101
    assert psi([50, 50], [30, 70]) == pytest.approx(((q - 0.5) * np.log(q / 0.5)).sum())
    assert math.isfinite(psi([100, 0], [0, 100]))
    random = np.random.default_rng(4)
    base = KllSketch.of(random.normal(size=20_000))
    shifts = [psi_of_sketches(base, KllSketch.of(random.normal(shift, 1, size=20_000))) for shift in (0, 0.3, 1.0)]
    assert shifts[0] < 0.01 < shifts[1] < 0.25 < shifts[2]


def test_the_stability_index_survives_a_baseline_of_one_value() -> None:
    assert psi_of_sketches(KllSketch.of([3.0] * 50), KllSketch.of([3.0] * 20)) == pytest.approx(0.0, abs=0.02)
    assert psi_of_sketches(KllSketch.of([3.0] * 50), KllSketch.of([4.0] * 20)) > 1
