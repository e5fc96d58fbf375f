"""The quality of a model over a window: everything that statistics.json says.

Belongs here: from merged rows to metrics, and their document. Does not belong here: what is allowed (``constraints``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.model_monitor.model_quality.binary import binary_metrics
from forecast_platform.model_monitor.model_quality.measured import Integers, Metric
from forecast_platform.model_monitor.model_quality.multiclass import confusion_matrix, multiclass_metrics
from forecast_platform.model_monitor.model_quality.problem import SECTIONS, Attributes, ProblemType
from forecast_platform.model_monitor.model_quality.regression import regression_metrics
from forecast_platform.model_monitor.model_quality.values import LeftOut, classes, numbers, sides
from forecast_platform.model_monitor.window import Window

STATISTICS_VERSION = 0.0


@dataclass(frozen=True)
class ModelQuality:
    """What was measured.

    Attributes:
        item_count: Rows that counted.
        metrics: By name, in the order of SageMaker's guide.
        confusion_matrix: Observed label → predicted label → rows; empty for a regression.
        curves: ``receiver_operating_characteristic_curve`` and ``precision_recall_curve``, where there are
            probabilities.
        left_out: Rows that did not count, by reason.
    """

    problem_type: ProblemType
    item_count: int
    metrics: dict[str, Metric]
    confusion_matrix: dict[str, dict[str, int]]
    curves: dict[str, dict[str, list[float]]]
    left_out: tuple[LeftOut, ...]


def measure_quality(rows: pd.DataFrame, problem_type: ProblemType, attributes: Attributes) -> ModelQuality:
    """Measure merged rows, or any table with predictions and ground truth side by side, such as a baseline.

    Raises:
        InputError: An attribute is missing, no row is usable, or the labels do not fit the problem type.
    """
    attributes.check(problem_type, [str(name) for name in rows.columns])
    return _MEASURES[problem_type](rows, attributes)


def statistics_document(
    quality: ModelQuality, evaluation_time: datetime, window: Window | None = None
) -> dict[str, Any]:
    """statistics.json of the monitoring type ModelQuality.

    Args:
        evaluation_time: Naive, in UTC.
        window: ``None`` for a baseline, which has none.
    """
    dataset: dict[str, Any] = {"item_count": quality.item_count}
    if window is not None:
        dataset |= {"start_time": _instant(window.start), "end_time": _instant(window.end)}
    dataset["evaluation_time"] = _instant(evaluation_time)
    metrics: dict[str, Any] = {"confusion_matrix": quality.confusion_matrix} if quality.confusion_matrix else {}
    for name, metric in quality.metrics.items():
        if name == "auc":
            metrics |= quality.curves
        metrics[name] = metric.document()
    return {"version": STATISTICS_VERSION, "dataset": dataset, f"{SECTIONS[quality.problem_type]}_metrics": metrics}


def _of_regression(rows: pd.DataFrame, attributes: Attributes) -> ModelQuality:
    values, left_out = numbers(rows, attributes)
    metrics = regression_metrics(values.actual, values.predicted)
    return ModelQuality("Regression", len(values.actual), metrics, {}, {}, left_out)


def _of_binary(rows: pd.DataFrame, attributes: Attributes) -> ModelQuality:
    values, left_out = sides(rows, attributes)
    metrics = binary_metrics(values.actual, values.predicted, values.scores)
    matrix = confusion_matrix(values.actual.astype(np.int64), values.predicted.astype(np.int64), 2)
    curves = {}
    if values.scores is not None:
        curves = {
            "receiver_operating_characteristic_curve": values.scores.roc_curve(),
            "precision_recall_curve": values.scores.precision_recall_curve(),
        }
    named = _named(matrix, values.names)
    return ModelQuality("BinaryClassification", len(values.actual), metrics, named, curves, left_out)


def _of_multiclass(rows: pd.DataFrame, attributes: Attributes) -> ModelQuality:
    values, left_out = classes(rows, attributes)
    metrics = multiclass_metrics(values.actual, values.predicted, len(values.names))
    matrix = confusion_matrix(values.actual, values.predicted, len(values.names))
    named = _named(matrix, values.names)
    return ModelQuality("MulticlassClassification", len(values.actual), metrics, named, {}, left_out)


_MEASURES = {
    "Regression": _of_regression,
    "BinaryClassification": _of_binary,
    "MulticlassClassification": _of_multiclass,
}


def _named(matrix: Integers, names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    return {name: dict(zip(names, row, strict=True)) for name, row in zip(names, matrix.tolist(), strict=True)}


def _instant(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds") + "Z"
