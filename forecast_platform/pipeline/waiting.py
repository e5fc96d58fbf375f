"""What waits for a job of the service: objects in the bucket, so that no kill and no lost run forgets it.

Belongs here: remembering and forgetting. Does not belong here: when a run waits and who goes on (``components``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from forecast_platform.bucket import Bucket, layout
from forecast_platform.cutoffs import parse_cutoff_key
from forecast_platform.errors import PermanentError

MAX_REPEATS = 3
"""How often in a row a job may be found under way right after it had ended, before something must be wrong."""


@dataclass(frozen=True)
class Wait:
    """An asset that a run did not make, because the service still worked on it.

    Attributes:
        kind, name, status: Of the job, as in ``forecast_service.port.JobUnderWayError``.
        run_id: The run that ended instead of waiting.
        assets: What that run was to make; ``None`` = the whole project.
        tags: Of that run, for the one that goes on.
        begun: The service works on the job; otherwise it had no room for it.
        repeats: How often in a row a run that went on because this very job had ended met it under way again.
    """

    asset: str
    cutoff: datetime
    kind: str
    name: str
    status: str
    run_id: str
    assets: tuple[str, ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    begun: bool = True
    repeats: int = 0

    @property
    def key(self) -> str:
        """Names this wait; another run that waits for the same job has another one."""
        return f"{self.run_id}:{self.asset}"


def remember(bucket: Bucket, wait: Wait, instead_of: Sequence[Wait], went_on_with: str | None) -> None:
    """Remember ``wait``.

    Args:
        instead_of: What the asset waited for before the run of ``wait`` tried to make it; forgotten.
        went_on_with: Key of the wait with which that run went on, if it did.

    Raises:
        PermanentError: The service says again and again that the job has ended, and then that it has not.
    """
    for before in instead_of:
        same_job = (before.kind, before.name, before.begun) == (wait.kind, wait.name, True)
        if same_job and wait.begun and before.key == went_on_with:
            wait = replace(wait, repeats=before.repeats + 1)
    if wait.repeats > MAX_REPEATS:
        raise PermanentError(
            f"The {wait.kind} {wait.name} had ended {wait.repeats} times, and each time the run that went on met it "
            f"under way ({wait.status}). Does somebody delete it? Materialize {wait.asset} again when nobody does."
        )
    bucket.write(_key(wait), _document(wait))
    forget(bucket, [before for before in instead_of if before.key != wait.key])


def forget(bucket: Bucket, waits: Sequence[Wait]) -> None:
    """Nothing is waited for any more with these. Those of other runs, made meanwhile, stay."""
    for wait in waits:
        bucket.delete(_key(wait))


def cutoffs_that_wait(bucket: Bucket) -> list[datetime]:
    """Cutoffs at which something waits, the oldest first."""
    folders = {stored.key.removeprefix(layout.WAITING).split("/")[0] for stored in bucket.list(layout.WAITING)}
    return sorted(parse_cutoff_key(folder.removeprefix("cutoff=")) for folder in folders)


def waits_at(bucket: Bucket, cutoff: datetime) -> list[Wait]:
    """Everything that waits at ``cutoff``."""
    found = (_read(bucket, stored.key) for stored in bucket.list(layout.waiting_at(cutoff)))
    return [wait for wait in found if wait is not None]


def _read(bucket: Bucket, key: str) -> Wait | None:
    """``None`` when it was forgotten since it was listed."""
    try:
        document = json.loads(bucket.read(key))
    except KeyError:
        return None
    assets, cutoff = document.pop("assets"), datetime.fromisoformat(document.pop("cutoff"))
    return Wait(**document, cutoff=cutoff, assets=None if assets is None else tuple(assets))


def _key(wait: Wait) -> str:
    return layout.waiting(wait.asset, wait.cutoff, wait.run_id)


def _document(wait: Wait) -> bytes:
    return json.dumps({**asdict(wait), "cutoff": wait.cutoff.isoformat()}, indent=1, sort_keys=True).encode()
