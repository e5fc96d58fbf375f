"""The sensors of a project: new data becomes a run, and the end of a run becomes a notification.

Belongs here: what is asked of Dagster at a tick, and why not. Does not belong here: what changed in a bucket
(``bucket.changes``) and what a notification says (``notifications``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from forecast_platform.bucket import Bucket, StoredObject, layout
from forecast_platform.bucket.looking import Watched, look
from forecast_platform.components.failures import PERMANENT_FAILURE
from forecast_platform.components.forecast_project.run_end import deliver_due
from forecast_platform.components.forecast_project.run_tags import INPUTS_TAG
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.components.partitions import partition_key
from forecast_platform.errors import InputError, TransientError
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.platform import Platform
from forecast_platform.settings import load_settings

MAX_RETRIES = 3
"""How often the sensor asks again for a cutoff whose run failed and might not fail again."""


@dataclass(frozen=True)
class SensorMemory:
    """What the data sensor remembers between two ticks; constant in size.

    Attributes:
        changes: Cursor of the looks at the bucket.
        inputs: Hash of the training data and parameters that were last asked for.
        partition: The partition that was last asked for.
        request: How many requests there have been; makes a run key unique when old data comes back.
        retries: How often the last request was repeated because its run failed.
        awaited: The partition that the data completes but whose window has not ended on Dagster's clock, which is
            UTC while the data's may be hours ahead; asked for as soon as it exists. Empty = none.
    """

    changes: str | None = None
    inputs: str = ""
    partition: str = ""
    request: int = 0
    retries: int = 0
    awaited: str = ""

    @classmethod
    def read(cls, cursor: str | None) -> SensorMemory:
        """An unreadable cursor starts over: everything is looked at again, and the assets do nothing twice."""
        try:
            return cls(**json.loads(cursor)) if cursor else cls()
        except (ValueError, TypeError):
            return cls()

    def write(self) -> str:
        return json.dumps(asdict(self))

    @property
    def run_key(self) -> str:
        retry = f"#retry-{self.retries}" if self.retries else ""
        return f"{self.request}:{self.partition}:{self.inputs[:16]}{retry}"


def build_data_sensor(shell: ProjectShell, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Request the newest cutoff that the data completes whenever params.json or train/ has changed."""

    @dg.sensor(
        name=f"{shell.project.name}_new_data",
        job=job,
        minimum_interval_seconds=load_settings().sensor_interval_seconds,
        default_status=shell.sensor_status,
        description="Runs the project when a file in train/ or params.json is new or changed.",
    )
    def new_data(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        deliver_due(shell, context.log)
        return evaluate(shell, context, datetime.now(UTC))

    return new_data


def evaluate(shell: ProjectShell, context: dg.SensorEvaluationContext, now: datetime) -> dg.SensorResult:
    """One tick of the data sensor.

    Args:
        now: Aware; compared with the objects' modification times.
    """
    memory = SensorMemory.read(context.cursor)
    workspace = shell.workspace()
    settle = timedelta(seconds=load_settings().settle_seconds)
    looked = look(_watched(workspace), Platform().events(), memory.changes, now, settle)
    changes = looked.changes
    if changes is None:
        return _retry_or_skip(shell, context, memory, looked.note)
    seen = replace(memory, changes=changes.cursor)
    if changes.unsettled and not changes.changed:
        return _skip(seen, f"Still being written: {', '.join(one.key for one in changes.unsettled[:5])}.")
    if not changes.changed:
        return _retry_or_skip(shell, context, seen, f"Nothing is new. {looked.note}".rstrip())
    if workspace.bucket.head(layout.PARAMS) is None:
        return _skip(memory, f"Waiting for {workspace.bucket.uri(layout.PARAMS)}.")
    if next(workspace.bucket.scan(layout.TRAIN), None) is None:
        return _skip(memory, f"Waiting for a file in {workspace.bucket.uri(layout.TRAIN)}.")
    try:
        inputs, newest = _newest_request(shell, workspace)
    except TransientError as error:
        return _skip(memory, str(error))
    last = shell.partitions.get_last_partition_key()
    if newest is None or last is None:
        return _skip(seen, "The data does not complete the first cutoff yet.")
    partition, awaited = min(newest, last), newest if newest > last else ""
    if (inputs, partition, awaited) == (memory.inputs, memory.partition, memory.awaited):
        names = ", ".join(one.key for one in changes.changed[:5])
        return _skip(seen, f"Written again with the same content: {names}.")
    return _request(SensorMemory(changes.cursor, inputs, partition, memory.request + 1, awaited=awaited))


def _watched(workspace: Workspace) -> Watched:
    bucket = workspace.bucket
    return Watched((bucket.uri(layout.PARAMS), bucket.uri(layout.TRAIN)), partial(_inputs, bucket))


def _inputs(bucket: Bucket) -> Iterator[StoredObject]:
    params = bucket.head(layout.PARAMS)
    if params is not None:
        yield params
    yield from bucket.scan(layout.TRAIN)


def _newest_request(shell: ProjectShell, workspace: Workspace) -> tuple[str, str | None]:
    """The hash of what there is, and the newest partition that the data completes, which may not exist yet.

    What cannot be read still asks for a run: it fails where people look, and they are told.
    """
    from forecast_platform.training_data import take_snapshot

    params = workspace.bucket.read(layout.PARAMS)
    last = shell.partitions.get_last_partition_key()
    try:
        snapshot = take_snapshot(workspace.bucket, workspace.parsed_params.params)
    except InputError as error:
        return sha256(params + str(error).encode()).hexdigest(), last
    inputs = sha256(params + snapshot.digest.encode()).hexdigest()
    if snapshot.data_end is None:
        return inputs, last
    newest = shell.project.schedule.newest_complete(snapshot.data_end)
    if newest is None:
        return inputs, None
    return inputs, partition_key(shell.project.schedule, newest)


def _retry_or_skip(
    shell: ProjectShell, context: dg.SensorEvaluationContext, memory: SensorMemory, why: str
) -> dg.SensorResult:
    """Ask for what was asked for before, if there is a reason to; else skip and say ``why``."""
    if memory.awaited and memory.awaited <= (shell.partitions.get_last_partition_key() or ""):
        return _request(SensorMemory(memory.changes, memory.inputs, memory.awaited, memory.request + 1))
    if memory.request and memory.retries < MAX_RETRIES and _failed_for_now(shell, context.instance, memory):
        return _request(replace(memory, retries=memory.retries + 1))
    return _skip(memory, why)


def _failed_for_now(shell: ProjectShell, instance: dg.DagsterInstance, memory: SensorMemory) -> bool:
    """Whether the last request has ended in a failure that may not come again: its run, or the one that went on."""
    filters = dg.RunsFilter(job_name=shell.job_name, tags={INPUTS_TAG: memory.run_key})
    runs = instance.get_runs(filters, limit=1)
    if not runs or runs[0].status is not dg.DagsterRunStatus.FAILURE or PERMANENT_FAILURE in runs[0].tags:
        return False
    return not _waits(shell, memory.partition)


def _waits(shell: ProjectShell, partition: str) -> bool:
    """Whether the watch sensor is the one that asks again for what is missing there."""
    from forecast_platform.pipeline.waiting import waits_at

    return shell.defers and bool(waits_at(shell.workspace().bucket, shell.cutoff(partition)))


def _request(memory: SensorMemory) -> dg.SensorResult:
    run = dg.RunRequest(run_key=memory.run_key, partition_key=memory.partition, tags={INPUTS_TAG: memory.run_key})
    return dg.SensorResult(run_requests=[run], cursor=memory.write())


def _skip(memory: SensorMemory, why: str) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=why, cursor=memory.write())
