"""The peer: its services, its faults, the log of its calls.

Belongs here: what happens to a call on its way to a service. Does not belong here: sockets (``server``).
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from forecast_platform.aws_peer.call_log import Call, CallLog
from forecast_platform.aws_peer.faults import DROP, Fault, Faults
from forecast_platform.aws_peer.forecast.services import AmazonForecast
from forecast_platform.aws_peer.options import PeerOptions
from forecast_platform.aws_peer.protocol.errors import ServiceError, internal_failure, unknown_operation
from forecast_platform.aws_peer.protocol.modelled_service import ModelledService
from forecast_platform.aws_peer.protocol.wire import Document, read_document, write_document
from forecast_platform.errors import InputError, Problem

_NAMES = ("Name", "Arn")
_log = logging.getLogger(__name__)
_STATE = ("forecast",)
"""Folders of ``home`` that a reset removes."""


@dataclass(frozen=True)
class Answer:
    """What a call is answered.

    Attributes:
        status: Of HTTP.
        body: JSON.
        error: The code of an error; empty = none.
    """

    status: int
    body: bytes
    error: str = ""


class Peer:
    """All services of one account.

    Raises:
        InputError: Another peer uses the same home.
        MissingExtraError: botocore is not installed.
    """

    def __init__(self, options: PeerOptions) -> None:
        self._options = options
        self._home = _only_user_of(options.home)
        self.faults, self.calls = Faults(), CallLog(options.home / "calls.jsonl")
        self._lock = threading.Lock()
        self._open()

    def answer(self, target: str, body: bytes, who: str) -> Answer | None:
        """Answer one call, and record it; ``None`` = the connection is to be dropped.

        Args:
            target: The header ``X-Amz-Target``: ``PREFIX.OPERATION``.
            who: Id of the caller's access key.
        """
        prefix, _, operation = target.partition(".")
        service = self._services.get(prefix)
        document = _read_or_empty(body)
        name = _name_of(document)
        fault = self.faults.of_call(operation, name)
        asked = None if fault is not None and not fault.after else _asked(service, operation, body, target)
        answer = asked if fault is None else _faulty(fault)
        done = asked is not None and not asked.error
        status, code = (answer.status, answer.error) if answer else (0, "")
        self.calls.add(Call(time.time(), operation, name, done, status, code, who))
        return answer

    def reset(self) -> None:
        """Forget all resources, faults and calls."""
        with self._lock:
            self.faults.remove()
            self._forecast.close()
            for folder in _STATE:
                shutil.rmtree(self._options.home / folder, ignore_errors=True)
            self.calls.clear()
            self._open()

    def close(self) -> None:
        """End all jobs; another process can go on with them."""
        self._forecast.close()
        self.calls.close()
        self._home.close()

    def _open(self) -> None:
        self._forecast = AmazonForecast(self._options, self.faults)
        self._services = {one.model.target_prefix: one for one in self._forecast.services}


def _only_user_of(home: Path) -> TextIO:
    """Two peers would each do every job. The lock goes with the process, however it ends."""
    home.mkdir(parents=True, exist_ok=True)
    file = (home / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        problem = Problem("--home", str(home), "a folder that no other peer uses", "End that peer, or name another.")
        raise InputError("The peer cannot start.", [problem]) from error
    return file


def _asked(service: ModelledService | None, operation: str, body: bytes, target: str) -> Answer:
    try:
        if service is None or operation not in service.model.operations:
            raise unknown_operation(target)
        return Answer(200, service.answer(operation, read_document(body)))
    except ServiceError as error:
        return _refused(error)
    except Exception as error:
        # One call that fails may not end the connection or the peer; the log has the place.
        _log.exception("%s", operation)
        return _refused(internal_failure(f"{type(error).__name__}: {error}"))


def _faulty(fault: Fault) -> Answer | None:
    return None if fault.effect == DROP else _refused(fault.error())


def _refused(error: ServiceError) -> Answer:
    return Answer(error.status, write_document(error.body()), error.code)


def _read_or_empty(body: bytes) -> Document:
    try:
        return read_document(body)
    except ServiceError:
        return {}


def _name_of(document: Document) -> str:
    """The name that a Create call gives, or else the ARN that the call is about."""
    for ending in _NAMES:
        for member, value in document.items():
            if member.endswith(ending) and isinstance(value, str):
                return value
    return ""
