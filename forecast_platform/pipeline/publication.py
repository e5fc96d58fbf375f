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
class Edition:
    """Which forecast something shows.

    Attributes:
        data_end: End of the newest observation that the forecast was made from; at most the cutoff.
    """

    cutoff: datetime
    data_end: datetime

    def supersedes(self, other: Edition) -> bool:
        """Whether this is the one to show: of a newer cutoff, and not from less data.

        Without the second condition, a run at a cutoff far ahead of the data would keep every later forecast, made
        from more data, from being published.
        """
        return self.cutoff > other.cutoff and self.data_end >= other.data_end


@dataclass(frozen=True)
class Publication:
    """What is, or is about to be, published under a name.

    Attributes:
        digest: SHA-256 of the published bytes.
    """

    edition: Edition
    digest: str

    def to_json(self) -> bytes:
        """The inverse of :meth:`from_json`."""
        document = {
            "cutoff": cutoff_key(self.edition.cutoff),
            "data_end": cutoff_key(self.edition.data_end),
            "sha256": self.digest,
        }
        return json.dumps(document, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Publication:
        """The inverse of :meth:`to_json`."""
        document = json.loads(data)
        edition = Edition(parse_cutoff_key(document["cutoff"]), parse_cutoff_key(document["data_end"]))
        return cls(edition, document["sha256"])


def newest_publication(bucket: Bucket, key: str) -> Publication | None:
    """What is published at ``key``, or about to be."""
    try:
        return Publication.from_json(bucket.read(_manifest(key)))
    except KeyError:
        return None


def is_superseded(bucket: Bucket, key: str, edition: Edition) -> bool:
    """Whether something is published at ``key`` that supersedes ``edition``."""
    newest = newest_publication(bucket, key)
    return newest is not None and newest.edition.supersedes(edition)


def publish_newest(bucket: Bucket, key: str, edition: Edition, data: bytes) -> bool:
    """Publish ``data`` at ``key`` unless what is published there supersedes ``edition``.

    The manifest is the claim, the object's own compare-and-swap the proof that nobody published in between:
    a run that was overtaken after its claim fails the swap, reads the newer claim and gives way. A kill between
    the two leaves the previous object whole; the next run of that cutoff finishes the job.

    Returns:
        Whether ``data`` is now what is published; ``False`` = it is superseded.
    """
    ours = Publication(edition, sha256(data).hexdigest())
    while True:
        published = bucket.head(key)
        claim = bucket.head(_manifest(key))
        newest = newest_publication(bucket, key)
        if newest is not None and newest.edition.supersedes(edition):
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
