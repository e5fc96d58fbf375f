"""Runs a command in a process of its own and measures it.

Belongs here: seconds and memory of a child process with everything that it starts. Does not belong here: what it does.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

CHECKOUT = Path(__file__).resolve().parents[1]
_SAMPLE_EVERY_SECONDS = 0.1
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Measured:
    """How a command ended and what it took.

    Attributes:
        returncode: Negative = the signal that killed it. ``None`` = it was stopped at the time limit.
        seconds: From start to exit.
        peak_mebibytes: Largest sum of the resident memory of the process and all its descendants, sampled ten times
            a second. Pages that processes share count once for each, so this is an upper bound.
        errors: The end of what it wrote to stderr.
    """

    returncode: int | None
    seconds: float
    peak_mebibytes: float
    errors: str


def measured(command: Sequence[str], limit_seconds: float | None = None) -> Measured:
    """Run ``command`` from the checkout, which its imports find first.

    The command and all that it started are killed when the limit is reached.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), os.environ.get("PYTHONPATH", "")])}
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        # A session of its own, so that its worker processes can be killed with it.
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=errors, cwd=CHECKOUT, env=environment, start_new_session=True
        )
        try:
            returncode, peak = _watch(child, limit_seconds)
        finally:
            _kill_session(child)
        seconds = time.perf_counter() - started
        errors.seek(0)
        return Measured(returncode, seconds, peak / _MEBIBYTE, errors.read().decode(errors="replace")[-5000:])


def _watch(child: subprocess.Popen[bytes], limit_seconds: float | None) -> tuple[int | None, int]:
    process = psutil.Process(child.pid)
    deadline = time.monotonic() + (limit_seconds or float("inf"))
    peak = 0
    while child.poll() is None:
        peak = max(peak, _resident_bytes(process))
        if time.monotonic() > deadline:
            return None, peak
        time.sleep(_SAMPLE_EVERY_SECONDS)
    return child.returncode, peak


def _resident_bytes(process: psutil.Process) -> int:
    total = 0
    # A process may end between being listed and being asked.
    with contextlib.suppress(psutil.NoSuchProcess):
        for member in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += member.memory_info().rss
    return total


def _kill_session(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
