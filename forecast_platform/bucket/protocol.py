"""What the platform needs of an object store. One module per store implements it.

Belongs here: the protocol and its value types. Does not belong here: which keys mean what (``layout``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol


@dataclass(frozen=True, order=True)
class StoredObject:
    """One object as a listing shows it.

    Attributes:
        key: Its name relative to the bucket it was listed from, with ``/`` between folders.
        size: Bytes.
        last_modified: When it was last written, in UTC (aware).
        version: Opaque; changes whenever other bytes are written. Cheap to get: whether it also changes when the same
            bytes are written again depends on the store.
    """

    key: str
    size: int
    last_modified: datetime
    version: str


class Bucket(Protocol):
    """A flat store of immutable byte strings under keys.

    Every write is atomic: readers see the old object or the new one, never a part, and an acknowledged write
    survives a power cut. Keys are relative, use ``/``, and may not escape the bucket (``..``, a leading
    ``/``, a backslash or a control character raise ``ValueError``).
    """

    def uri(self, key: str = "") -> str:
        """Where ``key`` is, for people and for SQL engines: a path or ``s3://…``."""
        ...

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """All objects whose key starts with ``prefix``, in the order of their keys, however many."""
        ...

    def scan(self, prefix: str = "") -> Iterator[StoredObject]:
        """The same in any order, read on as they are asked for: for a look that may have to stop in between."""
        ...

    def head(self, key: str) -> StoredObject | None:
        """The object's listing entry, or ``None`` when there is no such object."""
        ...

    def read(self, key: str) -> bytes:
        """The whole object. Raises ``KeyError`` when there is no such object."""
        ...

    def open(self, key: str) -> BinaryIO:
        """The object as a seekable binary stream. Raises ``KeyError`` when there is no such object."""
        ...

    def write(self, key: str, data: bytes) -> None:
        """Put ``data`` at ``key``, replacing what was there in one step."""
        ...

    def create(self, key: str, data: bytes) -> bool:
        """Put ``data`` at ``key`` only if nothing is there. Of several at once exactly one gets ``True``."""
        ...

    def compare_and_swap(self, key: str, data: bytes, version: str | None) -> bool:
        """Replace the object only if its version is still ``version`` (``None`` = it does not exist).

        A version that comes back when the same bytes are written again counts as never changed: decide by what was
        read, not by who wrote it.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove the object. Removing what is not there is not an error."""
        ...

    def below(self, prefix: str) -> Bucket:
        """The part of this bucket under ``prefix`` (no trailing slash; empty = this bucket) as a bucket of its own."""
        ...
