"""The steps that watch bias: of the baseline, and of a window.

Belongs here: putting it together. Does not belong here: metrics and their comparison (``bias``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.bias.analysis import (
    BiasAnalysis,
    BiasConfig,
    Facet,
    analyse_bias,
    analysis_document,
)
from forecast_platform.model_monitor.bias.drift import (
    BiasConstraints,
    bias_violations_document,
    check_bias,
    read_bias_constraints,
)
from forecast_platform.model_monitor.bias.picking import Picked, pick
from forecast_platform.model_monitor.capture.predictions import GROUND_TRUTH_COLUMN
from forecast_platform.model_monitor.documents import parse_document
from forecast_platform.model_monitor.execution import Analysis, Execution
from forecast_platform.model_monitor.metrics import value_metric
from forecast_platform.model_monitor.model_quality.labels import MISSING
from forecast_platform.model_monitor.monitor import MODEL_BIAS, BiasSettings
from forecast_platform.model_monitor.steps.executing import execute
from forecast_platform.model_monitor.steps.ground_truth import labelled_predictions
from forecast_platform.model_monitor.steps.keeping import keep_constraints
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace

if TYPE_CHECKING:
    import pandas as pd

PREDICTED = "predicted_label"
_NEGATIVE = "0"
CONFIDENCE = 0.95
"""A metric has to be worse with this confidence, or else every second window of an unchanged model would alarm."""


def learn_bias(workspace: MonitorWorkspace, rows: pd.DataFrame) -> bool:
    """Analyse the baseline dataset; whether there were edited constraints that were kept.

    Raises:
        InputError: A column of the settings is not in the dataset, or its values are not.
    """
    settings = _settings(workspace)
    rows = _with_predicted_label(workspace, rows)
    predicted = settings.predicted_label or PREDICTED
    _check_columns({"label": settings.label, "predicted_label": predicted, "facet": settings.facet}, rows)
    config = BiasConfig(
        label=settings.label,
        predicted_label=predicted,
        positive=pick(settings.positive_labels, rows[settings.label]),
        facets=(Facet(settings.facet, pick(settings.facet_values, rows[settings.facet])),),
    )
    _check_values(config, rows)
    return keep_constraints(workspace, MODEL_BIAS, analysis_document(analyse_bias(rows, config)))


def monitor_bias(workspace: MonitorWorkspace, window: Window) -> Execution:
    """Analyse the labelled predictions of a window, compare them with the baseline, and publish the report.

    Raises:
        InputError: There is no baseline, or something in the settings cannot be used.
    """
    return execute(workspace, MODEL_BIAS, window, lambda: _analyse(workspace, window))


def _analyse(workspace: MonitorWorkspace, window: Window) -> Analysis:
    settings = _settings(workspace)
    key = layout.baseline_result(MODEL_BIAS, layout.CONSTRAINTS_FILE)
    written = workspace.baseline_file(MODEL_BIAS, layout.CONSTRAINTS_FILE)
    constraints = read_bias_constraints(written, key)
    quality = workspace.monitor.model_quality
    offsets = (quality.start_offset, quality.end_offset) if quality else (None, None)
    labelled = labelled_predictions(workspace, window, *offsets)
    analysis = analyse_bias(_with_predicted_label(workspace, labelled.rows), _config(settings, constraints))
    verdict = check_bias(analysis, constraints, CONFIDENCE)
    unchecked = [f"{metric} of {column} = {group}: {reason}." for column, group, metric, reason in verdict.unchecked]
    return Analysis(
        replace(labelled.looked, notes=(*labelled.looked.notes, *unchecked)),
        statistics=analysis_document(analysis),
        constraints=parse_document(written),
        violations=bias_violations_document(verdict),
        baseline=parse_document(written),
        metrics=_metrics(analysis),
    )


def _config(settings: BiasSettings, constraints: BiasConstraints) -> BiasConfig:
    """What the baseline analysed, of the window: what counts as positive and who belongs to the facet stay the same."""
    return BiasConfig(
        label=GROUND_TRUTH_COLUMN,
        predicted_label=settings.predicted_label or PREDICTED,
        positive=constraints.positive or Picked(values=settings.positive_labels),
        facets=tuple(one.facet for one in constraints.facets),
    )


def _metrics(analysis: BiasAnalysis) -> list[dict[str, object]]:
    return [
        value_metric(
            f"bias_metric_{metric.name}",
            metric.value,
            BiasStage=metric.stage,
            Label=analysis.config.label,
            LabelValue=analysis.label_value_or_threshold,
            Facet=facet.facet.column,
            FacetValue=facet.value_or_threshold,
        )
        for facet in analysis.facets
        for metric in facet.metrics
        if math.isfinite(metric.value)
    ]


def _with_predicted_label(workspace: MonitorWorkspace, rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` with the label that follows from the probability, where the model answers nothing else."""
    import pandas as pd

    quality = workspace.monitor.model_quality
    if _settings(workspace).predicted_label is not None or quality is None:
        return rows
    _check_columns({"probability_attribute": str(quality.probability_attribute)}, rows)
    probability = pd.to_numeric(rows[quality.probability_attribute], errors="coerce")
    labels = (probability > quality.probability_threshold).map({True: quality.positive_label, False: _NEGATIVE})
    return rows.assign(**{PREDICTED: labels.where(probability.notna())})


def _check_columns(asked: Mapping[str, str], rows: pd.DataFrame) -> None:
    known = ", ".join(map(str, rows.columns))
    problems = [
        Problem(f"bias, {name}", repr(column), f"one of the columns: {known}")
        for name, column in asked.items()
        if column not in rows.columns
    ]
    if problems:
        raise InputError("Bias cannot be analysed.", problems)


def _check_values(config: BiasConfig, rows: pd.DataFrame) -> None:
    """A misspelt value would be nobody's, nothing could be measured of it, and nothing would ever be a violation."""
    asked = [("positive_labels", config.label, config.positive)]
    asked += [("facet_values", facet.column, facet.picked) for facet in config.facets]
    problems = []
    for name, column, picked in asked:
        if len(set(picked.of(rows[column]).tolist()) - {MISSING}) < 2:
            known = ", ".join(map(str, rows[column].dropna().unique()[:20]))
            expected = f"some of the values of {column}, and not all: {known}"
            problems.append(Problem(f"bias, {name}", picked.text, expected))
    if problems:
        raise InputError("Bias cannot be analysed.", problems)


def _settings(workspace: MonitorWorkspace) -> BiasSettings:
    settings = workspace.monitor.bias
    if settings is None:
        raise InputError(f"Monitor {workspace.monitor.name} has no bias in its defs.yaml.")
    return settings
