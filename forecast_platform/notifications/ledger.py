"""A file of JSON lines in which every key occurs once, whoever writes and whoever is killed.

Belongs here: locking, durability, repair. Does not belong here: what the lines say.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from forecast_platform.durable import sync_path

KEY = "key"


class Ledger:
    """JSON objects, one a line, each with a ``key``.

    Args:
        path: The file; made with its folder by the first write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def locked(self) -> Iterator[OpenLedger]:
        """Keep every other process out, and mend what a killed one left."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            try:
                _mend(stream)
                yield OpenLedger(stream, self._path.parent)
            finally:
                fcntl.flock(stream, fcntl.LOCK_UN)

    def entries(self) -> list[dict[str, Any]]:
        """Every entry, oldest first."""
        if not self._path.exists():
            return []
        with self.locked() as ledger:
            return ledger.entries()


class OpenLedger:
    """A ledger while nobody else can change it."""

    def __init__(self, stream: BinaryIO, folder: Path) -> None:
        self._stream = stream
        self._folder = folder

    def entries(self) -> list[dict[str, Any]]:
        """Every entry; lines that somebody edited into something else are passed over."""
        self._stream.seek(0)
        return [entry for line in self._stream if (entry := _parsed(line)) is not None]

    def holds(self, key: str) -> bool:
        return any(entry[KEY] == key for entry in self.entries())

    def append(self, key: str, entry: dict[str, Any]) -> None:
        """Add an entry; when this returns it survives a power cut."""
        line = json.dumps({KEY: key, **entry}, ensure_ascii=False).encode() + b"\n"
        self._stream.seek(0, os.SEEK_END)
        self._stream.write(line)
        self._stream.flush()
        os.fsync(self._stream.fileno())
        sync_path(self._folder)


def _mend(stream: BinaryIO) -> None:
    """Finish the last line if only its end is missing, remove it if it is a part: nobody was told it was written."""
    data = stream.read()
    if not data or data.endswith(b"\n"):
        return
    start = data.rfind(b"\n") + 1
    if _parsed(data[start:]) is None:
        stream.truncate(start)
    else:
        stream.write(b"\n")
    stream.flush()
    os.fsync(stream.fileno())


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and KEY in entry else None
