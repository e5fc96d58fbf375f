"""The step that shows all executions together: a page with trends, and SQL tables.

Belongs here: finding the executions on record. Does not belong here: drawing (``report``), columns (``catalogue``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.catalogue import monitor_catalogue
from forecast_platform.model_monitor.report import index_page
from forecast_platform.model_monitor.report.summary import ExecutionSummary
from forecast_platform.model_monitor.workspace import MonitorWorkspace

MOST_EXECUTIONS = 1_000
"""How many executions the page shows, the newest; SQL has them all."""


@dataclass(frozen=True)
class Index:
    """What was published.

    Attributes:
        executions: All that are on record.
        shown: Those on the page, oldest first.
    """

    executions: int
    shown: tuple[ExecutionSummary, ...]


def publish_index(workspace: MonitorWorkspace) -> Index:
    """Publish the page of all executions, and the monitor's tables."""
    found = _on_record(workspace)
    while True:
        index = _published(workspace, found)
        # Runs of other windows publish, too, and the last page written stays: it has to know of every execution.
        written_of, found = found, _on_record(workspace)
        if found == written_of:
            break
    workspace.warehouse.publish(monitor_catalogue(workspace.monitor.name))
    return index


def _on_record(workspace: MonitorWorkspace) -> dict[str, str]:
    """The keys of all executions, in the order of their windows, with their versions."""
    suffix = f"/{layout.EXECUTION_FILE}"
    found = {one.key: one.version for one in workspace.bucket.list(layout.REPORTS) if one.key.endswith(suffix)}
    return {key: found[key] for key in sorted(found, key=_when)}


def _published(workspace: MonitorWorkspace, on_record: Mapping[str, str]) -> Index:
    newest = list(on_record)[-MOST_EXECUTIONS:]
    shown = tuple(ExecutionSummary.of_document(json.loads(workspace.bucket.read(key))["summary"]) for key in newest)
    workspace.bucket.write(layout.INDEX_PAGE, index_page(shown, f"Model monitor: {workspace.monitor.name}"))
    return Index(len(on_record), shown)


def _when(key: str) -> tuple[str, str]:
    """The hour in a key ``…/{schedule}/yyyy/mm/dd/hh/execution.json``, then the rest, so that the order is fixed."""
    return "/".join(key.split("/")[-5:-1]), key
