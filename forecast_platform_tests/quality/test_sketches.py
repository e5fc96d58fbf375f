"""Sketches stay within their guaranteed error, merge, and are the same for the same data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_platform.quality.sketches import (
    DISTINCT_EXACTLY,
    FREQUENT_TEXTS,
    SKETCH_SIZE,
    DistinctCounter,
    FrequentTexts,
    KllSketch,
    merge_all,
)

GUARANTEED_RANK_ERROR = 0.0014
"""Of Apache DataSketches with k = 2048, for one rank, at 99 % confidence."""

DISTRIBUTIONS = {
    "normal": lambda random, n: random.normal(size=n),
    "heavy_tailed": lambda random, n: random.pareto(1.1, size=n),
    "with_ties": lambda random, n: random.poisson(3, size=n).astype(float),
    "ascending": lambda random, n: np.arange(n, dtype=float),
    "descending": lambda random, n: np.arange(n, dtype=float)[::-1],
}


def largest_rank_error(sketch: KllSketch, values: np.ndarray) -> float:
    points = np.quantile(values, np.linspace(0, 1, 501))
    exact = np.searchsorted(np.sort(values), points, side="right")
    return float(np.abs(sketch.ranks(points) - exact).max() / len(values))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("batch", [97, 10_000, 300_000])
def test_a_sketch_is_within_its_guaranteed_rank_error(name: str, batch: int) -> None:
    values = DISTRIBUTIONS[name](np.random.default_rng(7), 300_000)
    sketch = KllSketch()
    for first in range(0, len(values), batch):
        sketch = sketch.updated(values[first : first + batch])
    assert sketch.count == len(values)
    assert largest_rank_error(sketch, values) <= GUARANTEED_RANK_ERROR
    assert (sketch.minimum, sketch.maximum) == (values.min(), values.max())


def test_many_merged_sketches_are_as_good_as_one() -> None:
    random = np.random.default_rng(3)
    hours = [random.gamma(2.0, 1.0 + hour / 100, size=3_000) for hour in range(200)]
    merged = merge_all(KllSketch.of(hour) for hour in hours)
    assert merged.count == 600_000
    assert largest_rank_error(merged, np.concatenate(hours)) <= GUARANTEED_RANK_ERROR
    assert sum(map(len, merged.levels)) < 4 * SKETCH_SIZE


def test_a_small_sketch_holds_the_values_as_they_came() -> None:
    values = np.random.default_rng(1).normal(size=SKETCH_SIZE)
    sketch = KllSketch().updated(values[:1000]).updated(values[1000:])
    assert len(sketch.levels) == 1
    assert np.array_equal(sketch.levels[0], values)


def test_the_same_data_gives_the_same_sketch() -> None:
    values = np.random.default_rng(1).normal(size=100_000)
    first, second = KllSketch.of(values), KllSketch.of(values.copy())
    assert [level.tobytes() for level in first.levels] == [level.tobytes() for level in second.levels]


@given(st.lists(st.floats(-1e300, 1e300), max_size=60), st.lists(st.floats(-1e300, 1e300), max_size=60))
def test_small_sketches_are_exact_also_when_merged(first: list[float], second: list[float]) -> None:
    merged = merge_all([KllSketch.of(first), KllSketch.of(second)])
    everything = np.sort(np.array(first + second))
    assert merged.count == len(everything)
    assert np.array_equal(merged.weighted()[0], everything)
    assert np.array_equal(merged.ranks(everything), np.searchsorted(everything, everything, side="right"))


def test_a_sketch_of_nothing_answers_that_it_knows_nothing() -> None:
    empty = merge_all([KllSketch(), KllSketch.of([])])
    assert empty.count == 0
    assert math.isnan(empty.minimum)
    assert np.isnan(empty.cdf([0.0])).all()
    assert np.isnan(empty.quantiles([0.5])).all()


def test_a_sketch_that_was_written_down_is_read_back() -> None:
    sketch = KllSketch.of(np.random.default_rng(5).normal(size=50_000))
    read = KllSketch.of_levels([level.tolist() for level in sketch.levels], sketch.minimum, sketch.maximum)
    assert read.count == sketch.count
    assert np.array_equal(read.ranks([-1.0, 0.0, 1.0]), sketch.ranks([-1.0, 0.0, 1.0]))


@pytest.mark.parametrize("levels", [[[math.nan]], [[math.inf]], [[1.0]] * 61, [["a"]]])
def test_levels_that_no_sketch_has_are_refused(levels: list[list[float]]) -> None:
    with pytest.raises(ValueError, match=r"sketch|float"):
        KllSketch.of_levels(levels)


def test_quantiles_are_values_that_were_seen() -> None:
    sketch = KllSketch.of(np.arange(1, 101))
    assert sketch.quantiles([0.0, 0.01, 0.5, 0.9, 1.0]).tolist() == [1, 1, 50, 90, 100]


class TestDistinctCounter:
    def test_few_different_texts_are_counted_exactly(self) -> None:
        counter = DistinctCounter().updated(["a", "b", "a"]).updated(["b", "ü", ""])
        assert counter.estimate() == 4.0

    def test_many_different_texts_are_estimated_within_five_percent_and_in_constant_size(self) -> None:
        counter = DistinctCounter()
        for first in range(0, 200_000, 25_000):
            counter = counter.updated([f"id-{number}" for number in range(first, first + 25_000)])
        assert counter.estimate() == pytest.approx(200_000, rel=0.05)
        assert len(counter.hashes) == DISTINCT_EXACTLY

    def test_merging_counts_what_is_in_both_once(self) -> None:
        left = DistinctCounter().updated([f"{number}" for number in range(3_000)])
        right = DistinctCounter().updated([f"{number}" for number in range(2_000, 4_000)])
        assert left.merged([right]).estimate() == 4_000.0
        assert right.merged([left]).hashes.tobytes() == left.merged([right]).hashes.tobytes()


class TestFrequentTexts:
    @staticmethod
    def of(texts: list[str]) -> FrequentTexts:
        different, occurrences = np.unique(np.array(texts, dtype=object), return_counts=True)
        return FrequentTexts().updated(different, occurrences)

    def test_few_different_texts_are_counted_exactly(self) -> None:
        summary = self.of(["a", "b", "a"]).merged([self.of(["a"])])
        assert summary.counts == {"a": 3, "b": 1}
        assert summary.forgotten == 0

    def test_the_frequent_ones_of_very_many_are_found_and_nothing_is_lost_count_of(self) -> None:
        rare = [f"id-{number}" for number in range(50_000)]
        summary = FrequentTexts()
        for first in range(0, 50_000, 5_000):
            summary = summary.merged([self.of(rare[first : first + 5_000] + ["common"] * 2_000)])
        everything = 50_000 + 20_000
        assert len(summary.counts) <= FREQUENT_TEXTS
        assert sum(summary.counts.values()) + summary.forgotten == everything
        assert 20_000 - everything / FREQUENT_TEXTS <= summary.counts["common"] <= 20_000
