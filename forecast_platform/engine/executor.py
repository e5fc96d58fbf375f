"""Runs work over chunks of series, on several processes when that pays.

Belongs here: how chunks are dealt to processes. Does not belong here: what is computed, or other machines
(``executor_ray``).

Chunks do not depend on who works on them, and results come back in their order, so the numbers are the same on one
process, on several and on a cluster.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from forecast_platform.engine.algorithms.contract import History

Answer = TypeVar("Answer")

CHUNK = 128
"""Series per chunk: small enough to show progress and to bound memory, large enough for vectorised algorithms."""

_SECONDS_THAT_PAY = 30.0
"""A worker imports statsforecast for about 6 s before its first fit."""


class Executor(Protocol):
    """Where chunks are worked on; a context manager that ends what it has started."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def map(self, work: Callable[[History], Answer], chunks: Sequence[History]) -> Iterator[Answer]:
        """The answers of ``work``, in the order of the chunks. ``work`` can be pickled and has no side effects."""
        ...


def chunks_of(history: History) -> list[History]:
    """The rows of a history, :data:`CHUNK` at a time, without copying them."""
    return [history.rows(slice(first, first + CHUNK)) for first in range(0, len(history.values), CHUNK)]


class LocalExecutor:
    """Works in this process, and on others when the first chunk says that it will take long.

    Threads do not pay: statsforecast 2.1 holds the interpreter's lock while it fits (two threads took as long as one
    for ETS, Theta and MSTL). Processes are spawned, never forked, because pyarrow and duckdb have threads.

    Args:
        jobs: Most processes; ``None`` = one per core.
        seconds_that_pay: Processes are started for work that would take longer than this on one.
    """

    def __init__(self, jobs: int | None = None, seconds_that_pay: float = _SECONDS_THAT_PAY) -> None:
        self._jobs = jobs or os.cpu_count() or 1
        self._seconds_that_pay = seconds_that_pay
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, work: Callable[[History], Answer], chunks: Sequence[History]) -> Iterator[Answer]:
        """See :meth:`Executor.map`."""
        if not chunks:
            return
        started = time.perf_counter()
        yield work(chunks[0])
        remaining = (time.perf_counter() - started) * (len(chunks) - 1)
        if self._jobs > 1 and (self._pool is not None or remaining > self._seconds_that_pay):
            yield from self._on_processes(work, chunks[1:])
        else:
            for chunk in chunks[1:]:
                yield work(chunk)

    def _on_processes(self, work: Callable[[History], Answer], chunks: Sequence[History]) -> Iterator[Answer]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._jobs, mp_context=multiprocessing.get_context("spawn"))
        answered = 0
        try:
            for answer in self._windowed(self._pool, work, chunks):
                answered += 1
                yield answer
        except BrokenProcessPool:
            # A worker was killed (memory) or could not start (no importable main module): slower beats failing.
            self._pool, self._jobs = None, 1
            for chunk in chunks[answered:]:
                yield work(chunk)

    def _windowed(self, pool: ProcessPoolExecutor, work: Callable[[History], Any], chunks: Sequence[History]) -> Any:
        """Hands out a few chunks ahead, so that neither questions nor answers of all series are in memory at once."""
        waiting: deque[Future[Any]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(work, chunk))
            if len(waiting) > 2 * self._jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
