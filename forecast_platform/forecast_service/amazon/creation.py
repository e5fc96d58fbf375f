"""Sending one create request until Amazon Forecast has taken it, and never a second one after that.

Belongs here: what each refusal of a create call means. Does not belong here: waiting for what was created (``watch``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.forecast_service.amazon.api import (
    AlreadyExistsError,
    ForecastApi,
    Found,
    LimitError,
    NotNowError,
)
from forecast_platform.forecast_service.amazon.job import Job
from forecast_platform.forecast_service.amazon.kinds import Kind, is_pending
from forecast_platform.forecast_service.amazon.patience import Patience
from forecast_platform.forecast_service.port import JobNotBegunError

Find = Callable[[Job], Found | None]
_PARALLEL = 3
"""Jobs of a kind that Amazon works on at once, unless an account was given more."""
_LOOKS = 10
"""At a resource that exists and is not listed yet."""
_NO_SLOT = "waiting for a free slot, as Amazon Forecast works on few jobs of a kind at once"
_log = logging.getLogger(__name__)


def create(
    api: ForecastApi, patience: Patience, find: Find, job: Job, before_each_call: Callable[[], None] = lambda: None
) -> Found:
    """Create a resource, or adopt the one that another run has created meanwhile.

    Args:
        find: Looks the resource up.
        before_each_call: Raises when the resource must not be created any more; waiting for a slot may take hours.

    Raises:
        JobNotBegunError: Amazon does not take it now, and the settings say not to wait.
        PermanentError: Amazon refuses it.
        TransientError: Amazon could not be asked; it may have made the resource all the same.
    """
    creation = _Creation(api, patience, find, job)

    def attempt() -> Found | None:
        before_each_call()
        return creation.attempt()

    return patience.wait(attempt, f"The {job.kind.words} {job.name} could not be started.")


def slots_are_taken(api: ForecastApi, kind: Kind) -> bool:
    """Whether as many jobs of a kind are under way as Amazon works on at once."""
    return sum(is_pending(one.status) for one in api.list(kind)) >= _PARALLEL


class _Creation:
    def __init__(self, api: ForecastApi, patience: Patience, find: Find, job: Job) -> None:
        self._api, self._patience, self._find, self._job = api, patience, find, job
        self._looks = 0
        self._tried_at_once = False

    def attempt(self) -> Found | None:
        """The resource, or ``None`` = not now."""
        job = self._job
        try:
            arn = self._api.create(job.kind, job.whole_request())
        except AlreadyExistsError:
            return self._made_meanwhile()
        except NotNowError as why:
            self._put_off(str(why))
            return None
        except LimitError as limit:
            if not self._lacks_a_slot(str(limit)):
                return self._try_at_once(limit)
            self._put_off(_NO_SLOT)
            return None
        except TransientError:
            # It may have been made all the same.
            found = self._find(job)
            if found is None:
                raise
            return found
        return Found(job.kind, arn, job.name, "CREATE_PENDING", "", None, {})

    def _made_meanwhile(self) -> Found | None:
        found = self._find(self._job)
        self._looks += 1
        if found is None and self._looks >= _LOOKS:
            raise PermanentError(
                f"Amazon Forecast says that the {self._job.kind.words} {self._job.name} exists, and does not list it "
                "where this platform makes it. Delete it and run again."
            )
        return found

    def _put_off(self, status: str) -> None:
        if self._patience.defers:
            raise JobNotBegunError(self._job.kind.label, self._job.name, status)
        _log.info("The %s %s: %s", self._job.kind.words, self._job.name, status)

    def _lacks_a_slot(self, said: str) -> bool:
        kind = self._job.kind
        return "concurrent" in said.lower() or (not kind.lasting and slots_are_taken(self._api, kind))

    def _try_at_once(self, limit: LimitError) -> Found | None:
        """A slot may have become free between the refusal and the look at the slots."""
        if not self._tried_at_once:
            self._tried_at_once = True
            return self.attempt()
        raise PermanentError(
            f"Amazon Forecast keeps no more resources of the kind {self._job.kind.words}: {limit} Delete what is no "
            "longer needed (the job that cleans up a project does, and cleanup: always does after every export), or "
            "ask AWS for a higher quota."
        )
