"""Where the baseline dataset is. Belongs here: finding it. Does not belong here: reading it."""

from __future__ import annotations

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.workspace import MonitorWorkspace


def baseline_dataset(workspace: MonitorWorkspace) -> str:
    """The key of the baseline dataset.

    Raises:
        InputError: There is none, or more than one in its folder.
    """
    written = workspace.monitor.baseline
    is_folder = not written or written.endswith("/")
    if not is_folder and workspace.bucket.head(written) is not None:
        return written
    folder = written if is_folder else f"{written}/"
    found = [one.key for one in workspace.bucket.list(folder)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(found[:5]) or "no file"
    problem = Problem(
        workspace.bucket.uri(written), names, "one CSV or Parquet file", "Put it there, or name it in `baseline`."
    )
    raise InputError(f"Monitor {workspace.monitor.name} has no baseline dataset.", [problem])
