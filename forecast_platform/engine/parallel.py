"""Runs algorithms over many series, on several processes when that pays.

Belongs here: when to start processes and how series are dealt to them. Does not belong here: what they compute.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType

import numpy as np

from forecast_platform.engine.algorithms import Algorithm, History, PointForecasts

_CHUNK = 64
_SECONDS_THAT_PAY = 30.0
"""A worker imports statsforecast for about 6 s before its first fit."""


class Runner:
    """Runs an algorithm on the series of a history. Results do not depend on the number of processes.

    Threads do not pay: statsforecast 2.1 holds the interpreter's lock while it fits (two threads took as long as one
    for ETS, Theta and MSTL). Processes are spawned, never forked, because pyarrow and duckdb have threads.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._jobs = jobs or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def forecast(self, algorithm: Algorithm, history: History, horizon: int) -> PointForecasts:
        """What ``algorithm`` forecasts, in chunks of series."""
        if not algorithm.fits_each_series or len(history.values) <= _CHUNK:
            return algorithm.forecast(history, horizon)
        chunks = [
            History(history.values[first : first + _CHUNK], history.seasons)
            for first in range(0, len(history.values), _CHUNK)
        ]
        started = time.perf_counter()
        done = [algorithm.forecast(chunks[0], horizon)]
        remaining = (time.perf_counter() - started) * (len(chunks) - 1)
        if self._jobs > 1 and (self._pool is not None or remaining > _SECONDS_THAT_PAY):
            done += self._on_processes(algorithm, chunks[1:], horizon)
        else:
            done += [algorithm.forecast(chunk, horizon) for chunk in chunks[1:]]
        return _joined(done)

    def _on_processes(self, algorithm: Algorithm, chunks: list[History], horizon: int) -> list[PointForecasts]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._jobs, mp_context=multiprocessing.get_context("spawn"))
        try:
            return list(self._pool.map(algorithm.forecast, chunks, [horizon] * len(chunks)))
        except BrokenProcessPool:
            # A worker was killed (memory) or could not start (no importable main module): slower beats failing.
            self._pool, self._jobs = None, 1
            return [algorithm.forecast(chunk, horizon) for chunk in chunks]


def _joined(parts: list[PointForecasts]) -> PointForecasts:
    failures = {
        index * _CHUNK + row: reason for index, part in enumerate(parts) for row, reason in part.failures.items()
    }
    return PointForecasts(np.concatenate([part.values for part in parts]), failures)
