"""Forecasts of the past: what every candidate would have said at earlier points in time.

Belongs here: where the windows are and running candidates on them. Does not belong here: scoring
(``metrics``), choosing (``selection``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.algorithms import Algorithm, History, Median
from forecast_platform.engine.featurization import Panel
from forecast_platform.engine.parallel import Runner
from forecast_platform.engine.task import ForecastTask
from forecast_platform.errors import InputError, Problem

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Progress = Callable[[str, int, int], None]

EXTRA_WINDOWS = 7
"""Older windows used, besides those reported, to select algorithms and to measure residuals."""

EXTRA_FITS = 2000
"""In the extra windows an algorithm that fits each series sees at most this many (series, window) pairs. At 20 ms a
fit that is 40 s; the pooled part of selection and residuals needs no more."""


@dataclass(frozen=True)
class Backtest:
    """Windows are in order from the newest to the oldest; the first ``reported`` of them are the user's.

    Attributes:
        starts: Column of the panel at which each window starts.
        actuals: (windows × series × steps).
        points: Candidate -> (windows × series × steps); NaN where it made no forecast.
        failures: Candidate -> error message -> how many fits ended with it.
        reported: How many windows the user asked for.
    """

    starts: tuple[int, ...]
    actuals: Floats
    points: dict[str, Floats]
    failures: dict[str, Counter[str]]
    reported: int

    def residuals(self, candidate: str) -> Floats:
        """Actual − forecast, (windows × series × steps)."""
        return np.asarray(self.actuals - self.points[candidate])


def periods_needed(task: ForecastTask) -> int:
    """The shortest history a predictor can be trained on: the reported windows and one horizon to learn from."""
    return task.backtest_window_offset + task.backtest_windows * task.horizon


def observations_needed(task: ForecastTask) -> int:
    """The same in observations at the frequency of the data, of a series without gaps."""
    return ceil(periods_needed(task) * (task.frequency.approximate / task.data_frequency.approximate))


def window_starts(periods: int, longest_season: int, task: ForecastTask) -> tuple[int, ...]:
    """Where windows start: the newest ``offset`` before the end, each older one a horizon earlier.

    Extra windows are added as long as two seasons (or half of the data) are left to learn from.

    Raises:
        InputError: The data is shorter than :func:`periods_needed`.
    """
    needed = periods_needed(task)
    if periods < needed:
        raise InputError(
            "The horizon is too long for the history.",
            [
                Problem(
                    "training data",
                    f"{periods} periods of {task.frequency} in the longest series",
                    f"at least {needed} for a horizon of {task.horizon} with {task.backtest_windows} backtest"
                    f" window(s) starting {task.backtest_window_offset} periods before the end",
                    "Shorten ForecastHorizon, ask for fewer backtest windows, or add history.",
                )
            ],
        )
    newest = periods - task.backtest_window_offset
    least = max(task.horizon, min(2 * longest_season, periods // 2))
    possible = (newest - least) // task.horizon + 1
    count = max(task.backtest_windows, min(task.backtest_windows + EXTRA_WINDOWS, possible))
    return tuple(newest - index * task.horizon for index in range(count))


def run_backtest(
    panel: Panel, algorithms: list[Algorithm], task: ForecastTask, runner: Runner, progress: Progress
) -> Backtest:
    """Forecast every window with every candidate, from the data before the window only."""
    starts = window_starts(panel.periods, max(panel.seasons, default=1), task)
    actuals = np.stack([panel.values[:, start : start + task.horizon] for start in starts])
    points: dict[str, Floats] = {}
    failures: dict[str, Counter[str]] = {}
    for done, algorithm in enumerate(algorithms):
        progress(f"backtesting {algorithm.name}", done, len(algorithms))
        if isinstance(algorithm, Median):  # its members have been run
            points[algorithm.name], failures[algorithm.name] = algorithm.combine(points), Counter()
            continue
        points[algorithm.name], failures[algorithm.name] = _backtest_one(panel, algorithm, starts, task, runner)
    progress("backtesting", len(algorithms), len(algorithms))
    return Backtest(starts, actuals, points, failures, task.backtest_windows)


def _backtest_one(
    panel: Panel, algorithm: Algorithm, starts: tuple[int, ...], task: ForecastTask, runner: Runner
) -> tuple[Floats, Counter[str]]:
    forecasts = np.full((len(starts), len(panel.values), task.horizon), np.nan)
    failed: Counter[str] = Counter()
    for window, start in enumerate(starts):
        before = panel.values[:, :start]
        rows = np.flatnonzero(~np.isnan(before).all(axis=1))
        if algorithm.fits_each_series and window >= task.backtest_windows:
            rows = _sample(rows, EXTRA_FITS // (len(starts) - task.backtest_windows))
        if len(rows):
            answer = run_reporting_errors(runner, algorithm, History(before[rows], panel.seasons), task.horizon)
            forecasts[window, rows] = answer[0]
            failed.update(answer[1])
    return forecasts, failed


def run_reporting_errors(
    runner: Runner, algorithm: Algorithm, history: History, horizon: int
) -> tuple[Any, Counter[str]]:
    """Forecasts, and how often which error occurred. An algorithm that raises as a whole fails for every series."""
    try:
        answer = runner.forecast(algorithm, history, horizon)
    except Exception as error:  # one broken candidate must not sink the others; the caller reports it
        rows = len(history.values)
        return np.full((rows, horizon), np.nan), Counter({f"{type(error).__name__}: {error}": rows})
    return answer.values, Counter(answer.failures.values())


def _sample(rows: Integers, most: int) -> Integers:
    """At most ``most`` of the rows, evenly spread, always the same ones."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
