"""Folders by hour: ``yyyy/mm/dd/hh/``, as data capture and ground truth have them.

Belongs here: which hours and files there are. Does not belong here: their content.
"""

from __future__ import annotations

from datetime import datetime

from forecast_platform.bucket import Bucket
from forecast_platform.model_monitor.layout import hour_folder, hour_of
from forecast_platform.model_monitor.reading.sources import holds_data


def hours_below(bucket: Bucket, folder: str) -> list[datetime]:
    """The hours for which there are files below ``folder``, in order."""
    hours = {hour_of(stored.key.removeprefix(folder)) for stored in bucket.list(folder)}
    return sorted(hour for hour in hours if hour is not None)


def files_of_hour(bucket: Bucket, folder: str, hour: datetime) -> list[str]:
    """The keys of the files of one hour below ``folder``, in order."""
    below = f"{folder}{hour_folder(hour)}"
    return [stored.key for stored in bucket.list(below) if holds_data(stored.key.removeprefix(below))]
