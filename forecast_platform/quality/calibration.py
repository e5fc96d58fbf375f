"""Whether intervals hold what they promise: binomial bands whose width depends on how much was really observed.

Belongs here: statistics of shares, for a project and per series. Does not belong here: measuring shares
(``engine.comparison``), which windows are looked at and decay of accuracy (``forecast_monitoring``).

A share of a continuous quantity is one number. Sparse demand is often exactly on a bound (zeros), and then a calibrated
quantile only promises that the share below it is at most τ and the share at or below it at least τ. So shares come in
two: with the bounds (``closed``), which must not be too low, and without (``opened``), which must not be too high.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

SPANS = (10, 5, 3)
"""Shares are judged over so many of the newest windows: over many a small fault is seen, over few a new one. A change
in the middle of a span looks like errors that go together, which is why one span is not enough."""
FALSE_ALARMS = 0.01
"""How often calibrated forecasts are outside their band, in any of the spans."""
FALSE_DISCOVERIES = 0.01
"""Expected share of calibrated series among those that are named."""
TOLERANCE = 0.02
"""By how much a share may be off whatever the number of observations; less than that is of no use to know."""
LEAST_WINDOWS = 2
LEAST_PERIODS = 10
"""Fewer tell too little of how errors go together."""


@dataclass(frozen=True)
class ShareVerdict:
    """A share against what was promised.

    Attributes:
        promised: 0-1.
        closed, opened: The share with and without the values on a bound; NaN where nothing was observed.
        low, high: The band; NaN where there is too little to judge.
        observations: Points behind the share.
        effective: Independent observations that would tell as much.
        windows: Over how many it was judged.
    """

    promised: float
    closed: float
    opened: float
    low: float
    high: float
    observations: int
    effective: float
    windows: int

    @property
    def judged(self) -> bool:
        """Whether there was enough to judge."""
        return bool(np.isfinite(self.low))

    @property
    def holds(self) -> bool:
        """Whether the share is in its band, or cannot be judged."""
        return not self.judged or (self.closed >= self.low and self.opened <= self.high)


def spans(steps: int) -> tuple[int, ...]:
    """:data:`SPANS`, or more windows of less than four steps, so that the shortest span can be judged."""
    longer = math.ceil(LEAST_PERIODS / (min(SPANS) * steps))
    return tuple(span * longer for span in SPANS)


def judge_share(periods: pd.DataFrame, promised: float) -> ShareVerdict:
    """Judge a share over the newest windows that do not overlap, of each of the :func:`spans`.

    Args:
        periods: One row per window and step, in the order of time: ``window`` (any label), ``observations``, and how
            many of them count with (``closed``) and without (``opened``) the bounds.
        promised: What the share should be, 0-1.

    Returns:
        The verdict over the longest span in which the share does not hold, or else over all.
    """
    seen = periods[periods["observations"] > 0]
    newest_first = seen["window"].unique()[::-1]
    steps = int(seen["window"].value_counts().max()) if len(seen) else 1
    verdicts = [_judge_span(seen[seen["window"].isin(newest_first[:span])], promised) for span in spans(steps)]
    return next((one for one in verdicts if not one.holds), verdicts[0])


def _judge_span(seen: pd.DataFrame, promised: float) -> ShareVerdict:
    count = seen["observations"].to_numpy(dtype=np.float64)
    closed, opened = (seen[name].to_numpy(dtype=np.float64) for name in ("closed", "opened"))
    total = float(count.sum())
    share, strictly = (float(one.sum()) / total if total else np.nan for one in (closed, opened))
    windows, labels = pd.factorize(seen["window"])
    if len(labels) < LEAST_WINDOWS or len(seen) < LEAST_PERIODS or not 0 < promised < 1:
        return ShareVerdict(promised, share, strictly, np.nan, np.nan, int(total), np.nan, len(labels))
    level = FALSE_ALARMS / len(SPANS)
    of_closed = effective_observations(closed, count, windows, promised, level)
    of_opened = effective_observations(opened, count, windows, promised, level)
    low, high = binomial_band(promised, of_closed, level)[0], binomial_band(promised, of_opened, level)[1]
    effective = min(of_closed, of_opened)
    return ShareVerdict(promised, share, strictly, low, high, int(total), effective, len(labels))


def binomial_band(
    promised: float, observations: float, false_alarms: float = FALSE_ALARMS, tolerance: float = TOLERANCE
) -> tuple[float, float]:
    """The shares that are within chance (and ``tolerance``) of ``promised`` for so many independent observations.

    Returns:
        The lowest and the highest share; (0, 1) for less than one observation.
    """
    from scipy.stats import binom

    number = int(observations)
    if number < 1:
        return 0.0, 1.0
    low = binom.ppf(false_alarms / 2, number, max(promised - tolerance, 0.0)) / number
    high = binom.ppf(1 - false_alarms / 2, number, min(promised + tolerance, 1.0)) / number
    return float(low), float(high)


def effective_observations(
    inside: Floats, count: Floats, windows: npt.NDArray[Any], promised: float, false_alarms: float = FALSE_ALARMS
) -> float:
    """How many independent observations would tell as much about a share as these do.

    Errors of one period go together across series, and errors of neighbouring periods too. The variance of the share
    is that of the periods' sums with a first-order autocorrelation (its bias corrected after Kendall 1954), or that of
    the windows' sums where it is larger, and never below the binomial one. It is itself an estimate from few periods,
    which Student's t accounts for.

    Args:
        inside: Per period in the order of time: how many of its observations count.
        count: Per period: how many observations it has, at least 1.
        windows: Per period: number of its window. Periods of different windows are not neighbours.
        promised: The share that is expected.
        false_alarms: How seldom the band that it is for may be left by chance.
    """
    from scipy.stats import norm, t

    share = inside.sum() / count.sum()
    excess = inside - share * count
    binomial = (count * share * (1 - share)).sum()
    persistence = _persistence(excess, windows)
    inflation = 1.0
    if binomial > 0:
        periods = (excess**2).sum() * len(count) / (len(count) - 1) * persistence
        of_window = np.bincount(windows, weights=excess)
        between = (of_window**2).sum() * len(of_window) / max(len(of_window) - 1, 1)
        inflation = max(1.0, periods / binomial, between / binomial)
    if share > promised:
        # Misses come in clusters. Where there are few, they tell little of how large clusters are.
        missed = max(1 - share, 0.5 / len(count))
        inflation = max(1.0, inflation * share * (1 - promised) / (promised * missed))
    freedom = max(len(count) / persistence, len(np.unique(windows)), 2.0) - 1
    level = 1 - false_alarms / 2
    return float(count.sum() / (inflation * (t.ppf(level, freedom) / norm.ppf(level)) ** 2))


def judge_series(rows: pd.DataFrame, keys: Sequence[str], promised: float) -> pd.DataFrame:
    """Which series are not covered as promised, with the rate of false discoveries under control.

    Args:
        rows: One row per series and window that do not overlap: ``keys``, ``observations``, and how many of them count
            with (``closed``) and without (``opened``) the bounds.
        promised: The share that is expected, 0-1.

    Returns:
        One row per series: ``keys``, ``observations``, ``closed``, ``opened`` (counts), ``p_value`` (two-sided) and
        ``is_off`` (Benjamini and Hochberg 1995). Nothing is off with less than :data:`LEAST_WINDOWS` windows.
    """
    groups = rows.groupby(list(keys), sort=True, dropna=False)
    series = groups[["observations", "closed", "opened"]].sum().reset_index()
    series["p_value"] = 1.0
    if groups.size().max() >= LEAST_WINDOWS and 0 < promised < 1:
        inflation = _overdispersion(rows, list(keys))
        number, closed, opened = (
            series[name].to_numpy(dtype=np.float64) / inflation for name in ("observations", "closed", "opened")
        )
        too_low = _at_most(closed, number, max(promised - TOLERANCE, 0.0))
        too_high = _at_most(number - opened, number, max(1 - promised - TOLERANCE, 0.0))
        series["p_value"] = np.minimum(1.0, 2 * np.minimum(too_low, too_high))
    return series.assign(is_off=discoveries(series["p_value"].to_numpy(dtype=np.float64)))


def discoveries(p_values: Floats, rate: float = FALSE_DISCOVERIES) -> npt.NDArray[np.bool_]:
    """Which hypotheses to reject so that at most ``rate`` of the rejected are true (Benjamini and Hochberg 1995)."""
    order = np.argsort(p_values, kind="stable")
    allowed = rate * np.arange(1, len(p_values) + 1) / max(len(p_values), 1)
    below = np.flatnonzero(p_values[order] <= allowed)
    rejected = np.zeros(len(p_values), dtype=np.bool_)
    if len(below):
        rejected[order[: below[-1] + 1]] = True
    return rejected


def _persistence(excess: Floats, windows: npt.NDArray[Any]) -> float:
    """(1 + ρ) / (1 − ρ) for the autocorrelation ρ of neighbouring periods; at least 1."""
    same = windows[1:] == windows[:-1]
    if not same.any():
        same = np.ones(len(windows) - 1, dtype=np.bool_)
    both = (excess[1:] * excess[:-1])[same].sum()
    alone = (excess[1:] ** 2 + excess[:-1] ** 2)[same].sum() / 2
    correlation = both / alone if alone > 0 else 0.0
    corrected = min(max(correlation + (1 + 3 * correlation) / same.sum(), 0.0), 0.95)
    return float((1 + corrected) / (1 - corrected))


def _overdispersion(rows: pd.DataFrame, keys: list[str]) -> float:
    """By how much counts of windows vary more than independent observations would, over all series; at least 1."""
    groups = rows.groupby(keys, sort=False, dropna=False)
    sums = groups[["observations", "closed"]].transform("sum")
    windows = groups["closed"].transform("size")
    share = sums["closed"] / sums["observations"].where(sums["observations"] > 0)
    several = windows > 1
    squares = ((rows["closed"] - rows["observations"] * share) ** 2)[several].sum()
    expected = (rows["observations"] * share * (1 - share) * (1 - 1 / windows))[several].sum()
    return float(max(1.0, squares / expected)) if expected > 0 else 1.0


def _at_most(successes: Floats, trials: Floats, probability: float) -> Floats:
    """P(X ≤ successes) of a binomial X, by the incomplete beta function, which takes fractions as well."""
    from scipy.special import betainc

    certain = trials - successes <= 0
    failures = np.where(certain, 1.0, trials - successes)
    return np.asarray(np.where(certain, 1.0, betainc(failures, successes + 1, 1 - probability)))
