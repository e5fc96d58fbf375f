"""Whether every series is observed once per period, at the same place in each.

Belongs here: observations that come twice or lie off the grid. Does not belong here: periods without any (``gaps``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast_platform.frequency import Frequency
from forecast_platform.quality.arrivals.observations import Integers, Mask, Observations


def doubled(observations: Observations) -> Mask:
    """Rows that follow another one of their series within less than half a period, and those that they follow.

    Reading refuses or replaces a second row of the same timestamp or month. What is left are the same observation
    under two timestamps, as when one system stamps a day at its start and another in the morning.
    """
    length = _length(observations.frequency)
    if not length:
        return np.zeros(len(observations.series), dtype=bool)
    distances = np.diff(_nanoseconds(observations))
    close = (np.diff(observations.series) == 0) & (2 * distances < length)
    follows = np.append(False, close)
    return np.asarray(follows | np.append(close, False))


def off_the_grid(observations: Observations) -> Mask:
    """Rows that are no whole number of periods away from most rows of their series."""
    length = _length(observations.frequency)
    if not length:
        return np.zeros(len(observations.series), dtype=bool)
    offsets, distinct = pd.factorize(_nanoseconds(observations) % length)
    if len(distinct) == 1:
        return np.zeros(len(offsets), dtype=bool)
    pairs, inverse, counts = np.unique(
        observations.series * len(distinct) + offsets, return_inverse=True, return_counts=True
    )
    most_used = pd.Series(counts).groupby(pairs // len(distinct)).idxmax().to_numpy()
    return np.asarray(inverse != most_used[observations.series])


def _nanoseconds(observations: Observations) -> Integers:
    instants: Integers = observations.frame["timestamp"].to_numpy(dtype="datetime64[ns]").astype(np.int64)
    return instants


def _length(frequency: Frequency) -> int:
    """Nanoseconds of a period; 0 for months and years, of which reading keeps one row each."""
    if frequency.unit in ("M", "Y"):
        return 0
    return int(np.timedelta64(frequency.approximate, "ns").astype(np.int64))
