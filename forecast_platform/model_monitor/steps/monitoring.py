"""One execution of any monitoring type, and what is on record of it. Belongs here: the choice of the step."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from forecast_platform.errors import PermanentError
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.execution import Execution, Status, instant
from forecast_platform.model_monitor.hooks import run_postprocessor
from forecast_platform.model_monitor.monitor import DATA_QUALITY, MODEL_BIAS, MODEL_EXPLAINABILITY, MODEL_QUALITY
from forecast_platform.model_monitor.steps.attribution import monitor_attribution
from forecast_platform.model_monitor.steps.bias import monitor_bias
from forecast_platform.model_monitor.steps.data_quality import monitor_data_quality
from forecast_platform.model_monitor.steps.executing import report_key
from forecast_platform.model_monitor.steps.index import publish_index
from forecast_platform.model_monitor.steps.metric_sending import send_metrics
from forecast_platform.model_monitor.steps.model_quality import monitor_model_quality
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace

_STEPS: Mapping[str, Callable[[MonitorWorkspace, Window], Execution]] = {
    DATA_QUALITY: monitor_data_quality,
    MODEL_QUALITY: monitor_model_quality,
    MODEL_BIAS: monitor_bias,
    MODEL_EXPLAINABILITY: monitor_attribution,
}


def run_monitor(workspace: MonitorWorkspace, kind: str, window: Window) -> Execution:
    """Run one monitoring type on one window, and the postprocessor after it unless it failed.

    Raises:
        InputError: Something the analysis needs is missing or cannot be used.
        PermanentError: The postprocessor failed; the report is on record all the same.
    """
    execution = send_metrics(workspace, _STEPS[kind](workspace, window))
    if workspace.monitor.blocking and execution.analysis.found:
        # The step that publishes it is downstream, and will be stopped by what was found.
        publish_index(workspace)
    hooks = workspace.monitor.hooks
    if hooks.postprocessor is not None and execution.status is not Status.FAILED:
        run_postprocessor(hooks.postprocessor, timeout=hooks.timeout, environment=_environment(workspace, execution))
    return execution


def _environment(workspace: MonitorWorkspace, execution: Execution) -> dict[str, str]:
    """What SageMaker's container tells a postprocessor, in its environment."""
    report = report_key(workspace, execution.kind, execution.window, "")
    return {
        "output_path": workspace.bucket.uri(report.rstrip("/")),
        "sagemaker_endpoint_name": execution.endpoint,
        "sagemaker_monitoring_schedule_name": workspace.monitor.schedule_name(execution.kind),
        "start_time": instant(execution.window.start),
        "end_time": instant(execution.window.end),
    }


def stored_execution(
    workspace: MonitorWorkspace, kind: str, window: Window
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The document of the execution of ``window``, and its violations.

    Raises:
        PermanentError: There was none.
    """
    try:
        execution = json.loads(workspace.bucket.read(report_key(workspace, kind, window, layout.EXECUTION_FILE)))
    except KeyError:
        raise PermanentError(f"Nothing is on record of the window that begins at {window.start}.") from None
    try:
        found = json.loads(workspace.bucket.read(report_key(workspace, kind, window, layout.VIOLATIONS_FILE)))
    except KeyError:
        return execution, []
    return execution, list(found["violations"])
