"""Waiting for something on AWS: pauses that grow and are not in step with anyone else's, up to a deadline.

The SDK's waiters are of no use: Amazon Forecast, Athena and Glue have none, and SageMaker's take "stopped" for success.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

Answer = TypeVar("Answer")

_GROWTH = 1.5
_JITTER = 0.2
"""Share by which a pause is longer or shorter, so that many runs do not ask at the same instant."""


@dataclass(frozen=True)
class Polling:
    """How often to look.

    Attributes:
        first, longest: Pauses, in seconds.
        deadline: Seconds after which to give up; ``None`` = never.
        sleep, clock: For tests of the pauses themselves.
    """

    first: float = 10.0
    longest: float = 120.0
    deadline: float | None = None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    jitter: random.Random = field(default_factory=random.Random)


class DeadlineError(Exception):
    """What was waited for did not happen in time. The caller says what that was."""


def wait_for(look: Callable[[], Answer | None], polling: Polling) -> Answer:
    """Call ``look`` until it gives something, at once and then after every pause.

    Raises:
        DeadlineError: It gave nothing up to the deadline.
    """
    started, pause = polling.clock(), polling.first
    while (found := look()) is None:
        left = None if polling.deadline is None else polling.deadline - (polling.clock() - started)
        if left is not None and left <= 0:
            raise DeadlineError
        jittered = pause * (1 + polling.jitter.uniform(-_JITTER, _JITTER))
        polling.sleep(jittered if left is None else min(jittered, max(left, 0.0)))
        pause = min(pause * _GROWTH, polling.longest)
    return found
