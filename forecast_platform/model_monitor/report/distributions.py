"""A feature's distribution in the baseline and in the current data, made comparable.

Belongs here: sketches to shares between common edges, counts to shares of categories, where the two differ most.
Does not belong here: how that is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast_platform.model_monitor.report.documents import Column
from forecast_platform.quality.sketches import KllSketch

BINS = 24
"""More than the ten buckets of ``statistics.json``: a shift inside one of those would not show."""

MOST_CATEGORIES = 6
_TAIL = 0.005
_LONG_TAIL = 4.0
"""The ends hold the tails when the full range is this many times wider than what 99 % of the values need."""


@dataclass(frozen=True)
class Gap:
    """Where two distributions are furthest apart.

    Attributes:
        at: Between values up to here, or in this category.
        baseline, current: The cumulative share up to there, or the share of the category.
    """

    at: float | str
    baseline: float
    current: float


@dataclass(frozen=True)
class Histogram:
    """Shares of values between common edges.

    Attributes:
        edges: One more than there are shares, equally far apart.
        baseline, current: The share of values in each bin; empty where there is no distribution.
        tails: Whether the first and the last bin also hold what lies beyond them, below and above.
        gap: None unless there are both.
    """

    edges: tuple[float, ...]
    baseline: tuple[float, ...]
    current: tuple[float, ...]
    tails: tuple[bool, bool]
    gap: Gap | None


@dataclass(frozen=True)
class Categories:
    """Shares of the most frequent values of both distributions.

    Attributes:
        rows: Value, share in the baseline, share in the current data; None where there is no distribution.
        others: How many values are left out, and their shares.
    """

    rows: tuple[tuple[str, float | None, float | None], ...]
    others: tuple[int, float | None, float | None] | None
    gap: Gap | None


def histogram(baseline: Column | None, current: Column | None) -> Histogram | None:
    """The numeric distributions of a feature, or None when neither has a sketch that can be drawn."""
    sketches = [_sketch(column) for column in (baseline, current)]
    drawn = [one for one in sketches if one is not None]
    if not drawn:
        return None
    integral = all(column.kind == "Integral" for column in (baseline, current) if column and column.levels)
    edges = _edges(drawn, integral)
    if edges is None:
        return None
    shares = [_shares(one, edges) if one else () for one in sketches]
    tails = (min(one.minimum for one in drawn) < edges[0], max(one.maximum for one in drawn) > edges[-1])
    return Histogram(tuple(edges.tolist()), shares[0], shares[1], tails, _numeric_gap(*sketches))


def categories(baseline: Column | None, current: Column | None) -> Categories | None:
    """The categorical distributions of a feature, or None when neither ``statistics.json`` has one.

    The category that differs most is always among the rows.
    """
    counts = [column.categories if column and column.categories is not None else None for column in (baseline, current)]
    base, now = (_category_shares(one) if one is not None else None for one in counts)
    names = list(dict.fromkeys([*(base or {}), *(now or {})]))
    if not names:
        return None
    names.sort(key=lambda name: (-max((base or {}).get(name, 0.0), (now or {}).get(name, 0.0)), name))
    gap = _categorical_gap(names, base, now)
    shown = names[:MOST_CATEGORIES]
    if gap and gap.at not in shown:
        shown = [*shown[:-1], str(gap.at)]
    rows = tuple((name, _share_of([name], base), _share_of([name], now)) for name in shown)
    left_out = [name for name in names if name not in shown]
    others = (len(left_out), _share_of(left_out, base), _share_of(left_out, now)) if left_out else None
    return Categories(rows, others, gap)


def _sketch(column: Column | None) -> KllSketch | None:
    if column is None or not column.levels:
        return None
    try:
        sketch = KllSketch.of_levels(column.levels, column.minimum, column.maximum)
    except ValueError:
        return None
    return sketch if sketch.count else None


def _edges(sketches: Sequence[KllSketch], integral: bool) -> NDArray[np.float64] | None:
    """Equal bins over both distributions, without their long tails. None when floats cannot tell the edges apart."""
    low, high = min(one.minimum for one in sketches), max(one.maximum for one in sketches)
    near_low = min(float(one.quantiles(_TAIL)) for one in sketches)
    near_high = max(float(one.quantiles(1 - _TAIL)) for one in sketches)
    if high - low > _LONG_TAIL * (near_high - near_low) > 0:
        low, high = near_low, near_high
    if not math.isfinite(high - low):
        return None
    edges: NDArray[np.float64]
    if integral:
        width = max(1, math.ceil((high - low + 1) / BINS))
        edges = low - 0.5 + width * np.arange(math.ceil((high - low + 1) / width) + 1, dtype=np.float64)
    elif high == low:
        edges = np.array([low - 0.5, low + 0.5], dtype=np.float64)
    else:
        edges = np.linspace(low, high, BINS + 1)
    return edges if bool((np.diff(edges) > 0).all()) else None


def _shares(sketch: KllSketch, edges: NDArray[np.float64]) -> tuple[float, ...]:
    below = np.concatenate([[0], sketch.ranks(edges[1:-1]), [sketch.count]])
    return tuple((np.diff(below) / sketch.count).tolist())


def _numeric_gap(baseline: KllSketch | None, current: KllSketch | None) -> Gap | None:
    if baseline is None or current is None:
        return None
    points = np.unique(np.concatenate([*baseline.levels, *current.levels]))
    base, now = baseline.cdf(points), current.cdf(points)
    widest = int(np.abs(base - now).argmax())
    return Gap(float(points[widest]), float(base[widest]), float(now[widest]))


def _category_shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()} if total else {}


def _share_of(names: Sequence[str], shares: Mapping[str, float] | None) -> float | None:
    return None if shares is None else sum(shares.get(name, 0.0) for name in names)


def _categorical_gap(
    names: Sequence[str], base: Mapping[str, float] | None, now: Mapping[str, float] | None
) -> Gap | None:
    if not base or not now:
        return None
    widest = max(names, key=lambda name: abs(base.get(name, 0.0) - now.get(name, 0.0)))
    return Gap(widest, base.get(widest, 0.0), now.get(widest, 0.0))
