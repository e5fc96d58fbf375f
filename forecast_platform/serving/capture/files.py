"""Capture files from their first record to the bucket: one growing file per hour, published whole.

Belongs here: which file a record goes to, when a file is complete, what happens when a disk or a bucket refuses.
Does not belong here: threads (``writer``), what a record looks like (``records``).
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from forecast_platform.bucket import Bucket
from forecast_platform.errors import ForecastPlatformError, InputError, Problem
from forecast_platform.serving.capture.journal import Journal, abandoned_journals
from forecast_platform.serving.capture.options import CaptureOptions
from forecast_platform.serving.capture.records import capture_folder, file_name

_RETRY_SECONDS = 1.0
_REFUSALS = (OSError, ForecastPlatformError)
_log = logging.getLogger(__name__)


@dataclass
class _Growing:
    """A file that takes records until ``deadline`` (monotonic seconds)."""

    journal: Journal
    deadline: float


class CaptureFiles:
    """The capture files of one server. Not for several threads at once.

    A record is in a journal (a hidden local file) as soon as :meth:`append` returns. A complete journal becomes an
    object of ``bucket`` in one step, so readers never see a part of a file. An object's key is fixed when its journal
    begins and objects are only ever created, so a crash between the two steps cannot make records appear twice.

    Args:
        bucket: Where the files go.
        journals: Local folder in which they grow. Journals of dead processes there are published now.

    Raises:
        InputError: The folder cannot be written.
    """

    def __init__(self, bucket: Bucket, journals: Path, options: CaptureOptions) -> None:
        self._bucket = bucket
        self._journals = journals
        self._options = options
        self._growing: dict[str, _Growing] = {}
        self._complete: list[Journal] = []
        self._publish_again_at = 0.0
        self._check_writable()
        self._recover()

    @property
    def unpublished(self) -> int:
        """How many complete files the bucket has not taken yet."""
        return len(self._complete)

    def append(self, instant: datetime, lines: bytes) -> None:
        """Add records, which are of one hour, to the file of that hour.

        Args:
            instant: Of the first record, in UTC.

        Raises:
            OSError: The disk refuses, and nothing of them is recorded.
        """
        self._journal(instant).append(lines)

    def seconds_until_due(self) -> float | None:
        """How long :meth:`publish_due` has nothing to do; ``None`` = until the next record."""
        due = [growing.deadline for growing in self._growing.values()]
        if self._complete:
            due.append(self._publish_again_at)
        return max(0.0, min(due) - time.monotonic()) if due else None

    def publish_due(self) -> None:
        """Publish the files that are complete by age or size, and those that the bucket refused before."""
        now = time.monotonic()
        for folder, growing in list(self._growing.items()):
            if growing.deadline <= now or growing.journal.size >= self._options.bytes_per_file:
                self._complete.append(self._growing.pop(folder).journal)
        if now >= self._publish_again_at:
            self._publish()

    def close(self) -> None:
        """Publish everything. What the bucket refuses stays in journals, which the next start publishes."""
        self._complete += [growing.journal for growing in self._growing.values()]
        self._growing.clear()
        self._publish()
        for journal in self._complete:
            _log.error("%s could not be published; the next start with the same --capture does it", journal.path)
            journal.release()
        self._complete.clear()

    def _journal(self, instant: datetime) -> Journal:
        folder = capture_folder(self._options, instant)
        if folder not in self._growing:
            journal = Journal(self._journals, folder + file_name(instant, str(uuid4())))
            self._growing[folder] = _Growing(journal, time.monotonic() + self._options.seconds_per_file)
        return self._growing[folder].journal

    def _publish(self) -> None:
        while self._complete:
            journal = self._complete[0]
            try:
                self._bucket.create(journal.key, journal.path.read_bytes())
            except _REFUSALS as error:
                _log.error("the capture file %s cannot be published, trying again: %s", journal.key, error)
                self._publish_again_at = time.monotonic() + _RETRY_SECONDS
                return
            journal.remove()
            self._complete.pop(0)

    def _check_writable(self) -> None:
        probe = file_name(datetime.now(UTC), str(uuid4()))
        try:
            Journal(self._journals, probe).remove()
        except OSError as error:
            problem = Problem(
                str(self._journals), str(error), "a folder that can be written", "Choose another --capture."
            )
            raise InputError("Captures cannot be written.", [problem]) from error

    def _recover(self) -> None:
        for journal in abandoned_journals(self._journals):
            if torn := journal.keep_torn():
                _log.warning("%d bytes of %s are no record: kept in %s", len(journal.torn), journal.key, torn)
            try:
                if journal.lines and self._bucket.create(journal.key, journal.lines):
                    _log.info("published %s, which a server that did not end by itself had left", journal.key)
            except _REFUSALS as error:
                _log.error("%s cannot be published now; the next start tries again: %s", journal.key, error)
            else:
                journal.remove()
