"""What is made to go wrong, for tests of programs: calls that fail, jobs that fail, never end or take long.

Belongs here: which fault hits what, and how often. Does not belong here: how they are asked for (``control``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from forecast_platform.aws_peer.protocol.errors import ServiceError

CALL_EFFECTS = {
    "throttle": ServiceError("ThrottlingException", "Rate exceeded"),
    "error": ServiceError("InternalServerException", "An internal error was injected.", 500),
    "unavailable": ServiceError("ServiceUnavailableException", "The service is unavailable, by injection.", 503),
    "expired_token": ServiceError(
        "ExpiredTokenException", "The security token included in the request is expired", 400
    ),
    "limit": ServiceError("LimitExceededException", "A quota is used up, by injection."),
    "denied": ServiceError("AccessDeniedException", "Not authorized, by injection."),
}
DROP = "drop"
"""The connection is closed without an answer."""
JOB_EFFECTS = ("fail", "hang", "slow")


@dataclass
class Fault:
    """One thing that goes wrong.

    Attributes:
        effect: A key of :data:`CALL_EFFECTS`, :data:`DROP`, or one of :data:`JOB_EFFECTS`.
        operations: Calls that it hits, as patterns (``Create*``); of jobs: kinds as in ARNs (``predictor``).
        names: Names of resources that it hits, as a pattern.
        times: How often; ``None`` = until removed.
        until: Instant of ``time.monotonic`` after which it hits nothing; ``None`` = never.
        after: The call is done, and only its answer is lost.
        message: In place of the effect's own; of a job that fails: its message.
        seconds: How much longer a slow job takes.
    """

    effect: str
    operations: tuple[str, ...] = ("*",)
    names: str = "*"
    times: int | None = None
    until: float | None = None
    after: bool = False
    message: str = ""
    seconds: float = 0.0
    identifier: int = 0

    def hits(self, operation: str, name: str) -> bool:
        """Whether it hits this call or job now."""
        over = self.times == 0 or (self.until is not None and time.monotonic() >= self.until)
        named = any(fnmatchcase(operation, pattern) for pattern in self.operations) and fnmatchcase(name, self.names)
        return named and not over

    def error(self) -> ServiceError:
        """What a call that it hits is answered."""
        error = CALL_EFFECTS[self.effect]
        return ServiceError(error.code, self.message or error.message, error.status)


@dataclass
class Faults:
    """All faults there are now. They are forgotten when the peer ends."""

    _all: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _count: int = 0

    def add(self, fault: Fault) -> int:
        """Let ``fault`` happen from now on; gives its number."""
        with self._lock:
            self._count += 1
            fault.identifier = self._count
            self._all.append(fault)
        return fault.identifier

    def remove(self, identifier: int | None = None) -> None:
        """End one fault, or all."""
        with self._lock:
            self._all = [one for one in self._all if identifier is not None and one.identifier != identifier]

    def listed(self) -> list[dict[str, Any]]:
        """What there is, for people."""
        with self._lock:
            return [{name: value for name, value in vars(fault).items() if name != "until"} for fault in self._all]

    def of_call(self, operation: str, name: str) -> Fault | None:
        """The first fault that hits a call; counts it."""
        return self._take(lambda fault: fault.effect not in JOB_EFFECTS and fault.hits(operation, name))

    def of_job(self, kind: str, name: str) -> Fault | None:
        """The first fault that hits a job; counts it."""
        return self._take(lambda fault: fault.effect in JOB_EFFECTS and fault.hits(kind, name))

    def lasts(self, fault: Fault) -> bool:
        """Whether ``fault`` is still there: a job that hangs goes on when it is removed."""
        with self._lock:
            return fault in self._all

    def _take(self, wanted: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            fault = next((one for one in self._all if wanted(one)), None)
            if fault is not None and fault.times is not None:
                fault.times -= 1
            return fault
