"""How many rows have arrived, against the same window of earlier seasons.

Belongs here: which windows compare, and when their counts differ. Does not belong here: whose rows they are (``gaps``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from forecast_platform.frequency import Frequency
from forecast_platform.quality.arrivals.chance import differ
from forecast_platform.quality.arrivals.gaps import present_before
from forecast_platform.quality.arrivals.observations import Observations

_TOLERATED = 0.1
"""Of the earlier count: rows of many items come and go together, as counts of a Poisson process do not."""
_WEEK, _YEAR = timedelta(weeks=1), timedelta(weeks=52)
"""Fifty-two weeks and not a year: the same days of the week are compared."""


@dataclass(frozen=True)
class Season:
    """The same window, earlier.

    Attributes:
        words: How much earlier, e.g. ``one week``.
        rows: Of the series that had begun before it and were there at the last cutoff.
        rows_now: New rows of the same series.
    """

    words: str
    rows: int
    rows_now: int

    @property
    def differs(self) -> bool:
        """Whether the counts differ by more than chance and by more than a tenth."""
        return differ(self.rows, self.rows_now) and abs(self.rows - self.rows_now) > _TOLERATED * self.rows


@dataclass(frozen=True)
class Volume:
    """The number of new rows, and that of the same window in the seasons before, as far as the data goes back."""

    rows: int
    seasons: tuple[Season, ...]

    @property
    def is_unlike_every_season(self) -> bool:
        """One season with about as many rows is enough: a public holiday is in last year's window or in last week's."""
        return bool(self.seasons) and all(season.differs for season in self.seasons)


def find_volume(observations: Observations) -> Volume:
    """Count the new rows and those of the same window a season earlier."""
    there = present_before(observations)
    first = int(observations.periods.min())
    seasons = []
    for words, periods in _seasons(observations.frequency):
        end = observations.newest - periods
        start = end - observations.window
        if periods < observations.window or start + 1 < first:
            continue
        compared = (there & (observations.first_periods <= start + 1))[observations.series]
        then = compared & (observations.periods > start) & (observations.periods <= end)
        seasons.append(Season(words, int(then.sum()), int((compared & observations.new).sum())))
    return Volume(int(observations.new.sum()), tuple(seasons))


def _seasons(frequency: Frequency) -> list[tuple[str, int]]:
    """Seasons that are a whole number of periods, in words and in periods."""
    if frequency.unit in ("M", "Y"):
        return [("one year", 12 // frequency.count)] if frequency.unit == "M" and 12 % frequency.count == 0 else []
    named = (("one week", _WEEK), ("52 weeks", _YEAR))
    return [(words, length // frequency.approximate) for words, length in named if not length % frequency.approximate]
