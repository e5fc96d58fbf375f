"""Looking at one job until it is ready or will never be.

Belongs here: what each status means to whoever waits. Does not belong here: pauses (``patience``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.forecast_service.amazon.api import ForecastApi, Found
from forecast_platform.forecast_service.amazon.kinds import ACTIVE, STOPPED, has_failed, is_going
from forecast_platform.forecast_service.amazon.patience import Patience
from forecast_platform.forecast_service.amazon.reported import ReportedFailures
from forecast_platform.forecast_service.port import JobUnderWayError

_LOG_EVERY = timedelta(minutes=1)
_log = logging.getLogger(__name__)


class Watch:
    """One job being waited for. Faults of single looks do no harm, as the job goes on.

    Args:
        told: Called with every status that the job is seen in.
    """

    def __init__(
        self,
        api: ForecastApi,
        patience: Patience,
        reported: ReportedFailures,
        job: Found,
        told: Callable[[str], None] | None,
    ) -> None:
        self._api, self._patience, self._reported, self._job, self._told = api, patience, reported, job, told
        self._since = job.created or datetime.now(UTC)
        self._logged: datetime | None = None
        self._status = ""

    def look(self) -> Found | None:
        """The resource when it is ready.

        Raises:
            JobUnderWayError: It is not, and the settings say not to wait.
            PermanentError: It has failed, was stopped, or takes too long.
            TransientError: It is gone; or Amazon could not be asked, and the settings say not to wait.
        """
        try:
            now = self._api.describe(self._job.kind, self._job.arn)
        except TransientError as fault:
            self._tolerate(fault)
        else:
            if now is not None and now.status == ACTIVE:
                return now
            self._judge(now)
        if self._patience.is_over(self._since):
            raise self._patience.overdue(self._job, self._since, self._status or "not to be reached")
        if self._patience.defers:
            raise JobUnderWayError(self._job.kind.label, self._job.arn, self._status)
        return None

    def _judge(self, now: Found | None) -> None:
        what = f"{self._job.kind.words} {self._job.name}"
        if now is None or is_going(now.status):
            raise TransientError(f"The {what} was deleted while it was waited for. Run again to make it.")
        if has_failed(now.status):
            self._reported.add(now)
            happened = "was stopped" if now.status == STOPPED else f"failed ({now.status})"
            said = (now.message or "no reason given").rstrip(".")
            raise PermanentError(
                f"The {what} {happened} in Amazon Forecast: {said}. Run again to make it again. ({now.arn})"
            )
        self._since = now.created or self._since
        if now.status != self._status:
            self._status = now.status
            if self._told is not None:
                self._told(f"{what}: {now.status}")

    def _tolerate(self, fault: TransientError) -> None:
        if self._patience.defers:
            raise fault
        instant = datetime.now(UTC)
        if self._logged is None or instant - self._logged >= _LOG_EVERY:
            self._logged = instant
            _log.warning("The %s %s cannot be looked at, and goes on: %s", self._job.kind.words, self._job.name, fault)
