"""What a model's quality has to be: thresholds suggested from a baseline, edited by hand, and checked.

Belongs here: constraints.json and constraint_violations.json of the monitoring type ModelQuality. Does not belong here:
measuring (``quality``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isnan
from typing import Any, Literal, get_args

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.documents import Fields, read_document
from forecast_platform.model_monitor.model_quality.problem import SECTIONS, ProblemType
from forecast_platform.model_monitor.model_quality.quality import ModelQuality

CONSTRAINTS_VERSION = 0.0

Operator = Literal["LessThanThreshold", "GreaterThanThreshold"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)

_LESS, _GREATER = OPERATORS
_F_SCORES = ("f0_5", "f1", "f2")
_BINARY = ("recall", "precision", "accuracy")
_WEIGHTED = ("accuracy", "weighted_recall", "weighted_precision", *(f"weighted_{name}" for name in _F_SCORES))

SUGGESTED: dict[ProblemType, dict[str, Operator]] = {
    "Regression": {"mae": _GREATER, "mse": _GREATER, "rmse": _GREATER, "r2": _LESS},
    "BinaryClassification": {
        **dict.fromkeys(_BINARY, _LESS),
        "true_positive_rate": _LESS,
        "true_negative_rate": _LESS,
        "false_positive_rate": _GREATER,
        "false_negative_rate": _GREATER,
        "auc": _LESS,
        **dict.fromkeys(_F_SCORES, _LESS),
    },
    "MulticlassClassification": dict.fromkeys(_WEIGHTED, _LESS),
}
"""The metrics that SageMaker suggests constraints for, and on which side of the threshold a violation is."""

_CONSTANTS: dict[ProblemType, tuple[str, ...]] = {
    "Regression": (),
    "BinaryClassification": (*_BINARY, *_F_SCORES),
    "MulticlassClassification": _WEIGHTED,
}


@dataclass(frozen=True)
class Constraint:
    """A metric is a violation when it is on the ``comparison_operator`` side of ``threshold``."""

    metric: str
    threshold: float
    comparison_operator: Operator

    def is_violated_by(self, value: float) -> bool:
        """Equal is no violation: the baseline itself passes."""
        return value < self.threshold if self.comparison_operator == _LESS else value > self.threshold


@dataclass(frozen=True)
class Verdict:
    """What a check found.

    Attributes:
        violations: The entries of constraint_violations.json.
        unchecked: Constrained metrics that are undefined in this window, and why.
    """

    violations: tuple[dict[str, str], ...]
    unchecked: dict[str, str]


def metric_names(problem_type: ProblemType) -> tuple[str, ...]:
    """What can be constrained."""
    constants = (f"{name}_best_constant_classifier" for name in _CONSTANTS[problem_type])
    return (*SUGGESTED[problem_type], *constants)


def suggest_constraints(baseline: ModelQuality) -> tuple[Constraint, ...]:
    """One constraint per suggested metric: no worse than the baseline. None for a metric that is undefined there."""
    return tuple(
        Constraint(name, baseline.metrics[name].value, operator)
        for name, operator in SUGGESTED[baseline.problem_type].items()
        if not isnan(baseline.metrics[name].value)
    )


def constraints_document(problem_type: ProblemType, constraints: Iterable[Constraint]) -> dict[str, Any]:
    """constraints.json."""
    written = {
        one.metric: {"threshold": one.threshold, "comparison_operator": one.comparison_operator} for one in constraints
    }
    return {"version": CONSTRAINTS_VERSION, f"{SECTIONS[problem_type]}_constraints": written}


def read_constraints(data: bytes, source: str, problem_type: ProblemType) -> tuple[Constraint, ...]:
    """The constraints of a file, perhaps edited by hand.

    Args:
        source: The file's name, for messages.

    Raises:
        InputError: With all that is wrong in the file.
    """
    document = read_document(data, source)
    section = f"{SECTIONS[problem_type]}_constraints"
    if section not in document:
        found = f"only {', '.join(document.document)}" if document.document else "nothing"
        problem = Problem(document.path, found, f"{section}, as the model is monitored as a {problem_type}")
        raise InputError(f"{source} has no constraints for this model.", [problem])
    written = document.fields(section)
    constraints = tuple(_read_constraint(written, metric, problem_type) for metric in written.document)
    if document.problems:
        raise InputError(f"The constraints in {source} cannot be used.", document.problems)
    return constraints


def check_constraints(current: ModelQuality, constraints: Sequence[Constraint]) -> Verdict:
    """Compare a window with its constraints, in their order."""
    violations, unchecked = [], {}
    for constraint in constraints:
        metric = current.metrics[constraint.metric]
        if isnan(metric.value):
            unchecked[constraint.metric] = metric.reason
        elif constraint.is_violated_by(metric.value):
            violations.append(_violation(constraint, metric.value))
    return Verdict(tuple(violations), unchecked)


def violations_document(verdict: Verdict) -> dict[str, Any]:
    """constraint_violations.json."""
    return {"violations": list(verdict.violations)}


def _violation(constraint: Constraint, value: float) -> dict[str, str]:
    was = f"was {constraint.comparison_operator} {constraint.threshold}"
    return {
        "metric_name": constraint.metric,
        "constraint_check_type": constraint.comparison_operator,
        "description": f"Metric {constraint.metric} with {value} {was}",
    }


def _read_constraint(written: Fields, metric: str, problem_type: ProblemType) -> Constraint:
    known = metric_names(problem_type)
    if metric not in known:
        nearest = get_close_matches(metric, known, n=1)
        advice = f"Did you mean {nearest[0]}?" if nearest else ""
        written.refuse(metric, f"one of the metrics {', '.join(known)}", "a metric that is not measured", advice)
        return Constraint(metric, 0.0, _LESS)
    if not isinstance(written.raw(metric), dict):
        written.refuse(metric, "an object with threshold and comparison_operator")
        return Constraint(metric, 0.0, _LESS)
    entry = written.fields(metric)
    for key, expected in (("threshold", "a number"), ("comparison_operator", f"one of {', '.join(OPERATORS)}")):
        if key not in entry:
            entry.refuse(key, expected)
    operator = entry.choice("comparison_operator", OPERATORS, _LESS)
    return Constraint(metric, entry.number("threshold", 0.0), _GREATER if operator == _GREATER else _LESS)
