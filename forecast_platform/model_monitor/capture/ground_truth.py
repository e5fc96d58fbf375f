"""Ground truth: what turned out to be right for predictions that were captured earlier.

Belongs here: reading the records. Does not belong here: matching them with predictions (``model_quality``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from forecast_platform.bucket import Bucket
from forecast_platform.model_monitor.capture.folders import files_of_hour
from forecast_platform.model_monitor.capture.payloads import paired_rows
from forecast_platform.model_monitor.capture.reading import AnySource, captured_records
from forecast_platform.model_monitor.capture.records import GROUND_TRUTH
from forecast_platform.model_monitor.reading.flattening import Values
from forecast_platform.model_monitor.reading.rows import NotReadableError, ReadingReport
from forecast_platform.model_monitor.reading.sources import Source


@dataclass(frozen=True)
class GroundTruth:
    """The truth for one record that was captured.

    Attributes:
        key: The inference id, or where there is none the event id, of the captured record.
        rows: Its values, a row for each row of the request; by position or by name.
    """

    key: str
    rows: tuple[Values, ...]


def read_ground_truth(sources: Sequence[AnySource], report: ReadingReport) -> Iterator[GroundTruth]:
    """The ground truth records in files with one a line; those that cannot be read are refused in ``report``."""
    for where, record in captured_records(sources, report):
        try:
            if record.key is None:
                raise NotReadableError("no eventId and no inferenceId", "the one of the captured record")
            rows = tuple(row[0] for row in paired_rows(record, [GROUND_TRUTH]) if row[0] is not None)
        except NotReadableError as error:
            report.refuse(where, error)
            continue
        yield GroundTruth(record.key, rows)


def ground_truth_of_hour(bucket: Bucket, folder: str, hour: datetime, report: ReadingReport) -> Iterator[GroundTruth]:
    """The ground truth that was collected in ``hour``, which is when its files were written, not when requests were.

    Args:
        folder: Above ``yyyy/mm/dd/hh/``.
    """
    sources = [Source.in_bucket(bucket, key) for key in files_of_hour(bucket, folder, hour)]
    return read_ground_truth(sources, report)
