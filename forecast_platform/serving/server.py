"""The process of the scoring server: its socket, its signals, and the order in which it ends.

Belongs here: running until told to stop. Does not belong here: routes (``application``).
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from forecast_platform.bucket import Bucket
from forecast_platform.errors import InputError, Problem
from forecast_platform.loopback import is_loopback
from forecast_platform.serving.application import ScoringApplication
from forecast_platform.serving.capture import CaptureOptions, CaptureWriter
from forecast_platform.serving.capture.files import CaptureFiles
from forecast_platform.serving.models import Model

_GRACE_SECONDS = 30
"""How long requests that are being answered may take once the server was told to end."""
_KEEP_ALIVE_SECONDS = 60
_BACKLOG = 2048
_ENDINGS = (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CaptureTarget:
    """Where captures go.

    Attributes:
        bucket: Takes complete files.
        journals: Local folder in which files grow.
    """

    bucket: Bucket
    journals: Path


@dataclass(frozen=True)
class Endpoint:
    """What is served and how it captures; ``target`` ``None`` = it does not."""

    model: Model
    options: CaptureOptions
    target: CaptureTarget | None = None


def serve(endpoint: Endpoint, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP; then answer what was asked, write every capture, and return.

    Args:
        port: 0 = any free one.
        announce: Gets the server's URL once it listens.

    Raises:
        InputError: The address cannot be listened on, or the captures cannot be written.
    """
    with contextlib.closing(_listening(host, port)) as listener:
        capture = _capture(endpoint)
        server = _Server(_config(_application(endpoint, capture, is_loopback(host))))
        # What exists by now stays: the garbage collector need not go through it again and again while answers wait.
        gc.freeze()
        with _told_to_end_by_signals(server):
            announce(_url(listener))
            try:
                server.run(sockets=[listener])
            finally:
                if capture is not None:
                    capture.close()
                    _log.info("captures: %s", capture.counts())


def _capture(endpoint: Endpoint) -> CaptureWriter | None:
    if endpoint.target is None:
        return None
    files = CaptureFiles(endpoint.target.bucket, endpoint.target.journals, endpoint.options)
    return CaptureWriter(files, endpoint.options)


def _application(endpoint: Endpoint, capture: CaptureWriter | None, local_only: bool) -> ScoringApplication:
    threads = 2 * (os.cpu_count() or 1) + 2
    return ScoringApplication(endpoint.model, endpoint.options.variant, capture, local_only=local_only, threads=threads)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """uvicorn would die of the signal that ended it; being told to end is the normal end here."""
        yield


@contextlib.contextmanager
def _told_to_end_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """Until the captures are written, too; whoever cannot wait has SIGKILL, which the journals survive."""

    def end(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _config(application: Any) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _listening(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        problem = Problem("--host and --port", f"{host}:{port}", "an address that can be listened on", f"{error}.")
        raise InputError("The server cannot start.", [problem]) from error
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
