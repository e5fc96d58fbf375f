"""What S3 says has happened in buckets: taken from a queue, and kept for every sensor on this machine.

Belongs here: queue and file. Does not belong here: what is done about an event (``looking``): the listing is the truth.

A message is about one project, and what takes it from the queue may be another project's sensor, in another process.
So messages go into a file first and are deleted from the queue when they are on the disk; every sensor remembers how
far it has read. The file keeps the last :data:`KEPT` events. A sensor that was away for longer, or that knows another
file, is told that something may have happened.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from forecast_platform.aws.clients import client
from forecast_platform.aws.errors import aws_failures
from forecast_platform.bucket.event_messages import uris_in
from forecast_platform.errors import TransientError

KEPT = 10_000
_MOST_SECONDS = 5.0
"""How long one look takes messages from the queue; the others wait for the next."""
_MESSAGES = 10
"""As many as SQS hands out at once."""
_LOCKED_SECONDS = 10.0
_TABLES = (
    "CREATE TABLE IF NOT EXISTS file (id TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS event (number INTEGER PRIMARY KEY AUTOINCREMENT, uri TEXT NOT NULL)",
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class News:
    """What a sensor is told.

    Attributes:
        position: Up to where the events have been looked at; the next look starts here.
        concerned: Whether something has happened, or may have, in the folders that were asked for.
    """

    position: str
    concerned: bool


@dataclass(frozen=True)
class BucketEvents:
    """The events of a queue.

    Attributes:
        queue_url: SQS queue that S3, SNS or EventBridge sends to. One home may read it: others would miss what this one
            takes.
        path: File on this machine.
    """

    queue_url: str
    path: Path

    def news(self, since: str, folders: Sequence[str]) -> News:
        """Whether anything has happened below ``folders`` since a look that ended at ``since``.

        Args:
            since: Position of an earlier look; empty = none.
            folders: As ``s3://bucket/prefix``.

        Raises:
            TransientError: The queue or the file cannot be used now.
            PermanentError: The queue is not there, or denied.
        """
        self._collect()
        with self._opened() as events:
            oldest, newest = events.execute(
                "SELECT coalesce(min(number), 0), coalesce(max(number), 0) FROM event"
            ).fetchone()
            (file,) = events.execute("SELECT id FROM file").fetchone()
            known, _, number = since.partition(":")
            position = f"{file}:{newest}"
            if known != file or not number.isdecimal() or int(number) < oldest - 1:
                return News(position, concerned=True)
            return News(position, any(_happened(events, int(number), folder) for folder in folders))

    def _collect(self) -> None:
        """Move what is in the queue to the file."""
        deadline = time.monotonic() + _MOST_SECONDS
        with aws_failures(f"read the queue {self.queue_url}"):
            queue = client("sqs")
            while time.monotonic() < deadline:
                answer = queue.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=_MESSAGES)
                messages = answer.get("Messages", [])
                if not messages:
                    return
                self._keep([uri for message in messages for uri in _uris(message)])
                taken = [
                    {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                    for number, message in enumerate(messages)
                ]
                queue.delete_message_batch(QueueUrl=self.queue_url, Entries=taken)

    def _keep(self, uris: Sequence[str]) -> None:
        with self._opened() as events:
            events.executemany("INSERT INTO event (uri) VALUES (?)", [(uri,) for uri in uris])
            events.execute("DELETE FROM event WHERE number <= (SELECT max(number) FROM event) - ?", (KEPT,))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The file in one transaction that no other process's change comes into."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_LOCKED_SECONDS, isolation_level=None)) as events:
                events.execute("BEGIN IMMEDIATE")
                for table in _TABLES:
                    events.execute(table)
                events.execute("INSERT INTO file SELECT ? WHERE NOT EXISTS (SELECT 1 FROM file)", (uuid4().hex,))
                yield events
                events.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise TransientError(f"The events in {self.path} cannot be read or kept: {error}.") from error


def _uris(message: dict[str, Any]) -> list[str]:
    try:
        return uris_in(message["Body"])
    except ValueError as error:
        _log.warning("A message in the queue of the bucket's events is dropped: %s: %.200r", error, message["Body"])
        return []


def _happened(events: sqlite3.Connection, since: int, folder: str) -> bool:
    query = "SELECT EXISTS (SELECT 1 FROM event WHERE number > ? AND substr(uri, 1, ?) = ?)"
    (found,) = events.execute(query, (since, len(folder), folder)).fetchone()
    return bool(found)
