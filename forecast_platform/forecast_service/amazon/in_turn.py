"""Making a predictor or a forecast while nobody else imports into the datasets that it is made from.

Belongs here: the order of turn, import and making. Does not belong here: the lease (``turns``), imports (``imports``).
"""

from __future__ import annotations

import logging

from forecast_platform.bucket import Bucket
from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.amazon.api import ForecastApi, Found
from forecast_platform.forecast_service.amazon.imports import Imports, Told
from forecast_platform.forecast_service.amazon.job import Job
from forecast_platform.forecast_service.amazon.jobs import Ensured, Jobs
from forecast_platform.forecast_service.amazon.kinds import FORECAST, IMPORT_JOB, KINDS, is_pending
from forecast_platform.forecast_service.amazon.patience import OverdueError, Patience
from forecast_platform.forecast_service.amazon.turns import Owner, Turns
from forecast_platform.forecast_service.port import ImportRequest, JobNotBegunError

TURN = "turn"
"""Kind of what is waited for while it is another's turn."""
_log = logging.getLogger(__name__)


class _TurnLostError(Exception):
    """The turn is another's, or has been since it was taken."""


class InTurn:
    """Makes what depends on the newest import of a dataset group."""

    def __init__(self, bucket: Bucket, api: ForecastApi, patience: Patience, jobs: Jobs, imports: Imports) -> None:
        self._api, self._patience, self._jobs, self._imports = api, patience, jobs, imports
        self.turns = Turns(bucket, self._is_done)

    def ensure(self, request: ImportRequest, group_arn: str, job: Job, told: Told) -> Ensured:
        """Find the resource, or make it from the data of the request.

        Raises:
            JobUnderWayError: It, an import or another's turn is not over, and the settings say not to wait.
        """
        group, owner = _name(group_arn), Owner(job.kind.label, job.name)
        try:
            # What failed earlier has to be gone before the turn is taken: to others it is a sign that the turn is over.
            found = self._jobs.existing(job)
            made = Ensured(found, reused=True) if found else self._make(request, group_arn, owner, job, told)
            ready = self._jobs.wait(made.found, told)
        except OverdueError:
            # Amazon goes on with it, and needs the data as it is.
            raise
        except PermanentError:
            self.turns.give_back(group, owner)
            raise
        self.turns.give_back(group, owner)
        return Ensured(ready, made.reused)

    def _make(self, request: ImportRequest, group_arn: str, owner: Owner, job: Job, told: Told) -> Ensured:
        """Create it while it has the turn and the data of the request is the newest import."""
        group = _name(group_arn)
        while True:
            self._patience.wait(
                lambda: self._take(group, owner), f"It is never the turn of the {owner.label} {owner.name}."
            )
            self._imports.make_newest(request, group_arn, told)
            try:
                # A long import or a long wait for a free slot may have cost the turn, and others have imported since.
                return self._jobs.create(job, lambda: self._require_turn(group, owner))
            except _TurnLostError:
                found = self._jobs.existing(job)
                if found is not None:
                    return Ensured(found, reused=True)

    def _require_turn(self, group: str, owner: Owner) -> None:
        if not self.turns.keep(group, owner):
            raise _TurnLostError

    def _take(self, group: str, owner: Owner) -> bool | None:
        if self.turns.take(group, owner):
            return True
        holder = self.turns.holder(group)
        whose = "another" if holder is None else f"the {holder.label} {holder.name}"
        status = f"waiting until {whose} is made from the same datasets"
        if self._patience.defers:
            raise JobNotBegunError(TURN, group, status)
        _log.info("The %s %s: %s", owner.label, owner.name, status)
        return None

    def _is_done(self, group: str, owner: Owner) -> bool | None:
        group_arn = self._imports.arn_of_group(group)
        job = next((one for one in self._made_from(group_arn, owner) if one.name == owner.name), None)
        if job is not None:
            return not is_pending(job.status)
        return False if self._is_importing(group_arn) else None

    def _made_from(self, group_arn: str, owner: Owner) -> list[Found]:
        if owner.label == FORECAST.label:
            return list(self._api.list(FORECAST, group_arn, parent="DatasetGroupArn"))
        return list(self._api.list(KINDS[owner.label], group_arn))

    def _is_importing(self, group_arn: str) -> bool:
        datasets = self._imports.dataset_arns(group_arn)
        return any(is_pending(one.status) for arn in datasets for one in self._api.list(IMPORT_JOB, arn))


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
