"""Making what was written to this machine's disk survive a power cut.

Belongs here: the one system call everything durable rests on. Does not belong here: files (their owners write them).
"""

from __future__ import annotations

import os
from pathlib import Path


def sync_path(path: Path) -> None:
    """Return when the file, or the entries of the folder, at ``path`` are on the disk.

    Raises:
        FileNotFoundError: There is nothing at ``path``.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
