"""Distributions made comparable."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_platform.model_monitor.report.distributions import BINS, MOST_CATEGORIES, categories, histogram
from forecast_platform.model_monitor.report.documents import Column
from forecast_platform.quality.distances import linf_simple
from forecast_platform.quality.sketches import KllSketch

RANDOM = np.random.default_rng(4)


def column(values: object, kind: str = "Fractional") -> Column:
    array = np.asarray(values, dtype=float)
    levels = [level.tolist() for level in KllSketch.of(array).levels]
    return Column(kind, len(array), 0, minimum=float(array.min()), maximum=float(array.max()), levels=levels)


def texts(counts: dict[str, int]) -> Column:
    return Column("String", sum(counts.values()), 0, categories=counts)


def test_both_have_the_same_edges_and_shares_that_add_up_to_one() -> None:
    found = histogram(column(RANDOM.normal(0, 1, 30_000)), column(RANDOM.normal(3, 2, 500)))
    assert found is not None
    assert len(found.edges) == BINS + 1
    assert len(found.baseline) == len(found.current) == BINS
    assert sum(found.baseline) == pytest.approx(1)
    assert sum(found.current) == pytest.approx(1)


def test_small_data_gives_the_shares_of_numpy() -> None:
    values = RANDOM.uniform(0, 1, 300)
    found = histogram(column(values), None)
    assert found is not None
    assert found.current == ()
    assert found.baseline == pytest.approx(np.histogram(values, found.edges)[0] / 300)


def test_the_gap_is_where_the_distance_of_the_monitor_comes_from() -> None:
    before, after = RANDOM.normal(0, 1, 900), RANDOM.normal(0.4, 1, 700)
    found = histogram(column(before), column(after))
    assert found is not None
    assert found.gap is not None
    distance = linf_simple(KllSketch.of(before), KllSketch.of(after))
    assert abs(found.gap.baseline - found.gap.current) == pytest.approx(distance)


def test_whole_numbers_each_have_their_bar() -> None:
    found = histogram(column([1, 2, 2, 3], "Integral"), column([3, 3, 5], "Integral"))
    assert found is not None
    assert found.edges == (0.5, 1.5, 2.5, 3.5, 4.5, 5.5)
    assert found.baseline == (0.25, 0.5, 0.25, 0, 0)
    assert found.current == pytest.approx((0, 0, 2 / 3, 0, 1 / 3))


def test_bars_of_many_whole_numbers_hold_equally_many_of_them() -> None:
    found = histogram(column(np.arange(91), "Integral"), None)
    assert found is not None
    assert set(np.diff(found.edges)) == {4.0}
    assert found.baseline[:-1] == pytest.approx([4 / 91] * 22)


def test_a_long_tail_lies_in_the_last_bar() -> None:
    values = np.concatenate([RANDOM.normal(10, 1, 2000), [9_999.0]])
    found = histogram(column(values), column(RANDOM.normal(10, 1, 2000)))
    assert found is not None
    assert found.tails == (True, True)
    assert found.edges[-1] < 20
    assert sum(found.baseline) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["Integral", "Fractional"])
def test_one_value_is_one_bar_or_more_that_hold_it(kind: str) -> None:
    found = histogram(column([7, 7, 7], kind), column([7], kind))
    assert found is not None
    assert max(found.baseline) == max(found.current) == 1


@pytest.mark.parametrize(
    "levels",
    [[], [[]], [[1.0]] * 61, [[-1.7e308, 1.7e308]]],
    ids=["no sketch", "empty", "too many levels", "a range that no float holds"],
)
def test_what_cannot_be_drawn_is_not(levels: list[list[float]]) -> None:
    with np.errstate(over="ignore"):
        assert histogram(Column("Fractional", 3, 0, levels=levels), None) is None


def test_categories_are_the_most_frequent_of_both_and_the_rest_together() -> None:
    before = texts({f"v{n}": 100 - n for n in range(20)})
    found = categories(before, texts({"new": 50, "v0": 50}))
    assert found is not None
    assert [name for name, *_ in found.rows][:2] == ["new", "v0"]
    assert len(found.rows) == MOST_CATEGORIES
    assert found.others is not None
    assert found.others[0] == 21 - MOST_CATEGORIES
    assert sum(row[1] or 0 for row in found.rows) + (found.others[1] or 0) == pytest.approx(1)
    assert found.gap is not None
    assert found.gap.at == "new"


def test_the_category_that_differs_most_is_always_shown() -> None:
    same = {f"v{n}": 100 for n in range(9)}
    found = categories(texts({**same, "odd": 1}), texts({**same, "odd": 60}))
    assert found is not None
    assert "odd" in [name for name, *_ in found.rows]


def test_one_side_without_a_distribution_has_no_shares_and_no_gap() -> None:
    found = categories(texts({"a": 1}), Column("String", 900, 0))
    assert found is not None
    assert found.rows == (("a", 1.0, None),)
    assert found.gap is None
    assert categories(Column("String", 900, 0), None) is None
