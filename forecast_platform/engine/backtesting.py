"""Forecasts of the past: what every candidate would have said at earlier points in time.

Belongs here: where the windows are and running candidates on them. Does not belong here: scoring
(``metrics``), combining (``combination``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.algorithms.contract import LEVELS, Algorithm, Floats, Forecasts, History
from forecast_platform.engine.executor import Executor, chunks_of
from forecast_platform.engine.task import ForecastTask
from forecast_platform.errors import InputError, Problem

Progress = Callable[[str, int, int], None]
Distributions = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Answers:
    """What candidates have said of the same series at one or more starts.

    Attributes:
        points: Candidate -> (starts × series × steps); NaN where it made no forecast.
        quantiles: Candidate -> (starts × series × steps × levels), of those that model a distribution.
        failures: Candidate -> error message -> how many fits ended with it.
    """

    points: dict[str, Floats]
    quantiles: dict[str, Distributions]
    failures: dict[str, Counter[str]]

    @staticmethod
    def joined(parts: Sequence[Answers]) -> Answers:
        """The answers of several chunks of series as one."""
        names = list(parts[0].points)
        distributed = [name for name in names if any(name in part.quantiles for part in parts)]
        return Answers(
            {name: np.concatenate([part.points[name] for part in parts], axis=1) for name in names},
            {name: np.concatenate([part.distribution(name) for part in parts], axis=1) for name in distributed},
            {name: sum((part.failures[name] for part in parts), Counter()) for name in names},
        )

    def distribution(self, name: str) -> Distributions:
        """The quantiles of a candidate, NaN where it has given points only."""
        shape = (*self.points[name].shape, len(LEVELS))
        return self.quantiles.get(name, np.broadcast_to(np.float32(np.nan), shape))

    def only(self, names: Iterable[str]) -> Answers:
        """The answers of some of the candidates."""
        kept = list(names)
        return Answers(
            {name: self.points[name] for name in kept},
            {name: self.quantiles[name] for name in kept if name in self.quantiles},
            {name: self.failures[name] for name in kept},
        )


@dataclass(frozen=True)
class Backtest:
    """Windows are in order from the newest to the oldest.

    Attributes:
        starts: Column of the panel at which each window starts.
        actuals: (windows × series × steps); NaN where nothing was observed.
    """

    starts: tuple[int, ...]
    actuals: Floats
    answers: Answers

    @property
    def names(self) -> tuple[str, ...]:
        """The candidates."""
        return tuple(self.answers.points)

    def older_than(self, window: int) -> Backtest:
        """The windows that had ended before ``window`` started: what was known when it was forecast."""
        kept = slice(window + 1, None)
        return Backtest(
            self.starts[kept],
            self.actuals[kept],
            Answers(
                {name: values[kept] for name, values in self.answers.points.items()},
                {name: values[kept] for name, values in self.answers.quantiles.items()},
                self.answers.failures,
            ),
        )

    def only(self, names: Iterable[str]) -> Backtest:
        """The backtest of some of the candidates."""
        return replace(self, answers=self.answers.only(names))


@dataclass(frozen=True)
class Lineup:
    """Who forecasts at one start.

    Attributes:
        local: Algorithms that take their time for each series; the executor deals out their work.
        trained: Large ones, trained on what was known before the start. They stay in this process, because their
            libraries use all cores by themselves and they are too large to be sent along with every chunk.
    """

    local: tuple[Algorithm, ...]
    trained: tuple[Algorithm, ...] = ()

    @staticmethod
    def of(algorithms: Iterable[Algorithm], trained: Iterable[Algorithm]) -> Lineup:
        """Algorithms as they are, and trained ones where they belong."""
        models = list(trained)
        small = [model for model in models if model.fits_each_series]
        return Lineup((*algorithms, *small), tuple(model for model in models if not model.fits_each_series))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the candidates, in the order in which they answer."""
        return tuple(one.name for one in (*self.local, *self.trained))

    def only(self, names: Iterable[str]) -> Lineup:
        """The members of these names."""
        kept = set(names)
        return Lineup(
            tuple(one for one in self.local if one.name in kept),
            tuple(one for one in self.trained if one.name in kept),
        )


