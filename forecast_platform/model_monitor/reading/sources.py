"""Where bytes come from: a file, an open stream or an object in a bucket, under a name for messages.

Belongs here: opening. Does not belong here: what the bytes mean.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from forecast_platform.bucket import Bucket
from forecast_platform.errors import InputError, Problem
from forecast_platform.training_data.messages import printable_bytes


@dataclass(frozen=True)
class Source:
    """Bytes that can be read from the beginning as often as needed.

    Attributes:
        name: What people call it; messages begin with it.
        open: A seekable stream at its beginning, and closed, or left open, by leaving the context.
    """

    name: str
    opener: Callable[[], BinaryIO]
    closes: bool = True

    @classmethod
    def of(cls, source: Source | Path | BinaryIO | bytes) -> Source:
        """``source`` as a source: a path, an open seekable stream (which stays open), or the bytes themselves."""
        if isinstance(source, Source):
            return source
        if isinstance(source, bytes):
            return cls("the data", lambda: io.BytesIO(source))
        if isinstance(source, Path):
            return cls(printable_bytes(str(source)), lambda: source.open("rb"))
        name = getattr(source, "name", None)
        return cls(name if isinstance(name, str) else "the data", lambda: source, closes=False)

    @classmethod
    def in_bucket(cls, bucket: Bucket, key: str) -> Source:
        """The object at ``key``."""
        return cls(printable_bytes(key), lambda: bucket.open(key))

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The stream, at its beginning.

        Raises:
            InputError: There is no such file or object, or it may not be read.
        """
        try:
            stream = self.opener()
        except (KeyError, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such object"
            raise InputError(
                f"{self.name} cannot be opened.", [Problem(self.name, reason.lower(), "a readable file")]
            ) from None
        stream.seek(0)
        try:
            yield stream
        finally:
            if self.closes:
                stream.close()


def holds_data(path: str) -> bool:
    """Whether the file at ``path``, below the folder of the data, is to be read.

    A dot or an underscore in front marks what others put beside the data, such as Spark's ``_SUCCESS``.
    """
    return not any(part.startswith((".", "_")) for part in path.split("/"))
