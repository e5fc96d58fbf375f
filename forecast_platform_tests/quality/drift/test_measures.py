"""Distances of many series at once are those of each by itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ks_2samp

from forecast_platform.quality.drift.measures import AllTogether, Categories, EachSeries

NAN = math.nan


def test_each_series_has_the_distance_of_kolmogorov_and_smirnov_also_with_ties_and_gaps() -> None:
    rng = np.random.default_rng(1)
    sample, reference = rng.poisson(2, (50, 20)).astype(float), rng.poisson(3, (50, 45)).astype(float)
    sample[rng.random(sample.shape) < 0.2] = NAN
    reference[rng.random(reference.shape) < 0.2] = NAN
    found = EachSeries().distance(sample, reference)
    for row, distance in enumerate(found):
        kept = [one[row][~np.isnan(one[row])] for one in (sample, reference)]
        assert distance == pytest.approx(ks_2samp(*kept).statistic)


def test_a_series_without_values_has_no_distance_and_no_psi() -> None:
    empty, full = np.full((1, 3), NAN), np.array([[1.0, 2.0, 3.0]])
    each = EachSeries()
    assert each.counts(empty).tolist() == [0.0]
    assert np.isnan(each.psi(empty, full)).all()
    assert np.isnan(each.psi(full, empty)).all()
    assert AllTogether().distance(empty, full).tolist() == [0.0]


def test_all_together_are_one_sample() -> None:
    rng = np.random.default_rng(2)
    sample, reference = rng.normal(0, 1, (10, 20)), rng.normal(0.3, 1, (10, 50))
    distance = AllTogether().distance(sample, reference)
    assert distance == pytest.approx([ks_2samp(sample.ravel(), reference.ravel()).statistic])


@pytest.mark.parametrize("measure", [EachSeries(), AllTogether()])
def test_shares_are_those_at_or_below_each_point(measure: EachSeries | AllTogether) -> None:
    sample = np.array([[1.0, 2.0, 2.0, NAN, 4.0]])
    assert measure.shares(sample, np.array([[0.5, 2.0, 4.0]])).tolist() == [[0.0, 0.75, 1.0]]


def test_categories_are_compared_by_their_shares_and_a_new_one_counts() -> None:
    measure = Categories(np.array([0.0, 1.0]))
    sample, reference = np.array([[0.0, 1.0, 2.0, 2.0]]), np.array([[0.0, 0.0, 1.0, 1.0]])
    assert measure.shares(sample, measure.points(reference)).tolist() == [[0.25, 0.25]]
    assert measure.distance(sample, reference).tolist() == [0.5]
    assert measure.psi(sample, reference)[0] > 0.1


def test_the_psi_of_the_same_values_is_nothing() -> None:
    values = np.tile(np.arange(100.0), (3, 1))
    assert EachSeries().psi(values, values) == pytest.approx([0, 0, 0])
    assert AllTogether().psi(values, values) == pytest.approx([0])
