"""What a method is measured on: a panel of series, and the cutoffs of its rolling evaluation.

Belongs here: the shape of a panel and what a method may see at a cutoff. Does not belong here: the panels themselves
(``real_panels``, ``generated_panels``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pandas as pd

from forecast_platform.engine.calendar import season_lengths
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.frequency import WEEKDAYS, Frequency

PanelBuilder = Callable[[], "Panel"]


class DataAbsentError(Exception):
    """The files that a panel is made of are not on this machine. The text says which."""


@dataclass(frozen=True)
class Panel:
    """Series with a known end, from which windows are cut off.

    Every series has a value at every period from its first to its last one, labelled with the start of the period.

    Attributes:
        name: Unique.
        frames: All data, test windows included. No method sees them: see :func:`visible`.
        frequency: Of the data and of the forecasts.
        horizon: Periods to forecast from each cutoff.
        windows: How many cutoffs there are.
        stride: Periods between cutoffs; the default, the horizon, makes windows that do not overlap.
        known_ahead: Columns of the related series whose values in the window are known at the cutoff.
    """

    name: str
    frames: TrainingFrames
    frequency: Frequency
    horizon: int
    windows: int = 3
    stride: int | None = None
    known_ahead: tuple[str, ...] = ()

    @property
    def cutoffs(self) -> tuple[datetime, ...]:
        """First instants of the test windows, oldest first. The newest window ends with the data."""
        last = self.frames.target["timestamp"].max().to_pydatetime()
        stride = self.stride or self.horizon
        back = [self.horizon - 1 + stride * window for window in range(self.windows)]
        return tuple(self.frequency.step(last, -steps) for steps in reversed(back))

    @property
    def items(self) -> int:
        """How many series it has."""
        return int(self.frames.target["item_id"].nunique())

    def window(self, cutoff: datetime) -> pd.DatetimeIndex:
        """The periods to forecast from ``cutoff``."""
        return pd.DatetimeIndex([self.frequency.step(cutoff, step) for step in range(self.horizon)])


def usual_season(frequency: Frequency) -> int:
    """The one season that published comparisons give to models: 24 hours, 7 days, 52 weeks, 12 months; 1 = none."""
    return min(season_lengths(frequency), default=1)


def longest_nested_season(frequency: Frequency) -> int:
    """The longest season that contains the shorter ones: a week contains days, but a year no whole weeks."""
    season = 1
    for longer in season_lengths(frequency):
        if longer % season == 0:
            season = longer
    return season


def pandas_frequency(frequency: Frequency, label: pd.Timestamp) -> str:
    """The alias that pandas has for periods labelled like ``label``: weeks on its weekday, months on the 1st."""
    unit = {"min": "min", "H": "h", "D": "D", "W": f"W-{WEEKDAYS[label.dayofweek]}", "M": "MS", "Y": "YS"}
    return f"{frequency.count if frequency.count > 1 else ''}{unit[frequency.unit]}"


def visible(panel: Panel, cutoff: datetime) -> TrainingFrames:
    """What is known at ``cutoff``: the target before it, related series, and the attributes of items seen so far.

    Related series reach to the end of the window in the columns that are known ahead; in the others, values at and
    after the cutoff are missing.
    """
    target = panel.frames.target
    target = target[target["timestamp"] < cutoff].reset_index(drop=True)
    seen = set(target["item_id"].unique())
    related, metadata = panel.frames.related, panel.frames.item_metadata
    return TrainingFrames(
        target,
        None if related is None else _known_related(_of_items(related, seen), panel, cutoff),
        None if metadata is None else _of_items(metadata, seen),
    )


def _known_related(related: pd.DataFrame, panel: Panel, cutoff: datetime) -> pd.DataFrame:
    related = related[related["timestamp"] <= panel.window(cutoff)[-1]].reset_index(drop=True)
    hidden = [name for name in related.columns if name not in ("item_id", "timestamp", *panel.known_ahead)]
    related.loc[related["timestamp"] >= cutoff, hidden] = np.nan
    return related


def thinned(panel: Panel, most_items: int) -> Panel:
    """At most ``most_items`` of its items, spread evenly over their order, so that every kind stays represented."""
    items = panel.frames.target["item_id"].unique()
    if len(items) <= most_items:
        return panel
    kept = set(items[np.linspace(0, len(items) - 1, most_items).round().astype(int)])
    frames = panel.frames
    return replace(
        panel,
        frames=TrainingFrames(
            _of_items(frames.target, kept),
            None if frames.related is None else _of_items(frames.related, kept),
            None if frames.item_metadata is None else _of_items(frames.item_metadata, kept),
        ),
    )


def newest_windows(panel: Panel, windows: int) -> Panel:
    """The panel with its ``windows`` newest cutoffs only."""
    return replace(panel, windows=min(windows, panel.windows))


def _of_items(frame: pd.DataFrame, kept: set[str]) -> pd.DataFrame:
    return frame[frame["item_id"].isin(kept)].reset_index(drop=True)
