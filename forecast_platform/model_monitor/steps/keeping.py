"""Writing suggested constraints without losing edited ones. Belongs here: that rule. Not here: suggesting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.documents import write_document
from forecast_platform.model_monitor.workspace import MonitorWorkspace


def keep_constraints(workspace: MonitorWorkspace, kind: str, suggested: Mapping[str, Any]) -> bool:
    """Write the suggestion, as the constraints too unless they were edited; whether they were.

    The constraints first: killed in between, they equal the new suggestion and are not taken for edited.
    """
    constraints = layout.baseline_result(kind, layout.CONSTRAINTS_FILE)
    suggestion = layout.baseline_result(kind, layout.SUGGESTED_CONSTRAINTS_FILE)
    data = write_document(suggested)
    present, before = _read(workspace, constraints), _read(workspace, suggestion)
    edited = present not in (None, before, data)
    if not edited:
        workspace.bucket.write(constraints, data)
    workspace.bucket.write(suggestion, data)
    return edited


def _read(workspace: MonitorWorkspace, key: str) -> bytes | None:
    try:
        return workspace.bucket.read(key)
    except KeyError:
        return None
