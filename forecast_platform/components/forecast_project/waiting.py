"""A run that meets a job of the service under way remembers it and ends, where the service is told not to wait.

Belongs here: what the asset that waits does and shows. Does not belong here: who goes on (``watch``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from forecast_platform.components.assets import Body, Made, UnlessUnderWay
from forecast_platform.components.forecast_project.run_tags import WAIT_TAG, carried
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.port import JobNotBegunError, JobUnderWayError

if TYPE_CHECKING:
    from forecast_platform.pipeline.waiting import Wait


def unless_under_way(shell: ProjectShell, noun: str) -> UnlessUnderWay | None:
    """How the asset ``noun`` is left to the watch sensor; ``None`` where a run waits for the service."""
    if not shell.defers:
        return None

    def unless(context: dg.AssetExecutionContext, body: Body) -> Made:
        from forecast_platform.pipeline.waiting import forget, waits_at

        bucket, cutoff = shell.workspace().bucket, shell.cutoff(context.partition_key)
        before = [wait for wait in waits_at(bucket, cutoff) if wait.asset == noun]
        try:
            made = body(context)
        except JobUnderWayError as job:
            _wait(shell, noun, context, job, before)
            return
        except PermanentError:
            forget(bucket, before)
            raise
        yield made
        # Only now has Dagster recorded the asset: a kill before this leaves the wait to the watch sensor.
        forget(bucket, before)

    return unless


def _wait(
    shell: ProjectShell,
    noun: str,
    context: dg.AssetExecutionContext,
    job: JobUnderWayError,
    before: Sequence[Wait],
) -> None:
    from forecast_platform.pipeline.waiting import Wait, forget, remember

    bucket, cutoff, run = shell.workspace().bucket, shell.cutoff(context.partition_key), context.run
    selected = tuple(sorted(key.path[-1] for key in run.asset_selection or ())) or None
    begun = not isinstance(job, JobNotBegunError)
    wait = Wait(noun, cutoff, job.kind, job.name, job.status, run.run_id, selected, carried(run.tags), begun)
    try:
        remember(bucket, wait, before, went_on_with=run.tags.get(WAIT_TAG))
    except PermanentError:
        forget(bucket, before)
        raise
    context.log.info(f"{job} This run ends without {noun}; the sensor {shell.watch_name} goes on when it is done.")
    context.log_event(_observation(shell, wait, context.partition_key))


def _observation(shell: ProjectShell, wait: Wait, partition: str) -> dg.AssetObservation:
    return dg.AssetObservation(
        shell.key(wait.asset),
        partition=partition,
        description=f"Waits for the {wait.kind} {wait.name}: {wait.status}.",
        metadata={"waits_for": wait.kind, "job": wait.name, "status": wait.status, "goes_on_by": shell.watch_name},
    )
