"""Publishing one object per project that always shows the newest cutoff.

Belongs here: the race between runs of different cutoffs, and what a kill in the middle leaves behind. Does
not belong here: what is published.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from forecast_platform.bucket import Bucket, layout
from forecast_platform.cutoffs import cutoff_key, parse_cutoff_key


@dataclass(frozen=True)
class Publication:
    """What is, or was, published under a name.

    Attributes:
        digest: SHA-256 of the published bytes.
    """

    cutoff: datetime
    digest: str

    def to_json(self) -> bytes:
        return json.dumps({"cutoff": cutoff_key(self.cutoff), "sha256": self.digest}, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Publication:
        document = json.loads(data)
        return cls(parse_cutoff_key(document["cutoff"]), document["sha256"])


def newest_publication(bucket: Bucket, key: str) -> Publication | None:
    """What is published at ``key``, or about to be."""
    try:
        return Publication.from_json(bucket.read(_manifest(key)))
    except KeyError:
        return None


def is_superseded(bucket: Bucket, key: str, cutoff: datetime) -> bool:
    """Whether a newer cutoff than ``cutoff`` is published at ``key``."""
    newest = newest_publication(bucket, key)
    return newest is not None and newest.cutoff > cutoff


def publish_newest(bucket: Bucket, key: str, cutoff: datetime, data: bytes) -> bool:
    """Publish ``data`` at ``key`` unless a newer cutoff is published there.

    The manifest is the claim, the object's own compare-and-swap the proof that nobody published in between:
    a run that was overtaken after its claim fails the swap, reads the newer claim and gives way. A kill between
    the two leaves the previous object whole; the next run of that cutoff finishes the job.

    Returns:
        Whether ``data`` is now what is published; ``False`` = superseded by a newer cutoff.
    """
    ours = Publication(cutoff, sha256(data).hexdigest())
    while True:
        published = bucket.head(key)
        claim = bucket.head(_manifest(key))
        newest = newest_publication(bucket, key)
        if newest is not None and newest.cutoff > cutoff:
            return False
        if newest != ours and not bucket.compare_and_swap(
            _manifest(key), ours.to_json(), claim.version if claim else None
        ):
            continue
        if published is not None and sha256(bucket.read(key)).hexdigest() == ours.digest:
            return True
        if bucket.compare_and_swap(key, data, published.version if published else None):
            return True


def _manifest(key: str) -> str:
    return f"{layout.PUBLICATIONS}{key}.json"
