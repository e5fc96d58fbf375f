"""What every definition of a project shares: its project, its partitions, its workspace, its way to fail.

Belongs here: the translation between Dagster's contexts and errors and the domain's. Does not belong here: any
asset, check, sensor or job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg

from forecast_platform.components.forecast_project.partitions import cutoff_of, partitions_of
from forecast_platform.errors import InputError, PermanentError, TransientError
from forecast_platform.platform import Platform
from forecast_platform.project import Project

if TYPE_CHECKING:
    from forecast_platform.pipeline.workspace import Workspace

PERMANENT_FAILURE = "forecast_platform/permanent_failure"
"""Tag of a run that failed in a way that trying again cannot help; the sensor does not ask for it again."""
RETRY_SECONDS = 10
"""How long a step waits before it tries again."""
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

    def key(self, noun: str) -> dg.AssetKey:
        """The key of the project's asset ``noun``."""
        return dg.AssetKey([self.project.name, noun])

    def cutoff(self, partition_key: str) -> datetime:
        """The cutoff of a partition."""
        return cutoff_of(self.project.schedule, partition_key)

    def workspace(self) -> Workspace:
        """Where the steps work; opened anew for every step, so nothing outlives a changed parameter file."""
        return Platform().workspace(self.project)


@contextmanager
def domain_failures(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Iterator[None]:
    """Turn the domain's errors into Dagster's: permanent ones are not retried by any layer, transient ones are.

    The tag is for the third layer, the sensor; ``Failure(allow_retries=False)`` only tells the first.
    """
    try:
        yield
    except TransientError as error:
        raise dg.RetryRequested(max_retries=3, seconds_to_wait=RETRY_SECONDS) from error
    except PermanentError as error:
        mark_permanent(context)
        raise dg.Failure(description=str(error), metadata=_problems(error), allow_retries=False) from error


def mark_permanent(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> None:
    """Say of the current run that asking for it again cannot help."""
    context.instance.add_run_tags(context.run.run_id, {PERMANENT_FAILURE: "true"})


def log_progress(context: dg.AssetExecutionContext) -> Callable[[str, int, int], None]:
    """A progress callback that writes a line to the run's log at every tenth."""
    logged: dict[str, int] = {}

    def progress(what: str, done: int, total: int) -> None:
        tenth = int(done / max(total, 1) / _PROGRESS_EVERY)
        if logged.get(what) != tenth:
            logged[what] = tenth
            context.log.info(f"{what}: {done} of {total}")

    return progress


def _problems(error: PermanentError) -> dict[str, dg.MetadataValue]:
    if not isinstance(error, InputError) or not error.problems:
        return {}
    schema = dg.TableSchema([dg.TableColumn(name) for name in ("where", "found", "expected", "advice")])
    records = [
        dg.TableRecord({"where": one.where, "found": one.found, "expected": one.expected, "advice": one.advice})
        for one in error.problems[:100]
    ]
    return {"problems": dg.MetadataValue.table(records, schema)}
