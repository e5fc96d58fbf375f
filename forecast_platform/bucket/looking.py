"""When a sensor lists its folders, and for how long at a time.

Belongs here: events as hints, the time budget, and a cursor for both. Does not belong here: what has changed
(``changes``), and what is done about it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

from forecast_platform.bucket.changes import OVERLAP, Changes, detect_changes
from forecast_platform.bucket.events import News
from forecast_platform.bucket.protocol import StoredObject
from forecast_platform.errors import ForecastPlatformError

RECONCILED_EVERY = timedelta(minutes=10)
"""How often folders are listed without an event: events may be lost, and nobody may have set them up for a folder."""
BUDGET_SECONDS = 20.0
"""How long one look lists. Dagster gives a tick 60 s by default."""
_log = logging.getLogger(__name__)


class Events(Protocol):
    """See :class:`forecast_platform.bucket.events.BucketEvents`."""

    def news(self, since: str, folders: Sequence[str]) -> News: ...


@dataclass(frozen=True)
class Watched:
    """What a sensor watches.

    Attributes:
        folders: Where events concern it, as URIs.
        scan: Lists it, reading on as it is asked to.
    """

    folders: tuple[str, ...]
    scan: Callable[[], Iterator[StoredObject]]


@dataclass(frozen=True)
class Look:
    """What one tick has seen.

    Attributes:
        changes: ``None`` = the folders were not listed to their end.
        note: Why not; or that the events could not be read. May be empty.
    """

    changes: Changes | None
    note: str = ""


@dataclass(frozen=True)
class _Cursor:
    """What is remembered between two looks.

    Attributes:
        changes: Cursor of the change detection.
        events: Position in the events up to which nothing is left to be seen.
        listed: When that was, as ISO text.
    """

    changes: str | None = None
    events: str = ""
    listed: str = ""

    @classmethod
    def read(cls, text: str | None) -> _Cursor:
        """What cannot be read, or was written before there were events, is taken for a cursor of the changes."""
        try:
            cursor = cls(**json.loads(text or "{}"))
            if cursor.listed:
                datetime.fromisoformat(cursor.listed)
        except (ValueError, TypeError):
            return cls(text)
        return cursor

    def due(self, now: datetime) -> bool:
        return not self.listed or abs(now - datetime.fromisoformat(self.listed)) >= RECONCILED_EVERY


@dataclass
class _Scan:
    """A listing under way: the state at ``started`` or later of what has been found."""

    started: datetime
    events: str
    note: str
    rest: Iterator[StoredObject]
    found: list[StoredObject] = field(default_factory=list)


_UNDER_WAY: dict[tuple[str, ...], _Scan] = {}
"""Listings that did not end within the budget, of this process: after a restart they start over."""


def look(watched: Watched, events: Events | None, cursor: str | None, now: datetime, settle: timedelta) -> Look:
    """List what is watched if there is a reason to, and say what has changed.

    The reasons are an event, ten minutes without a listing, objects that were still being written at the last one, and
    that there are no events. A listing that takes longer than :data:`BUDGET_SECONDS` goes on at the next look.

    Args:
        cursor: Of the last look; ``None`` = report everything.
        now: Aware.
        settle: See :func:`~forecast_platform.bucket.changes.detect_changes`.
    """
    before = _Cursor.read(cursor)
    scan = _UNDER_WAY.pop(watched.folders, None) or _begin(watched, events, before, now)
    if scan is None:
        return Look(None, "Nothing has happened in the bucket.")
    if not _finish(scan):
        _UNDER_WAY[watched.folders] = scan
        return Look(None, f"The bucket is being listed: {len(scan.found)} objects so far; it goes on at the next tick.")
    # As of the start: what was written since then is not taken for settled, and is found again by the next listing.
    changes = detect_changes(sorted(scan.found), before.changes, scan.started, settle, OVERLAP)
    after = replace(before, changes=changes.cursor)
    if not changes.unsettled:
        after = _Cursor(changes.cursor, scan.events, scan.started.astimezone(UTC).isoformat())
    return Look(replace(changes, cursor=json.dumps(asdict(after))), scan.note)


def _begin(watched: Watched, events: Events | None, before: _Cursor, now: datetime) -> _Scan | None:
    """``None`` = there is no reason to list."""
    if events is None:
        return _Scan(now, "", "", watched.scan())
    try:
        news = events.news(before.events, watched.folders)
    except ForecastPlatformError as error:
        note = f"The bucket is listed because its events cannot be read: {error}"
        _warn_once(note)
        return _Scan(now, before.events, note, watched.scan())
    if news.concerned or before.due(now):
        return _Scan(now, news.position, "", watched.scan())
    return None


def _finish(scan: _Scan) -> bool:
    """Whether the listing came to its end within the budget; it gets on by one object at least."""
    deadline = time.monotonic() + BUDGET_SECONDS
    for stored in scan.rest:
        scan.found.append(stored)
        if time.monotonic() >= deadline:
            return False
    return True


@lru_cache(maxsize=64)
def _warn_once(note: str) -> None:
    """A queue stays denied for many ticks."""
    _log.warning("%s", note)
