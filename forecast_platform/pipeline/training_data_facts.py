"""What the checks of the training data look at: the observations of a cutoff, and where their rows are written.

Belongs here: fetching. Does not belong here: what is found in them (``quality.arrivals``), what is expected
(``quality.suites``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.frequency import Frequency
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.quality.arrivals.observations import Observations


def data_frequency(workspace: Workspace) -> Frequency:
    """The distance between two observations of a series."""
    params = workspace.parsed_params.params
    return params.target.frequency or params.frequency


def observations_at(workspace: Workspace, cutoff: datetime) -> Observations | None:
    """The target that is visible at ``cutoff``, with what is new in it; ``None`` when there is none.

    New is what came since the last cutoff. When the data ends before the cutoff, new is at least what its last window
    holds: data that is always a day late is judged in full, and its lateness is a question of its own.
    """
    from forecast_platform.quality.arrivals.observations import Observations
    from forecast_platform.training_data import load_frames

    params = workspace.parsed_params.params
    target = load_frames(workspace.bucket, workspace.snapshot(cutoff), params, cutoff).target
    if target.empty:
        return None
    frequency, cadence = data_frequency(workspace), workspace.project.schedule.cadence.frequency
    data_end = frequency.period_end(target["timestamp"].max().to_pydatetime())
    since = min(cadence.step(cutoff, -1), cadence.step(data_end, -1))
    return Observations.of(target, frequency, since)


def origins(workspace: Workspace, cutoff: datetime, rows: pd.DataFrame) -> pd.DataFrame:
    """The ``file`` and the ``line`` of some target rows that are visible at ``cutoff``.

    Args:
        rows: With the keys and ``timestamp`` of the target, among other columns.
    """
    from forecast_platform.training_data.origins import find_origins

    return find_origins(workspace.bucket, workspace.snapshot(cutoff), workspace.parsed_params.params, rows)
