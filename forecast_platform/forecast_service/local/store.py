"""Resources as folders that appear complete or not at all.

Belongs here: atomicity, durability and cleaning up after a kill. Does not belong here: what is in a resource.

Layout: ``<home>/<project>/{imports,predictors,forecasts}/<name>/`` with a ``manifest.json`` in each. A resource is
written to a temporary folder beside them, flushed to the disk and renamed into place.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast_platform.durable import sync_path
from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.identity import NAME, Identity

FOLDERS = {"forecast": "forecasts", "predictor": "predictors", "dataset_import": "imports"}
"""Folder of each kind, in the order in which kinds are deleted: nothing outlives what it was made from."""

_TEMPORARY = ".tmp-"
_TURNS = 64
_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class StoredResource:
    """A complete resource.

    Attributes:
        folder: Holds its files.
        manifest: ``name``, ``cutoff``, ``request_hash`` and ``details``.
    """

    folder: Path
    manifest: dict[str, Any]

    @property
    def details(self) -> dict[str, Any]:
        """For people."""
        return dict(self.manifest["details"])


class ResourceStore:
    """The resources of all projects below one folder; safe for several processes at once."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def find(self, kind: str, name: str) -> StoredResource | None:
        """The resource of this name, if it is complete."""
        matched = NAME.match(name)
        if matched is None:
            return None
        folder = self._home / matched["project"] / FOLDERS[kind] / name
        try:
            manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return StoredResource(folder, manifest)

    def find_same(self, kind: str, identity: Identity) -> StoredResource | None:
        """The resource made from the same request.

        Raises:
            PermanentError: One of its name was made from another request.
        """
        found = self.find(kind, identity.name)
        if found is not None and found.manifest["request_hash"] != identity.request_hash:
            raise PermanentError(
                f"The {kind} {identity.name} exists and was made from another request. "
                f"Delete {found.folder} and run again."
            )
        return found

    @contextmanager
    def turn(self, identity: Identity) -> Iterator[None]:
        """Wait for whoever makes this resource now, so that two runs that need one predictor train it once.

        Only a courtesy: :meth:`create` is safe without it. A kill gives the turn to the next in line.
        """
        root = self._home / identity.project
        root.mkdir(parents=True, exist_ok=True)
        # A fixed number of lock files, because removing one while somebody waits for it would let two in.
        place = int(identity.request_hash[:8], 16) % _TURNS
        with _locked(root / f".turn-{place}", os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX):
            yield

    def create(
        self, kind: str, identity: Identity, write: Callable[[Path], dict[str, Any]]
    ) -> tuple[StoredResource, bool]:
        """Make a resource, or adopt the one that another process has made meanwhile.

        Args:
            write: Writes the files of the resource into the folder given and returns the details for people.

        Returns:
            The resource, and whether this call made it.
        """
        final = self._home / identity.project / FOLDERS[kind] / identity.name
        with self._temporary_folder(identity.project) as temporary:
            manifest = {
                "name": identity.name,
                "cutoff": identity.cutoff.isoformat(),
                "request_hash": identity.request_hash,
                "details": write(temporary),
            }
            (temporary / _MANIFEST).write_text(_json(manifest), encoding="utf-8")
            final.parent.mkdir(parents=True, exist_ok=True)
            made = _publish(temporary, final)
        found = self.find_same(kind, identity)
        if found is None:
            raise PermanentError(f"The {kind} {identity.name} was deleted while it was being made.")
        return found, made

    def delete(self, kind: str, name: str) -> bool:
        """Delete a resource in one step; whether it existed."""
        found = self.find(kind, name)
        if found is None:
            return False
        project = found.folder.parent.parent.name
        with self._temporary_folder(project) as temporary:
            try:
                found.folder.rename(temporary / name)
            except FileNotFoundError:
                return False
            sync_path(found.folder.parent)
        return True

    def names(self, project: str) -> list[tuple[str, str]]:
        """Every ``(kind, name)`` of a project."""
        return [
            (kind, path.parent.name)
            for kind, folder in FOLDERS.items()
            for path in sorted((self._home / project / folder).glob(f"*/{_MANIFEST}"))
        ]

    @contextmanager
    def _temporary_folder(self, project: str) -> Iterator[Path]:
        """A folder that is locked while its maker lives, so that others can tell and remove what a kill left behind."""
        root = self._home / project
        root.mkdir(parents=True, exist_ok=True)
        with _locked(root / ".lock", os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX):
            _remove_abandoned(root)
            folder = root / f"{_TEMPORARY}{secrets.token_hex(8)}"
            folder.mkdir()
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def _remove_abandoned(root: Path) -> None:
    for folder in root.glob(f"{_TEMPORARY}*"):
        with suppress(BlockingIOError, FileNotFoundError), _locked(folder, os.O_RDONLY, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(path: Path, flags: int, operation: int) -> Iterator[None]:
    descriptor = os.open(path, flags, 0o644)
    try:
        fcntl.flock(descriptor, operation)
        yield
    finally:
        os.close(descriptor)


def _publish(temporary: Path, final: Path) -> bool:
    for path in (*temporary.iterdir(), temporary):
        sync_path(path)
    try:
        temporary.rename(final)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    sync_path(final.parent)
    return True


def _json(document: Any) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
