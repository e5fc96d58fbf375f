"""Which cutoff a command means."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.errors import InputError

if TYPE_CHECKING:
    from forecast_platform.cutoffs import CutoffSchedule
    from forecast_platform.pipeline.workspace import Workspace
    from forecast_platform.project import Project


def newest_cutoff(workspace: Workspace) -> datetime:
    """The newest cutoff that the data completes; what is new in ``train/`` is read.

    Raises:
        InputError: There is none, or no data.
    """
    from forecast_platform.pipeline.workspace import no_data_before
    from forecast_platform.training_data import take_snapshot

    schedule = workspace.project.schedule
    snapshot = take_snapshot(workspace.bucket, workspace.parsed_params.params)
    newest = schedule.newest_complete(snapshot.data_end) if snapshot.data_end else None
    if newest is None:
        raise no_data_before(workspace.project, schedule.cutoff(0), snapshot)
    return newest


def require_cutoff(project: Project, instant: datetime) -> None:
    """Refuse an instant that is no cutoff of the project.

    Raises:
        InputError: With the nearest cutoff.
    """
    if not project.schedule.contains(instant):
        nearest = _nearest_cutoff(project.schedule, instant)
        raise InputError(f"{instant} is not a cutoff of project {project.name}; the nearest is {nearest}.")


def _nearest_cutoff(schedule: CutoffSchedule, instant: datetime) -> datetime:
    before = schedule.newest_complete(instant)
    if before is None:
        return schedule.cutoff(0)
    after = schedule.cadence.frequency.step(before)
    return after if schedule.contains(after) and after - instant < instant - before else before
