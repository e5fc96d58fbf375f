"""Checking the files of a new project, and the cutoffs that suit them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.errors import Problem
from forecast_platform.frequency import Frequency
from forecast_platform.pipeline.one_shot import OneShotInput, laid_out, readable_cutoff
from forecast_platform.project import Project
from forecast_platform.settings import Settings

if TYPE_CHECKING:
    from forecast_platform.training_data import Snapshot

_SHARE_TO_BACKFILL = 4
"""The newest quarter of the data can be backfilled; what is before it is left for the first training."""
_MOST_WINDOWS = 366


@dataclass(frozen=True)
class NewProject:
    """A project that can be added.

    Attributes:
        objects: Bucket keys and bytes.
    """

    objects: Mapping[str, bytes]
    start: datetime
    cadence: str
    warnings: tuple[Problem, ...]


def check_new_project(name: str, given: OneShotInput, cadence: str | None, start: datetime | None) -> NewProject:
    """Check the name, the parameters and every row of the files.

    Raises:
        InputError: Everything that is wrong with them.
    """
    with tempfile.TemporaryDirectory(prefix="forecast-platform-") as home:
        workspace = laid_out(given, Settings(home=Path(home)))
        objects = {stored.key: workspace.bucket.read(stored.key) for stored in workspace.bucket.list()}
        snapshot, _ = readable_cutoff(workspace, None)
        params = workspace.parsed_params.params
        chosen = Cadence(cadence) if cadence else default_cadence(params.target.frequency or params.frequency)
        first = start or default_start(snapshot, chosen)
        Project(name, prefix=name, schedule=CutoffSchedule(chosen, first))
    return NewProject(objects, first, chosen.value, workspace.parsed_params.warnings)


def default_cadence(frequency: Frequency) -> Cadence:
    """Daily, or the data's own frequency when that is coarser."""
    if frequency.approximate <= timedelta(days=1):
        return Cadence.DAILY
    return Cadence.WEEKLY if frequency.approximate < timedelta(days=28) else Cadence.MONTHLY


def default_start(snapshot: Snapshot, cadence: Cadence) -> datetime:
    """Start of the first window: the newest window ends with the data, and a quarter of the data can be backfilled."""
    if snapshot.data_end is None or snapshot.first_timestamp is None:
        raise ValueError("a snapshot without rows has no cutoffs")
    newest = _floor(snapshot.data_end, cadence)
    windows = int((newest - snapshot.first_timestamp) / _SHARE_TO_BACKFILL / cadence.frequency.approximate)
    return cadence.frequency.step(newest, -min(max(windows, 1), _MOST_WINDOWS))


def _floor(instant: datetime, cadence: Cadence) -> datetime:
    if cadence is Cadence.HOURLY:
        return instant.replace(minute=0, second=0)
    midnight = instant.replace(hour=0, minute=0, second=0)
    return midnight.replace(day=1) if cadence is Cadence.MONTHLY else midnight
