"""Describe before create, and waiting: how one resource of any kind is made exactly once.

Belongs here: finding, adopting, making again. Does not belong here: what the requests say (``requests``), what single
statuses and refusals mean (``watch``, ``creation``).

A resource is known by its name and by the hash of its request in a tag. Whoever is killed anywhere in here and comes
again finds what is there by that name, and goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from forecast_platform.aws.settings import AwsSettings
from forecast_platform.errors import ForecastPlatformError, PermanentError
from forecast_platform.forecast_service.amazon.api import ForecastApi, Found
from forecast_platform.forecast_service.amazon.creation import create, slots_are_taken
from forecast_platform.forecast_service.amazon.job import HASH_TAG, Job
from forecast_platform.forecast_service.amazon.kinds import ACTIVE, KINDS, has_failed, is_going, is_pending
from forecast_platform.forecast_service.amazon.patience import Patience
from forecast_platform.forecast_service.amazon.removal import remove, wait_until_gone
from forecast_platform.forecast_service.amazon.reported import ReportedFailures
from forecast_platform.forecast_service.amazon.watch import Watch

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ensured:
    """A resource that is there; ``reused`` = it existed before."""

    found: Found
    reused: bool


class Jobs:
    """Makes resources, once each.

    Args:
        reported: Failures that people have been told of.
    """

    def __init__(self, api: ForecastApi, patience: Patience, reported: ReportedFailures, settings: AwsSettings) -> None:
        self._api, self._patience, self._reported = api, patience, reported
        self._stops = settings.stop_on_termination

    def find(self, job: Job) -> Found | None:
        """The resource of this name, in whatever state.

        Raises:
            PermanentError: It was made from another request, or not by this platform.
        """
        found = self._look_up(job)
        if found is None:
            return None
        hashed = self._api.tags(found.arn).get(HASH_TAG)
        if hashed != job.request_hash:
            whose = "was not made by this platform" if hashed is None else "was made from another request"
            raise PermanentError(
                f"The {job.kind.words} {job.name} exists in Amazon Forecast and {whose}. "
                f"Delete {found.arn} and run again."
            )
        return found

    def ensure(self, job: Job, told: Callable[[str], None] | None = None) -> Ensured:
        """Find the resource or make it, and wait until it is ready.

        Args:
            told: Called with every status that it is seen in.

        Raises:
            JobUnderWayError: It is not ready, and the settings say not to wait.
            PermanentError: It failed, was stopped or refused, or takes longer than the settings allow.
            TransientError: Amazon could not be asked; nothing is lost by trying again.
        """
        started = self.start(job)
        return Ensured(self.wait(started.found, told), started.reused)

    def start(self, job: Job) -> Ensured:
        """Find the resource or make it, without waiting for it."""
        found = self.existing(job)
        return self.create(job) if found is None else Ensured(found, reused=True)

    def existing(self, job: Job) -> Found | None:
        """The resource of this name; ``None`` = it has to be made.

        One that is being deleted is waited for until it is gone. One that failed and was reported is deleted: this is a
        later call, so somebody wants it made again.
        """
        found = self.find(job)
        if found is not None and is_going(found.status):
            wait_until_gone(self._api, self._patience, found)
            return None
        if found is not None and has_failed(found.status) and self._reported.holds(found):
            _log.warning("The %s %s failed earlier and is made again: %s", job.kind.words, job.name, found.message)
            remove(self._api, self._patience, found)
            self._reported.remove(found)
            return None
        return found

    def create(self, job: Job, before_each_call: Callable[[], None] = lambda: None) -> Ensured:
        """Make the resource, without waiting for it; another run may have made it meanwhile.

        Args:
            before_each_call: Raises when it must not be made any more.
        """
        return Ensured(create(self._api, self._patience, self.find, job, before_each_call), reused=False)

    def wait(self, found: Found, told: Callable[[str], None] | None = None) -> Found:
        """Wait until a resource is ready. Raises what :meth:`ensure` raises."""
        if found.status == ACTIVE or found.kind.lasting:
            return found
        watch = Watch(self._api, self._patience, self._reported, found, told)
        try:
            return self._patience.wait_without_end(watch.look)
        except BaseException as error:
            if self._stops and not isinstance(error, Exception):
                self._stop(found)
            raise

    def has_ended(self, label: str, name: str) -> bool:
        """Whether a job has ended or is gone, as :class:`JobUnderWayError` names it.

        One that could not be started yet has ended when it is worth trying again; one that takes longer than the
        settings allow is given up by whoever asks for it then.
        """
        kind = KINDS[label]
        if not name.startswith("arn:"):
            return kind.lasting or not slots_are_taken(self._api, kind)
        found = self._api.describe(kind, name)
        if found is None or not (is_pending(found.status) or is_going(found.status)):
            return True
        return found.created is not None and self._patience.is_over(found.created)

    def _look_up(self, job: Job) -> Found | None:
        if job.kind.in_arn is not None:
            return self._api.describe(job.kind, self._api.known_arn(job.kind, job.name))
        return next((one for one in self._api.list(job.kind, job.parent_arn) if one.name == job.name), None)

    def _stop(self, job: Found) -> None:
        _log.warning("Stopping the %s %s, as the run that waits for it is terminated.", job.kind.words, job.name)
        try:
            self._api.stop(job.arn)
            # Nobody has to be told of it: whoever terminated the run wanted it.
            self._reported.add(self._api.describe(job.kind, job.arn) or job)
        except ForecastPlatformError:
            _log.exception("The %s %s could not be stopped.", job.kind.words, job.name)
