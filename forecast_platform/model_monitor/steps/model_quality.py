"""The steps that measure how good the predictions were: of the baseline, and of a window.

Belongs here: putting it together. Does not belong here: metrics and constraints (``model_quality``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from forecast_platform.errors import InputError
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.capture.predictions import GROUND_TRUTH_COLUMN
from forecast_platform.model_monitor.documents import parse_document, read_document, write_document
from forecast_platform.model_monitor.execution import Analysis, Execution, Looked
from forecast_platform.model_monitor.metrics import value_metric
from forecast_platform.model_monitor.model_quality.constraints import (
    check_constraints,
    constraints_document,
    read_constraints,
    suggest_constraints,
    violations_document,
)
from forecast_platform.model_monitor.model_quality.quality import ModelQuality, measure_quality, statistics_document
from forecast_platform.model_monitor.monitor import MODEL_QUALITY, QualitySettings
from forecast_platform.model_monitor.steps.executing import execute
from forecast_platform.model_monitor.steps.ground_truth import labelled_predictions
from forecast_platform.model_monitor.steps.keeping import keep_constraints
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace

if TYPE_CHECKING:
    import pandas as pd


def learn_model_quality(workspace: MonitorWorkspace, rows: pd.DataFrame) -> bool:
    """Measure the baseline dataset and suggest constraints; whether there were edited ones that were kept.

    Raises:
        InputError: An attribute is no column of the dataset, or its labels do not fit the problem type.
    """
    settings = _settings(workspace)
    if settings.baseline_label is None:
        return False
    quality = measure_quality(rows, settings.problem_type, settings.attributes(settings.baseline_label))
    # A baseline has no time of its own, and the same dataset has to give the same file.
    statistics = statistics_document(quality, workspace.monitor.schedule.start)
    suggested = constraints_document(settings.problem_type, suggest_constraints(quality))
    edited = keep_constraints(workspace, MODEL_QUALITY, suggested)
    workspace.bucket.write(layout.baseline_result(MODEL_QUALITY, layout.STATISTICS_FILE), write_document(statistics))
    return edited


def monitor_model_quality(workspace: MonitorWorkspace, window: Window) -> Execution:
    """Compare predictions with their ground truth, judge the metrics, and publish the report.

    Raises:
        InputError: There are no constraints, or something in the settings cannot be used.
    """
    return execute(workspace, MODEL_QUALITY, window, lambda: _analyse(workspace, window))


def _analyse(workspace: MonitorWorkspace, window: Window) -> Analysis:
    settings = _settings(workspace)
    key = layout.baseline_result(MODEL_QUALITY, layout.CONSTRAINTS_FILE)
    written = workspace.baseline_file(MODEL_QUALITY, layout.CONSTRAINTS_FILE)
    constraints = read_constraints(written, key, settings.problem_type)
    labelled = labelled_predictions(workspace, window, settings.start_offset, settings.end_offset)
    quality = measure_quality(labelled.rows, settings.problem_type, settings.attributes(GROUND_TRUTH_COLUMN))
    verdict = check_constraints(quality, constraints)
    return Analysis(
        _with_notes(labelled.looked, quality, verdict.unchecked),
        statistics=statistics_document(quality, window.end, labelled.window),
        constraints=parse_document(written),
        violations=violations_document(verdict),
        baseline=_baseline_statistics(workspace),
        metrics=[
            value_metric(name, metric.value) for name, metric in quality.metrics.items() if math.isfinite(metric.value)
        ],
    )


def _with_notes(looked: Looked, quality: ModelQuality, unchecked: dict[str, str]) -> Looked:
    left_out = [f"{one.count:,} rows were left out: {one.column}: {one.reason}." for one in quality.left_out]
    undefined = [f"{metric} could not be judged: {reason}." for metric, reason in unchecked.items()]
    return replace(looked, notes=(*looked.notes, *left_out, *undefined))


def _baseline_statistics(workspace: MonitorWorkspace) -> Mapping[str, Any]:
    """For comparison on the page; constraints that were written by hand have none."""
    try:
        return read_document(workspace.baseline_file(MODEL_QUALITY, layout.STATISTICS_FILE), "").document
    except InputError:
        return {}


def _settings(workspace: MonitorWorkspace) -> QualitySettings:
    settings = workspace.monitor.model_quality
    if settings is None:
        raise InputError(f"Monitor {workspace.monitor.name} has no model_quality in its defs.yaml.")
    return settings
