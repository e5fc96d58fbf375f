"""Running one analysis so that whatever happens is on record, and publishing what it found.

Belongs here: statuses, and the order in which the files of an execution are written. Does not belong here: analyses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from forecast_platform.errors import ForecastPlatformError, PermanentError
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.documents import write_document
from forecast_platform.model_monitor.execution import Analysis, Execution, Looked, Status, completed
from forecast_platform.model_monitor.metrics import namespace
from forecast_platform.model_monitor.monitor import BATCH_TRANSFORM
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace

if TYPE_CHECKING:
    from forecast_platform.model_monitor.report import ExecutionDocuments

_DOCUMENTS = {
    layout.STATISTICS_FILE: "statistics",
    layout.CONSTRAINTS_FILE: "constraints",
    layout.VIOLATIONS_FILE: "violations",
}


class NothingToAnalyseError(PermanentError):
    """There is no data in the window. The execution has failed, as in SageMaker; nothing is broken."""

    def __init__(self, reason: str, looked: Looked) -> None:
        super().__init__(reason)
        self.looked = looked


def execute(workspace: MonitorWorkspace, kind: str, window: Window, analyse: Callable[[], Analysis]) -> Execution:
    """Run ``analyse`` and publish its outcome; an execution that was published before is replaced.

    Raises:
        ForecastPlatformError: What ``analyse`` raises; published as ``Failed`` with its message. Data that is not
            there is no error: the execution is ``Failed`` and returned.
    """
    try:
        analysis = analyse()
    except NothingToAnalyseError as nothing:
        # Traffic of which nothing can be read is no silence.
        is_quiet = not (workspace.monitor.expects_traffic or nothing.looked.refused_rows)
        status = Status.COMPLETED if is_quiet else Status.FAILED
        return publish(workspace, _execution(workspace, kind, window, status, str(nothing), Analysis(nothing.looked)))
    except ForecastPlatformError as error:
        _publish_end(workspace, kind, window, Status.FAILED, str(error))
        raise
    except Exception as error:
        _publish_end(workspace, kind, window, Status.FAILED, f"{type(error).__name__}: {error}")
        raise
    except BaseException:
        # Someone ended the run: an interrupt is no Exception, here and in Dagster.
        _publish_end(workspace, kind, window, Status.STOPPED, "The execution was stopped.")
        raise
    status, message = completed(len(analysis.found))
    return publish(workspace, _execution(workspace, kind, window, status, message, analysis))


def _publish_end(workspace: MonitorWorkspace, kind: str, window: Window, status: Status, reason: str) -> None:
    publish(workspace, _execution(workspace, kind, window, status, reason, Analysis(Looked())))


def _execution(
    workspace: MonitorWorkspace, kind: str, window: Window, status: Status, reason: str, analysis: Analysis
) -> Execution:
    monitor = workspace.monitor
    return Execution(monitor.name, monitor.reported_endpoint, monitor.variant, kind, window, status, reason, analysis)


def report_key(workspace: MonitorWorkspace, kind: str, window: Window, file: str) -> str:
    """A file of the report of an execution."""
    monitor = workspace.monitor
    return layout.report(monitor.reported_endpoint, monitor.schedule_name(kind), window.start, file)


def publish(workspace: MonitorWorkspace, execution: Execution) -> Execution:
    """Write everything about ``execution``; ``execution.json`` last, so where it is the rest is too."""
    from forecast_platform.model_monitor.report import execution_page

    analysis = execution.analysis
    for file, attribute in _DOCUMENTS.items():
        document = getattr(analysis, attribute)
        key = report_key(workspace, execution.kind, execution.window, file)
        if document:
            workspace.bucket.write(key, write_document(document))
        else:
            # What an earlier execution of this window found would stand beside a failure that it does not explain.
            workspace.bucket.delete(key)
    documents = report_documents(execution)
    page = execution_page(documents, index="../" * 6 + "index.html")
    workspace.bucket.write(report_key(workspace, execution.kind, execution.window, layout.PAGE_FILE), page)
    _write_tables(workspace, execution)
    record = execution.document() | {"summary": _summary(workspace, execution, documents)}
    workspace.bucket.write(
        report_key(workspace, execution.kind, execution.window, layout.EXECUTION_FILE), write_document(record)
    )
    return execution


def report_documents(execution: Execution) -> ExecutionDocuments:
    """What a report of ``execution`` is made of."""
    from forecast_platform.model_monitor.report import ExecutionDocuments

    analysis = execution.analysis
    return ExecutionDocuments(
        execution.document(),
        statistics=analysis.statistics,
        baseline=analysis.baseline,
        constraints=analysis.constraints,
        violations=analysis.violations,
        distances=analysis.distances,
    )


def _summary(workspace: MonitorWorkspace, execution: Execution, documents: ExecutionDocuments) -> dict[str, Any]:
    from forecast_platform.model_monitor.report.summary import ExecutionSummary

    page = report_key(workspace, execution.kind, execution.window, layout.PAGE_FILE).removeprefix(layout.REPORTS)
    return ExecutionSummary.of(documents, page).as_document()


def _write_tables(workspace: MonitorWorkspace, execution: Execution) -> None:
    analysis, window = execution.analysis, execution.window
    shared = {
        "endpoint": execution.endpoint,
        "variant": execution.variant,
        "kind": execution.kind,
        "window_start": window.start,
        "window_end": window.end,
    }
    is_batch = workspace.monitor.source == BATCH_TRANSFORM
    metrics = [{**shared, "namespace": namespace(execution.kind, is_batch=is_batch), **one} for one in analysis.metrics]
    violations = [{**shared, **_violation_row(one)} for one in analysis.found]
    outcome = {
        **shared,
        "status": execution.status.value,
        "reason": execution.reason,
        "rows": analysis.looked.rows,
        "refused_rows": analysis.looked.refused_rows,
        "violations": len(analysis.found),
    }
    for table, rows in ((layout.METRICS, metrics), (layout.VIOLATIONS, violations), (layout.EXECUTIONS, [outcome])):
        _write_rows(workspace, table, execution, rows)


def _violation_row(violation: Mapping[str, Any]) -> dict[str, Any]:
    """One row for all monitoring types; what a type does not have is null."""
    facet, value = violation.get("facet"), violation.get("facet_value")
    subject = violation.get("feature_name") or violation.get("label") or (facet and f"{facet} = {value}")
    return {
        "feature": subject or violation.get("metric_name"),
        "metric": violation.get("metric_name"),
        "check_type": violation["constraint_check_type"],
        "description": violation["description"],
    }


def _write_rows(
    workspace: MonitorWorkspace, table: str, execution: Execution, rows: Iterable[Mapping[str, Any]]
) -> None:
    from forecast_platform.model_monitor.catalogue import columns_at
    from forecast_platform.warehouse.parquet_rows import from_rows

    schedule = workspace.monitor.schedule_name(execution.kind)
    part = layout.table_part(table, schedule, execution.window.start)
    workspace.bucket.write(part, from_rows(rows, columns_at(table)))
