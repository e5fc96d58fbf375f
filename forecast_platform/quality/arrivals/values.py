"""The values that are new, against the earlier ones of their series.

Belongs here: missing ones, their range and their sign. Does not belong here: how many there are (``volume``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast_platform.quality.arrivals.chance import share_by_chance
from forecast_platform.quality.arrivals.observations import LEAST_HISTORY, Floats, Integers, Observations

_FAR = 5.0
"""Of the distance from the median to the farthest earlier value. The largest of n values with an exponential tail is
surpassed five times over with a chance of 120 / n^5, and a first season of sales stays well below; a misplaced decimal
point or another unit does not."""
_LEAST_REACH = 0.6
"""Of the median, so that a series which has been constant may become fourfold."""
_NEGLIGIBLE_SHARE = 0.01
"""Of missing values, on top of chance: so few change no forecast."""


@dataclass(frozen=True)
class Missing:
    """Rows without a value, as shares from 0 to 1.

    Attributes:
        share: Of the new rows.
        earlier_share: Of the earlier rows.
        share_by_chance: What the earlier share explains in as many rows, and a little more.
    """

    share: float
    earlier_share: float
    share_by_chance: float


@dataclass(frozen=True)
class Reach:
    """How far new values may be from the earlier ones of their series.

    Attributes:
        comparable: How many new values have enough earlier ones to compare with.
        lowest, highest: Per row; NaN where the earlier values say nothing.
        lowest_by_sign: Per row: 0 where no earlier value was negative, else NaN.
    """

    comparable: int
    lowest: Floats
    highest: Floats
    lowest_by_sign: Floats


def find_missing(observations: Observations) -> Missing:
    """The share of new rows without a value, and what it might be by chance."""
    missing, new = np.isnan(observations.values), observations.new
    sample, of = int(new.sum()), int((~new).sum())
    count = int((missing & ~new).sum())
    explained = share_by_chance(count, of, sample) + _NEGLIGIBLE_SHARE if sample and of else 1.0
    return Missing(
        share=int((missing & new).sum()) / max(sample, 1),
        earlier_share=count / max(of, 1),
        share_by_chance=min(explained, 1.0),
    )


def find_reach(observations: Observations) -> Reach:
    """What the earlier values of every series say of its new ones."""
    earlier = ~observations.new & ~np.isnan(observations.values)
    per_series = usual_ranges(observations.values[earlier], observations.series[earlier])
    per_row = per_series.reindex(observations.series)
    highest = per_row["highest"].to_numpy()
    comparable = observations.new & ~np.isnan(observations.values) & ~np.isnan(highest)
    return Reach(
        comparable=int(comparable.sum()),
        lowest=per_row["lowest"].to_numpy(),
        highest=highest,
        lowest_by_sign=per_row["lowest_by_sign"].to_numpy(),
    )


def usual_ranges(values: Floats, series: Integers) -> pd.DataFrame:
    """What the values of every series allow for others: ``lowest``, ``highest`` and ``lowest_by_sign``.

    Series with too few values are left out. One that was always zero has no range: its first sale is no alarm.

    Args:
        values: Without NaN.
        series: The series of each value: the index of the result.
    """
    grouped = pd.Series(values).groupby(series)
    ranges = pd.DataFrame({"count": grouped.size(), "median": grouped.median(), "min": grouped.min()})
    ranges["max"] = grouped.max()
    ranges = ranges[ranges["count"] >= LEAST_HISTORY]
    median = ranges["median"]
    reach = np.maximum(ranges["max"] - median, median - ranges["min"])
    reach = np.maximum(reach, _LEAST_REACH * median.abs()).replace(0.0, np.nan)
    return pd.DataFrame(
        {
            "lowest": median - _FAR * reach,
            "highest": median + _FAR * reach,
            "lowest_by_sign": np.where(ranges["min"] >= 0, 0.0, np.nan),
        }
    )
