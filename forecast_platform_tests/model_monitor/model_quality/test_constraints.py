"""Thresholds of model quality: suggested, edited by hand, and checked."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.model_quality.constraints import (
    SUGGESTED,
    Constraint,
    check_constraints,
    constraints_document,
    metric_names,
    read_constraints,
    suggest_constraints,
    violations_document,
)
from forecast_platform.model_monitor.model_quality.problem import PROBLEM_TYPES, Attributes, ProblemType
from forecast_platform.model_monitor.model_quality.quality import ModelQuality, measure_quality

EXAMPLES: dict[ProblemType, dict[str, list[Any]]] = {
    "Regression": {"label": [1, 2, 4], "predicted": [1, 2, 3]},
    "BinaryClassification": {"label": [1, 0, 0, 1], "predicted": [1, 0, 1, 1], "probability": [0.9, 0.1, 0.6, 0.8]},
    "MulticlassClassification": {"label": ["a", "b", "c"], "predicted": ["a", "b", "b"]},
}


def quality(problem_type: ProblemType, **columns: list[Any]) -> ModelQuality:
    frame = pd.DataFrame({**EXAMPLES[problem_type], **columns})
    probability = "probability" if "probability" in frame.columns else None
    return measure_quality(frame, problem_type, Attributes("label", "predicted", probability))


def read(document: Any, problem_type: ProblemType = "Regression") -> tuple[Constraint, ...]:
    return read_constraints(json.dumps(document).encode(), "constraints.json", problem_type)


def refused(document: Any, problem_type: ProblemType = "Regression") -> list[str]:
    with pytest.raises(InputError) as error:
        read(document, problem_type)
    return [str(problem) for problem in error.value.problems]


def test_everything_that_is_wrong_in_an_edited_file_is_told_at_once() -> None:
    found = refused(
        {
            "regression_constraints": {
                "rsme": {"threshold": 1, "comparison_operator": "GreaterThanThreshold"},
                "mae": {"threshold": "low", "comparison_operator": "GreaterThan"},
                "mse": {"threshold": True},
                "rmse": 3,
                "r2": {},
            }
        }
    )
    assert len(found) == 8
    assert found[0] == (
        "constraints.json: $.regression_constraints.rsme: found a metric that is not measured; expected one of the "
        "metrics mae, mse, rmse, r2. Did you mean rmse?"
    )
    assert found[1] == 'constraints.json: $.regression_constraints.mae.comparison_operator: found "GreaterThan"; ' + (
        "expected one of LessThanThreshold, GreaterThanThreshold. Did you mean GreaterThanThreshold?"
    )
    assert found[2] == 'constraints.json: $.regression_constraints.mae.threshold: found "low"; expected a number.'
    assert "mse.comparison_operator: found nothing" in "".join(found)
    assert "r2.threshold: found nothing" in "".join(found)


def test_a_threshold_that_json_does_not_have_is_refused() -> None:
    text = b'{"regression_constraints": {"mae": {"threshold": NaN, "comparison_operator": "LessThanThreshold"}}}'
    with pytest.raises(InputError, match="a number"):
        read_constraints(text, "constraints.json", "Regression")


def test_the_constraints_of_another_problem_type_are_told_apart() -> None:
    (found,) = refused({"version": 0.0, "binary_classification_constraints": {}})
    assert "only version, binary_classification_constraints" in found
    assert "regression_constraints" in found


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b"\xff\xfe"])
def test_a_file_that_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"constraints\.json cannot be read"):
        read_constraints(data, "constraints.json", "Regression")


@pytest.mark.parametrize("problem_type", PROBLEM_TYPES)
def test_what_is_suggested_is_read_back_and_met_by_its_baseline(problem_type: ProblemType) -> None:
    baseline = quality(problem_type)
    suggested = suggest_constraints(baseline)
    assert [one.metric for one in suggested] == list(SUGGESTED[problem_type])
    assert read(constraints_document(problem_type, suggested), problem_type) == suggested
    assert check_constraints(baseline, suggested).violations == ()


@pytest.mark.parametrize("problem_type", PROBLEM_TYPES)
def test_every_metric_can_be_constrained(problem_type: ProblemType) -> None:
    assert sorted(metric_names(problem_type)) == sorted(quality(problem_type).metrics)


def test_the_document_is_as_sagemaker_writes_it() -> None:
    written = constraints_document("Regression", suggest_constraints(quality("Regression")))
    assert written["version"] == 0.0
    assert written["regression_constraints"]["mae"] == {
        "threshold": 1 / 3,
        "comparison_operator": "GreaterThanThreshold",
    }
    assert written["regression_constraints"]["r2"]["comparison_operator"] == "LessThanThreshold"


def test_a_metric_that_is_undefined_in_the_baseline_gets_no_constraint() -> None:
    constant = quality("Regression", label=[1, 1, 1])
    assert [one.metric for one in suggest_constraints(constant)] == ["mae", "mse", "rmse"]


def test_violations_have_the_wording_of_sagemaker() -> None:
    constraints = (Constraint("r2", 0.5, "LessThanThreshold"), Constraint("mae", 0.25, "GreaterThanThreshold"))
    worse = quality("Regression", label=[1, 2, 4], predicted=[2, 4, 2])
    assert violations_document(check_constraints(worse, constraints)) == {
        "violations": [
            {
                "metric_name": "r2",
                "constraint_check_type": "LessThanThreshold",
                "description": f"Metric r2 with {worse.metrics['r2'].value} was LessThanThreshold 0.5",
            },
            {
                "metric_name": "mae",
                "constraint_check_type": "GreaterThanThreshold",
                "description": f"Metric mae with {5 / 3} was GreaterThanThreshold 0.25",
            },
        ]
    }


def test_a_metric_that_is_undefined_now_is_no_violation_and_is_named() -> None:
    one_class = quality("BinaryClassification", label=[0, 0, 0, 0])
    verdict = check_constraints(one_class, (Constraint("auc", 0.9, "LessThanThreshold"),))
    assert verdict.violations == ()
    assert verdict.unchecked == {"auc": "the ground truth has only one class"}
