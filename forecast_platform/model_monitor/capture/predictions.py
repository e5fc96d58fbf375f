"""Captured records and ground truth as data frames that can be merged.

Belongs here: ids, times and features, row by row. Does not belong here: merging (``model_quality.merging``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast_platform.model_monitor.capture.ground_truth import GroundTruth
from forecast_platform.model_monitor.capture.payloads import paired_rows
from forecast_platform.model_monitor.capture.reading import OUTPUT_THEN_INPUT, AnySource, captured_records
from forecast_platform.model_monitor.model_quality.merging import EVENT_ID, INFERENCE_ID, POSITION, TIME
from forecast_platform.model_monitor.reading.layout import LayoutBuilder, Parts
from forecast_platform.model_monitor.reading.rows import NotReadableError, ReadingReport

if TYPE_CHECKING:
    import pandas as pd

GROUND_TRUTH_COLUMN = "ground_truth"


def predictions_frame(
    sources: Sequence[AnySource], report: ReadingReport, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """What was predicted, with the features it was predicted from: one row per row of each request.

    Args:
        report: Told of records that cannot be read.
        names: Of the columns by position, as the baseline has them.

    Returns:
        The contract's columns of ``model_quality.merging``, then the features, as text.
    """
    import pandas as pd

    contract: list[tuple[str | None, str | None, int, datetime | None]] = []
    rows: list[Parts] = []
    places: list[str] = []
    builder = LayoutBuilder(OUTPUT_THEN_INPUT, names)
    for where, record in captured_records(sources, report):
        time = record.inference_time.replace(tzinfo=None) if record.inference_time else None
        try:
            paired = paired_rows(record, OUTPUT_THEN_INPUT)
        except NotReadableError as error:
            report.refuse(where, error)
            continue
        for position, row in enumerate(paired):
            builder.saw(row)
            rows.append(row)
            places.append(where)
            contract.append((record.event_id, record.inference_id, position, time))
    layout = builder.layout()
    cells = _placed(layout, rows, places, report)
    frame = pd.DataFrame(contract, columns=[EVENT_ID, INFERENCE_ID, POSITION, TIME])
    frame[TIME] = pd.to_datetime(frame[TIME]).astype("datetime64[us]")
    return frame.join(pd.DataFrame(cells, columns=layout.schema.names, dtype=object))


def _placed(layout: Any, rows: Sequence[Parts], places: Sequence[str], report: ReadingReport) -> list[list[str | None]]:
    """The values of each row in their columns; of a row that has no place, none."""
    cells = []
    for row, where in zip(rows, places, strict=True):
        try:
            cells.append(layout.place(row))
        except NotReadableError as error:
            report.refuse(where, error)
            cells.append([None] * len(layout.schema))
    return cells


def ground_truth_frame(truths: Iterable[tuple[datetime, GroundTruth]]) -> pd.DataFrame:
    """Ground truth, one row per label; the hour in which each was collected is its time."""
    import pandas as pd

    rows = [
        (truth.key, position, hour, next(iter(values.values() if isinstance(values, dict) else values), None))
        for hour, truth in truths
        for position, values in enumerate(truth.rows)
    ]
    frame = pd.DataFrame(rows, columns=[EVENT_ID, POSITION, TIME, GROUND_TRUTH_COLUMN])
    frame[TIME] = pd.to_datetime(frame[TIME]).astype("datetime64[us]")
    return frame
