"""The steps that watch which features a model relies on: in the baseline, and in a window.

Belongs here: getting at the model and the rows. Does not belong here: Shapley values and their comparison
(``attribution``).
"""

from __future__ import annotations

import csv
import io
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.attribution import (
    Attribution,
    attribution_violations_document,
    compare_attributions,
    explanations_document,
    global_attributions,
    read_attributions,
    typical_row,
)
from forecast_platform.model_monitor.documents import parse_document
from forecast_platform.model_monitor.execution import Analysis, Execution
from forecast_platform.model_monitor.metrics import value_metric
from forecast_platform.model_monitor.monitor import MODEL_EXPLAINABILITY, AttributionSettings
from forecast_platform.model_monitor.steps.captured_data import captured_data, captured_rows, numbers_as_numbers
from forecast_platform.model_monitor.steps.dataset import baseline_dataset
from forecast_platform.model_monitor.steps.executing import NothingToAnalyseError, execute
from forecast_platform.model_monitor.steps.keeping import keep_constraints
from forecast_platform.model_monitor.steps.looking import frame_of
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class _Explained:
    """A model that can be asked: its features, and its numbers for rows of them."""

    features: tuple[str, ...]
    predict: Callable[[pd.DataFrame], list[list[float]]]


def learn_attribution(workspace: MonitorWorkspace, rows: pd.DataFrame) -> bool:
    """Explain the model on the baseline dataset; whether there were edited attributions that were kept.

    Raises:
        InputError: There is no model, or it cannot be asked.
    """
    settings = _settings(workspace)
    with _model(workspace, settings) as model:
        found = _attributions(model, numbers_as_numbers(rows), rows, settings)
    return keep_constraints(workspace, MODEL_EXPLAINABILITY, explanations_document(found))


def monitor_attribution(workspace: MonitorWorkspace, window: Window) -> Execution:
    """Explain the model on what was captured, compare with the baseline, and publish the report.

    Raises:
        InputError: There is no baseline or no model, or the model cannot be asked.
    """
    return execute(workspace, MODEL_EXPLAINABILITY, window, lambda: _analyse(workspace, window))


def _analyse(workspace: MonitorWorkspace, window: Window) -> Analysis:
    settings = _settings(workspace)
    written = workspace.baseline_file(MODEL_EXPLAINABILITY, layout.CONSTRAINTS_FILE)
    baseline = read_attributions(written, layout.baseline_result(MODEL_EXPLAINABILITY, layout.CONSTRAINTS_FILE))
    captured = captured_data(workspace, window)
    if not captured.profile.rows:
        raise NothingToAnalyseError(
            f"No data: nothing was captured from {window.start} to {window.end} UTC.", captured.looked
        )
    with _model(workspace, settings) as model:
        usual = frame_of(workspace.open_baseline(baseline_dataset(workspace)))
        found = _attributions(model, captured_rows(workspace, window), usual, settings)
    drifts = compare_attributions(baseline, found)
    document = explanations_document(found)
    return Analysis(
        captured.looked,
        statistics=document,
        constraints=parse_document(written),
        violations=attribution_violations_document(drifts),
        baseline=parse_document(written),
        metrics=[metric for label, one in found.items() for metric in _metrics(label, one)],
    )


def _metrics(label: str, attribution: Attribution) -> Iterator[dict[str, Any]]:
    shared = {"ExplainabilityMethod": "KernelShap", "Label": label}
    for name, value in attribution.values.items():
        yield value_metric(f"feature_{name}", value, ValueType="GlobalShapValues", **shared)
    yield value_metric("ExpectedValue", attribution.expected, ValueType="ExpectedValue", **shared)


def _attributions(
    model: _Explained, rows: pd.DataFrame, baseline: pd.DataFrame, settings: AttributionSettings
) -> dict[str, Attribution]:
    """What drives the model on at most ``settings.rows`` of ``rows``, evenly spread over them."""
    missing = [name for name in model.features if name not in rows.columns or name not in baseline.columns]
    if missing:
        known = ", ".join(map(str, rows.columns))
        problem = Problem("features of the model", ", ".join(missing), f"columns of the data: {known}")
        raise InputError("The model cannot be explained: its features are not in the data.", [problem])
    features = list(model.features)
    step = max(1, math.ceil(len(rows) / settings.rows))
    sample = rows[features].dropna().iloc[::step]
    usual = typical_row(numbers_as_numbers(baseline[features]))
    return global_attributions(model.predict, sample, usual)


@contextmanager
def _model(workspace: MonitorWorkspace, settings: AttributionSettings) -> Iterator[_Explained]:
    """The model, copied out of the bucket for as long as it is asked."""
    from forecast_platform.serving.models.loading import load_model
    from forecast_platform.serving.models.port import TabularAnswers

    keys = [one.key for one in workspace.bucket.list(settings.model)]
    if not keys:
        where = workspace.bucket.uri(settings.model)
        raise InputError("There is no model to explain.", [Problem(where, "nothing", "a model's file or folder")])
    with tempfile.TemporaryDirectory() as folder:
        for key in keys:
            path = Path(folder, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(workspace.bucket.read(key))
        model = load_model(Path(folder, settings.model))
        if not isinstance(model, TabularAnswers):
            problem = Problem(
                settings.model, "a script", "a model whose features are known: a .json or a LightGBM .txt"
            )
            raise InputError("The model cannot be explained.", [problem])
        yield _Explained(tuple(model.model.features), lambda rows: _ask(model, rows))


def _ask(model: Any, rows: pd.DataFrame) -> list[list[float]]:
    """The numbers that the model answers, asked as a client would ask."""
    answer = model.answer(_csv(rows.itertuples(index=False, name=None)), "text/csv", "text/csv")
    return [[float(cell) for cell in line] for line in csv.reader(io.StringIO(answer.body.decode())) if line]


def _csv(rows: Iterator[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _settings(workspace: MonitorWorkspace) -> AttributionSettings:
    settings = workspace.monitor.attribution
    if settings is None:
        raise InputError(f"Monitor {workspace.monitor.name} has no attribution in its defs.yaml.")
    return settings
