"""What people see of each asset of a monitor in the UI: numbers, tables, pictures and links.

Belongs here: the step results as Dagster metadata. Does not belong here: anything that changes state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from forecast_platform.components.shown import Metadata, as_picture, as_table
from forecast_platform.model_monitor import layout
from forecast_platform.settings import load_settings

if TYPE_CHECKING:
    from forecast_platform.model_monitor.execution import Execution, Looked
    from forecast_platform.model_monitor.report import ExecutionDocuments
    from forecast_platform.model_monitor.steps.baseline import Baseline
    from forecast_platform.model_monitor.steps.captured_data import CapturedData
    from forecast_platform.model_monitor.steps.index import Index
    from forecast_platform.model_monitor.workspace import MonitorWorkspace


_MOST_ROWS = 50
_MEASURES = {"ModelQuality": "metrics", "ModelBias": "bias_metrics", "ModelExplainability": "ndcg"}
_STATUSES = {
    "Completed": "completed",
    "CompletedWithViolations": "with_violations",
    "Failed": "failed",
    "Stopped": "stopped",
}


def baseline(learned: Baseline, workspace: MonitorWorkspace) -> Metadata:
    """What was learned, and whether edited constraints were kept."""
    folder = workspace.bucket.uri(layout.BASELINE_RESULTS)
    return {
        "dagster/uri": folder,
        "dagster/row_count": learned.looked.rows,
        "dataset": learned.dataset,
        "features": len(learned.suggested["features"]),
        "constraints": _kept(learned.edited),
        "suggested": as_table(
            ["feature", "type", "completeness", "constraint"],
            [
                [one["name"], one["inferred_type"], one["completeness"], _constraint(one)]
                for one in learned.suggested["features"][:_MOST_ROWS]
            ],
        ),
        **_account(learned.looked),
    }


def _kept(edited: Sequence[str]) -> str:
    if not edited:
        return "as suggested"
    return f"edited and used as they are: {', '.join(edited)}; suggestions are in suggested_constraints.json"


def _constraint(feature: dict[str, Any]) -> str:
    if "string_constraints" in feature:
        domain = feature["string_constraints"]["domains"]
        return f"one of {len(domain)} values"
    return "non-negative" if feature.get("num_constraints", {}).get("is_non_negative") else ""


def captured_data(captured: CapturedData, workspace: MonitorWorkspace) -> Metadata:
    """How much was captured, and when."""
    return {
        "dagster/uri": workspace.bucket.uri(workspace.monitor.data),
        "dagster/partition_row_count": captured.profile.rows,
        "files": captured.objects,
        "hours_with_data": len(captured.hours),
        "features": len(captured.profile.features),
        **_account(captured.looked),
    }


def _account(looked: Looked) -> Metadata:
    found: Metadata = {"refused_rows": looked.refused_rows}
    if looked.refused:
        rows = [[one["where"], one["reason"]] for one in looked.refused]
        found["refused"] = as_table(["where", "reason"], rows)
    if looked.notes:
        found["notes"] = dg.MetadataValue.md("\n".join(f"- {note}" for note in looked.notes))
    return found


def report(execution: Execution, workspace: MonitorWorkspace) -> Metadata:
    """The status, the violations, what was measured against what, and the furthest features as a picture."""
    from forecast_platform.dashboards.charts import distance_chart
    from forecast_platform.model_monitor.steps.executing import report_documents, report_key

    analysis = execution.analysis
    documents = report_documents(execution)
    page = report_key(workspace, execution.kind, execution.window, layout.PAGE_FILE)
    shown: Metadata = {
        "dagster/uri": workspace.bucket.uri(page),
        "status": execution.status.value,
        "reason": execution.reason,
        "report": dg.MetadataValue.url(_address(workspace, page)),
        "violations": len(analysis.found),
        "rows": analysis.looked.rows,
    }
    if documents.found_violations:
        shown["violation_list"] = _violations(documents)
    if analysis.distances:
        picture = distance_chart(analysis.distances)
        shown["distances"] = as_picture(picture, "distance of the features from the baseline")
    else:
        shown |= _measures(documents)
    return shown | _account(analysis.looked)


def _violations(documents: ExecutionDocuments) -> dg.TableMetadataValue:
    """Descriptions come before the type of the check, which they imply: on a small screen a table is cut off."""
    from forecast_platform.model_monitor.report.trends import subject_noun

    rows = [[one.subject, one.description, one.check] for one in documents.found_violations[:_MOST_ROWS]]
    return as_table([subject_noun(documents.text("kind")), "description", "check"], rows)


def _measures(documents: ExecutionDocuments) -> Metadata:
    """Metrics that are held against a threshold or the baseline; nothing when nothing was measured."""
    from forecast_platform.model_monitor.report import ExecutionSummary
    from forecast_platform.model_monitor.report.trends import subject_noun

    measures = ExecutionSummary.of(documents, "").measures
    if not measures:
        return {}
    kind = documents.text("kind")
    rows = [
        [name, round(one.value, 6), "" if one.threshold is None else round(one.threshold, 6), one.violated]
        for name, one in sorted(measures.items(), key=lambda item: not item[1].violated)
    ]
    return {_MEASURES.get(kind, "measures"): as_table([subject_noun(kind), "value", "compared with", "violated"], rows)}


def index(published: Index, workspace: MonitorWorkspace) -> Metadata:
    """The page, and how the executions ended."""
    counts = Counter(one.status for one in published.shown)
    return {
        "dagster/uri": workspace.bucket.uri(layout.INDEX_PAGE),
        "page": dg.MetadataValue.url(_address(workspace, layout.INDEX_PAGE)),
        "executions": published.executions,
        # Also those that are 0: the UI draws them over time.
        **{name: counts[status] for status, name in _STATUSES.items()},
    }


def _address(workspace: MonitorWorkspace, key: str) -> str:
    return f"{load_settings().dashboard_url}/{workspace.monitor.name}/{key.removeprefix(layout.REPORTS)}"
