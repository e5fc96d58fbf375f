"""Where parsed objects and snapshots lie in the bucket, and when they are removed.

Belongs here: keys below ``parsed/`` and what makes what lies there complete. Does not belong here: parsing,
merging.

A folder is complete when its JSON document is there: it is written last and removed first.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from forecast_platform.bucket import Bucket, layout
from forecast_platform.training_data.report import Snapshot

OBJECTS = f"{layout.PARSED}objects/"
SNAPSHOTS = f"{layout.PARSED}snapshots/"
_KEPT_SNAPSHOTS = 3
_IN_USE = timedelta(minutes=15)
"""Nothing this young is removed: another process may be writing it, or may just have found it complete."""


def digest_of(value: object) -> str:
    """A short name for a JSON-serialisable value."""
    return sha256(json.dumps(value).encode()).hexdigest()[:32]


def object_report_key(parsed: str) -> str:
    return f"{OBJECTS}{parsed}/report.json"


def object_rows_key(parsed: str) -> str:
    return f"{OBJECTS}{parsed}/rows.parquet"


def snapshot_key(digest: str) -> str:
    return f"{SNAPSHOTS}{digest}/snapshot.json"


def table_key(digest: str, role: str) -> str:
    """Each in a folder of its own, which is what Athena reads."""
    return f"{SNAPSHOTS}{digest}/{role}/rows.parquet"


def stored_snapshot(bucket: Bucket, digest: str) -> Snapshot | None:
    """The snapshot of that digest, or ``None`` when it was never completed or has been removed."""
    try:
        return Snapshot.from_json(bucket.read(snapshot_key(digest)))
    except KeyError:
        return None


@dataclass(frozen=True)
class Pointer:
    """Which snapshot is current.

    Attributes:
        versions: The version and the digest that each object had then, so that unchanged ones are not read again.
    """

    digest: str = ""
    versions: dict[str, tuple[str, str]] = field(default_factory=dict)

    def to_json(self) -> bytes:
        return json.dumps({"digest": self.digest, "versions": self.versions}, indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Pointer:
        document = json.loads(data)
        return cls(document["digest"], {key: (known[0], known[1]) for key, known in document["versions"].items()})


def read_pointer(bucket: Bucket) -> Pointer:
    """The pointer; empty before the first snapshot."""
    try:
        return Pointer.from_json(bucket.read(layout.SNAPSHOT))
    except KeyError:
        return Pointer()


def remove_outdated(bucket: Bucket) -> None:
    """Remove all but the newest snapshots, and the parsed objects that none of those was made from."""
    oldest_in_use = datetime.now(UTC) - _IN_USE
    snapshots = _folders(bucket, SNAPSHOTS)
    newest_first = sorted(snapshots, key=lambda name: (snapshots[name], name), reverse=True)
    kept = {read_pointer(bucket).digest, *newest_first[:_KEPT_SNAPSHOTS]}
    for digest in newest_first:
        if digest in kept or snapshots[digest] > oldest_in_use:
            kept.add(digest)
        else:
            _remove_folder(bucket, f"{SNAPSHOTS}{digest}/", snapshot_key(digest))
    in_use = {
        entry.parsed for digest in kept if (snapshot := stored_snapshot(bucket, digest)) for entry in snapshot.objects
    }
    for parsed, modified in _folders(bucket, OBJECTS).items():
        if parsed not in in_use and modified <= oldest_in_use:
            _remove_folder(bucket, f"{OBJECTS}{parsed}/", object_report_key(parsed))


def _folders(bucket: Bucket, prefix: str) -> dict[str, datetime]:
    """The folders below ``prefix`` and when something in them was last written."""
    modified: dict[str, datetime] = {}
    for stored in bucket.list(prefix):
        name = stored.key.removeprefix(prefix).partition("/")[0]
        modified[name] = max(stored.last_modified, modified.get(name, stored.last_modified))
    return modified


def _remove_folder(bucket: Bucket, prefix: str, document: str) -> None:
    bucket.delete(document)
    for stored in list(bucket.list(prefix)):
        bucket.delete(stored.key)
