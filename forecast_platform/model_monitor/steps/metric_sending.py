"""The metrics of an execution on their way to where people watch them.

Belongs here: dimensions and time of all of them. Does not belong here: names and values (``metrics``), sinks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from forecast_platform.metrics.delivery import MetricDelivery, Parcel
from forecast_platform.metrics.port import Metric
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.execution import Execution, instant
from forecast_platform.model_monitor.metrics import namespace
from forecast_platform.model_monitor.monitor import BATCH_TRANSFORM
from forecast_platform.model_monitor.workspace import MonitorWorkspace


def send_metrics(workspace: MonitorWorkspace, execution: Execution) -> Execution:
    """Send what was measured once, with the end of the window as its time.

    Returns:
        ``execution`` with a note on everything that could not be sent.
    """
    rows = execution.analysis.metrics
    if workspace.metrics is None or not rows:
        return execution
    monitor = workspace.monitor
    schedule, is_batch = monitor.schedule_name(execution.kind), monitor.source == BATCH_TRANSFORM
    shared = {"MonitoringSchedule": schedule} | ({} if is_batch else {"Endpoint": execution.endpoint})
    parcel = Parcel(
        name=f"{schedule}/{instant(execution.window.start).replace(':', '-')}",
        namespace=namespace(execution.kind, is_batch=is_batch),
        metrics=tuple(_metric(row, shared, execution) for row in rows),
    )
    delivery = MetricDelivery(workspace.metrics, workspace.bucket, layout.SENT_METRICS)
    return _noted(execution, delivery.deliver(parcel))


def _metric(row: Mapping[str, Any], shared: Mapping[str, str], execution: Execution) -> Metric:
    further = json.loads(row["dimensions"]) if row.get("dimensions") else {}
    return Metric(
        name=row["metric"],
        value=row["value"],
        dimensions={**shared, **further},
        timestamp=execution.window.end.replace(tzinfo=UTC),
        summary={
            "SampleCount": row["sample_count"],
            "Sum": row["sum"],
            "Minimum": row["minimum"],
            "Maximum": row["maximum"],
        },
    )


def _noted(execution: Execution, notes: tuple[str, ...]) -> Execution:
    analysis = execution.analysis
    looked = replace(analysis.looked, notes=(*analysis.looked.notes, *notes))
    return replace(execution, analysis=replace(analysis, looked=looked))
