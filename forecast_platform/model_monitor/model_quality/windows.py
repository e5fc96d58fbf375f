"""Which predictions an execution analyses, when their ground truth arrives late.

Belongs here: StartTimeOffset and EndTimeOffset. Does not belong here: when executions run.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.window import Window

_OFFSET = re.compile(r"-P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNITS = ("weeks", "days", "hours", "minutes", "seconds")


def parse_offset(text: str, where: str) -> timedelta:
    """The (negative) length that an ISO 8601 duration such as ``-P8D`` or ``-PT7H`` stands for.

    Raises:
        InputError: Anything else. Months and years have no fixed length; offsets point into the past.
    """
    parts = _OFFSET.fullmatch(text.strip())
    if parts is None:
        expected = "a negative ISO 8601 duration of weeks, days, hours, minutes and seconds, such as -P8D or -P1DT12H"
        raise InputError(f"{where} cannot be read.", [Problem(where, repr(text), expected)])
    return -timedelta(**{unit: int(number or 0) for unit, number in zip(_UNITS, parts.groups(), strict=True)})


def analysis_window(
    scheduled: datetime, period: timedelta, start_offset: str | None = None, end_offset: str | None = None
) -> Window:
    """What the execution of ``scheduled`` analyses.

    Without offsets the last ``period``. Offsets count from ``scheduled``, as in SageMaker's guide ("Schedule model
    quality monitoring jobs"): -P8D and -P1D at 2020-01-09T13:00 are 2020-01-01T13:00 to 2020-01-08T13:00.

    Raises:
        InputError: An offset that cannot be read, or a window without any length.
    """
    start = scheduled - period if start_offset is None else _shifted(scheduled, start_offset, "StartTimeOffset")
    end = scheduled if end_offset is None else _shifted(scheduled, end_offset, "EndTimeOffset")
    if start >= end:
        found = f"{start_offset or 'nothing'}, which is {start}, and EndTimeOffset {end_offset or 'nothing'}, {end}"
        problem = Problem("StartTimeOffset", found, "a start before the end", "Make StartTimeOffset the longer one.")
        raise InputError("There is nothing between StartTimeOffset and EndTimeOffset.", [problem])
    return Window(start, end)


def _shifted(scheduled: datetime, offset: str, where: str) -> datetime:
    try:
        return scheduled + parse_offset(offset, where)
    except OverflowError:
        problem = Problem(where, offset, "an offset that leads into the calendar, such as -P8D")
        raise InputError(f"{where} cannot be used.", [problem]) from None
