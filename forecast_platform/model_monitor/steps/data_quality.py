"""The step that judges the data of a window. Belongs here: putting it together. Does not belong here: judging."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.documents import parse_document
from forecast_platform.model_monitor.execution import Analysis, Execution, Looked
from forecast_platform.model_monitor.metrics import data_quality_metrics
from forecast_platform.model_monitor.monitor import DATA_QUALITY
from forecast_platform.model_monitor.statistics import statistics_document
from forecast_platform.model_monitor.steps.captured_data import CapturedData, captured_data
from forecast_platform.model_monitor.steps.executing import NothingToAnalyseError, execute
from forecast_platform.model_monitor.violations import Distance, judge
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace


def monitor_data_quality(workspace: MonitorWorkspace, window: Window) -> Execution:
    """Judge what was captured in ``window`` by the constraints, and publish the report.

    Raises:
        InputError: There is no baseline, or it cannot be used; the execution is on record as ``Failed``.
    """
    return execute(workspace, DATA_QUALITY, window, lambda: _analyse(workspace, window))


def _analyse(workspace: MonitorWorkspace, window: Window) -> Analysis:
    constraints, baseline = workspace.constraints(), workspace.baseline_statistics()
    captured = captured_data(workspace, window)
    if not captured.profile.rows:
        raise NothingToAnalyseError(_nothing(workspace, window, captured), captured.looked)
    judgement = judge(captured.profile, constraints, baseline)
    emits = constraints.config.emit_metrics
    looked = captured.looked
    return Analysis(
        Looked(looked.rows, looked.refused_rows, looked.refused, (*looked.notes, *judgement.notes)),
        statistics=statistics_document(captured.profile),
        constraints=parse_document(workspace.baseline_file(DATA_QUALITY, layout.CONSTRAINTS_FILE)),
        violations=judgement.document(),
        baseline=parse_document(workspace.baseline_file(DATA_QUALITY, layout.STATISTICS_FILE)),
        distances=[_distance(one) for one in judgement.distances],
        metrics=list(data_quality_metrics(captured.profile, judgement.distances)) if emits else [],
    )


def _distance(distance: Distance) -> dict[str, Any]:
    return {**asdict(distance), "distance": distance.distance if math.isfinite(distance.distance) else None}


def _nothing(workspace: MonitorWorkspace, window: Window, captured: CapturedData) -> str:
    where = workspace.bucket.uri(workspace.monitor.data)
    between = f"from {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
    if captured.looked.refused_rows:
        return f"None of the {captured.looked.refused_rows} records {between} in {where} can be read."
    return f"No data: nothing was captured {between} in {where}."
