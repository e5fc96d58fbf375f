"""Capture files while they grow: hidden local files that survive the death of the process.

Belongs here: appending, locking, and what is found after a crash. Does not belong here: when a file is complete.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_SEPARATOR = "+"
"""Stands for the slash of a key in the name of a journal; no name of an endpoint or a variant holds one."""
_SUFFIX = ".jsonl"


class Journal:
    """A file that grows line by line and is to become the object ``key``.

    Its lock says that a living process owns it: the operating system drops the lock with the process, however it ends.

    Args:
        folder: Where journals are; made when missing.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, folder: Path, key: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.key = key
        self.size = 0
        self.path = folder / key.replace("/", _SEPARATOR)
        # Under its own name only once it is locked: another server that starts now would take it for abandoned.
        unlocked = self.path.with_suffix(".new")
        self._descriptor = os.open(unlocked, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        unlocked.rename(self.path)

    def append(self, lines: bytes) -> None:
        """Add whole lines.

        Raises:
            OSError: They could not be written; the file is as it was before.
        """
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(lines)

    def remove(self) -> None:
        """Remove the file, which is an object by now, and let go of it."""
        self.path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Let go of the file; the next start takes it over."""
        os.close(self._descriptor)


class AbandonedJournal:
    """A journal whose process is gone.

    Attributes:
        key: The object that it was to become.
        lines: Its whole lines that are JSON objects.
        torn: The rest: what was being written when the machine stopped.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.key = path.name.replace(_SEPARATOR, "/")
        self.lines, self.torn = _readable(path.read_bytes())

    def keep_torn(self) -> Path | None:
        """Put what is not a record aside, beside the journals; where it is, or ``None`` when there is nothing."""
        if not self.torn:
            return None
        kept = self._path.with_suffix(".torn")
        kept.write_bytes(self.torn)
        return kept

    def remove(self) -> None:
        """Remove the file, whose lines are in an object by now."""
        self._path.unlink(missing_ok=True)

    def release(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)


def abandoned_journals(folder: Path) -> Iterator[AbandonedJournal]:
    """The journals that processes left behind, oldest first; those of living processes are locked and not touched.

    Each is locked until the iteration goes on, so that of two starting servers one takes it.
    """
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        with suppress(FileNotFoundError, BlockingIOError):
            descriptor = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                journal = AbandonedJournal(path, descriptor)
            except OSError:
                os.close(descriptor)
                raise
            try:
                yield journal
            finally:
                journal.release()


def _readable(data: bytes) -> tuple[bytes, bytes]:
    good: list[bytes] = []
    torn: list[bytes] = []
    for line in data.splitlines(keepends=True):
        (good if line.endswith(b"\n") and _is_record(line) else torn).append(line)
    return b"".join(good), b"".join(torn)


def _is_record(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False
