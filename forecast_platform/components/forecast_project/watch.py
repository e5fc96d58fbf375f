"""The watch sensor: when a job has ended that a run did not wait for, a run makes what is still missing.

Belongs here: which waits go on at a tick, and why the others do not. Does not belong here: what is remembered of a wait
(``pipeline.waiting``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from forecast_platform.components.failures import PERMANENT_FAILURE
from forecast_platform.components.forecast_project.run_end import failed_blocking_checks
from forecast_platform.components.forecast_project.run_tags import WAIT_TAG, WILL_RETRY_TAG
from forecast_platform.components.forecast_project.sensors import MAX_RETRIES
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.components.partitions import partition_key
from forecast_platform.cutoffs import cutoff_key
from forecast_platform.errors import ForecastPlatformError
from forecast_platform.forecast_service.port import DeferringService
from forecast_platform.settings import load_settings

if TYPE_CHECKING:
    from forecast_platform.pipeline.waiting import Wait

SIDE_BY_SIDE = 3
"""How many runs try at once to begin jobs of a kind that the service had no room for: as many as it has room for."""
TICK_SECONDS = 20.0
"""When a tick looks at no further cutoff; the next one begins there."""
Downstream = Mapping[str, AbstractSet[str]]
"""Every asset of the project -> itself and all that depend on it, however far."""


def build_watch_sensor(
    shell: ProjectShell, job: UnresolvedAssetJobDefinition, assets: Sequence[dg.AssetsDefinition]
) -> dg.SensorDefinition:
    """Request what a run left unmade as soon as the job that it met has ended."""
    downstream = cache(lambda: downstream_of(shell, assets))

    @dg.sensor(
        name=shell.watch_name,
        job=job,
        minimum_interval_seconds=load_settings().sensor_interval_seconds,
        default_status=shell.sensor_status,
        description="Goes on where a run has ended because the forecast service still worked.",
    )
    def jobs_under_way(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return watch(shell, context, downstream())

    return jobs_under_way


def downstream_of(shell: ProjectShell, assets: Sequence[dg.AssetsDefinition]) -> Downstream:
    """What depends on what, by the nouns of the assets."""
    nouns = [key.path[-1] for asset in assets for key in asset.keys]
    return {
        noun: {key.path[-1] for key in dg.AssetSelection.assets(shell.key(noun)).downstream().resolve(assets)}
        for noun in nouns
    }


def watch(
    shell: ProjectShell,
    context: dg.SensorEvaluationContext,
    downstream: Downstream,
    clock: Callable[[], float] = time.monotonic,
) -> dg.SensorResult:
    """One tick: every wait is looked at, or as many as there is time for; the cursor is where the next one begins."""
    from forecast_platform.pipeline.waiting import cutoffs_that_wait, waits_at

    workspace = shell.workspace()
    service = workspace.service
    if not isinstance(service, DeferringService):
        return dg.SensorResult(skip_reason=f"The service {service.kind} is always waited for.")
    tick = _Tick(shell, context.instance, service, downstream)
    until = clock() + TICK_SECONDS
    for cutoff in _in_turn(cutoffs_that_wait(workspace.bucket), context.cursor):
        if clock() > until:
            return tick.result(cursor=cutoff_key(cutoff))
        tick.look(cutoff, waits_at(workspace.bucket, cutoff))
    return tick.result(cursor="")


def _in_turn(cutoffs: Sequence[datetime], cursor: str | None) -> list[datetime]:
    """From that of the cursor on, and then those before it."""
    return sorted(cutoffs, key=lambda cutoff: (cutoff_key(cutoff) < (cursor or ""), cutoff))


@dataclass
class _Tick:
    """What is asked of Dagster at one tick, and what is said of waits that do not go on."""

    shell: ProjectShell
    instance: dg.DagsterInstance
    service: DeferringService
    downstream: Downstream
    requests: list[dg.RunRequest] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    ended: dict[tuple[str, str], bool] = field(default_factory=dict)
    beginning: set[tuple[str, str]] = field(default_factory=set)
    no_room: Counter[str] = field(default_factory=Counter)

    def result(self, cursor: str) -> dg.SensorResult:
        if self.requests:
            return dg.SensorResult(run_requests=self.requests, cursor=cursor)
        return dg.SensorResult(skip_reason=" ".join(self.said[:10]) or "Nothing waits.", cursor=cursor)

    def look(self, cutoff: datetime, waits: Sequence[Wait]) -> None:
        """At all that waits at one cutoff."""
        for wait in waits:
            why_not = self._why_not(wait, waits)
            if why_not is None:
                self.requests.append(self._request(wait))
            else:
                self.said.append(f"{wait.asset} at {cutoff}: {why_not}.")

    def _why_not(self, wait: Wait, waits: Sequence[Wait]) -> str | None:
        """``None`` = a run goes on with it now."""
        if not self.shell.project.schedule.contains(wait.cutoff) or wait.asset not in self.downstream:
            return "the project does not have it any more"
        first = [one.asset for one in waits if one.asset != wait.asset and wait.asset in self._missing(one)]
        if first:
            return f"is made after {first[0]}, which waits itself"
        attempts = self._attempts(wait)
        if attempts and _goes_on(attempts[0]):
            self._begins(wait)
            return f"the run {attempts[0].run_id} goes on with it"
        if attempts and (stopped := _why_nobody_asks_again(attempts)):
            return stopped
        if not wait.begun and not self._may_begin(wait):
            return f"waits for its turn to begin the {wait.kind} {wait.name}"
        if not self._has_ended(wait):
            return f"waits for the {wait.kind} {wait.name}"
        self._begins(wait)
        return None

    def _begins(self, wait: Wait) -> None:
        if not wait.begun:
            self.beginning.add((wait.kind, wait.name))

    def _may_begin(self, wait: Wait) -> bool:
        """Whether a run may try: not beside another for the same, nor beside many, nor after many were told no."""
        of_kind = sum(kind == wait.kind for kind, _ in self.beginning)
        nobody_else = (wait.kind, wait.name) not in self.beginning
        return nobody_else and of_kind < SIDE_BY_SIDE and self.no_room[wait.kind] < SIDE_BY_SIDE

    def _attempts(self, wait: Wait) -> Sequence[dg.DagsterRun]:
        """Runs that went on with it, newest first."""
        return self.instance.get_runs(dg.RunsFilter(tags={WAIT_TAG: wait.key}), limit=MAX_RETRIES + 1)

    def _has_ended(self, wait: Wait) -> bool:
        """Asked once a tick for a job that several cutoffs wait for."""
        job = (wait.kind, wait.name)
        if job not in self.ended:
            try:
                self.ended[job] = self.service.has_ended(*job)
            except ForecastPlatformError as error:
                self.said.append(str(error))
                self.ended[job] = False
            self.no_room[wait.kind] += not (wait.begun or self.ended[job])
        return self.ended[job]

    def _request(self, wait: Wait) -> dg.RunRequest:
        blocked = _blocked(failed_blocking_checks(wait.run_id, self.instance), self.downstream)
        again = len(self._attempts(wait))
        return dg.RunRequest(
            run_key=f"{wait.key}#retry-{again}" if again else wait.key,
            partition_key=partition_key(self.shell.project.schedule, wait.cutoff),
            asset_selection=[self.shell.key(noun) for noun in sorted(self._missing(wait) - blocked)],
            tags={**wait.tags, WAIT_TAG: wait.key},
        )

    def _missing(self, wait: Wait) -> AbstractSet[str]:
        """What the run that waits was to make and could not."""
        missing = self.downstream.get(wait.asset, frozenset())
        return missing if wait.assets is None else missing & {wait.asset, *wait.assets}


def _goes_on(attempt: dg.DagsterRun) -> bool:
    return not attempt.is_finished or attempt.tags.get(WILL_RETRY_TAG) == "true"


def _why_nobody_asks_again(attempts: Sequence[dg.DagsterRun]) -> str | None:
    """``None`` = the last attempt failed, and the next one might not."""
    newest = attempts[0]
    if newest.status is dg.DagsterRunStatus.CANCELED:
        return f"the run {newest.run_id} went on with it and was canceled; materialize it to go on"
    if PERMANENT_FAILURE in newest.tags:
        return f"the run {newest.run_id} went on with it and failed for good"
    if len(attempts) > MAX_RETRIES:
        return f"{len(attempts)} runs went on with it and failed; materialize it to go on"
    return None


def _blocked(failed: Sequence[dg.AssetCheckEvaluation], downstream: Downstream) -> AbstractSet[str]:
    """What may not be made because of checks that failed in the run that waits."""
    assets = {one.asset_key.path[-1] for one in failed}
    return {noun for asset in assets for noun in downstream.get(asset, frozenset()) if noun != asset}
