"""Panels of series without drift, and drift put into them. Belongs here: data. Does not belong here: tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast_platform.quality.drift.verdict import Verdict, judge_target
from forecast_platform.quality.drift.windows import Windows, plan_windows

Floats = npt.NDArray[np.float64]

WEEK, YEAR = 7, 365


@dataclass(frozen=True)
class Days:
    """Daily series whose last ``since`` days came after training."""

    values: Floats
    since: int

    @property
    def trained(self) -> int:
        return int(self.values.shape[1]) - self.since

    @property
    def windows(self) -> Windows:
        return plan_windows(self.values.shape[1], self.trained, (WEEK,), YEAR)

    def judged(self) -> tuple[Verdict, Verdict]:
        """All series together, and each by itself."""
        return judge_target(self.values, self.windows)

    def until(self, day: int, since: int) -> Days:
        """What was there on that day, trained ``since`` days before."""
        return Days(self.values[:, :day], since)

    def changed(self, rows: slice, change: Floats | float) -> Days:
        """Multiplied by ``change`` in some rows since training."""
        values = self.values.copy()
        values[rows, self.trained :] *= change
        return Days(values, self.since)


def independent(rng: np.random.Generator, series: int, trained: int, since: int, spread: float = 0.2) -> Days:
    """Positive values around 100, each by itself."""
    return Days(100 * np.exp(spread * rng.standard_normal((series, trained + since))), since)


def autocorrelated(rng: np.random.Generator, series: int, trained: int, since: int) -> Days:
    """Autoregressive series, from independent values to a coefficient of 0.9."""
    noise = rng.standard_normal((series, trained + since))
    memory = rng.uniform(0, 0.9, series)
    values = noise.copy()
    for day in range(1, values.shape[1]):
        values[:, day] = memory * values[:, day - 1] + noise[:, day]
    return Days(100 + 5 * values, since)


def intermittent(rng: np.random.Generator, series: int, trained: int, since: int) -> Days:
    """Counts, mostly zeros."""
    return Days(rng.poisson(rng.gamma(1.0, 0.4, (series, 1)), (series, trained + since)).astype(float), since)


def seasonal(rng: np.random.Generator, series: int, days: int) -> Floats:
    """Stationary but for weekdays and a common year, which moves each series by 20 to 60 %."""
    day = np.arange(days)
    year = 1 + rng.uniform(0.2, 0.6, (series, 1)) * np.sin(2 * np.pi * day / 365.25)
    week = 1 + 0.3 * np.sin(2 * np.pi * day / WEEK)
    scale = rng.lognormal(3, 1, (series, 1))
    return np.asarray(scale * year * week * np.exp(0.2 * rng.standard_normal((series, days))))
