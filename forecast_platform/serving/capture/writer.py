"""The thread that writes captures while requests are answered.

Belongs here: the queue between the two, its bound, counting what was lost. Does not belong here: files (``files``).
"""

from __future__ import annotations

import logging
import random
import threading
from dataclasses import asdict, dataclass
from datetime import datetime

from forecast_platform.serving.capture.files import CaptureFiles
from forecast_platform.serving.capture.options import CaptureOptions
from forecast_platform.serving.capture.records import Invocation, RecordFormat

_BATCH_SECONDS = 0.05
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


@dataclass
class _Batch:
    """Lines of one hour that wait to be written."""

    first: datetime
    lines: list[bytes]


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
        self._waiting: list[_Batch] = []
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._closing = threading.Event()
        self._captured = self._sampled_out = self._lost = 0
        self._last_error = ""
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def offer(self, invocation: Invocation) -> None:
        """Record ``invocation``, if the sampling draws it."""
        if self._share < 1.0 and self._draw() >= self._share:
            with self._lock:
                self._sampled_out += 1
            return
        # Bytes wait rather than invocations: the garbage collector goes through objects that live on, at a cost of
        # more than that of this line.
        line = self._format.line(invocation)
        with self._lock:
            if len(line) > self._room:
                self._lose(1, self._last_error or "the queue is full because the disk does not keep up")
                return
            self._room -= len(line)
            if not self._waiting or not _same_hour(self._waiting[-1].first, invocation.instant):
                self._waiting.append(_Batch(invocation.instant, []))
            self._waiting[-1].lines.append(line)
        if not self._filled.is_set():
            self._filled.set()

    def counts(self) -> CaptureCounts:
        """What became of the invocations so far."""
        with self._lock:
            waiting = sum(len(batch.lines) for batch in self._waiting)
            return CaptureCounts(
                self._captured, self._sampled_out, self._lost, waiting, self._files.unpublished, self._last_error
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
                self._lose(sum(len(batch.lines) for batch in self._waiting), self._last_error)
        self._files.close()

    def _write_waiting(self) -> bool:
        """Write what waits; ``False`` = the disk refuses, and what it refused still waits."""
        with self._lock:
            taken, self._waiting = self._waiting, []
        while taken:
            lines = b"".join(taken[0].lines)
            try:
                self._files.append(taken[0].first, lines)
            except OSError as error:
                _log.error("captures cannot be written, trying again: %s", error)
                with self._lock:
                    self._last_error = str(error)
                    self._waiting = taken + self._waiting
                return False
            written = taken.pop(0)
            with self._lock:
                self._room += len(lines)
                self._captured += len(written.lines)
        return True

    def _lose(self, count: int, reason: str) -> None:
        if count and not self._lost:
            _log.error("captures are being lost: %s", reason)
        self._lost += count
        self._last_error = reason


def _same_hour(one: datetime, other: datetime) -> bool:
    return one.hour == other.hour and one.date() == other.date()
