"""Which periods are compared: the window since training, its run-up, the same season of earlier years, earlier windows.

Belongs here: integer arithmetic on the columns of a panel. Does not belong here: values (``relative``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

MOST_EARLIER_WINDOWS = 30
"""How many earlier windows are measured: more hardly make what chance does better known, and cost time."""
_LEAST_CYCLES = 6
"""The week is minded when training has seen so many of them; with fewer the day, if there is one, and else nothing."""
LEAST_EARLIER_WINDOWS = 4
"""With fewer, what they say of chance is chance itself."""
_LEAST_LENGTH = 10
"""A window is not halved below this to find more of its length in training."""
_RUN_UP_WINDOWS = 4
_RUN_UP_CYCLES = 8
_LEAST_RUN_UP_WINDOWS = 2
_MOST_YEARS = 2


@dataclass(frozen=True)
class Windows:
    """What is compared with what, in columns of a panel whose first ``trained`` columns the predictor has seen.

    Attributes:
        trained: Columns that the predictor was trained on.
        start: First column of the window that is judged.
        length: Its columns; 0 = nothing came since training.
        cycle: Columns after which the short cycle (week, day) repeats; 1 = there is none.
        run_up: Where its run-up lies, as offsets from its start: the last part of what was trained on. Of a window that
            is shorter than a cycle it has only the same phases, such as the same weekdays.
        years: How far back the same season is: the year once, twice … in columns; empty = there is none.
        earlier: Starts of windows of the same length and phase that the predictor has seen whole, oldest first.
    """

    trained: int
    start: int
    length: int
    cycle: int
    run_up: Integers
    years: tuple[int, ...] = ()
    earlier: tuple[int, ...] = ()

    def window(self, start: int) -> Integers:
        """The columns of the window that begins at ``start``."""
        return start + np.arange(self.length)

    def run_up_of(self, start: int) -> Integers:
        """The columns of the run-up of the window that begins at ``start``; fewer near the beginning of the data."""
        columns = start + self.run_up
        return columns[columns >= 0]

    def seasons_of(self, start: int) -> list[int]:
        """Starts of the windows of the same season in earlier years that were trained on and have a run-up."""
        starts = [start - shift for shift in self.years]
        return [one for one in starts if one + self.length <= self.trained and self._has_run_up(one)]

    def _has_run_up(self, start: int) -> bool:
        return len(self.run_up_of(start)) * 2 >= len(self.run_up)


def plan_windows(periods: int, trained: int, cycles: Sequence[int] = (), year: int | None = None) -> Windows:
    """The windows of a panel: all that came since training, or the newest half of it, or a quarter …

    A window is shortened where training has too few of its length to say what chance does; when no length helps, it is
    not.

    Args:
        periods: All columns.
        trained: How many of them, from the first on, the current predictor was trained on.
        cycles: Lengths of the short cycles (day, week) in columns.
        year: Length of the year in columns; ``None`` = it is shorter than two of them.
    """
    cycle = max((one for one in cycles if trained >= _LEAST_CYCLES * one), default=1)
    since = max(periods - trained, 0)
    years = _multiples(0 if year is None else round(year / cycle) * cycle)
    length, planned = since, _planned(periods, trained, since, cycle, years)
    shorter = planned
    while len(shorter.earlier) < LEAST_EARLIER_WINDOWS and length // 2 >= max(cycle, _LEAST_LENGTH):
        length //= 2
        shorter = _planned(periods, trained, length, cycle, years)
    return shorter if len(shorter.earlier) >= LEAST_EARLIER_WINDOWS else planned


def _planned(periods: int, trained: int, length: int, cycle: int, years: tuple[int, ...]) -> Windows:
    start = periods - length
    stride = -(-max(length, 1) // cycle) * cycle
    reach = max(_RUN_UP_WINDOWS * stride, _RUN_UP_CYCLES * cycle)
    run_up = np.arange(-reach, 0) - (start - trained)
    planned = Windows(trained, start, length, cycle, run_up[run_up % cycle < length], years)
    return replace(planned, earlier=_earlier(planned, stride))


def _multiples(year: int) -> tuple[int, ...]:
    return tuple(year * count for count in range(1, _MOST_YEARS + 1)) if year else ()


def _earlier(windows: Windows, stride: int) -> tuple[int, ...]:
    first = windows.start - windows.trained + _LEAST_RUN_UP_WINDOWS * stride
    starts = np.arange(windows.start - stride, first - 1, -stride)[::-1]
    starts = starts[starts + windows.length <= windows.trained]
    if len(starts) > MOST_EARLIER_WINDOWS:
        starts = starts[np.linspace(0, len(starts) - 1, MOST_EARLIER_WINDOWS).round().astype(np.int64)]
    return tuple(int(one) for one in starts)
