"""Cutoffs: the instants up to which a run may see data, and the grid on which predictors are retrained.

Belongs here: pure calendar arithmetic on naive datetimes, in the clock the data is written in. Does not
belong here: Dagster's partitions, which ``components`` builds from these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from forecast_platform.frequency import Frequency

CUTOFF_KEY_FORMAT = "%Y-%m-%dT%H-%M-%SZ"


class Cadence(StrEnum):
    """How often a project forecasts: the distance between two cutoffs."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"

    @property
    def frequency(self) -> Frequency:
        return Frequency(1, {"hourly": "H", "daily": "D", "weekly": "W", "monthly": "M"}[self.value])


class Retrain(StrEnum):
    """When predictors are trained: at the cutoffs of a fixed grid, at every cutoff, or when the data asks for it."""

    ALWAYS = "always"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    ON_DRIFT = "on_drift"
    ON_DECAY = "on_decay"

    @property
    def follows_data(self) -> bool:
        """Whether the calendar alone cannot say at which cutoffs predictors are trained."""
        return self in (Retrain.ON_DRIFT, Retrain.ON_DECAY)


def cutoff_key(cutoff: datetime) -> str:
    """``cutoff`` as it is written in bucket keys and table partitions, e.g. ``2014-11-30T00-00-00Z``."""
    return cutoff.strftime(CUTOFF_KEY_FORMAT)


def parse_cutoff_key(text: str) -> datetime:
    """The inverse of :func:`cutoff_key`.

    Raises:
        ValueError: ``text`` was not written by :func:`cutoff_key`.
    """
    return datetime.strptime(text, CUTOFF_KEY_FORMAT)


@dataclass(frozen=True)
class CutoffSchedule:
    """Every cutoff a project can have.

    Attributes:
        cadence: Distance between two cutoffs.
        start: Start of the first window, so the first cutoff is one window later. Weekly windows start on its
            weekday, monthly ones on its day of the month (1-28), daily ones at its time of day.
        end: No window starts at or after it; ``None`` = windows go on for ever.
    """

    cadence: Cadence
    start: datetime
    end: datetime | None = None

    def cutoff(self, index: int) -> datetime:
        """The cutoff of window ``index``, counted from 0."""
        return self.cadence.frequency.step(self.start, index + 1)

    def index_at(self, instant: datetime) -> int:
        """Index of the last cutoff at or before ``instant``; negative when there is none."""
        guess = int((instant - self.start) / self.cadence.frequency.approximate)
        while self.cutoff(guess) > instant:
            guess -= 1
        while self.cutoff(guess + 1) <= instant:
            guess += 1
        return guess

    def newest_complete(self, data_end: datetime) -> datetime | None:
        """The newest cutoff whose window the data fills.

        Args:
            data_end: End of the period of the newest observation (exclusive).
        """
        index = self.index_at(data_end)
        while index >= 0 and not self._exists(index):
            index -= 1
        return self.cutoff(index) if index >= 0 else None

    def contains(self, cutoff: datetime) -> bool:
        """Whether ``cutoff`` is one of this schedule's."""
        index = self.index_at(cutoff)
        return index >= 0 and self._exists(index) and self.cutoff(index) == cutoff

    def before(self, cutoff: datetime) -> datetime | None:
        """The cutoff before ``cutoff``; ``None`` when that is the first."""
        index = self.index_at(cutoff) - (1 if self.cutoff(self.index_at(cutoff)) == cutoff else 0)
        return self.cutoff(index) if index >= 0 else None

    def between(self, first: datetime, last: datetime) -> list[datetime]:
        """All cutoffs from ``first`` to ``last``, both included."""
        index = max(self.index_at(first), 0)
        found = []
        while self._exists(index) and (cutoff := self.cutoff(index)) <= last:
            if cutoff >= first:
                found.append(cutoff)
            index += 1
        return found

    def retrain_cutoff(self, cutoff: datetime, retrain: Retrain) -> datetime:
        """The cutoff whose predictor forecasts at ``cutoff``.

        The grid is anchored at the first cutoff and not at what was trained before, so a backfill gives
        the same result in any order. A grid period that is shorter than the cadence retrains every time.

        Raises:
            ValueError: ``retrain`` follows the data, of which a calendar knows nothing.
        """
        if retrain.follows_data:
            raise ValueError(f"{retrain.value} is decided cutoff by cutoff, from the data")
        if retrain is Retrain.ALWAYS:
            return cutoff
        period = {Retrain.DAILY: "D", Retrain.WEEKLY: "W", Retrain.MONTHLY: "M"}[retrain]
        grid, anchor = Frequency(1, period), self.cutoff(0)
        ticks = int((cutoff - anchor) / grid.approximate) + 1
        while ticks > 0 and grid.step(anchor, ticks) > cutoff:
            ticks -= 1
        tick = grid.step(anchor, ticks)
        index = self.index_at(tick)
        return self.cutoff(index) if self.cutoff(index) == tick else self.cutoff(index + 1)

    def _exists(self, index: int) -> bool:
        window_start = self.cadence.frequency.step(self.start, index)
        return self.end is None or window_start < self.end
