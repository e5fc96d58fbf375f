"""Predictions of a window with the ground truth that has arrived for them.

Belongs here: which hours are read. Does not belong here: formats (``capture``), merging (``model_quality.merging``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.capture.folders import files_of_hour, hours_below
from forecast_platform.model_monitor.capture.ground_truth import GroundTruth, ground_truth_of_hour
from forecast_platform.model_monitor.capture.predictions import ground_truth_frame, predictions_frame
from forecast_platform.model_monitor.execution import MOST_REFUSED_SHOWN, Looked
from forecast_platform.model_monitor.model_quality.merging import Merged, merge
from forecast_platform.model_monitor.model_quality.windows import analysis_window
from forecast_platform.model_monitor.reading.rows import ReadingReport
from forecast_platform.model_monitor.reading.sources import Source
from forecast_platform.model_monitor.steps.executing import NothingToAnalyseError
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace

if TYPE_CHECKING:
    import pandas as pd

LATEST = timedelta(days=7)
"""Ground truth counts that was collected up to here after the window, as far as it is there when it is looked at."""


@dataclass(frozen=True)
class Labelled:
    """Predictions with their ground truth.

    Attributes:
        window: That of the predictions.
    """

    window: Window
    merged: Merged
    looked: Looked

    @property
    def rows(self) -> pd.DataFrame:
        return self.merged.rows


def labelled_predictions(
    workspace: MonitorWorkspace, window: Window, start_offset: str | None = None, end_offset: str | None = None
) -> Labelled:
    """The predictions that an execution analyses, with their ground truth.

    Args:
        start_offset, end_offset: As in ``QualitySettings``.

    Raises:
        InputError: The offsets cannot be used.
        NothingToAnalyseError: There are no predictions, or no ground truth for any of them.
    """
    analysed = analysis_window(window.end, window.end - window.start, start_offset, end_offset)
    report = ReadingReport()
    predictions = _predictions(workspace, analysed, report)
    truth = ground_truth_frame(_ground_truth(workspace, analysed, report))
    merged = merge(predictions, truth)
    looked = _looked(merged, report)
    if merged.rows.empty:
        between = f"{analysed.start:%Y-%m-%d %H:%M} and {analysed.end:%Y-%m-%d %H:%M} UTC"
        what = f"{len(predictions)} predictions and {len(truth)} ground truth labels"
        raise NothingToAnalyseError(f"No data: of {what} between {between}, none belong together.", looked)
    return Labelled(analysed, merged, looked)


def _predictions(workspace: MonitorWorkspace, window: Window, report: ReadingReport) -> pd.DataFrame:
    folder = workspace.monitor.folder_of_hours
    keys = [key for hour in window.hours() for key in files_of_hour(workspace.bucket, folder, hour)]
    sources = [Source.in_bucket(workspace.bucket, key) for key in keys]
    return predictions_frame(sources, report, workspace.feature_names())


def _ground_truth(
    workspace: MonitorWorkspace, window: Window, report: ReadingReport
) -> Iterator[tuple[datetime, GroundTruth]]:
    for hour in hours_below(workspace.bucket, layout.GROUND_TRUTH):
        if window.start <= hour < window.end + LATEST:
            for truth in ground_truth_of_hour(workspace.bucket, layout.GROUND_TRUTH, hour, report):
                yield hour, truth


def _looked(merged: Merged, report: ReadingReport) -> Looked:
    counted = {
        "predictions are waiting for ground truth": len(merged.waiting),
        "predictions were captured twice; the last counts": merged.duplicate_predictions,
        "ground truth labels were given twice; the last counts": merged.duplicate_ground_truth,
        "predictions share the ground truth of one inference id": merged.shared_ids,
        "rows have no id, so nothing can be matched with them": merged.without_id,
    }
    notes = [f"{count:,} {what}." for what, count in counted.items() if count]
    refused = tuple({"where": one.where, "reason": one.reason} for one in report.refused[:MOST_REFUSED_SHOWN])
    return Looked(len(merged.rows), report.refused_rows, refused, (*report.notes, *notes))
