"""What has drifted: the two comparisons of each row put together, and false discoveries kept rare.

Belongs here: the rule. Does not belong here: distances (``comparison``), words for people (``suites.data_drift``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from forecast_platform.quality.drift import chance
from forecast_platform.quality.drift.comparison import Compared, Distances, autocorrelated, compare
from forecast_platform.quality.drift.measures import AllTogether, Categories, EachSeries, Measure
from forecast_platform.quality.drift.relative import RelativeValues
from forecast_platform.quality.drift.windows import Windows

Floats = npt.NDArray[np.float64]

SINGLE_LEVEL = 0.003
"""False alarms of one comparison: 3 in 1,000, which is also what Model Monitor's Robust distance allows for."""
FALSE_DISCOVERIES = 0.01
"""Expected share of items without drift among those that are said to have drifted."""
SEASON_LEVEL = 0.01
"""A change against the run-up is the season's when the same season of earlier years is this likely to look like it."""
MOST_CATEGORIES = 10
"""A related series with at most so many different values is one of categories, such as a promotion or a price level."""


@dataclass(frozen=True)
class Verdict:
    """One entry per row.

    Attributes:
        method: Name of the distance.
        by_season: Compared with the same season of earlier years; otherwise with the run-up.
        distance: 0-1. Drifted = above ``threshold``.
        threshold: Depends on the points and on what earlier windows did; may be above 1.
        p_value: How often chance alone goes as far.
        psi: Population stability index of the same two samples, for information; NaN where one is empty.
        points, reference_points: Values compared.
        windows: Earlier windows that the threshold was measured on; 0 = it is assumed from the autocorrelation.
    """

    method: str
    by_season: npt.NDArray[np.bool_]
    distance: Floats
    threshold: Floats
    p_value: Floats
    psi: Floats
    points: Floats
    reference_points: Floats
    windows: Floats

    @property
    def drifted(self) -> npt.NDArray[np.bool_]:
        """Per row; a row without values has not."""
        return np.asarray((self.distance > self.threshold) & (self.points > 0) & (self.reference_points > 0))


def judge_target(values: Floats, windows: Windows) -> tuple[Verdict, Verdict]:
    """All series together in one row, and every series by itself.

    Together they are relative to the level of their own run-ups. Of those by themselves, the expected share of false
    discoveries is :data:`FALSE_DISCOVERIES`.

    Args:
        values: (series × periods), NaN = not observed.
        windows: With at least one column since training.
    """
    alone = autocorrelated(values, windows.trained)
    measures: list[tuple[Measure, Floats]] = [(AllTogether(), _as_one(alone)), (EachSeries(), alone)]
    together, each = compare(RelativeValues(values, windows), measures)
    return _verdict(together, _single), _verdict(each, lambda found: chance.discovery_level(found, FALSE_DISCOVERIES))


def _as_one(alone: Floats) -> Floats:
    """Without earlier windows nobody knows how far series move together: as if they were all the same one."""
    return np.array([alone.sum()])


@dataclass(frozen=True)
class _AsTheyAre:
    values: Floats
    windows: Windows

    def window(self, start: int, gap: int) -> Floats:
        return self.values[:, self.windows.window(start)]

    def window_and_run_up(self, start: int, gap: int) -> tuple[Floats, Floats]:
        return self.window(start, gap), self.values[:, self.windows.run_up(start, gap)]


def judge_feature(values: Floats, windows: Windows) -> Verdict:
    """One related series of all items in one row: by its categories when it has few different values."""
    past = values[:, : windows.trained]
    categories = np.unique(past[~np.isnan(past)])
    assumed = _as_one(autocorrelated(values, windows.trained))
    if 0 < len(categories) <= MOST_CATEGORIES:
        (compared,) = compare(_AsTheyAre(values, windows), [(Categories(categories), assumed)])
    else:
        (compared,) = compare(RelativeValues(values, windows), [(AllTogether(), assumed)])
    return _verdict(compared, _single)


def _single(_: Floats) -> float:
    return SINGLE_LEVEL


def _verdict(compared: Compared, level_of: Callable[[Floats], float]) -> Verdict:
    """The sharper of the two comparisons decides: the one that tells the smaller change from chance.

    When that is the run-up, a change that the same season of earlier years had, too, is the season's.

    Args:
        level_of: The level of all rows from the p-values of those that have values.
    """
    recent, season = compared.recent, compared.season or compared.recent
    has_season = season.size > 0 if compared.season else np.zeros(len(recent.size), dtype=bool)
    sharper = has_season & (season.windows > 0) & (season.threshold(SEASON_LEVEL) < recent.threshold(SEASON_LEVEL))
    explained = has_season & ~sharper & (season.p_value > SEASON_LEVEL)
    primary = _chosen(sharper, season, recent)
    level = level_of(np.where(explained, 1.0, primary.p_value)[primary.size > 0])
    explained &= primary.p_value <= level
    shown = _chosen(explained, season, primary)
    return Verdict(
        method=shown.method,
        by_season=sharper | explained,
        distance=shown.distance,
        threshold=shown.threshold(np.where(explained, min(SEASON_LEVEL, level), level)),
        p_value=shown.p_value,
        psi=shown.psi,
        points=shown.points,
        reference_points=shown.reference_points,
        windows=shown.windows,
    )


def _chosen(choose: npt.NDArray[np.bool_], one: Distances, other: Distances) -> Distances:
    """The rows of ``one`` where ``choose``, of ``other`` elsewhere."""
    numbers = [field.name for field in fields(Distances) if field.name != "method"]
    return Distances(
        method=other.method,
        **{name: np.where(choose, getattr(one, name), getattr(other, name)) for name in numbers},
    )
