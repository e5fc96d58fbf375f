"""Taking turns with the datasets of one group, as Amazon trains and forecasts from the newest import there.

Belongs here: the lease in the bucket. Does not belong here: imports, and what is made from them.

Two runs may want different data in one group: forecasts of several cutoffs by one predictor do. Whoever has the turn
imports, makes its predictor or forecast, and gives the turn back when that is ready. Owners have deterministic names:
a run that was killed and comes again has its turn still. The turn of an owner that has ended, or that has made nothing
for a while, goes to whoever asks next.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from forecast_platform.bucket import Bucket, layout

FOLDER = f"{layout.SERVICE}turns/"
_IDLE = timedelta(minutes=30)
"""An owner whose job does not exist, and whose turn is older, was killed: while it lives, it imports, during which the
group is busy, and then keeps its turn at every try to make the job."""


@dataclass(frozen=True)
class Owner:
    """Whoever has a turn: the predictor or forecast (``label``) of this name."""

    label: str
    name: str


class Turns:
    """The turns of all groups of a project.

    Args:
        is_done: Whether the job of an owner in a group has ended; ``None`` = there is none, and nothing is imported.
    """

    def __init__(self, bucket: Bucket, is_done: Callable[[str, Owner], bool | None]) -> None:
        self._bucket, self._is_done = bucket, is_done

    def take(self, group: str, owner: Owner) -> bool:
        """Take the turn, or take it again; whether it is the owner's now."""
        if self._bucket.create(_key(group), _content(owner)):
            return True
        version, written_at, holder = self._read(group)
        if holder not in (None, owner) and not self._has_lost(group, holder, written_at):
            return False
        return self._bucket.compare_and_swap(_key(group), _content(owner), version)

    def keep(self, group: str, owner: Owner) -> bool:
        """Whether it has been the owner's turn all the time since it was taken; then it is as if taken now."""
        version, _, holder = self._read(group)
        return holder == owner and self._bucket.compare_and_swap(_key(group), _content(owner), version)

    def give_back(self, group: str, owner: Owner) -> None:
        """Give the turn back, if it is the owner's still."""
        if self._bucket.head(_key(group)) is None:
            return
        version, _, holder = self._read(group)
        if holder == owner:
            self._bucket.compare_and_swap(_key(group), _content(None), version)

    def is_free(self, group: str) -> bool:
        """Whether anyone could take the turn now."""
        if self._bucket.head(_key(group)) is None:
            return True
        _, written_at, holder = self._read(group)
        return holder is None or self._has_lost(group, holder, written_at)

    def holder(self, group: str) -> Owner | None:
        """Whose turn it is."""
        return None if self._bucket.head(_key(group)) is None else self._read(group)[2]

    def forget(self, group: str) -> None:
        """Remove what is remembered of a group that is gone."""
        self._bucket.delete(_key(group))

    def _has_lost(self, group: str, holder: Owner | None, written_at: datetime) -> bool:
        if holder is None:
            return True
        done = self._is_done(group, holder)
        return done is True or (done is None and datetime.now(UTC) - written_at > _IDLE)

    def _read(self, group: str) -> tuple[str | None, datetime, Owner | None]:
        """Version, age and content. When it is written in between, the version is too old to swap: nothing is lost."""
        stored = self._bucket.head(_key(group))
        if stored is None:
            return None, datetime.now(UTC), None
        try:
            owner = json.loads(self._bucket.read(_key(group)))["owner"]
        except KeyError:
            return None, datetime.now(UTC), None
        return stored.version, stored.last_modified, None if owner is None else Owner(**owner)


def _key(group: str) -> str:
    return f"{FOLDER}{group}.json"


def _content(owner: Owner | None) -> bytes:
    # Differs each time, so that a store whose versions are hashes of the content shows that it was written again.
    record = {"owner": None if owner is None else asdict(owner), "turn": secrets.token_hex(8)}
    return json.dumps(record, indent=1).encode()
