"""Which objects are new or changed since the last look, remembered in a string of bounded size.

Belongs here: pure logic on listings. Does not belong here: listing, and what is done about a change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from forecast_platform.bucket.protocol import StoredObject

OVERLAP = timedelta(minutes=10)
"""How far back a listing is compared object by object: more than any clock skew between writers."""
_FORMAT = 1
_Version = tuple[str, str]


@dataclass(frozen=True)
class Changes:
    """What one look at a bucket found.

    Attributes:
        changed: To be acted on now, in the order of the listing.
        unsettled: Modified so recently that they may still be being written; a later look reports them.
        cursor: What the next look needs. Save it only when ``changed`` has been acted on.
    """

    changed: tuple[StoredObject, ...]
    unsettled: tuple[StoredObject, ...]
    cursor: str


@dataclass(frozen=True)
class _Cursor:
    """What has been reported.

    Attributes:
        watermark: Everything modified up to here is in ``older_count`` and ``older_checksum``.
        recent: (key, version) of what was modified later and has been reported.
        unsettled: (key, version) of what was not reported yet and when it was first seen.
    """

    watermark: datetime
    older_count: int = 0
    older_checksum: int = 0
    recent: frozenset[_Version] = frozenset()
    unsettled: dict[_Version, datetime] = field(default_factory=dict)

    def to_json(self) -> str:
        """The inverse of :meth:`from_json`."""
        return json.dumps(
            {
                "format": _FORMAT,
                "watermark": self.watermark.isoformat(),
                "older": [self.older_count, f"{self.older_checksum:x}"],
                "recent": sorted(self.recent),
                "unsettled": [[*version, seen.isoformat()] for version, seen in sorted(self.unsettled.items())],
            }
        )

    @classmethod
    def from_json(cls, text: str) -> _Cursor:
        """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for a text that :meth:`to_json` did not write."""
        document = json.loads(text)
        if document["format"] != _FORMAT:
            raise ValueError("a cursor of another format")
        count, checksum = document["older"]
        return cls(
            watermark=_instant(document["watermark"]),
            older_count=int(count),
            older_checksum=int(checksum, 16),
            recent=frozenset((key, version) for key, version in document["recent"]),
            unsettled={(key, version): _instant(seen) for key, version, seen in document["unsettled"]},
        )


_NOTHING_SEEN = _Cursor(datetime.min.replace(tzinfo=UTC))


def detect_changes(
    listing: Iterable[StoredObject], cursor: str | None, now: datetime, settle: timedelta, overlap: timedelta
) -> Changes:
    """Compare a listing with what was reported before.

    Every (key, version) that is in the listings for long enough to settle is reported at least once, whatever
    was written, replaced or deleted in between. The cursor holds the (key, version) pairs of the last
    ``settle + overlap`` only. Of everything older it holds a count and a checksum: should they differ from the
    listing's (a file was moved in with an old date, an upload became visible late, an old object was deleted),
    everything older is reported again.

    Args:
        listing: All objects of interest.
        cursor: Of the last look; ``None`` or unreadable = report everything.
        now: The instant of the listing, aware.
        settle: An object counts as written once it was not modified for this long, or, when its date is in the
            future, has been seen unchanged for this long.
        overlap: How far back objects are remembered one by one.
    """
    before = _read(cursor)
    settled, unsettled = [], {}
    waiting = []
    for stored in listing:
        version = stored.key, stored.version
        first_seen = min(before.unsettled.get(version, now), now)
        if version in before.recent or now - stored.last_modified >= settle or now - first_seen >= settle:
            settled.append(stored)
        else:
            waiting.append(stored)
            unsettled[version] = first_seen
    older_changed = _summary(settled, before.watermark) != (before.older_count, before.older_checksum)
    watermark = now - settle - overlap
    count, checksum = _summary(settled, watermark)
    recent = frozenset((stored.key, stored.version) for stored in settled if stored.last_modified > watermark)
    return Changes(
        changed=tuple(
            stored
            for stored in settled
            if (stored.key, stored.version) not in before.recent
            and (stored.last_modified > before.watermark or older_changed)
        ),
        unsettled=tuple(waiting),
        cursor=_Cursor(watermark, count, checksum, recent, unsettled).to_json(),
    )


def _read(cursor: str | None) -> _Cursor:
    if not cursor:
        return _NOTHING_SEEN
    try:
        return _Cursor.from_json(cursor)
    except (ValueError, TypeError, KeyError, AttributeError):
        return _NOTHING_SEEN


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return instant


def _summary(settled: Iterable[StoredObject], watermark: datetime) -> tuple[int, int]:
    """How many objects were modified up to ``watermark``, and a sum that tells which, in any order."""
    count = checksum = 0
    for stored in settled:
        if stored.last_modified <= watermark:
            count += 1
            name = json.dumps([stored.key, stored.version]).encode()
            checksum = (checksum + int.from_bytes(sha256(name).digest()[:16])) % 2**128
    return count, checksum
