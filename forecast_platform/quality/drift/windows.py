"""Which periods are compared: the window since training, its run-up, the same season of earlier years, earlier windows.

Belongs here: integer arithmetic on the columns of a panel. Does not belong here: values (``relative``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

LEAST_EARLIER_WINDOWS = 4
"""With fewer, what they say of chance is chance itself."""
_AMPLE_EARLIER_WINDOWS = 8
"""With so many it is known well enough for a threshold that is not much higher."""
MOST_EARLIER_WINDOWS = 30
"""More hardly make what chance does better known, and cost time."""
_LEAST_CYCLES = 6
"""The week is minded when training has seen so many of them; with fewer the day, if there is one, and else nothing."""
_MOST_CYCLES, _MOST_WITHOUT_CYCLE = 4, 30
"""A window is at most so many cycles or, without a cycle, columns: in a longer one, what has just changed is lost."""
_LEAST_LENGTH = 10
"""A window is not halved below this to find more of its length in training."""
_RUN_UP_WINDOWS, _RUN_UP_CYCLES = 4, 8
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
        reach: Columns that a run-up covers.
        gap: Columns between what was trained on and the window.
        years: How far back the same season is: the year once, twice … in columns; empty = there is none.
        earlier: Starts of windows of the same length and phase that the predictor has seen whole, oldest first.
        earlier_gap: Columns between those and their run-ups: ``gap``, or as much of it as training has room for.
    """

    trained: int
    start: int
    length: int
    cycle: int
    reach: int
    gap: int
    years: tuple[int, ...] = ()
    earlier: tuple[int, ...] = ()
    earlier_gap: int = 0

    def window(self, start: int) -> Integers:
        """The columns of the window that begins at ``start``."""
        return start + np.arange(self.length)

    def run_up(self, start: int, gap: int) -> Integers:
        """The columns of the run-up that ends ``gap`` columns before ``start``; fewer near the beginning of the data.

        That of a window shorter than a cycle has only the same phases of the cycle, such as the same weekdays.
        """
        offsets = np.arange(-self.reach, 0) - gap
        columns = start + offsets[offsets % self.cycle < self.length]
        return columns[columns >= 0]

    def seasons(self, start: int, gap: int) -> list[int]:
        """Starts of the windows of the same season in earlier years that were trained on and have a run-up."""
        whole = self.reach // self.cycle * min(self.length, self.cycle)
        starts = [start - shift for shift in self.years]
        return [
            one
            for one in starts
            if one + self.length <= self.trained and 2 * len(self.run_up(one, gap)) >= max(whole, 1)
        ]


def plan_windows(periods: int, trained: int, cycles: Sequence[int] = (), year: int | None = None) -> Windows:
    """The windows of a panel.

    The window is all that came since training, or its newest part where that is long. It is halved where training has
    too few windows of its length to say what chance does; when that does not help, it is not.

    Args:
        periods: All columns.
        trained: How many of them, from the first on, the current predictor was trained on.
        cycles: Lengths of the short cycles (day, week) in columns.
        year: Length of the year in columns; ``None`` = it is shorter than two of them.
    """
    cycle = max((one for one in cycles if trained >= _LEAST_CYCLES * one), default=1)
    longest = max(min(periods - trained, _MOST_CYCLES * cycle if cycle > 1 else _MOST_WITHOUT_CYCLE), 0)
    length, count = _length(longest, cycle, trained)
    stride = _stride(length, cycle)
    gap = max(periods - length - trained, 0)
    whole_year = 0 if year is None else round(year / cycle) * cycle
    windows = Windows(
        trained=trained,
        start=periods - length,
        length=length,
        cycle=cycle,
        reach=max(_RUN_UP_WINDOWS * stride, _RUN_UP_CYCLES * cycle),
        gap=gap,
        years=tuple(whole_year * count for count in range(1, _MOST_YEARS + 1)) if whole_year else (),
        earlier_gap=min(gap, max(trained - _room(length, cycle, count), 0)),
    )
    return replace(windows, earlier=_earlier(windows, stride))


def _length(longest: int, cycle: int, trained: int) -> tuple[int, int]:
    """The length of the window, and how many earlier ones of it training has room for at least."""
    for count in (_AMPLE_EARLIER_WINDOWS, LEAST_EARLIER_WINDOWS):
        length = longest
        while length >= max(min(longest, max(cycle, _LEAST_LENGTH)), 1):
            if trained >= _room(length, cycle, count):
                return length, count
            length = length // 2 // cycle * cycle
    return longest, 0


def _stride(length: int, cycle: int) -> int:
    """From one window to the next of the same phase."""
    return -(-max(length, 1) // cycle) * cycle


def _room(length: int, cycle: int, count: int) -> int:
    """Columns that training needs for ``count`` earlier windows of any phase, each with at least a short run-up."""
    return (count + _LEAST_RUN_UP_WINDOWS) * _stride(length, cycle) + length


def _earlier(windows: Windows, stride: int) -> tuple[int, ...]:
    first = windows.earlier_gap + _LEAST_RUN_UP_WINDOWS * stride
    starts = np.arange(windows.start - stride, first - 1, -stride)[::-1]
    starts = starts[starts + windows.length <= windows.trained]
    if len(starts) > MOST_EARLIER_WINDOWS:
        starts = starts[np.linspace(0, len(starts) - 1, MOST_EARLIER_WINDOWS).round().astype(np.int64)]
    return tuple(int(one) for one in starts)