def periods_needed(task: ForecastTask) -> int:
    """The shortest history a predictor can be trained on: the reported windows and one horizon to learn from."""
    return task.backtest_window_offset + task.backtest_windows * task.horizon


def observations_needed(task: ForecastTask) -> int:
    """The same in observations at the frequency of the data, of a series without gaps."""
    return ceil(periods_needed(task) * (task.frequency.approximate / task.data_frequency.approximate))


def window_starts(periods: int, longest_season: int, task: ForecastTask, extra: int) -> tuple[int, ...]:
    """Where windows start: the newest ``offset`` before the end, each older one a horizon earlier.

    Up to ``extra`` windows are added as long as two seasons (or half of the data) are left to learn from.

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
    count = max(task.backtest_windows, min(task.backtest_windows + extra, possible))
    return tuple(newest - index * task.horizon for index in range(count))


def run_backtest(
    history: History,
    starts: Sequence[int],
    horizon: int,
    lineups: Sequence[Lineup],
    executor: Executor,
    progress: Callable[[int], None],
) -> Backtest:
    """Forecast every window with its lineup, from what was known before the window only.

    Args:
        history: Reaches over the windows, which hold the actuals.
        lineups: One per start; all of the same names.
        progress: Called with how many series more are done.
    """
    answers = ask(history, starts, horizon, lineups, executor, progress)
    actuals = np.stack([history.values[:, start : start + horizon] for start in starts])
    return Backtest(tuple(starts), actuals, answers)


def ask(
    history: History,
    starts: Sequence[int],
    horizon: int,
    lineups: Sequence[Lineup],
    executor: Executor,
    progress: Callable[[int], None],
) -> Answers:
    """What each lineup says at its start, chunk by chunk."""
    chunks = chunks_of(history)
    local = _Questions(tuple(starts), horizon, tuple(lineup.local for lineup in lineups))
    trained = _Questions(tuple(starts), horizon, tuple(lineup.trained for lineup in lineups))
    parts = []
    for chunk, answer in zip(chunks, executor.map(local, chunks), strict=True):
        of_trained = trained(chunk)
        parts.append(
            Answers(
                answer.points | of_trained.points,
                answer.quantiles | of_trained.quantiles,
                answer.failures | of_trained.failures,
            )
        )
        progress(len(chunk.values))
    return Answers.joined(parts)


@dataclass(frozen=True)
class _Questions:
    """Ask algorithms about a chunk of series at several starts; travels to worker processes."""

    starts: tuple[int, ...]
    horizon: int
    algorithms: tuple[tuple[Algorithm, ...], ...]

    def __call__(self, chunk: History) -> Answers:
        names = [algorithm.name for algorithm in self.algorithms[0]]
        shape = (len(self.starts), len(chunk.values), self.horizon)
        points = {name: np.full(shape, np.nan) for name in names}
        quantiles: dict[str, Distributions] = {}
        failures: dict[str, Counter[str]] = {name: Counter() for name in names}
        for index, start in enumerate(self.starts):
            known = chunk.before(start, self.horizon)
            rows = np.flatnonzero(~np.isnan(known.values).all(axis=1))
            if len(rows) == 0:
                continue
            for algorithm in self.algorithms[index]:
                answer = answer_or_failure(algorithm, known.rows(rows), self.horizon)
                points[algorithm.name][index, rows] = answer.points
                failures[algorithm.name].update(answer.failures.values())
                if answer.quantiles is not None:
                    empty = np.full((*shape, len(LEVELS)), np.nan, dtype=np.float32)
                    quantiles.setdefault(algorithm.name, empty)[index, rows] = answer.quantiles
        return Answers(points, quantiles, failures)


def answer_or_failure(algorithm: Algorithm, history: History, horizon: int) -> Forecasts:
    """What an algorithm answers. One that raises as a whole fails for every series, and sinks no other candidate."""
    try:
        return algorithm.forecast(history, horizon)
    except Exception as error:  # the caller reports it
        rows = len(history.values)
        reason = f"{type(error).__name__}: {error}"
        return Forecasts(np.full((rows, horizon), np.nan), dict.fromkeys(range(rows), reason))
