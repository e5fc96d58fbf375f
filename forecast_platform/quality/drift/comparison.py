"""Comparing a window with its run-up and with the same season of earlier years, as earlier windows were.

Belongs here: which samples are compared, and what is measured on earlier windows. Does not belong here: the verdict
(``verdict``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from forecast_platform.quality.drift import chance
from forecast_platform.quality.drift.measures import Measure
from forecast_platform.quality.drift.windows import LEAST_EARLIER_WINDOWS, Windows

Floats = npt.NDArray[np.float64]

_ASSUMED_DEGREES = 10.0
"""With too few earlier windows autocorrelation is asked instead, which is worth about two of them."""
_MOST_AUTOCORRELATION = 0.95


class Samples(Protocol):
    """A panel whose windows can be looked at."""

    @property
    def windows(self) -> Windows: ...

    def window(self, start: int, gap: int) -> Floats:
        """(series × columns) of the window that begins at ``start``, whose run-up ends ``gap`` columns before."""
        ...

    def window_and_run_up(self, start: int, gap: int) -> tuple[Floats, Floats]:
        """The same, and (series × columns) of the run-up."""
        ...


@dataclass(frozen=True)
class Distances:
    """Of each row's window from one reference; every attribute but ``method`` has one number per row.

    Attributes:
        points, reference_points: Observed values in the window and in the reference.
        psi: Population stability index; NaN where one of them is empty.
        variance, degrees: Of chance, see ``chance``.
        windows: On how many earlier windows they were measured; 0 = they are assumed.
    """

    method: str
    distance: Floats
    points: Floats
    reference_points: Floats
    psi: Floats
    variance: Floats
    degrees: Floats
    windows: Floats

    @property
    def size(self) -> Floats:
        """See :func:`chance.effective`."""
        return chance.effective(self.points, self.reference_points)

    @property
    def p_value(self) -> Floats:
        """1 where nothing can be compared."""
        return np.where(self.size > 0, chance.p_value(self.distance, self.size, self.variance, self.degrees), 1.0)

    def threshold(self, level: Floats | float) -> Floats:
        """The distance whose p-value is ``level``."""
        return chance.threshold(level, self.size, self.variance, self.degrees)


@dataclass(frozen=True)
class Compared:
    """The two comparisons of the window since training.

    Attributes:
        recent: With its run-up.
        season: With the same season of earlier years; ``None`` when training has seen none.
    """

    recent: Distances
    season: Distances | None


def compare(samples: Samples, measures: Sequence[tuple[Measure, Floats]]) -> list[Compared]:
    """Compare the window since training, and measure on earlier windows how far chance goes.

    Args:
        measures: Each with the variance of chance that is assumed per row for want of earlier windows.

    Returns:
        One for each of ``measures``.
    """
    windows = samples.windows
    now, run_up = samples.window_and_run_up(windows.start, windows.gap)
    both = [(_Chance(one, one.points(run_up)), _Chance(one, one.points(run_up))) for one, _ in measures]
    for start in windows.earlier:
        window, before = samples.window_and_run_up(start, windows.earlier_gap)
        seasons = _seasons(samples, start, windows.earlier_gap)
        for from_run_up, from_season in both:
            from_run_up.add(window, before)
            if seasons is not None:
                from_season.add(window, seasons)
    seasons = _seasons(samples, windows.start, windows.gap)
    found = []
    for (measure, assumed), (from_run_up, from_season) in zip(measures, both, strict=True):
        recent = _distances(measure, now, run_up, *from_run_up.measured(assumed))
        season = None
        if seasons is not None:
            season = _distances(measure, now, seasons, *from_season.measured(recent.variance))
        found.append(Compared(recent, season))
    return found


def _seasons(samples: Samples, start: int, gap: int) -> Floats | None:
    years = samples.windows.seasons(start, gap)
    return np.concatenate([samples.window(one, gap) for one in years], axis=1) if years else None


def _distances(
    measure: Measure, now: Floats, reference: Floats, variance: Floats, degrees: Floats, windows: Floats
) -> Distances:
    return Distances(
        method=measure.method,
        distance=measure.distance(now, reference),
        points=measure.counts(now),
        reference_points=measure.counts(reference),
        psi=measure.psi(now, reference),
        variance=variance,
        degrees=degrees,
        windows=windows,
    )


class _Chance:
    """Sums up how far earlier windows were from their references at each point."""

    def __init__(self, measure: Measure, points: Floats) -> None:
        self._measure, self._points = measure, points
        self._squares = np.zeros(points.shape)
        self._windows = np.zeros(len(points))

    def add(self, window: Floats, reference: Floats) -> None:
        measure, points = self._measure, self._points
        counts, reference_counts = measure.counts(window), measure.counts(reference)
        # Half a window says little of what a whole one would.
        counted = 2 * np.minimum(counts, reference_counts) >= window.size / len(points)
        difference = measure.shares(window, points) - measure.shares(reference, points)
        size = np.where(counted, chance.effective(counts, reference_counts), 0.0)
        self._squares += size[:, None] * difference**2
        self._windows += counted

    def measured(self, assumed: Floats) -> tuple[Floats, Floats, Floats]:
        """Variance, degrees of freedom, and the windows they were measured on."""
        enough = self._windows >= LEAST_EARLIER_WINDOWS
        windows = np.where(enough, self._windows, 0.0)
        worst = (self._squares / np.maximum(windows, 1)[:, None]).max(axis=1, initial=0.0)
        variance, degrees = chance.moderated(np.where(enough, worst, 0.0), windows)
        return (
            np.where(enough, np.maximum(variance, chance.INDEPENDENT), np.maximum(assumed, chance.INDEPENDENT)),
            np.where(enough, degrees, _ASSUMED_DEGREES),
            windows,
        )


def autocorrelated(values: Floats, trained: int) -> Floats:
    """The variance of chance per series if it were autoregressive of order 1: ``(1 + r) / (1 - r) / 4``.

    Args:
        values: (series × periods), NaN = not observed.
        trained: Periods to look at.
    """
    past = values[:, :trained]
    observed = ~np.isnan(past)
    mean = np.where(observed, past, 0.0).sum(axis=1) / np.maximum(observed.sum(axis=1), 1)
    centred = np.where(observed, past - mean[:, None], 0.0)
    power = (centred**2).sum(axis=1)
    lagged = (centred[:, 1:] * centred[:, :-1]).sum(axis=1)
    r = np.clip(lagged / np.where(power > 0, power, 1.0), 0.0, _MOST_AUTOCORRELATION)
    return np.asarray(chance.INDEPENDENT * (1 + r) / (1 - r))
