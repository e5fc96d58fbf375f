"""Work for the tests of executors, in a module of its own so that worker processes find it. No tests here."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.engine.algorithms.contract import Covariates, Floats, History
from forecast_platform.engine.executor import Executor
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import forecast
from forecast_platform.engine.training import train
from forecast_platform_tests.engine.series import quiet, series, task, weekly_cycle


def numbered(series: int, periods: int = 20) -> History:
    """A history whose values say which row they come from, with one related series and one attribute."""
    random = np.random.default_rng(0)
    values = np.arange(series)[:, None] + random.random((series, periods))
    related = values[None, :, :].repeat(2, axis=2)[:, :, : periods + 5]
    return History(
        values,
        seasons=(7,),
        covariates=Covariates(("price",), related, (True,), ("colour",), np.arange(series)[None], (("red",) * series,)),
    )


def chunks(count: int) -> list[History]:
    """Chunks of two series each: rows 0 and 1, 2 and 3, and so on."""
    history = numbered(2 * count)
    return [history.rows(slice(first, first + 2)) for first in range(0, 2 * count, 2)]


class Sums:
    """The sum of each row's logarithms: the last bits show when it was computed in another way."""

    def __call__(self, chunk: History) -> Floats:
        return np.asarray(np.log1p(chunk.values).sum(axis=1))


class WhoWorks:
    """The process that works on each chunk, a moment each so that all processes get some."""

    def __call__(self, chunk: History) -> int:
        time.sleep(0.05)
        return os.getpid()


@dataclass(frozen=True)
class LeavesATrace:
    """Leaves a file for every chunk that was worked on.

    Attributes:
        folder: Where.
    """

    folder: Path

    def __call__(self, chunk: History) -> int:
        row = int(chunk.values[0, 0])
        (self.folder / str(row)).touch()
        return row


class SaysWhatItSees:
    """The chunk as it arrives."""

    def __call__(self, chunk: History) -> History:
        return chunk


class WorksInPlace:
    """Changes its chunk, as an algorithm may that was handed a copy."""

    def __call__(self, chunk: History) -> Floats:
        chunk.values[:] += 1
        return chunk.values


class Refuses:
    """Raises on the chunk with row 4."""

    def __call__(self, chunk: History) -> Floats:
        if 4 in chunk.values.astype(int):
            raise LookupError("this chunk is refused")
        return chunk.values


@dataclass(frozen=True)
class KillsItsWorker:
    """Dies by SIGKILL on one chunk, unless it is at home in the process that gave it out.

    Attributes:
        home: Process that must survive.
        folder: Where it leaves one file per death.
        deaths: How often it dies before it works.
        row: It dies with this row.
    """

    home: int
    folder: Path
    deaths: int
    row: int

    def __call__(self, chunk: History) -> Floats:
        if self.row in chunk.values.astype(int) and os.getpid() != self.home:
            died = len(list(self.folder.iterdir()))
            if died < self.deaths:
                (self.folder / str(died)).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return Sums()(chunk)


@dataclass(frozen=True)
class WaitsToBeKilled:
    """On its first run with row 0, says who it is and waits; later runs work.

    Attributes:
        note: File that it writes its process id to.
    """

    note: Path

    def __call__(self, chunk: History) -> Floats:
        if 0 in chunk.values.astype(int) and not self.note.exists():
            written = self.note.with_suffix(".part")
            written.write_text(str(os.getpid()))
            written.rename(self.note)
            time.sleep(600)
        return Sums()(chunk)


def kill_when_noted(note: Path, killed: list[int]) -> Callable[[], None]:
    """Starts to watch for a :class:`WaitsToBeKilled`, kills it, and notes whom; call the result to wait for that."""

    def watch() -> None:
        while not note.exists():
            time.sleep(0.05)
        killed.append(int(note.read_text()))
        os.kill(killed[0], signal.SIGKILL)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    return watcher.join


def trained_and_forecast(executor: Callable[[], Executor], count: int = 300) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The forecast and the accuracy of a predictor of some daily series (three chunks), made by executors like this."""
    data = pd.concat([series(weekly_cycle(60, seed, 20 + seed), f"item{seed:03}") for seed in range(count)])
    frames = TrainingFrames(data)
    predictor = train(frames, task(preset="fast"), quiet, executor())
    return forecast(predictor, frames, ("p10", "p50", "p90", "mean"), quiet, executor()), predictor.accuracy
