"""What happened to a run: one row of the ``run_log`` table, and the notification about it.

Belongs here: recording the end of a run once, however often it is reported. Does not belong here: finding out
that a run has ended (the Dagster shell and the CLI do that).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import cutoff_key
from forecast_platform.notifications.message import Notification, failure_message, success_message
from forecast_platform.notifications.port import Notifier, notify_all
from forecast_platform.pipeline.clean_forecast import bridge_rows, read_wide_forecast
from forecast_platform.pipeline.forecasting import require_archived
from forecast_platform.pipeline.training import average_wql, stored_accuracy
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.warehouse.tables import RUN_LOG_COLUMNS

_ADVICE = (
    "Correct what the error names. A corrected file or params.json in the bucket starts a new run by itself; "
    "otherwise materialize the partition again in the Dagster UI. The same run started again goes on where it stopped."
)


@dataclass(frozen=True)
class EndedRun:
    """The end of a run.

    Attributes:
        started, ended: UTC, naive.
        error: ``None`` = it succeeded.
    """

    run_id: str
    cutoff: datetime
    started: datetime
    ended: datetime
    error: str | None = None


@dataclass(frozen=True)
class Produced:
    """What a successful run left behind, for people and for the log."""

    rows: int
    items: int
    average_wql: float


def record_run(workspace: Workspace, run: EndedRun, notifiers: Sequence[Notifier]) -> Notification:
    """Write the run's row and notify everyone; doing it again writes the same row and notifies nobody twice."""
    produced = describe_production(workspace, run.cutoff) if run.error is None else None
    workspace.bucket.write(f"{layout.RUN_LOG}{run.run_id}.parquet", _row(workspace, run, produced))
    notification = _message(workspace, run, produced)
    notify_all(notifiers, notification)
    return notification


def _message(workspace: Workspace, run: EndedRun, produced: Produced | None) -> Notification:
    bucket, project = workspace.bucket, workspace.project.name
    if produced is None:
        quarantine = {"Refused rows": bucket.uri(layout.QUARANTINE)}
        return failure_message(
            project, run.cutoff, run.run_id, error=run.error or "", advice=_ADVICE, places=quarantine
        )
    places = {
        "Forecast": bucket.uri(layout.PUBLISHED_FORECAST),
        "Archive": bucket.uri(layout.clean_history(run.cutoff)),
        "Dashboard": bucket.uri(layout.DASHBOARD_PAGE),
    }
    return success_message(
        project,
        run.cutoff,
        run.run_id,
        rows=produced.rows,
        items=produced.items,
        average_wql=produced.average_wql,
        places=places,
    )


def describe_production(workspace: Workspace, cutoff: datetime) -> Produced:
    """What is kept of the forecast of ``cutoff``."""
    params = workspace.parsed_params.params
    wide = read_wide_forecast(workspace, require_archived(workspace, cutoff))
    bridge = bridge_rows(workspace.frames(cutoff).target, params)
    accuracy, _ = stored_accuracy(workspace, cutoff)
    return Produced(
        rows=len(wide) * len(params.forecast_types) + len(bridge),
        items=int(wide["item_id"].nunique()),
        average_wql=average_wql(accuracy),
    )


def _row(workspace: Workspace, run: EndedRun, produced: Produced | None) -> bytes:
    from forecast_platform.warehouse.parquet_rows import from_rows

    row = {
        "run_id": run.run_id,
        "project": workspace.project.name,
        "cutoff": cutoff_key(run.cutoff),
        "status": "FAILURE" if run.error else "SUCCESS",
        "started": run.started,
        "ended": run.ended,
        "error": run.error or "",
        "rows": produced.rows if produced else 0,
        "average_wql": produced.average_wql if produced else None,
    }
    return from_rows([row], RUN_LOG_COLUMNS)
