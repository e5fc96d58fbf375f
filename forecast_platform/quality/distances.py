"""How far apart two distributions are: the distances of SageMaker Model Monitor, and the population stability index.

Belongs here: formulas on sketches and on counts of categories. Does not belong here: thresholds and what is said of
them (``model_monitor.violations``, ``drift``).

Source of the Model Monitor distances: the library its container is built on, Deequ's ``Distance``, and the documented
meaning of ``comparison_method`` and ``categorical_drift_method``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from forecast_platform.quality.sketches import KllSketch

ROBUST_FACTOR = 1.8
"""Two samples of one distribution are further apart than this times sqrt((n + m) / (n m)) in 3 of 1,000 cases: it is
the two-sample Kolmogorov-Smirnov bound sqrt(-ln(alpha / 2) / 2) for alpha = 0.003."""

_LEAST_EXPECTED = 5
_SHARE_BELOW_LEAST_EXPECTED = 0.2
_LEAST_EXPECTED_OF_TWO = 10
PSI_BINS = 10
_PSI_PSEUDO_COUNT = 0.5


def linf_simple(baseline: KllSketch, current: KllSketch) -> float:
    """The largest difference between two cumulative distributions, 0-1: ``comparison_method`` Simple.

    NaN when one of them has no values.
    """
    points = np.unique(np.concatenate([*baseline.levels, *current.levels]))
    if not (baseline.count and current.count):
        return math.nan
    return float(np.abs(baseline.cdf(points) - current.cdf(points)).max())


def linf_robust(baseline: KllSketch, current: KllSketch) -> float:
    """:func:`linf_simple` less what chance explains for these sizes, at least 0: ``comparison_method`` Robust."""
    return robust(linf_simple(baseline, current), baseline.count, current.count)


def categorical_linf(
    baseline: Mapping[str, int], current: Mapping[str, int], *, robustly: bool = False, uncounted: int = 0
) -> float:
    """The largest difference between the shares of one category, 0-1: ``categorical_drift_method`` LInfinity.

    Args:
        baseline, current: Occurrences by category.
        robustly: Subtract what chance explains, as in :func:`linf_robust`.
        uncounted: Occurrences in ``current`` of categories that are too rare to be counted.

    Returns:
        NaN when one of them has no values.
    """
    n, m = sum(baseline.values()), sum(current.values()) + uncounted
    if not (n and m):
        return math.nan
    categories = baseline.keys() | current.keys()
    distance = max(abs(baseline.get(one, 0) / n - current.get(one, 0) / m) for one in categories)
    return robust(distance, n, m) if robustly else distance


def robust(distance: float, n: int, m: int) -> float:
    """``distance`` between samples of ``n`` and ``m`` values less what chance explains, at least 0."""
    if math.isnan(distance):
        return distance
    return max(0.0, distance - ROBUST_FACTOR * math.sqrt((n + m) / (n * m)))


def chi_squared(baseline: Mapping[str, int], current: Mapping[str, int]) -> tuple[float, float]:
    """Pearson's test that ``current`` has the shares of ``baseline``: ``categorical_drift_method`` ChiSquared.

    The shares of the baseline are scaled to the number of current values in its categories; categories it does not
    have are left to the domain check. The rarest categories are put together until the test is valid: with two all
    are expected ten times (Cochran), with more at most a fifth is expected less than five times (Yates).

    Returns:
        Statistic and p-value. NaN when less than two categories are left.
    """
    n = sum(baseline.values())
    m = sum(occurrences for category, occurrences in current.items() if category in baseline)
    if not (n and m):
        return math.nan, math.nan
    pairs = sorted((occurrences * m / n, float(current.get(one, 0)), one) for one, occurrences in baseline.items())
    cells = [(expected, observed) for expected, observed, _ in pairs]
    while len(cells) > 1 and _too_rare([expected for expected, _ in cells]):
        (first, seen_first), (second, seen_second), *others = cells
        cells = sorted([(first + second, seen_first + seen_second), *others])
    if len(cells) < 2:
        return math.nan, math.nan
    statistic = sum((observed - expected) ** 2 / expected for expected, observed in cells)
    from scipy.stats import chi2

    return statistic, float(chi2.sf(statistic, len(cells) - 1))


def _too_rare(expected: list[float]) -> bool:
    if len(expected) == 2:
        return min(expected) < _LEAST_EXPECTED_OF_TWO
    rare = sum(one < _LEAST_EXPECTED for one in expected)
    return rare / len(expected) > _SHARE_BELOW_LEAST_EXPECTED


def psi(baseline: ArrayLike, current: ArrayLike) -> float:
    """Population stability index: sum of (q - p) ln(q / p) over bins (Kullback's symmetric divergence).

    Half an occurrence is added to each bin, so an empty one does not make it infinite.

    Args:
        baseline, current: Occurrences by bin, in the same order.

    Returns:
        0 = the same. Below 0.1 is usually called no change and above 0.25 a large one, but see ``drift``: with few
        values chance alone exceeds both. NaN when one of them has no values.
    """
    base, now = np.asarray(baseline, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if not (base.sum() and now.sum()):
        return math.nan
    p, q = ((one + _PSI_PSEUDO_COUNT) / (one.sum() + _PSI_PSEUDO_COUNT * len(one)) for one in (base, now))
    return float(((q - p) * np.log(q / p)).sum())


def psi_of_sketches(baseline: KllSketch, current: KllSketch, bins: int = PSI_BINS) -> float:
    """:func:`psi` over bins that each hold an equal share of the baseline; ties of the baseline share a bin."""
    if not (baseline.count and current.count):
        return math.nan
    edges = np.unique(baseline.quantiles(np.arange(1, bins) / bins))
    counts = [np.diff(np.concatenate([[0], one.ranks(edges), [one.count]])) for one in (baseline, current)]
    return psi(*counts)
