"""The rows of the training data that checks look at one by one, with what is expected of each beside it.

Belongs here: which rows, and their columns. Does not belong here: how the expectations come about (``grid``,
``values``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast_platform.quality.arrivals.grid import doubled, off_the_grid
from forecast_platform.quality.arrivals.observations import Observations
from forecast_platform.quality.arrivals.values import find_missing, find_reach


@dataclass(frozen=True)
class JudgedRows:
    """New rows, and older ones with an unusual timestamp.

    Attributes:
        frame: Keys, ``timestamp``, ``target``, and what is expected: ``observed_once``, ``on_grid`` and ``is_new``
            (booleans), ``lowest`` and ``highest`` (NaN = anything), ``lowest_by_sign`` (0 or NaN).
        observations: All rows that the cutoff sees.
        new: The new ones.
        comparable: New values of series with enough earlier ones.
        missing_share, earlier_missing_share, missing_by_chance: See :class:`values.Missing`.
    """

    frame: pd.DataFrame
    observations: int
    new: int
    comparable: int
    missing_share: float
    earlier_missing_share: float
    missing_by_chance: float

    @classmethod
    def none(cls) -> JudgedRows:
        """What there is to judge when nothing was ever observed."""
        flags = dict.fromkeys(("observed_once", "on_grid", "is_new"), np.array([], dtype=bool))
        numbers = dict.fromkeys(("target", "lowest", "highest", "lowest_by_sign"), np.array([], dtype=np.float64))
        return cls(pd.DataFrame(flags | numbers), 0, 0, 0, 0.0, 0.0, 0.0)


def judged_rows(observations: Observations) -> JudgedRows:
    """The rows to look at and the expectations of each."""
    twice, off = doubled(observations), off_the_grid(observations)
    missing, reach = find_missing(observations), find_reach(observations)
    chosen = np.flatnonzero(observations.new | twice | off)
    frame = observations.frame.iloc[chosen].reset_index(drop=True)
    frame["observed_once"] = ~twice[chosen]
    frame["on_grid"] = ~off[chosen]
    frame["is_new"] = observations.new[chosen]
    for name in ("lowest", "highest", "lowest_by_sign"):
        frame[name] = np.where(frame["is_new"], getattr(reach, name)[chosen], np.nan)
    return JudgedRows(
        frame=frame,
        observations=len(observations.frame),
        new=int(observations.new.sum()),
        comparable=reach.comparable,
        missing_share=missing.share,
        earlier_missing_share=missing.earlier_share,
        missing_by_chance=missing.share_by_chance,
    )
