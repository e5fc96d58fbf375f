"""The uploaded files of ``train/`` as typed, merged, content-addressed tables. Importing this is cheap."""

from forecast_platform.training_data.frames import data_hash, load_frames
from forecast_platform.training_data.report import ObjectReport, Snapshot
from forecast_platform.training_data.snapshot import current_snapshot, take_snapshot
from forecast_platform.training_data.store import stored_snapshot

__all__ = [
    "ObjectReport",
    "Snapshot",
    "current_snapshot",
    "data_hash",
    "load_frames",
    "stored_snapshot",
    "take_snapshot",
]
