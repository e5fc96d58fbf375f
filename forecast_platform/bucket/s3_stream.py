"""An object on S3 as a file that is read in pieces, as they are asked for.

Belongs here: which bytes are asked for. Does not belong here: keys, and errors other than those of reading.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from forecast_platform.bucket.s3_errors import s3_failures
from forecast_platform.errors import TransientError

if TYPE_CHECKING:
    from obstore.store import S3Store

SMALLEST = 64 * 1024
"""Bytes asked for after a jump: a Parquet footer and a column chunk are that small."""
LARGEST = 8 * 1024 * 1024
"""Bytes asked for at most; what is read in a row is asked for in pieces that double up to it."""


def open_stream(store: S3Store, path: str, uri: str) -> BinaryIO:
    """The object as a seekable stream; objects up to :data:`SMALLEST` are read at once.

    Raises:
        FileNotFoundError: There is none.
    """
    import obstore

    with s3_failures(f"read {uri}"):
        meta = obstore.head(store, path)
        if meta["size"] <= SMALLEST:
            return io.BytesIO(bytes(obstore.get(store, path).bytes()))
    return cast(BinaryIO, io.BufferedReader(_Pieces(store, path, uri, meta["size"], meta["e_tag"]), SMALLEST))


class _Pieces(io.RawIOBase):
    """Keeps one piece of the object.

    Every piece is of the version that was opened: an object that is replaced meanwhile is never mixed.
    """

    def __init__(self, store: S3Store, path: str, uri: str, size: int, version: str | None) -> None:
        self._store, self._path, self._uri = store, path, uri
        self._size, self._version = size, version
        self._position = 0
        self._piece, self._start = b"", 0
        self._length = SMALLEST

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative seek position {base + offset}")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer).cast("B")
        if self._position >= self._size or not len(wanted):
            return 0
        if not self._start <= self._position < self._start + len(self._piece):
            self._fetch(len(wanted))
        first = self._position - self._start
        data = self._piece[first : first + len(wanted)]
        wanted[: len(data)] = data
        self._position += len(data)
        return len(data)

    def readall(self) -> bytes:
        data = self._get(self._position, self._size) if self._position < self._size else b""
        self._position += len(data)
        return data

    def _fetch(self, wanted: int) -> None:
        goes_on = self._position == self._start + len(self._piece)
        self._length = min(self._length * 2, LARGEST) if goes_on else SMALLEST
        end = min(self._position + max(self._length, wanted), self._size)
        self._piece, self._start = self._get(self._position, end), self._position

    def _get(self, start: int, end: int) -> bytes:
        import obstore
        from obstore.exceptions import PreconditionError

        try:
            with s3_failures(f"read {self._uri}"):
                options: Any = {"range": (start, end), "if_match": self._version}
                return bytes(obstore.get(self._store, self._path, options=options).bytes())
        except (PreconditionError, FileNotFoundError):
            raise TransientError(f"{self._uri} was replaced or deleted while it was read.") from None
