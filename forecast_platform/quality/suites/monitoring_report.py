"""The checks of a monitor's reports: did the execution come to its end, and which kinds of violations did it find?

Belongs here: the questions and their batch. Does not belong here: finding violations (``model_monitor``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.validation import Batch

_QUESTIONS = {
    "DataQuality": {
        "data_types": (
            "data_type_check",
            "Values have the types of the baseline's, and none is negative where none was.",
        ),
        "completeness": ("completeness_check", "No more values are missing than in the baseline."),
        "baseline_drift": ("baseline_drift_check", "Every feature is distributed as in the baseline."),
        "missing_columns": ("missing_column_check", "Every feature of the baseline is there."),
        "extra_columns": ("extra_column_check", "There is no column that the baseline does not have."),
        "categorical_values": ("categorical_values_check", "No feature has values that the baseline does not have."),
    },
    "ModelQuality": {
        "metrics_too_low": ("LessThanThreshold", "No metric is lower than its constraint allows."),
        "metrics_too_high": ("GreaterThanThreshold", "No metric is higher than its constraint allows."),
    },
    "ModelBias": {"bias_drift": ("bias_drift_check", "No bias metric is worse than in the baseline.")},
    "ModelExplainability": {
        "feature_attribution_drift": (
            "feature_attribution_drift_check",
            "The features that matter to the model are ranked as in the baseline.",
        )
    },
}
_MOST_TOLD = 20
_COMPLETED = ("Completed", "CompletedWithViolations")


def checks(kind: str, *, blocking: bool) -> tuple[Check, ...]:
    """Whether an execution of a monitoring type came to its end, and one question per type of violation.

    Args:
        blocking: Violations are critical, and else warnings.
    """
    severity: Any = "critical" if blocking else "warning"
    return (
        Check(
            "execution_completed",
            "The execution came to its end: there was data, and it could be judged.",
            severity,
            (Expectation("ExpectColumnValuesToBeInSet", {"column": "status", "value_set": list(_COMPLETED)}),),
            "{status}: {reason}",
        ),
        *(
            Check(
                name,
                description,
                severity,
                (
                    Expectation(
                        "ExpectColumnValuesToNotBeInSet",
                        {
                            "column": "constraint_check_type",
                            "value_set": [check_type],
                            "description": f"no violation is a {check_type}",
                        },
                    ),
                ),
                f"{{{check_type}}}",
            )
            for name, (check_type, description) in _QUESTIONS[kind].items()
        ),
    )


def batch(execution: Mapping[str, Any], violations: Sequence[Mapping[str, Any]]) -> Batch:
    """One row per violation, or one without any when there is none, with the status of the execution in each.

    Args:
        execution: The document ``execution.json``.
        violations: Those of ``constraint_violations.json``.
    """
    import pandas as pd

    status = {"status": execution["status"]}
    rows = [{**status, **one} for one in violations] or [{**status, "constraint_check_type": None}]
    types = {name: one for questions in _QUESTIONS.values() for name, (one, _) in questions.items()}
    found = {name: [row for row in violations if row["constraint_check_type"] == one] for name, one in types.items()}
    told = {types[name]: _told(those) for name, those in found.items()}
    frame = pd.DataFrame(rows).astype({"constraint_check_type": "string"})
    parameters = {**status, "reason": execution["reason"], **told}
    return Batch(frame, parameters, examples={name: [_shown(one) for one in those] for name, those in found.items()})


def _shown(violation: Mapping[str, Any]) -> dict[str, Any]:
    """Without the type, which the check is about; the description has the room that it would take."""
    return {name: value for name, value in violation.items() if name != "constraint_check_type"}


def _told(violations: Sequence[Mapping[str, Any]]) -> str:
    if not violations:
        return "No violations."
    lines = [f"{_subject(one)}: {one['description'].strip()}" for one in violations]
    if len(lines) == 1:
        return lines[0]
    more = f"\n- and {len(lines) - _MOST_TOLD} more" if len(lines) > _MOST_TOLD else ""
    # A list in Markdown, which the UI draws; without one it would run the lines together.
    return "".join(f"\n- {line}" for line in lines[:_MOST_TOLD]).lstrip() + more


def _subject(violation: Mapping[str, Any]) -> str:
    facet, label = violation.get("facet"), violation.get("label")
    name = violation.get("feature_name") or violation.get("metric_name")
    if facet is not None:
        return f"{name} of {facet} = {violation.get('facet_value')}"
    return str(name if label is None else f"{name} of {label}")
