"""Periods in which a series was not observed, and series that came or went.

Belongs here: what counts as too long, for a series, by its own past. Does not belong here: rows without a value
(``values``), the number of rows (``volume``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast_platform.quality.arrivals.chance import count_by_chance, recurring_by_chance
from forecast_platform.quality.arrivals.observations import LEAST_HISTORY, Integers, Mask, Observations

_NEVER = np.iinfo(np.int64).max // 2
"""As a number of periods. Half of the largest, so that a difference with it is still a number."""
_MUCH_LONGER = 3
"""Times as long as the longest gap before. Where rows come at random, so that gaps are exponential, the next one is
that long with a chance of 6 / ((n + 1) (n + 2) (n + 3)) after n rows."""


@dataclass(frozen=True)
class Gaps:
    """Gaps that ended since the last cutoff.

    Attributes:
        share: Periods without a row, of all from the first to the last row of every series.
        long: Gaps that are much longer than any before in their series: keys, ``missing_from``, ``missing_to``
            (timestamps of the rows around it) and ``missing_periods``, the longest first.
        long_by_chance: How many of them there are at most when all rows come at random, as sales of slow items do.
    """

    share: float
    long: pd.DataFrame
    long_by_chance: int


@dataclass(frozen=True)
class ItemChange:
    """Series that came or went since the last cutoff.

    Attributes:
        new, gone: Their keys. Gone = not observed for much longer than ever before.
        new_by_chance, gone_by_chance: How many of them the earlier windows explain.
    """

    new: pd.DataFrame
    gone: pd.DataFrame
    new_by_chance: int
    gone_by_chance: int


def find_gaps(observations: Observations) -> Gaps:
    """The gaps of all series, and those of them that ended lately and were unusually long."""
    lengths = _gap_lengths(observations)
    periods = int((observations.last_periods - observations.first_periods + 1).sum())
    limits = _limits(observations, lengths)
    rows = np.flatnonzero(observations.new & (lengths > limits[observations.series]))
    rows = rows[np.argsort(-lengths[rows], kind="stable")]
    stamps = observations.frame["timestamp"]
    long = observations.names.iloc[observations.series[rows]].reset_index(drop=True)
    long["missing_from"] = stamps.iloc[rows - 1].to_numpy()
    long["missing_to"] = stamps.iloc[rows].to_numpy()
    long["missing_periods"] = lengths[rows]
    return Gaps(int(lengths.sum()) / periods, long, count_by_chance(_expected_long_gaps(observations)))


def _expected_long_gaps(observations: Observations) -> float:
    earlier = observations.earlier_rows[observations.series[observations.new]].astype(np.float64)
    judged = earlier[earlier >= LEAST_HISTORY]
    return float((6 / ((judged + 1) * (judged + 2) * (judged + 3))).sum())


def find_item_change(observations: Observations) -> ItemChange:
    """Which series came and went, and how many did so in earlier windows of the same length."""
    limits = _limits(observations, _gap_lengths(observations))
    earlier = observations.earlier_rows > 0
    new = ~earlier & earlier.any()
    gone_earlier = earlier & ~_seen_lately(observations, limits)
    # A series of which a row is new has come back, however long ago its row before that is.
    has_new = np.bincount(observations.series[observations.new], minlength=len(earlier)) > 0
    gone = ~has_new & ~gone_earlier & (observations.newest - observations.last_periods > limits)
    first = int(observations.periods.min())
    windows = max((observations.newest_earlier - first + 1) / observations.window, 1.0)
    came_earlier = earlier & (observations.first_periods >= first + observations.window)
    return ItemChange(
        new=observations.names[new].reset_index(drop=True),
        gone=observations.names[gone].reset_index(drop=True),
        new_by_chance=recurring_by_chance(int(came_earlier.sum()), windows),
        gone_by_chance=recurring_by_chance(int((gone_earlier & ~has_new).sum()), windows),
    )


def present_before(observations: Observations) -> Mask:
    """The series that were there, and not gone, at the last cutoff."""
    return (observations.earlier_rows > 0) & _seen_lately(
        observations, _limits(observations, _gap_lengths(observations))
    )


def _seen_lately(observations: Observations, limits: Integers) -> Mask:
    """Whether the newest earlier row of every series is no longer ago than is usual for it."""
    last = np.full(len(observations.names), _NEVER)
    earlier = ~observations.new
    last[observations.series[earlier]] = observations.periods[earlier]
    return np.asarray(observations.newest_earlier - last <= limits)


def _gap_lengths(observations: Observations) -> Integers:
    """How many periods without a row are between every row and the one before in its series."""
    lengths: Integers = np.maximum(np.diff(observations.periods, prepend=0) - 1, 0)
    lengths[observations.starts] = 0
    return lengths


def _limits(observations: Observations, lengths: Integers) -> Integers:
    """The longest gap, per series, that its earlier rows explain; without enough of them, any."""
    longest = np.maximum.reduceat(np.where(observations.new, 0, lengths), observations.starts)
    limits = _MUCH_LONGER * np.maximum(longest, 1)
    return np.where(observations.earlier_rows >= LEAST_HISTORY, limits, _NEVER)
