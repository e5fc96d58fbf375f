"""Datasets, their group and the import jobs of one cutoff.

Belongs here: which of them there are, and whose import is the newest. Does not belong here: the files (``staging``).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from forecast_platform.bucket import Bucket
from forecast_platform.forecast_service.amazon.api import ForecastApi, Found
from forecast_platform.forecast_service.amazon.identities import import_identity
from forecast_platform.forecast_service.amazon.jobs import Ensured, Jobs
from forecast_platform.forecast_service.amazon.kinds import DATASET_GROUP, IMPORT_JOB, has_failed, is_going
from forecast_platform.forecast_service.amazon.requests import SUFFIXES, Requests
from forecast_platform.forecast_service.amazon.staging import Staged, stage
from forecast_platform.forecast_service.identity import Identity, request_hash
from forecast_platform.forecast_service.port import ImportRequest, Resource

Told = Callable[[str], None] | None


class Imports:
    """Brings the data of cutoffs into Amazon Forecast."""

    def __init__(self, bucket: Bucket, api: ForecastApi, jobs: Jobs, requests: Requests) -> None:
        self._bucket, self._api, self._jobs, self._requests = bucket, api, jobs, requests

    def ensure(self, request: ImportRequest) -> Resource:
        """A dataset group of its own for the data of one cutoff, and the data in it."""
        data = stage(self._bucket, request)
        datasets = [self._jobs.ensure(self._requests.dataset(request, one)) for one in data.rows]
        arns = [dataset.found.arn for dataset in datasets]
        group = self._jobs.ensure(self._requests.dataset_group(request, arns))
        # All at once: each takes some minutes.
        jobs = [
            self._import(request, data, import_job_name(request, arn), one, arn)
            for one, arn in zip(data.rows, arns, strict=True)
        ]
        for job in jobs:
            self._jobs.wait(job.found)
        reused = all(one.reused for one in (*datasets, group, *jobs))
        return Resource(data.name, "dataset_import", reused, _details(data, group.found.arn))

    def make_newest(self, request: ImportRequest, group_arn: str, told: Told) -> None:
        """See to it that the newest import of every dataset of a group is the data of the request.

        The caller has the turn of the group.
        """
        data = stage(self._bucket, request)
        started = []
        for arn in self.dataset_arns(group_arn):
            dataset_type = next(one for one, suffix in SUFFIXES.items() if arn.endswith(suffix))
            if dataset_type in data.rows:
                name = _newest_name(list(self._api.list(IMPORT_JOB, arn)), request, arn)
                started.append(self._import(request, data, name, dataset_type, arn))
        for job in started:
            self._jobs.wait(job.found, told)

    def dataset_arns(self, group_arn: str) -> list[str]:
        """The datasets of a group; none when it is gone."""
        group = self._api.describe(DATASET_GROUP, group_arn)
        return [] if group is None else list(group.facts["DatasetArns"])

    def group_arn(self, request: ImportRequest) -> str:
        """Of the group that holds the data of the request."""
        return self.arn_of_group(import_identity(request).name)

    def arn_of_group(self, name: str) -> str:
        """Of the group of this name."""
        return self._api.known_arn(DATASET_GROUP, name)

    def _import(self, request: ImportRequest, data: Staged, name: str, dataset_type: str, arn: str) -> Ensured:
        uri = self._bucket.uri(data.folder(dataset_type))
        return self._jobs.start(self._requests.import_job(request, name, arn, uri))


def import_job_name(request: ImportRequest, dataset_arn: str, number: int = 1) -> str:
    """Of the import of the data of a request into one dataset, for the first or another time."""
    identity = import_identity(request)
    hashed = request_hash(identity.request_hash, dataset_arn, number)
    return Identity(identity.project, identity.cutoff, hashed).name


def _newest_name(jobs: list[Found], request: ImportRequest, dataset_arn: str) -> str:
    """The name of the import job that has to be the newest: an existing one if it is, else one that is not taken."""
    by_age = sorted(jobs, key=lambda job: job.created.timestamp() if job.created else float("inf"))
    valid = [job for job in by_age if not (has_failed(job.status) or is_going(job.status))]
    of_name = {job.name: job for job in jobs}
    for number in count(1):
        name = import_job_name(request, dataset_arn, number)
        # One that failed is made again under its own name.
        if name not in of_name or has_failed(of_name[name].status) or (valid and valid[-1].name == name):
            return name
    raise AssertionError("there is always another number")


def _details(data: Staged, group_arn: str) -> dict[str, Any]:
    return {"dataset_group": group_arn, "rows": dict(data.rows), "items": data.items}
