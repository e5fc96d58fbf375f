"""The checks of a monitor's reports say which violations there are, of what, in the words of the report."""

from __future__ import annotations

from typing import Any

import pytest

from forecast_platform.quality.suites import monitoring_report
from forecast_platform.quality.validation import CheckOutcome
from forecast_platform_tests.quality.suites.judging import failed, outcomes


def judge(kind: str, *violations: dict[str, Any], status: str = "CompletedWithViolations") -> dict[str, CheckOutcome]:
    batch = monitoring_report.batch({"status": status, "reason": "No data."}, violations)
    return outcomes(batch, monitoring_report.checks(kind, blocking=False))


def missing(feature: str) -> dict[str, Any]:
    description = "Value: 0.9 does not meet the constraint requirement! "
    return {"feature_name": feature, "constraint_check_type": "completeness_check", "description": description}


@pytest.mark.parametrize("kind", ["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"])
def test_a_report_without_violations_passes(kind: str) -> None:
    found = judge(kind, status="Completed")
    assert failed(found) == []
    assert {one.message for name, one in found.items() if name != "execution_completed"} == {"No violations."}


def test_an_execution_that_failed_says_why() -> None:
    found = judge("DataQuality", status="Failed")
    assert failed(found) == ["execution_completed"]
    assert found["execution_completed"].message == "Failed: No data."


def test_a_violation_fails_the_check_of_its_type_only_and_is_told() -> None:
    found = judge("DataQuality", missing("age"))
    assert failed(found) == ["completeness"]
    assert found["completeness"].message == "age: Value: 0.9 does not meet the constraint requirement!"
    assert found["completeness"].observed[0]["expectation"] == "no violation is a completeness_check"


def test_the_violations_of_its_type_are_the_rows_of_a_check() -> None:
    other = {"feature_name": "sex", "constraint_check_type": "extra_column_check", "description": "There is an extra."}
    found = judge("DataQuality", missing("age"), other, missing("pay"))
    said = missing("age")["description"]
    assert found["completeness"].examples == [
        {"feature_name": "age", "description": said},
        {"feature_name": "pay", "description": said},
    ]
    assert found["extra_columns"].examples == [{"feature_name": "sex", "description": "There is an extra."}]
    assert judge("DataQuality", status="Failed")["execution_completed"].examples == []


def test_several_violations_are_a_list_that_does_not_run_together() -> None:
    said = "Value: 0.9 does not meet the constraint requirement!"
    found = judge("DataQuality", missing("age"), missing("sex"))
    assert found["completeness"].message == f"- age: {said}\n- sex: {said}"


def test_a_list_of_any_length_is_cut_and_says_so() -> None:
    lines = judge("DataQuality", *(missing(f"f{number}") for number in range(25)))["completeness"].message.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "- and 5 more"


def test_bias_says_of_whom_and_attributions_of_which_label() -> None:
    bias = {"facet": "sex", "facet_value": "female", "metric_name": "DPL", "constraint_check_type": "bias_drift_check"}
    found = judge("ModelBias", bias | {"description": "Value 0.3 does not meet the constraint requirement"})
    assert found["bias_drift"].message.startswith("DPL of sex = female: Value 0.3")
    shap = {"label": "label0", "metric_name": "shap", "constraint_check_type": "feature_attribution_drift_check"}
    found = judge("ModelExplainability", shap | {"description": "Feature attribution drift 0.8 exceeds threshold 0.9"})
    assert found["feature_attribution_drift"].message.startswith("shap of label0: Feature attribution drift 0.8")
