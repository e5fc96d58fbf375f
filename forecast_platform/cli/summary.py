"""The small table that a finished run prints."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.bucket import layout

if TYPE_CHECKING:
    from forecast_platform.pipeline.workspace import Workspace


def result_table(workspace: Workspace, cutoff: datetime, *, colour: bool) -> str:
    """Accuracy, rows, and where things are."""
    from rich.console import Console
    from rich.table import Table

    from forecast_platform.pipeline.run_log import describe_production
    from forecast_platform.pipeline.training import stored_accuracy

    produced = describe_production(workspace, cutoff)
    table = Table(title=f"{workspace.project.name}: forecast at {cutoff:%Y-%m-%d %H:%M}", title_justify="left")
    table.add_column("what")
    table.add_column("value", overflow="fold")
    table.add_row("items", str(produced.items))
    table.add_row("rows (with bridge rows)", str(produced.rows))
    for algorithm, loss in _losses(stored_accuracy(workspace, cutoff)[0]):
        table.add_row(f"average wQL, {algorithm}", f"{loss:.4f}")
    table.add_row("forecast", workspace.bucket.uri(layout.PUBLISHED_FORECAST))
    table.add_row("archive", workspace.bucket.uri(layout.CLEAN_HISTORY))
    table.add_row("dashboard", workspace.bucket.uri(layout.DASHBOARD_PAGE))
    text = io.StringIO()
    Console(file=text, width=None if colour else 160, force_terminal=colour).print(table)
    return text.getvalue().rstrip()


def _losses(accuracy: dict[str, object]) -> list[tuple[str, float]]:
    from forecast_platform.pipeline.training import metric_rows

    rows = metric_rows("", accuracy)
    summary = rows[(rows["metric"] == "Average wQL") & (rows["evaluation_type"] == "SUMMARY")]
    return list(zip(summary["algorithm"], summary["value"], strict=True))
