"""Small panels of observations. Belongs here: what several tests of arrivals are told about. Does not belong here: what
is found in it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pandas as pd

from forecast_platform.frequency import Frequency
from forecast_platform.quality.arrivals.observations import Observations

FIRST = datetime(2025, 1, 1)
DAY = timedelta(days=1)
DAYS = 100
NEW = 7
"""The days since the last cutoff, at the end."""


def value_of(day: int) -> float:
    """A week of 10 to 16."""
    return 10.0 + day % 7


def series(item: str, days: range = range(DAYS), value: Callable[[int], float] = value_of) -> pd.DataFrame:
    """One series, a row on each of ``days``."""
    stamps = [FIRST + day * DAY for day in days]
    return pd.DataFrame({"item_id": item, "timestamp": stamps, "target": [float(value(day)) for day in days]})


def panel(*frames: pd.DataFrame) -> pd.DataFrame:
    """Series together, in the order of training frames."""
    rows = pd.concat(frames, ignore_index=True)
    return rows.sort_values(["item_id", "timestamp"], kind="stable", ignore_index=True)


def seen(*frames: pd.DataFrame, frequency: str = "D", new: timedelta = NEW * DAY) -> Observations:
    """The panel at a cutoff at the end of day :data:`DAYS`, the last one being ``new`` before."""
    return Observations.of(panel(*frames), Frequency.parse(frequency), FIRST + DAYS * DAY - new)


def without(days: range, *missing: range) -> list[int]:
    """The days of ``days`` that are in none of ``missing``."""
    return [day for day in days if not any(day in one for one in missing)]
