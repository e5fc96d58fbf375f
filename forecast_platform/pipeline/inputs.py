"""The first steps: the parameters, and the training data that a cutoff may see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from forecast_platform.bucket import layout
from forecast_platform.forecast_service.port import Resource
from forecast_platform.frequency import Frequency
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.training_data import Snapshot


@dataclass(frozen=True)
class TrainingData:
    """What one cutoff sees of ``train/``.

    Attributes:
        visible_rows: Target rows whose period has ended at the cutoff.
        longest_series: Periods of the data from the first visible observation to the newest; gaps are filled.
        first_timestamp, last_timestamp: Of the visible rows; ``None`` when there are none.
        behind: From the end of the newest visible period to the cutoff; ``None`` when nothing is visible.
        data_hash: Of the visible rows; empty when there are none.
    """

    snapshot: Snapshot
    visible_rows: int
    visible_items: int
    longest_series: int
    first_timestamp: datetime | None
    last_timestamp: datetime | None
    behind: timedelta | None
    data_hash: str

    @property
    def refused_files(self) -> int:
        """Files of which nothing could be read."""
        return sum(one.file_refused for one in self.snapshot.objects)


def read_training_data(workspace: Workspace, cutoff: datetime) -> TrainingData:
    """Read what is new in ``train/`` and look at it as of ``cutoff``; later steps of this cutoff see the same state.

    Rows that cannot be read are in quarantine afterwards and counted in the snapshot.

    Raises:
        InputError: The parameters cannot be used, or ``train/`` is empty.
        TransientError: A file is still being written.
    """
    from forecast_platform.training_data import take_snapshot

    snapshot = take_snapshot(workspace.bucket, workspace.parsed_params.params)
    pin = json.dumps({"digest": snapshot.digest}).encode()
    workspace.bucket.write(layout.pinned_snapshot(cutoff), pin)
    return look_at_training_data(workspace, cutoff)


def look_at_training_data(workspace: Workspace, cutoff: datetime) -> TrainingData:
    """What :func:`read_training_data` has read, as of ``cutoff``."""
    from forecast_platform.training_data import data_hash, load_frames

    params, snapshot = workspace.parsed_params.params, workspace.snapshot(cutoff)
    frames = load_frames(workspace.bucket, snapshot, params, cutoff)
    target = frames.target
    if target.empty:
        return TrainingData(snapshot, 0, 0, 0, None, None, None, "")
    first, last = (stamp.to_pydatetime() for stamp in (target["timestamp"].min(), target["timestamp"].max()))
    frequency = params.target.frequency or params.frequency
    return TrainingData(
        snapshot=snapshot,
        visible_rows=len(target),
        visible_items=int(target["item_id"].nunique()),
        longest_series=longest_series(target, frequency),
        first_timestamp=first,
        last_timestamp=last,
        behind=cutoff - frequency.period_end(last),
        data_hash=data_hash(frames),
    )


def longest_series(target: pd.DataFrame, frequency: Frequency) -> int:
    """Periods from the first observation to the newest; 0 when there is none."""
    if target.empty:
        return 0
    first, last = (stamp.to_pydatetime() for stamp in (target["timestamp"].min(), target["timestamp"].max()))
    periods: int = round((last - first) / frequency.approximate)
    return periods + 1


def import_data(workspace: Workspace, cutoff: datetime) -> Resource:
    """Bring every dataset of the parameters, as visible at ``cutoff``, into the service."""
    return workspace.service.import_data(workspace.import_request(cutoff, workspace.snapshot(cutoff)))
