"""How far apart chance alone moves two samples of a series: p-values, thresholds, false discoveries.

Belongs here: distributions under no drift. Does not belong here: distances and which samples (``comparison``).

Two independent samples of ``n`` and ``m`` values are further apart than ``D`` with a probability of about
``2 exp(-2 D² e)``, ``e = n m / (n + m)`` (Kolmogorov and Smirnov). The 2 is ``1 / (2 v)`` with ``v = 1/4``, the largest
variance of the difference of the two distribution functions, times ``e``: the variance at its worst point governs
the tail of the supremum of any Gaussian process (Borell, Tsirelson, Ibragimov and Sudakov). Values of a time series
are not independent, so ``v`` is measured on earlier windows, and is at least 1/4. Being measured on few, it makes
the tail as heavy as Student's: ``2 (1 + D² e / (d v)) ** (-d / 2)`` with ``d`` degrees of freedom.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

INDEPENDENT = 0.25
"""The variance ``v`` of independent values at the median, where it is largest."""
_MOST_DEGREES = 1000.0


def effective(points: Floats, reference_points: Floats) -> Floats:
    """``n m / (n + m)``; 0 where one of them is 0."""
    return np.asarray(points * reference_points / np.maximum(points + reference_points, 1))


def p_value(distance: Floats, size: Floats, variance: Floats, degrees: Floats) -> Floats:
    """The probability of at least this distance when nothing has changed, 0-1.

    Args:
        size: See :func:`effective`.
        variance: ``v`` above.
        degrees: Of freedom, of the variance.
    """
    tail = 2 * (1 + distance**2 * size / (degrees * variance)) ** (-degrees / 2)
    return np.asarray(np.minimum(tail, 1.0))


def threshold(level: Floats | float, size: Floats, variance: Floats, degrees: Floats) -> Floats:
    """The distance whose :func:`p_value` is ``level``; above 1 where so few values can never be far enough apart."""
    excess = degrees * ((np.asarray(level) / 2) ** (-2 / degrees) - 1)
    return np.asarray(np.sqrt(excess * variance / np.maximum(size, 1e-9)))


def moderated(variance: Floats, windows: Floats) -> tuple[Floats, Floats]:
    """Variances of many series, each drawn towards what is usual among them, and their degrees of freedom.

    Each was measured on few windows; together they say how different the series are. Source: Smyth, "Linear models and
    empirical Bayes methods for assessing differential expression" (2004), section 6.2.

    Args:
        windows: On how many each was measured; 0 = it was not.
    """
    from scipy.special import digamma, polygamma

    used = (windows > 0) & (variance > 0)
    if used.sum() < 3:
        return variance, np.maximum(windows, 1.0)
    half = windows[used] / 2
    logs = np.log(variance[used]) - digamma(half) + np.log(half)
    spread = float(logs.var(ddof=1) - polygamma(1, half).mean())
    prior_half = _inverse_trigamma(spread) if spread > 0 else _MOST_DEGREES / 2
    prior_half = min(prior_half, _MOST_DEGREES / 2)
    usual = float(np.exp(logs.mean() + digamma(prior_half) - np.log(prior_half)))
    degrees = windows + 2 * prior_half
    return (2 * prior_half * usual + windows * variance) / degrees, degrees


def _inverse_trigamma(value: float) -> float:
    """By Newton's method on the reciprocal, as in the appendix of the paper."""
    from scipy.special import polygamma

    found = 0.5 + 1 / value
    for _ in range(20):
        here = polygamma(1, found)
        found += here * (1 - here / value) / polygamma(2, found)
    return float(found)


def discovery_level(p_values: Floats, rate: float) -> float:
    """The level that keeps the expected share of false discoveries below ``rate``.

    Source: Benjamini and Hochberg, "Controlling the false discovery rate" (1995). Up to the level are discoveries;
    when there is none it is what a single one would have needed.
    """
    count = len(p_values)
    if not count:
        return rate
    steps = rate * np.arange(1, count + 1) / count
    found = np.nonzero(np.sort(p_values) <= steps)[0]
    return float(steps[found[-1] if len(found) else 0])
