"""The sensor of a monitor: captured hours become executions when their window is over.

Belongs here: what is asked of Dagster at a tick, and why not. Does not belong here: what changed in a bucket
(``bucket.changes``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from forecast_platform.bucket import Bucket, StoredObject
from forecast_platform.bucket.looking import Watched, look
from forecast_platform.components.model_monitor.shell import MonitorShell
from forecast_platform.components.partitions import partition_key
from forecast_platform.errors import InputError
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.monitor import DATA_QUALITY
from forecast_platform.platform import Platform
from forecast_platform.settings import load_settings

MOST_REQUESTS = 24
"""How many windows one tick asks for; the others follow at the next ticks."""


@dataclass(frozen=True)
class SensorMemory:
    """What the sensor remembers between two ticks.

    Attributes:
        changes: Cursor of the looks at the bucket.
        due: Windows, by partition, that have to be looked at: their capture has changed. Bounded by the windows that
            can change between two ticks.
        newest: The newest window that was asked for; a later one that is over is asked for even without data.
        baseline: Version of the baseline dataset that was last asked for.
        request: How many requests there have been; makes a run key unique when old data comes back.
    """

    changes: str | None = None
    due: tuple[str, ...] = ()
    newest: str = ""
    baseline: str = ""
    request: int = 0

    @classmethod
    def read(cls, cursor: str | None) -> SensorMemory:
        """An unreadable cursor starts over: every window is looked at again, which gives the same reports."""
        try:
            document = json.loads(cursor) if cursor else {}
            return cls(**{**document, "due": tuple(document.get("due", ()))})
        except (ValueError, TypeError, AttributeError):
            return cls()

    def write(self) -> str:
        return json.dumps(asdict(self))


def build_capture_sensor(
    shell: MonitorShell, baseline: UnresolvedAssetJobDefinition, monitoring: UnresolvedAssetJobDefinition
) -> dg.SensorDefinition:
    """Ask for the baseline when its dataset is new, and for every window whose capture is new once it is over."""

    @dg.sensor(
        name=f"{shell.monitor.name}_new_capture",
        jobs=[baseline, monitoring],
        minimum_interval_seconds=load_settings().sensor_interval_seconds,
        default_status=shell.sensor_status,
        description="Learns a new baseline, and judges what was captured when its hour or day is over.",
    )
    def new_capture(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return evaluate(shell, context.cursor, datetime.now(UTC))

    return new_capture


def evaluate(shell: MonitorShell, cursor: str | None, now: datetime) -> dg.SensorResult:
    """One tick of the sensor.

    Args:
        now: Aware.
    """
    memory = SensorMemory.read(cursor)
    workspace = shell.workspace()
    dataset = _baseline_version(shell)
    if dataset and dataset != memory.baseline:
        asked = SensorMemory(memory.changes, memory.due, memory.newest, dataset, memory.request + 1)
        run = dg.RunRequest(run_key=f"baseline:{dataset}", job_name=f"{shell.monitor.name}_baseline")
        return dg.SensorResult(run_requests=[run], cursor=asked.write())
    if workspace.bucket.head(layout.baseline_result(DATA_QUALITY, layout.CONSTRAINTS_FILE)) is None:
        where = workspace.bucket.uri(shell.monitor.baseline)
        return _skip(memory, f"Waiting for the baseline: a dataset in {where}, or constraints.json.")
    return _windows(shell, memory, now)


def _windows(shell: MonitorShell, memory: SensorMemory, now: datetime) -> dg.SensorResult:
    settle = timedelta(seconds=load_settings().settle_seconds)
    looked = look(_watched(shell), Platform().events(), memory.changes, now, settle)
    changed, cursor = (looked.changes.changed, looked.changes.cursor) if looked.changes else ((), memory.changes)
    found = {key for stored in changed for key in _partitions_of(shell, stored)}
    due = sorted({*memory.due, *found, *_quiet(shell, memory, now)})
    over = [key for key in due if key <= _newest_over(shell, now)]
    asked, later = over[:MOST_REQUESTS], [key for key in due if key not in over[:MOST_REQUESTS]]
    newest = max([memory.newest, *asked])
    request = memory.request + bool(asked)
    after = SensorMemory(cursor, tuple(later), newest, memory.baseline, request)
    if not asked:
        waiting = f"{len(later)} windows are not over yet." if later else "Nothing new was captured."
        return _skip(after, f"{waiting} {looked.note}".rstrip())
    runs = [dg.RunRequest(run_key=f"{request}:{key}", partition_key=key, job_name=shell.job_name) for key in asked]
    return dg.SensorResult(run_requests=runs, cursor=after.write())


def _quiet(shell: MonitorShell, memory: SensorMemory, now: datetime) -> list[str]:
    """The newest window that is over, if it is later than all that were asked for: it may have no data at all.

    Only one, so that a monitor that was switched off for a year does not report a year of silence.
    """
    newest = _newest_over(shell, now)
    return [newest] if memory.newest and newest > memory.newest else []


def _newest_over(shell: MonitorShell, now: datetime) -> str:
    schedule = shell.monitor.schedule
    cutoff = schedule.newest_complete(now.astimezone(UTC).replace(tzinfo=None))
    return partition_key(schedule, cutoff) if cutoff is not None else ""


def _watched(shell: MonitorShell) -> Watched:
    bucket, folders = shell.workspace().bucket, _folders(shell)
    return Watched(tuple(bucket.uri(folder) for folder in folders), partial(_captured, bucket, folders))


def _captured(bucket: Bucket, folders: Sequence[str]) -> Iterator[StoredObject]:
    for folder in folders:
        yield from bucket.scan(folder)


def _folders(shell: MonitorShell) -> list[str]:
    truth = [layout.GROUND_TRUTH] if shell.monitor.model_quality is not None else []
    return [shell.monitor.folder_of_hours, *truth]


def _partitions_of(shell: MonitorShell, stored: StoredObject) -> Iterator[str]:
    """The window in whose hours a file lies. Ground truth counts for the window in which it was collected."""
    schedule = shell.monitor.schedule
    for folder in _folders(shell):
        hour = layout.hour_of(stored.key.removeprefix(folder))
        if hour is not None and hour >= schedule.start:
            cutoff = schedule.cutoff(schedule.index_at(hour) + 1)
            if schedule.contains(cutoff):
                yield partition_key(schedule, cutoff)


def _baseline_version(shell: MonitorShell) -> str:
    """Changes when the baseline dataset does; empty without one."""
    from forecast_platform.model_monitor.steps.dataset import baseline_dataset

    workspace = shell.workspace()
    try:
        stored = workspace.bucket.head(baseline_dataset(workspace))
    except InputError:
        return ""
    return sha256(f"{stored.key}@{stored.version}".encode()).hexdigest()[:16] if stored else ""


def _skip(memory: SensorMemory, why: str) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=why, cursor=memory.write())
