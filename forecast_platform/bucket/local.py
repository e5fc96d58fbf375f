"""A bucket in a directory, for one machine or a shared file system with POSIX rename, link and flock.

Belongs here: what makes plain files atomic and durable. Does not belong here: what keys mean (``layout``).
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from forecast_platform.bucket.keys import check_key, check_prefix
from forecast_platform.bucket.protocol import StoredObject
from forecast_platform.durable import sync_path

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEMPORARY = ".tmp"
_LOCKS = ".locks"
_ATTEMPTS = 100
_ABANDONED_AFTER_SECONDS = 24 * 3600


class LocalBucket:
    """The :class:`~forecast_platform.bucket.Bucket` protocol on a directory.

    Every object is one file, so people may copy files in and out with any tool. Files whose name starts with a
    dot are not objects; links to files are followed, links to directories are not. It holds no open files or
    threads between calls and so works across ``fork``.

    Args:
        root: The directory; made by the first write.
        prefix: Folder below ``root`` in which all keys live; empty = ``root`` itself.
        confined: Links that lead out of ``prefix`` are no objects: for what is shown to others than those who may put
            links there.
    """

    def __init__(self, root: Path, prefix: str = "", *, confined: bool = False) -> None:
        self._root = Path(root).absolute()
        self._confined = confined
        self._prefix = check_prefix(prefix).removesuffix("/")
        self._base = self._root / self._prefix
        self._swept = False

    def __repr__(self) -> str:
        return f"LocalBucket({str(self._root)!r}, {self._prefix!r})"

    def uri(self, key: str = "") -> str:
        """The path of ``key``; a trailing slash, for a folder, is kept."""
        path = str(self._base / check_prefix(key)) if key else str(self._base)
        return f"{path}/" if key.endswith("/") else path

    def below(self, prefix: str) -> LocalBucket:
        """The folder ``prefix`` as a bucket of its own."""
        joined = "/".join(part for part in (self._prefix, check_prefix(prefix)) if part)
        return LocalBucket(self._root, joined, confined=self._confined)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """All objects whose key starts with ``prefix``, ordered by key; files that vanish meanwhile are skipped."""
        folder = check_prefix(prefix).rpartition("/")[0]
        start = self._base / folder
        return (
            found
            for found in _walk(start, f"{folder}/" if folder else "")
            if found.key.startswith(prefix) and self._shows(self._base / found.key)
        )

    def scan(self, prefix: str = "") -> Iterator[StoredObject]:
        """The same: folders are read as the listing comes to them."""
        return self.list(prefix)

    def head(self, key: str) -> StoredObject | None:
        """The object's listing entry, or ``None``."""
        path = self._path(key)
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return None if path.is_dir() or not self._shows(path) else _stored(key, status)

    def read(self, key: str) -> bytes:
        """The whole object. Raises ``KeyError`` when there is none."""
        with self.open(key) as stream:
            return stream.read()

    def open(self, key: str) -> BinaryIO:
        """The object as a seekable stream. Raises ``KeyError`` when there is none."""
        path = self._path(key)
        if not self._shows(path):
            raise KeyError(key)
        try:
            return path.open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise KeyError(key) from None

    def write(self, key: str, data: bytes) -> None:
        """Put ``data`` at ``key`` in one step."""
        with self._lock(key):
            self._put(key, data, _rename)

    def create(self, key: str, data: bytes) -> bool:
        """Put ``data`` at ``key`` only if nothing is there; a hard link is the step that only one can win."""
        if self.head(key) is not None:
            return False
        try:
            self._put(key, data, _link)
        except FileExistsError:
            return False
        return True

    def compare_and_swap(self, key: str, data: bytes, version: str | None) -> bool:
        """Replace the object only if its version is still ``version`` (``None`` = it does not exist)."""
        if version is None:
            return self.create(key, data)
        with self._lock(key):
            found = self.head(key)
            if found is None or found.version != version:
                return False
            self._put(key, data, _rename)
        return True

    def delete(self, key: str) -> None:
        """Remove the object, and the folders that it leaves empty."""
        path = self._path(key)
        with self._lock(key):
            if self.head(key) is None:
                return
            path.unlink(missing_ok=True)
            _sync_folder(path.parent)
        for folder in path.parents:
            if folder == self._base or not _remove_if_empty(folder):
                return

    def _shows(self, path: Path) -> bool:
        """Whether a link at ``path``, if it is one, may be followed; the root itself may be reached through one."""
        return not self._confined or path.resolve().is_relative_to(self._root.resolve() / self._prefix)

    def _path(self, key: str) -> Path:
        path = self._base / check_key(key)
        try:
            os.lstat(path)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise _too_long(key) from None
        return path

    def _put(self, key: str, data: bytes, appear: Callable[[Path, Path], None]) -> None:
        """Make ``data`` durable in a file of its own, let it appear at ``key``, make that durable."""
        path = self._path(key)
        staged = self._stage(data)
        try:
            for _ in range(_ATTEMPTS):
                # Deleting the last object of a folder removes the folder, perhaps between these two lines.
                with suppress(FileNotFoundError):
                    _make_folder(path.parent)
                    appear(staged, path)
                    break
            else:
                raise OSError(f"the folder of {path} keeps vanishing")
            _sync_folder(path.parent)
        except (NotADirectoryError, IsADirectoryError):
            raise ValueError(
                f"key {key!r}: a directory cannot hold both an object and objects below the object's name"
            ) from None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise _too_long(key) from None
            raise
        finally:
            staged.unlink(missing_ok=True)

    def _stage(self, data: bytes) -> Path:
        folder = self._root / _TEMPORARY
        _make_folder(folder)
        if not self._swept:
            _remove_abandoned(folder)
            self._swept = True
        staged = folder / f"{os.getpid()}-{secrets.token_hex(8)}"
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            # The kernel stamps files in steps of milliseconds, within which a freed inode may be used again: two
            # writes could then share a version. The clock has steps of nanoseconds.
            now = time.time_ns()
            os.utime(descriptor, ns=(now, now))
            os.fsync(descriptor)
        return staged

    @contextmanager
    def _lock(self, key: str) -> Iterator[None]:
        """Keep other writers of ``key`` out; a fixed set of files, so that locks never pile up.

        Unlocking is explicit because a process forked meanwhile holds the file open as well.
        """
        path = self._path(key)
        stripe = int.from_bytes(sha256(os.fsencode(path.relative_to(self._root))).digest()[:1])
        folder = self._root / _LOCKS
        _make_folder(folder)
        descriptor = os.open(folder / f"{stripe:02x}", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


def _too_long(key: str) -> ValueError:
    return ValueError(
        f"key {key[:60]!r}… has {len(os.fsencode(key))} bytes, more than this file system takes; "
        "most take 255 bytes between two slashes"
    )


def _rename(staged: Path, path: Path) -> None:
    staged.replace(path)


def _link(staged: Path, path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(path)
    path.hardlink_to(staged)


def _walk(folder: Path, prefix: str) -> Iterator[StoredObject]:
    """Every object below ``folder``, ordered as the keys are: a folder sorts as its name with the slash."""
    try:
        entries = [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except (FileNotFoundError, NotADirectoryError):
        return
    named = sorted(
        (f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name, entry) for entry in entries
    )
    for name, entry in named:
        if name.endswith("/"):
            yield from _walk(Path(entry.path), f"{prefix}{name}")
            continue
        with suppress(FileNotFoundError):
            if entry.is_file():
                yield _stored(f"{prefix}{name}", entry.stat())


def _stored(key: str, status: os.stat_result) -> StoredObject:
    return StoredObject(
        key=key,
        size=status.st_size,
        last_modified=_EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000),
        version=f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}",
    )


def _make_folder(folder: Path) -> None:
    """Make ``folder`` and its parents, each durable in its own parent.

    Raises:
        NotADirectoryError: A file has the name.
        FileNotFoundError: Somebody else made it and removed it again meanwhile; the caller tries again.
    """
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    try:
        folder.mkdir()
    except FileExistsError:
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise NotADirectoryError(folder) from None
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    # When the folder is gone, another process has already removed what was in it.
    with suppress(FileNotFoundError):
        sync_path(folder)


def _remove_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed processes left; a day is longer than any write takes."""
    oldest = time.time() - _ABANDONED_AFTER_SECONDS
    for entry in os.scandir(folder):
        with suppress(FileNotFoundError):
            if entry.stat().st_mtime < oldest:
                Path(entry.path).unlink()
