"""Which features drive a model, and whether that drifts, as SageMaker Clarify measures it.

Belongs here: global Shapley values, their NDCG against a baseline's, and the documents of the monitoring type
ModelExplainability. Does not belong here: Shapley values of any game (``engine.shapley``), getting at the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine.shapley import shapley_values
from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.documents import Fields, read_document

NDCG_THRESHOLD = 0.9
"""Below it, features have drifted (SageMaker's guide, "Monitor Feature Attribution Drift")."""

ATTRIBUTION_DRIFT_CHECK, SHAP = "feature_attribution_drift_check", "shap"
VERSION = "1.0"
_METHOD = "kernel_shap"

Floats = npt.NDArray[np.float64]
Predict = Callable[[pd.DataFrame], npt.ArrayLike]
"""Answers for rows of features: one number per row, or one per row and label."""


@dataclass(frozen=True)
class Attribution:
    """What drives one output of a model.

    Attributes:
        values: Feature → its global value: the mean of the absolute Shapley values of the rows (``mean_abs``), in
            units of the output.
        expected: What the model answers for the baseline row.
    """

    values: dict[str, float]
    expected: float


@dataclass(frozen=True)
class LabelDrift:
    """How one label's attributions compare with the baseline's.

    Attributes:
        ndcg: 0–1, 1 = the same ranking; NaN where it is undefined: then ``reason`` says why.
    """

    label: str
    ndcg: float
    reason: str = ""

    @property
    def has_drifted(self) -> bool:
        """Whether that is a violation."""
        return self.ndcg < NDCG_THRESHOLD


def typical_row(rows: pd.DataFrame) -> dict[str, Any]:
    """A baseline row where none is given: the mean of each column of numbers, the most frequent of other values."""
    row = {}
    for name in rows.columns:
        is_number = pd.api.types.is_numeric_dtype(rows[name]) and not pd.api.types.is_bool_dtype(rows[name])
        # Of equally frequent values the smallest, which does not depend on the order of the rows.
        frequent = rows[name].mode(dropna=True)
        row[str(name)] = float(rows[name].mean()) if is_number else next(iter(frequent), None)
    return row


def global_attributions(
    predict: Predict, rows: pd.DataFrame, baseline: Mapping[str, Any], seed: int = 0
) -> dict[str, Attribution]:
    """Explain what ``predict`` answers for ``rows``, by label: ``label0``, ``label1``, ….

    The game of each row (Lundberg, Lee 2017): a coalition of features has the row's values, all others those of
    ``baseline``, and is worth the answer. Exact up to ``shapley.MOST_EXACT`` features and sampled beyond, where Clarify
    fits its kernel to samples; the values of a row sum to its answer less the baseline's in either case. The same input
    gives the same numbers. ``predict`` is called once per coalition, about 16 times per feature, with all rows.

    Args:
        rows: Features only; a few hundred rows are enough for a ranking.
        baseline: A value of each feature.

    Raises:
        InputError: No rows, a feature without a baseline value, or answers that are no finite numbers.
    """
    missing = [str(name) for name in rows.columns if name not in baseline]
    problems = [Problem(f"baseline row, {name}", "nothing", "a value of the feature") for name in missing]
    if not len(rows) or not len(rows.columns):
        problems.append(Problem("rows to explain", f"{len(rows)} of {len(rows.columns)} features", "at least one"))
    if problems:
        raise InputError("The model cannot be explained.", problems)
    game = _Game(predict, rows, baseline)
    values = np.abs(shapley_values(range(len(rows.columns)), game.worth, seed)).mean(axis=1)
    names = [str(name) for name in rows.columns]
    expected = game.worth(0).mean(axis=0)
    return {
        f"label{label}": Attribution(dict(zip(names, values[:, label].tolist(), strict=True)), float(expected[label]))
        for label in range(values.shape[1])
    }


def ndcg(baseline: Mapping[str, float], current: Mapping[str, float]) -> float:
    """NDCG = DCG / iDCG: how much of the baseline's attributions the current ranking puts first.

    DCG = Σ a(f'ᵢ) / log₂(i + 1) over the features f'₁, f'₂, … in the order of their current attributions, a = the
    baseline's; iDCG the same in the order of the baseline's own (SageMaker's guide, "Monitor Feature Attribution
    Drift"). Features with equal current attributions share the mean of their places' discounts, as in scikit-learn's
    ``ndcg_score``, which the guide refers to. Attributions count by their size, whatever their sign.

    Returns:
        NaN when no feature mattered in the baseline.

    Raises:
        InputError: The features are not the same.
    """
    if set(baseline) != set(current):
        gone, new = sorted(set(baseline) - set(current)), sorted(set(current) - set(baseline))
        problems = [Problem(f"feature {name}", "no attribution now", "one, as in the baseline") for name in gone]
        problems += [Problem(f"feature {name}", "none in the baseline", "one, as now") for name in new]
        raise InputError("These attributions cannot be compared: they are of other features.", problems)
    gains = np.abs([baseline[name] for name in baseline])
    scores = np.abs([current[name] for name in baseline])
    ideal = _discounted(gains, gains)
    return float(_discounted(gains, scores) / ideal) if ideal else nan


def compare_attributions(
    baseline: Mapping[str, Mapping[str, float]], current: Mapping[str, Attribution]
) -> tuple[LabelDrift, ...]:
    """The drift of each label.

    Args:
        baseline: Label → feature → attribution, from :func:`read_attributions`.

    Raises:
        InputError: A label or a feature is missing on either side.
    """
    if set(baseline) != set(current):
        problem = Problem("labels", ", ".join(current), f"those of the baseline: {', '.join(baseline)}")
        raise InputError("These attributions cannot be compared: the model answers something else.", [problem])
    found = ((label, ndcg(baseline[label], one.values)) for label, one in current.items())
    reason = "no feature mattered in the baseline"
    return tuple(LabelDrift(label, value, "" if isfinite(value) else reason) for label, value in found)


def explanations_document(attributions: Mapping[str, Attribution]) -> dict[str, Any]:
    """analysis.json, which is also the constraints.json that a baseline suggests."""
    labels = {
        label: {"global_shap_values": dict(one.values), "expected_value": one.expected}
        for label, one in attributions.items()
    }
    return {"version": VERSION, "explanations": {_METHOD: labels}}


def read_attributions(data: bytes, source: str) -> dict[str, dict[str, float]]:
    """Label → feature → attribution of an analysis.json, perhaps edited by hand.

    Raises:
        InputError: With all that is wrong in the file.
    """
    document = read_document(data, source)
    labels = document.fields("explanations").fields(_METHOD)
    found = {label: _read_label(labels.fields(label)) for label in labels.document}
    if not found and not document.problems:
        document.refuse("explanations", f"an object {_METHOD} with the global_shap_values of each label")
    if document.problems:
        raise InputError(f"The attributions in {source} cannot be used.", document.problems)
    return found


def attribution_violations_document(drifts: tuple[LabelDrift, ...]) -> dict[str, Any]:
    """constraint_violations.json."""
    violations = [
        {
            "label": drift.label,
            "metric_name": SHAP,
            "constraint_check_type": ATTRIBUTION_DRIFT_CHECK,
            "description": f"Feature attribution drift {drift.ndcg} exceeds threshold {NDCG_THRESHOLD}",
        }
        for drift in drifts
        if drift.has_drifted
    ]
    return {"version": VERSION, "violations": violations}


class _Game:
    """What coalitions of features are worth: the model's answers, remembered."""

    def __init__(self, predict: Predict, rows: pd.DataFrame, baseline: Mapping[str, Any]) -> None:
        self._predict, self._rows = predict, rows
        usual = {name: [baseline[name]] * len(rows) for name in rows.columns}
        self._usual = pd.DataFrame(usual, index=rows.index)
        self._known: dict[int, Floats] = {}

    def worth(self, members: int) -> Floats:
        """(rows × labels)."""
        if members not in self._known:
            columns = enumerate(self._rows.columns)
            mixed = {name: (self._rows if members >> bit & 1 else self._usual)[name] for bit, name in columns}
            self._known[members] = self._answers(pd.DataFrame(mixed))
        return self._known[members]

    def _answers(self, rows: pd.DataFrame) -> Floats:
        answers = np.asarray(self._predict(rows), dtype=np.float64)
        answers = answers[:, None] if answers.ndim == 1 else answers
        if answers.ndim != 2 or len(answers) != len(rows) or not np.isfinite(answers).all():
            found = f"answers of the shape {answers.shape}" if np.isfinite(answers).all() else "NaN or infinite answers"
            expected = f"a finite number per row and label, for {len(rows)} rows"
            raise InputError("The model cannot be explained.", [Problem("model", found, expected)])
        return answers


def _read_label(label: Fields) -> dict[str, float]:
    values = label.fields("global_shap_values")
    if not values.document:
        label.refuse("global_shap_values", "an object with a number per feature")
    return {feature: values.number(feature, 0.0) for feature in values.document}


def _discounted(gains: Floats, scores: Floats) -> float:
    """Σ gain / log₂(place + 1), places by falling score; equal scores share their places' discounts."""
    discounts = 1 / np.log2(np.arange(len(gains)) + 2)
    _, place, count = np.unique(-scores, return_inverse=True, return_counts=True)
    shared = np.bincount(np.repeat(np.arange(len(count)), count), weights=discounts) / count
    return float(gains @ shared[place])
