"""Algorithms that say what they are told to say, and backtests made of numbers. No tests here.

They become candidates as a caller's own algorithms do: in the argument ``pretrained``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.algorithms.contract import LEVELS, Floats, Forecasts, History
from forecast_platform.engine.backtesting import Answers, Backtest


@dataclass(frozen=True)
class Says:
    """Always the same number, with quantiles if a spread is given."""

    name: str
    value: float
    spread: float | None = None
    fits_each_series: bool = False

    def forecast(self, history: History, horizon: int) -> Forecasts:
        points = np.full((len(history.values), horizon), self.value)
        if self.spread is None:
            return Forecasts(points)
        return Forecasts(points, quantiles=points[..., None] + self.spread * (LEVELS - 0.5))


@dataclass(frozen=True)
class Raises:
    """Never makes it."""

    name: str = "Raises"
    message: str = "too big"
    fits_each_series: bool = False

    def forecast(self, history: History, horizon: int) -> Forecasts:
        raise MemoryError(self.message)


@dataclass(frozen=True)
class Watches:
    """Keeps every history it is shown, and repeats the last value."""

    name: str = "Watches"
    fits_each_series: bool = False
    seen: list[History] = field(default_factory=list)

    def forecast(self, history: History, horizon: int) -> Forecasts:
        self.seen.append(history)
        return Forecasts(np.repeat(history.values[:, -1:], horizon, axis=1))


def backtest_of(
    errors: Mapping[str, npt.ArrayLike], actuals: npt.ArrayLike | None = None, quantiles: Mapping[str, Any] = {}
) -> Backtest:
    """A backtest in which the candidates make these errors: (windows × series × steps), newest window first."""
    made: dict[str, Floats] = {name: np.asarray(values, dtype=np.float64) for name, values in errors.items()}
    shape = next(iter(made.values())).shape
    truth = np.zeros(shape) if actuals is None else np.broadcast_to(np.asarray(actuals, dtype=np.float64), shape)
    points = {name: truth - values for name, values in made.items()}
    answers = Answers(points, dict(quantiles), {name: Counter() for name in points})
    return Backtest(tuple(range(shape[0], 0, -1)), truth, answers)
