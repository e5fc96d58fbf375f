"""Partitions are cutoffs: a window of the project's cadence, whose end is the instant a run may see up to.

Belongs here: the way between Dagster's windows and the domain's cutoffs. Does not belong here: the calendar
itself (``forecast_platform.cutoffs``).
"""

from __future__ import annotations

from datetime import datetime

import dagster as dg

from forecast_platform.cutoffs import Cadence, CutoffSchedule

_KEY_FORMATS = {Cadence.HOURLY: "%Y-%m-%d-%H:%M"}


def partitions_of(schedule: CutoffSchedule) -> dg.TimeWindowPartitionsDefinition:
    """The windows that end at the cutoffs of ``schedule``."""
    return dg.TimeWindowPartitionsDefinition(
        start=schedule.start,
        end=schedule.end,
        fmt=_key_format(schedule),
        timezone="UTC",
        cron_schedule=_cron(schedule),
    )


def partition_key(schedule: CutoffSchedule, cutoff: datetime) -> str:
    """The key of the window that ends at ``cutoff``."""
    return schedule.cadence.frequency.step(cutoff, -1).strftime(_key_format(schedule))


def cutoff_of(schedule: CutoffSchedule, key: str) -> datetime:
    """The cutoff of a partition key: the end of its window.

    Raises:
        ValueError: ``key`` is not written as this project's keys are.
    """
    return schedule.cadence.frequency.step(datetime.strptime(key, _key_format(schedule)))


def _key_format(schedule: CutoffSchedule) -> str:
    on_midnight = schedule.start.hour == schedule.start.minute == 0
    return _KEY_FORMATS.get(schedule.cadence, "%Y-%m-%d" if on_midnight else "%Y-%m-%d-%H:%M")


def _cron(schedule: CutoffSchedule) -> str:
    start = schedule.start
    at = f"{start.minute} {start.hour}"
    return {
        Cadence.HOURLY: f"{start.minute} * * * *",
        Cadence.DAILY: f"{at} * * *",
        Cadence.WEEKLY: f"{at} * * {start.isoweekday() % 7}",
        Cadence.MONTHLY: f"{at} {start.day} * *",
    }[schedule.cadence]
