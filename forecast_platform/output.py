"""Writing files into a folder that a person named. Belongs here: that none is ever half-written. Not here: contents."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def write_output(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write ``files``, names relative to ``folder`` and bytes, each by one rename, in their order."""
    for name, data in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(data)
        partial.replace(path)
