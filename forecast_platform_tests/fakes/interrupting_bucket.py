"""A bucket in which something happens just before the n-th change: another run's change, or a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from forecast_platform.bucket import Bucket, StoredObject


class InterruptingBucket:
    """Passes everything on to ``bucket`` and calls ``act`` once, ahead of change number ``before_write``.

    Attributes:
        changes: How many changes were asked for so far.
    """

    def __init__(self, bucket: Bucket, before_write: int, act: Callable[[], None]) -> None:
        self._bucket, self._before_write, self._act = bucket, before_write, act
        self.changes = 0

    def uri(self, key: str = "") -> str:
        return self._bucket.uri(key)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        return self._bucket.list(prefix)

    def scan(self, prefix: str = "") -> Iterator[StoredObject]:
        return self._bucket.scan(prefix)

    def head(self, key: str) -> StoredObject | None:
        return self._bucket.head(key)

    def read(self, key: str) -> bytes:
        return self._bucket.read(key)

    def open(self, key: str) -> BinaryIO:
        return self._bucket.open(key)

    def write(self, key: str, data: bytes) -> None:
        self._change()
        self._bucket.write(key, data)

    def create(self, key: str, data: bytes) -> bool:
        self._change()
        return self._bucket.create(key, data)

    def compare_and_swap(self, key: str, data: bytes, version: str | None) -> bool:
        self._change()
        return self._bucket.compare_and_swap(key, data, version)

    def delete(self, key: str) -> None:
        self._change()
        self._bucket.delete(key)

    def below(self, prefix: str) -> Bucket:
        if prefix:
            raise NotImplementedError("interrupt the bucket below the prefix instead")
        return self

    def _change(self) -> None:
        self.changes += 1
        if self.changes == self._before_write:
            self._act()
