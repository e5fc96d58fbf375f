"""An object on S3 as a file that is read in pieces, as they are asked for.

Belongs here: which bytes are asked for. Does not belong here: keys, and errors other than those of reading.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from forecast_platform.bucket.s3_errors import s3_failures
from forecast_platform.errors import TransientError

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta
    from obstore.store import S3Store

SMALLEST = 64 * 1024
"""Bytes asked for after a jump: a Parquet footer and a column chunk are that small."""
LARGEST = 8 * 1024 * 1024
"""Bytes asked for at most; what is read in a row is asked for in pieces that double up to it."""

_NO_SUCH_PART = "InvalidRange"


def open_stream(store: S3Store, path: str, uri: str) -> BinaryIO:
    """The object as a seekable stream; its first :data:`SMALLEST` bytes come with the one request that opens it.

    Raises:
        FileNotFoundError: There is none.
    """
    with s3_failures(f"read {uri}"):
        found = _beginning(store, path)
        meta, first = found.meta, bytes(found.bytes())
    if meta["size"] <= len(first):
        return io.BytesIO(first)
    return cast(BinaryIO, io.BufferedReader(_Pieces(store, path, uri, meta, first), SMALLEST))


def _beginning(store: S3Store, path: str) -> GetResult:
    import obstore
    from obstore.exceptions import GenericError

    try:
        options: Any = {"range": (0, SMALLEST)}
        return obstore.get(store, path, options=options)
    except GenericError as error:
        # An empty object has no part that could be asked for.
        if _NO_SUCH_PART not in str(error):
            raise
        return obstore.get(store, path)


class _Pieces(io.RawIOBase):
    """Keeps one piece of the object.

    Every piece is of the version that was opened: an object that is replaced meanwhile is never mixed.
    """

    def __init__(self, store: S3Store, path: str, uri: str, meta: ObjectMeta, first: bytes) -> None:
        self._store, self._path, self._uri = store, path, uri
        self._size, self._version = meta["size"], meta["e_tag"]
        self._position = 0
        self._piece, self._start = first, 0
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
            with s3_failures(f"read {self._uri}", conditional=True):
                options: Any = {"range": (start, end), "if_match": self._version}
                return bytes(obstore.get(self._store, self._path, options=options).bytes())
        except (PreconditionError, FileNotFoundError):
            raise TransientError(f"{self._uri} was replaced or deleted while it was read.") from None
