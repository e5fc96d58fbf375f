"""What all operations share: finding, making and deleting resources under one lock.

Belongs here: the rules of every kind: names, states of parents, quotas, tags. Does not belong here: those of one kind
(``operations``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from forecast_platform.aws_peer.faults import Faults
from forecast_platform.aws_peer.forecast import kinds, refusals
from forecast_platform.aws_peer.forecast.arns import Arns, last_names, unique_suffix
from forecast_platform.aws_peer.forecast.describing import Descriptions
from forecast_platform.aws_peer.forecast.jobs import Jobs
from forecast_platform.aws_peer.forecast.kinds import Kind
from forecast_platform.aws_peer.forecast.resources import Resource, ResourceStore
from forecast_platform.aws_peer.forecast.tags import read_tags
from forecast_platform.aws_peer.forecast.work import ForecastWork
from forecast_platform.aws_peer.options import PeerOptions
from forecast_platform.aws_peer.protocol.service_model import ServiceModel
from forecast_platform.bucket.local import LocalBucket

Document = dict[str, Any]
PARALLEL_JOBS = 3
"""Of a kind. AWS's quota for imports, trainings, forecasts, explainabilities and every kind of export."""


@dataclass(frozen=True)
class Draft:
    """A resource that somebody wants made.

    Attributes:
        request: The Create request.
        parents: What it is made from.
        imports: Import jobs whose data it uses.
        auto: An auto predictor, or made from one.
        added: Members of the Describe answer that the request does not have.
    """

    kind: Kind
    request: Document
    parents: Sequence[Resource] = ()
    imports: tuple[str, ...] = ()
    auto: bool = False
    added: Document = field(default_factory=dict)

    @property
    def name(self) -> str:
        name: str = self.request[self.kind.name_member]
        return name


