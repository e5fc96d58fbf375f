"""The answer of GetAccuracyMetrics as JSON.

Belongs here: types, and the order in which the platform expects the evaluations. Does not belong here: reading it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from statistics import fmean
from typing import Any

from forecast_platform.params.schema import ALGORITHM_PREFIX

_REST = ("IsAutoPredictor", "AutoMLOverrideStrategy", "OptimizationMetric")
_AUTO = f"{ALGORITHM_PREFIX}AutoPredictor"


def accuracy_document(answer: Mapping[str, Any], chosen: str | None) -> dict[str, Any]:
    """The document that the pipeline keeps.

    Args:
        answer: Of GetAccuracyMetrics.
        chosen: ARN of the algorithm that AutoML chose, whose evaluation comes first; ``None`` = there is one only.
    """
    evaluations = [_evaluation(one) for one in answer.get("PredictorEvaluationResults", [])]
    evaluations.sort(key=lambda one: one["AlgorithmArn"] != chosen)
    return {"PredictorEvaluationResults": evaluations, **{key: answer[key] for key in _REST if key in answer}}


def _evaluation(written: Mapping[str, Any]) -> dict[str, Any]:
    # That of an AutoPredictor is of all algorithms together.
    windows = [_window(one) for one in written.get("TestWindows", [])]
    return {"AlgorithmArn": written.get("AlgorithmArn", _AUTO), "TestWindows": windows}


def _window(written: Mapping[str, Any]) -> dict[str, Any]:
    window: dict[str, Any] = _plain(written)
    metrics = window.setdefault("Metrics", {})
    losses = [one for one in metrics.get("WeightedQuantileLosses", []) if "LossValue" in one]
    metrics["WeightedQuantileLosses"] = losses
    if losses:
        # Predictors that were trained before 2021 do not have it.
        metrics.setdefault("AverageWeightedQuantileLoss", fmean(one["LossValue"] for one in losses))
    return window


def _plain(value: Any) -> Any:
    """JSON types; what is no number is left out."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if not _is_undefined(inner)}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value


def _is_undefined(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
