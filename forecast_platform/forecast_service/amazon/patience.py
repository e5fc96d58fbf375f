"""How long to wait for Amazon Forecast, and what is said when that was too long.

Belongs here: pauses and deadlines as the settings have them. Does not belong here: what is waited for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from forecast_platform.aws.polling import DeadlineError, Polling, wait_for
from forecast_platform.aws.settings import LONGEST_POLL_FACTOR, AwsSettings
from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.amazon.api import Found

_VARIABLE = "FORECAST_PLATFORM_JOB_DEADLINE_HOURS"
Answer = TypeVar("Answer")


class OverdueError(PermanentError):
    """A job was given up; Amazon still works on it."""


class Patience:
    """Waits as the settings say.

    Attributes:
        defers: Nobody waits for jobs; a sensor looks at them.
    """

    def __init__(self, settings: AwsSettings) -> None:
        self.defers = settings.deferred
        self._first = settings.poll_seconds
        self._deadline = timedelta(hours=settings.deadline_hours)

    def wait(self, look: Callable[[], Answer | None], too_long: str) -> Answer:
        """What ``look`` gives in the end.

        Raises:
            PermanentError: With ``too_long``: it gave nothing up to the deadline.
        """
        polling = self._polling(self._deadline.total_seconds())
        try:
            return wait_for(look, polling)
        except DeadlineError:
            raise PermanentError(f"{too_long} {_VARIABLE} is {self._hours}: no longer was waited.") from None

    def wait_without_end(self, look: Callable[[], Answer | None]) -> Answer:
        """The same; ``look`` itself gives up."""
        return wait_for(look, self._polling(None))

    def is_over(self, since: datetime) -> bool:
        """Whether a job that began at ``since`` (aware) has taken longer than it may."""
        return datetime.now(UTC) - since > self._deadline

    def overdue(self, job: Found, since: datetime, status: str) -> OverdueError:
        """The error that says so."""
        took = str(datetime.now(UTC) - since).partition(".")[0]
        return OverdueError(
            f"The {job.kind.words} {job.name} is {status} after {took}, and {_VARIABLE} is {self._hours}. Amazon goes "
            f"on with it: raise the deadline and run again to find it, or stop and delete {job.arn}."
        )

    @property
    def _hours(self) -> str:
        return f"{self._deadline.total_seconds() / 3600:g}"

    def _polling(self, deadline: float | None) -> Polling:
        return Polling(first=self._first, longest=self._first * LONGEST_POLL_FACTOR, deadline=deadline)