class Account:
    """The resources of one account in one region. Every public method that changes something takes the lock itself."""

    def __init__(self, options: PeerOptions, model: ServiceModel, faults: Faults) -> None:
        folder = options.home / "forecast"
        self.lock = threading.RLock()
        self.store = ResourceStore(LocalBucket(folder / "resources"))
        self.descriptions = Descriptions(self.store, model)
        self.work = ForecastWork(options.forecast_engine(folder / "engine"), self.store, self.descriptions)
        self._arns = Arns(options.region, options.account)
        self._jobs = Jobs(
            self.store,
            self.lock,
            faults,
            self.work.make,
            self.work.forget,
            delay=options.delay,
            workers=options.workers,
        )
        self._jobs.resume()

    def close(self) -> None:
        """End all jobs; a later process goes on with them."""
        self._jobs.close()

    def find(self, arn: str, *allowed: Kind) -> Resource:
        """The resource of one of the kinds.

        Raises:
            ServiceError: ``ResourceNotFoundException``, or ``InvalidInputException`` when it is of another kind.
        """
        resource = self.store.get(arn)
        if resource is None:
            raise refusals.not_found(arn)
        if allowed and resource.kind not in allowed:
            wanted = " or ".join(kind.words for kind in allowed)
            raise refusals.invalid_input(f"{arn} is not the ARN of a {wanted}.")
        return resource

    def find_active(self, arn: str, *allowed: Kind) -> Resource:
        """The resource, for something that needs it whole.

        Raises:
            ServiceError: As :meth:`find`, and ``ResourceInUseException`` in any other state than ``ACTIVE``.
        """
        resource = self.find(arn, *allowed)
        self._refuse_unless_active(resource)
        return resource

    def newest_imports(self, resource: Resource) -> tuple[str, ...]:
        """The newest import job of each dataset of a group, or of a predictor's group."""
        group = self.find(resource.document.get("DatasetGroupArn", resource.arn), kinds.DATASET_GROUP)
        newest = (self.newest_import(dataset) for dataset in group.document["DatasetArns"])
        return tuple(job.arn for job in newest if job is not None)

    def newest_import(self, dataset_arn: str) -> Resource | None:
        """The newest import job of a dataset that has brought data; ``None`` = there is none."""
        jobs = self.store.of_kind(kinds.IMPORT_JOB)
        return next((job for job in jobs if dataset_arn in job.parents and job.status == kinds.ACTIVE), None)

    def create(self, draft: Draft, check: Callable[[], None] = lambda: None) -> Document:
        """Make a resource; gives the reply.

        Args:
            check: Raises when a rule of the kind is broken. A taken name is reported first: it is what a program that
                asks again needs to hear.
        """
        with self.lock:
            self._refuse_taken_name(draft)
            check()
            tags = read_tags(draft.request.get("Tags", []))
            for parent in draft.parents:
                self.find_active(parent.arn)
            self._refuse_beyond_quota(draft)
            return {draft.kind.arn_member: self.put(draft, tags).arn}

    def put(self, draft: Draft, tags: dict[str, str]) -> Resource:
        """Keep a new resource and start making it."""
        kind, now = draft.kind, time.time()
        left_out = {"Tags", kind.name_member}
        resource = Resource(
            kind=kind,
            arn=self._arn(draft),
            name=draft.name,
            parents=tuple(parent.arn for parent in draft.parents),
            status=kinds.CREATE_PENDING if kind.job else kinds.ACTIVE,
            created=now,
            modified=now,
            document={key: value for key, value in draft.request.items() if key not in left_out} | draft.added,
            tags=tags,
            imports=draft.imports,
            auto=draft.auto,
        )
        self.store.put(resource)
        if kind.job:
            self._jobs.make(resource.arn)
        return resource

    def update(self, resource: Resource, members: Document) -> None:
        """Change members of a resource's Describe answer."""
        with self.lock:
            document = {**resource.document, **members}
            self.store.change(resource.arn, document=document, modified=time.time())

    def stop(self, resource: Resource) -> None:
        """Stop making a resource, and what waits for it.

        Raises:
            ServiceError: ``InvalidInputException``: it is not being made.
        """
        with self.lock:
            if resource.status == kinds.CREATE_STOPPING:
                return
            if resource.status not in kinds.UNDER_WAY:
                raise refusals.invalid_input(
                    f"{resource.arn} is in the status {resource.status} and cannot be stopped."
                )
            for one in (*self.store.descendants(resource.arn), resource):
                if one.status in kinds.UNDER_WAY:
                    self._jobs.stop(one.arn)

    def delete(self, resource: Resource, *, tree: bool = False) -> None:
        """Delete a resource, with all that was made from it or only if there is nothing.

        Raises:
            ServiceError: ``ResourceInUseException``: its status, or what was made from it, does not allow it.
        """
        with self.lock:
            below = self.store.descendants(resource.arn)
            if below and not tree:
                names = ", ".join(one.arn for one in below[:5])
                raise refusals.in_use(f"{resource.arn} cannot be deleted before what was made from it: {names}")
            doomed = [one for one in (*below, resource) if one.status != kinds.DELETE_IN_PROGRESS]
            for one in doomed:
                if self.descriptions.status(one) not in kinds.DELETABLE:
                    raise refusals.in_use(
                        f"{one.arn} is in the status {self.descriptions.status(one)}; only resources in the status "
                        f"{', '.join(kinds.DELETABLE)} can be deleted."
                    )
            if not doomed or doomed[-1] is not resource:
                raise refusals.in_use(f"{resource.arn} is in the status {resource.status}.")
            self._jobs.delete([one.arn for one in doomed])

    def _arn(self, draft: Draft) -> str:
        own_name_is_not_enough = draft.auto or (draft.kind.scoped and not draft.kind.nested)
        name = draft.name + (unique_suffix() if own_name_is_not_enough else "")
        outer = [last_names(draft.parents[0].arn)] if draft.kind.nested else []
        return self._arns.arn(draft.kind.segment, *outer, name)

    def _refuse_taken_name(self, draft: Draft) -> None:
        within = draft.parents[0].arn if draft.kind.scoped else None
        for other in self.store.of_kind(draft.kind):
            if other.name == draft.name and (within is None or within in other.parents):
                raise refusals.already_exists(draft.kind, other.arn)

    def _refuse_unless_active(self, resource: Resource) -> None:
        status = self.descriptions.status(resource)
        if status != kinds.ACTIVE:
            raise refusals.in_use(f"{resource.arn} is in the status {status}; it has to be ACTIVE.")

    def _refuse_beyond_quota(self, draft: Draft) -> None:
        """Legacy and auto predictors have a quota each."""
        if not draft.kind.job:
            return
        others = [one for one in self.store.of_kind(draft.kind) if self._takes_a_place(one)]
        if draft.kind is kinds.PREDICTOR:
            others = [one for one in others if one.auto == draft.auto]
        if len(others) >= PARALLEL_JOBS:
            raise refusals.limit_exceeded(
                f"At most {PARALLEL_JOBS} {draft.kind.words} resources can be created concurrently. "
                f"Under way: {', '.join(one.arn for one in others)}"
            )

    def _takes_a_place(self, resource: Resource) -> bool:
        """An explainability that waits for its predictor does not."""
        parents = (self.store.get(arn) for arn in resource.parents)
        waits = any(parent.status in kinds.UNDER_WAY for parent in parents if parent)
        return resource.status in (*kinds.UNDER_WAY, kinds.CREATE_STOPPING) and not waits
