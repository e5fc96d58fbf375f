"""A bucket that remembers which objects were read."""

from __future__ import annotations

from typing import BinaryIO

from forecast_platform.bucket import Bucket
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket


class RememberingBucket(InterruptingBucket):
    """Passes everything on to ``bucket``.

    Attributes:
        read_keys: What was read, in order.
    """

    def __init__(self, bucket: Bucket) -> None:
        super().__init__(bucket, before_write=0, act=lambda: None)
        self.read_keys: list[str] = []

    def read(self, key: str) -> bytes:
        self.read_keys.append(key)
        return super().read(key)

    def open(self, key: str) -> BinaryIO:
        self.read_keys.append(key)
        return super().open(key)
