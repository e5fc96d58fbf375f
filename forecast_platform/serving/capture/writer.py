"""The thread that writes captures while requests are answered.

Belongs here: the queue between the two, its bound, counting what was lost. Does not belong here: files (``files``).
"""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

from forecast_platform.serving.capture.files import CaptureFiles
from forecast_platform.serving.capture.options import CaptureOptions
from forecast_platform.serving.capture.records import Invocation, RecordFormat

_BATCH_SECONDS = 0.1
"""Records are gathered this long: waking the thread for each would cost the answers more than writing it."""
_RETRY_SECONDS = 1.0
_QUEUE_BYTES = 64 * 2**20
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CaptureCounts:
    """What became of the invocations so far.

    Attributes:
        captured: Written to disk.
        sampled_out: Left out by the sampling percentage.
        lost: Not written because the disk refused for longer than the queue could hold.
        waiting: In the queue.
        unpublished: Complete files that the bucket has not taken yet.
        last_error: The last refusal, for people; empty when there was none.
    """

    captured: int = 0
    sampled_out: int = 0
    lost: int = 0
    waiting: int = 0
    unpublished: int = 0
    last_error: str = ""

    def to_dict(self) -> dict[str, int | str]:
        """As the server shows it."""
        return asdict(self)


class CaptureWriter:
    """Takes invocations from any thread and writes them in one of its own.

    :meth:`offer` never waits for a disk. What it took is written within moments; while the disk refuses, up to 64 MB
    wait and are written when it takes them again. What does not fit is lost, counted and logged.
    """

    def __init__(self, files: CaptureFiles, options: CaptureOptions, queue_bytes: int = _QUEUE_BYTES) -> None:
        self._files = files
        self._format = RecordFormat(options)
        self._share = options.sampling_percentage / 100.0
        self._room = queue_bytes
        self._draw = random.Random().random
        self._waiting: deque[Invocation] = deque()
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._closing = threading.Event()
        self._captured = self._sampled_out = self._lost = 0
        self._last_error = ""
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def offer(self, invocation: Invocation) -> None:
        """Record ``invocation``, if the sampling draws it."""
        size = _size(invocation)
        with self._lock:
            if self._share < 1.0 and self._draw() >= self._share:
                self._sampled_out += 1
                return
            if size > self._room:
                self._lose(1, self._last_error or "the queue is full because the disk does not keep up")
                return
            self._room -= size
            self._waiting.append(invocation)
        if not self._filled.is_set():
            self._filled.set()

    def counts(self) -> CaptureCounts:
        """What became of the invocations so far."""
        with self._lock:
            return CaptureCounts(
                self._captured,
                self._sampled_out,
                self._lost,
                len(self._waiting),
                self._files.unpublished,
                self._last_error,
            )

    def close(self) -> None:
        """Write and publish everything that was offered; returns when it is done."""
        self._closing.set()
        self._filled.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._filled.wait(self._files.seconds_until_due())
            self._closing.wait(_BATCH_SECONDS)
            self._filled.clear()
            if not self._write_waiting():
                self._closing.wait(_RETRY_SECONDS)
                self._filled.set()
            self._files.publish_due()
        if not self._write_waiting():
            with self._lock:
                self._lose(len(self._waiting), self._last_error)
        self._files.close()

    def _write_waiting(self) -> bool:
        """Write what waits; ``False`` = the disk refuses, and what it refused still waits."""
        with self._lock:
            waiting = list(self._waiting)
        for _, hour in groupby(waiting, key=_hour_of):
            batch = list(hour)
            try:
                self._files.append(batch[0].instant, b"".join(map(self._format.line, batch)))
            except OSError as error:
                _log.error("captures cannot be written, trying again: %s", error)
                self._last_error = str(error)
                return False
            self._forget(batch)
        return True

    def _forget(self, written: Sequence[Invocation]) -> None:
        freed = sum(map(_size, written))
        with self._lock:
            for _ in written:
                self._waiting.popleft()
            self._room += freed
            self._captured += len(written)

    def _lose(self, count: int, reason: str) -> None:
        if count and not self._lost:
            _log.error("captures are being lost: %s", reason)
        self._lost += count
        self._last_error = reason


def _hour_of(invocation: Invocation) -> tuple[int, int, int]:
    instant = invocation.instant
    return instant.month, instant.day, instant.hour


def _size(invocation: Invocation) -> int:
    """About how many bytes of memory it holds."""
    return len(invocation.request) + len(invocation.response) + 500
