"""Every call that was made, so that a test can say "exactly one create per resource".

Belongs here: the record and its file, which outlives the process. Does not belong here: what calls do.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_KEPT = 100_000


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        at: Seconds since 1970.
        operation: E.g. ``CreatePredictor``.
        name: The name, or else the ARN, of the resource it is about; empty = of none.
        done: The service has done it, whatever the caller was told.
        status: Of HTTP, as the caller was told; 0 = nothing, the connection was dropped.
        code: Of the error; empty = none.
        who: Id of the caller's access key, which is no secret; empty = not signed.
    """

    at: float
    operation: str
    name: str
    done: bool
    status: int
    code: str
    who: str


class CallLog:
    """The calls of a peer, oldest first; of very many, the newest.

    Args:
        path: File that keeps them, one JSON object a line.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._calls = deque(_read(path), maxlen=_KEPT)
        _write(path, self._calls)
        self._file = path.open("a", encoding="utf-8")

    def add(self, call: Call) -> None:
        """Record ``call`` before it is answered."""
        with self._lock:
            self._calls.append(call)
            if not self._file.closed:
                self._file.write(_line(call))
                self._file.flush()

    def calls(self, operation: str | None = None, name: str | None = None) -> list[dict[str, Any]]:
        """Those of an operation and about a resource; ``None`` = any."""
        with self._lock:
            return [
                asdict(call)
                for call in self._calls
                if operation in (None, call.operation) and name in (None, call.name)
            ]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._calls.clear()
            self._file.truncate(0)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


def _line(call: Call) -> str:
    return f"{json.dumps(asdict(call))}\n"


def _write(path: Path, calls: Iterable[Call]) -> None:
    """In one step, so that a kill loses nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(".staged")
    staged.write_text("".join(map(_line, calls)), encoding="utf-8")
    staged.replace(path)


def _read(path: Path) -> list[Call]:
    if not path.exists():
        return []
    lines = path.read_text("utf-8").splitlines()[-_KEPT:]
    calls = []
    for line in lines:
        try:
            calls.append(Call(**json.loads(line)))
        except (ValueError, TypeError):
            continue  # a kill cut the last line off
    return calls
