"""Where the rows of an hour come from: the capture of an endpoint, of batch jobs, or plain files.

Belongs here: the choice between them. Does not belong here: formats, folders of SageMaker (``capture``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from forecast_platform.bucket import StoredObject
from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.capture.batch_transform import key_of, read_manifest
from forecast_platform.model_monitor.capture.reading import read_capture
from forecast_platform.model_monitor.hooks import preprocessed
from forecast_platform.model_monitor.monitor import BATCH_TRANSFORM, CAPTURED
from forecast_platform.model_monitor.reading.rows import Rows
from forecast_platform.model_monitor.reading.sources import Source, holds_data
from forecast_platform.model_monitor.tables import open_sources
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace


def units(workspace: MonitorWorkspace, window: Window) -> dict[datetime, list[StoredObject]]:
    """The files of every hour of ``window`` that has any, by the begin of the hour.

    Files that lie in the folder of a day and in none of its hours are taken for the day's first hour.

    Raises:
        InputError: A manifest cannot be read, or names files that are not in the bucket.
    """
    found: dict[datetime, list[StoredObject]] = {}
    for hour in window.hours():
        objects = _objects_of_hour(workspace, hour)
        if objects:
            found[hour] = objects
    return found


def _objects_of_hour(workspace: MonitorWorkspace, hour: datetime) -> list[StoredObject]:
    folder = workspace.monitor.folder_of_hours
    objects = _data_below(workspace, f"{folder}{layout.hour_folder(hour)}")
    if workspace.monitor.source == BATCH_TRANSFORM:
        return [one for manifest in objects for one in _named_by(workspace, manifest)]
    if hour.hour == 0 and workspace.monitor.source != CAPTURED:
        day = f"{folder}{layout.day_folder(hour)}"
        objects += [one for one in _data_below(workspace, day) if "/" not in one.key.removeprefix(day)]
    return objects


def _data_below(workspace: MonitorWorkspace, folder: str) -> list[StoredObject]:
    return [one for one in workspace.bucket.list(folder) if holds_data(one.key.removeprefix(folder))]


def _named_by(workspace: MonitorWorkspace, manifest: StoredObject) -> list[StoredObject]:
    addresses = read_manifest(workspace.bucket.read(manifest.key), manifest.key)
    found = {address: workspace.bucket.head(key_of(address, workspace.bucket)) for address in addresses}
    if absent := [address for address, stored in found.items() if stored is None]:
        advice = "Copy it there, with its folders."
        problems = [
            Problem(manifest.key, f"{one}, which is not there", "a file of the bucket", advice) for one in absent
        ]
        raise InputError("Files that a batch transform job read are not in the bucket.", problems)
    return [one for one in found.values() if one is not None]


def rows_of_unit(workspace: MonitorWorkspace, hour: datetime, objects: Sequence[StoredObject]) -> Rows:
    """The rows of one hour, after the preprocessor if there is one."""
    monitor = workspace.monitor
    sources = [Source.in_bucket(workspace.bucket, one.key) for one in objects]
    names = workspace.feature_names()
    if monitor.hooks.preprocessor is not None and monitor.source == CAPTURED:
        return preprocessed(sources, monitor.hooks.preprocessor, timeout=monitor.hooks.timeout, names=names)
    if monitor.source == CAPTURED:
        return read_capture(sources, names=names, hour=hour.replace(tzinfo=UTC))
    header = monitor.header and monitor.source != BATCH_TRANSFORM
    return open_sources(sources, header=header, names=names, what=f"{hour:%Y-%m-%d %H}:00")
