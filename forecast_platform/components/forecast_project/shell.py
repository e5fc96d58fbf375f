"""What every definition of a project shares: its project, its partitions, its workspace.

Belongs here: the translation between Dagster's contexts and the domain's. Does not belong here: any asset, check,
sensor or job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg

from forecast_platform.components.partitions import cutoff_of, partitions_of
from forecast_platform.platform import Platform
from forecast_platform.project import Project

if TYPE_CHECKING:
    from forecast_platform.pipeline.workspace import Workspace

_PROGRESS_EVERY = 0.1


@dataclass(frozen=True)
class ProjectShell:
    """A project as Dagster sees it.

    Attributes:
        owners: Of every asset.
        notify: Mail addresses told of the end of a run.
        automation: Whether the sensors run without being switched on.
    """

    project: Project
    owners: Sequence[str] = ()
    notify: Sequence[str] = ()
    automation: bool = True

    @property
    def partitions(self) -> dg.TimeWindowPartitionsDefinition:
        return partitions_of(self.project.schedule)

    @property
    def sensor_status(self) -> dg.DefaultSensorStatus:
        return dg.DefaultSensorStatus.RUNNING if self.automation else dg.DefaultSensorStatus.STOPPED

    @property
    def job_name(self) -> str:
        return f"{self.project.name}_forecast"

    @property
    def watch_name(self) -> str:
        return f"{self.project.name}_jobs_under_way"

    @property
    def defers(self) -> bool:
        """Whether a run ends instead of waiting for a job of the service."""
        return Platform().defers(self.project)

    def key(self, noun: str) -> dg.AssetKey:
        """The key of the project's asset ``noun``."""
        return dg.AssetKey([self.project.name, noun])

    def cutoff(self, partition_key: str) -> datetime:
        """The cutoff of a partition."""
        return cutoff_of(self.project.schedule, partition_key)

    def workspace(self) -> Workspace:
        """Where the steps work; opened anew for every step, so nothing outlives a changed parameter file."""
        return Platform().workspace(self.project)


def log_progress(context: dg.AssetExecutionContext) -> Callable[[str, int, int], None]:
    """A progress callback that writes a line to the run's log at every tenth."""
    logged: dict[str, int] = {}

    def progress(what: str, done: int, total: int) -> None:
        tenth = int(done / max(total, 1) / _PROGRESS_EVERY)
        if logged.get(what) != tenth:
            logged[what] = tenth
            context.log.info(f"{what}: {done} of {total}")

    return progress
