"""Checking the files of a new project, and the cutoffs that suit them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from forecast_platform.bucket import Bucket, layout
from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.errors import InputError, Problem
from forecast_platform.frequency import Frequency
from forecast_platform.pipeline.one_shot import OneShotInput, lay_out, readable_cutoff
from forecast_platform.project import Project
from forecast_platform.settings import Settings

if TYPE_CHECKING:
    from forecast_platform.training_data import Snapshot

_SHARE_TO_BACKFILL = 4
"""The newest quarter of the data can be backfilled; what is before it is left for the first training."""
_MOST_WINDOWS = 366
_MOST_SHOWN = 20


@dataclass(frozen=True)
class NewProject:
    """A project that can be added.

    Attributes:
        objects: Bucket keys and bytes, in the order in which they were given: a later file replaces observations of
            an earlier one.
    """

    objects: Mapping[str, bytes]
    start: datetime
    cadence: str
    warnings: tuple[Problem, ...]


def check_new_project(name: str, given: OneShotInput, cadence: str | None, start: datetime | None) -> NewProject:
    """Check the name, the parameters and every row of the files.

    Raises:
        InputError: The name cannot be used; or else everything that is wrong with the parameters or the files.
    """
    # A name that cannot be used is told at once, not after minutes of reading.
    Project(name, prefix=name, schedule=CutoffSchedule(Cadence.DAILY, datetime(1900, 1, 1)))
    with tempfile.TemporaryDirectory(prefix="forecast-platform-") as home:
        laid = lay_out(given, Settings(home=Path(home)))
        bucket, params = laid.workspace.bucket, laid.workspace.parsed_params.params
        objects = {key: bucket.read(key) for key in laid.paths}
        with laid.naming_files():
            snapshot, _ = readable_cutoff(laid.workspace, None)
        frequency = params.target.frequency or params.frequency
        chosen = Cadence(cadence) if cadence else default_cadence(frequency)
        first = start or default_start(snapshot, frequency, chosen)
        Project(name, prefix=name, schedule=CutoffSchedule(chosen, first))
    return NewProject(objects, first, chosen.value, laid.warnings)


def check_bucket(bucket: Bucket, new: NewProject) -> None:
    """Refuse to mix the data of ``new`` with what is in the project's part of the bucket already.

    Its own files may be there: an ``add`` that was interrupted is simply repeated.

    Raises:
        InputError: Other training data is there.
    """
    others = [stored.key for stored in bucket.list(layout.TRAIN) if stored.key not in new.objects]
    if others:
        raise InputError(
            "The bucket holds other training data under this name.",
            [
                Problem(
                    bucket.uri(key),
                    "a file that is not among those given",
                    "none",
                    "Remove it, or choose another name.",
                )
                for key in others[:_MOST_SHOWN]
            ],
        )


def default_cadence(frequency: Frequency) -> Cadence:
    """Daily, or the data's own frequency when that is coarser."""
    if frequency.approximate <= timedelta(days=1):
        return Cadence.DAILY
    return Cadence.WEEKLY if frequency.approximate < timedelta(days=28) else Cadence.MONTHLY


def default_start(snapshot: Snapshot, frequency: Frequency, cadence: Cadence) -> datetime:
    """Start of the first window: the newest window ends with the data, and a quarter of the data can be backfilled.

    Data finer than the cadence gets windows on midnight or the full hour, months on the first: what comes after the
    last of those belongs to the next window. Other data gets windows that end when its periods do, e.g. on Fridays.
    """
    if snapshot.data_end is None or snapshot.first_timestamp is None:
        raise ValueError("a snapshot without rows has no cutoffs")
    finer = frequency.approximate < cadence.frequency.approximate
    newest = _floor(snapshot.data_end, cadence) if finer else snapshot.data_end.replace(second=0)
    windows = int((newest - snapshot.first_timestamp) / _SHARE_TO_BACKFILL / cadence.frequency.approximate)
    return cadence.frequency.step(newest, -min(max(windows, 1), _MOST_WINDOWS))


def _floor(instant: datetime, cadence: Cadence) -> datetime:
    if cadence is Cadence.HOURLY:
        return instant.replace(minute=0, second=0)
    midnight = instant.replace(hour=0, minute=0, second=0)
    return midnight.replace(day=1) if cadence is Cadence.MONTHLY else midnight
