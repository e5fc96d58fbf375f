"""Executions as the columns of a time axis: one each, or several together when there are more than a screen can show.

Belongs here: which executions share a column, and what a column says of them. Does not belong here: drawing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from forecast_platform.model_monitor.report.summary import ExecutionSummary, Measure
from forecast_platform.model_monitor.report.text import moment

MOST_COLUMNS = 180
"""A column is then still six pixels wide on a large screen, and one on a phone."""

_WORST_FIRST = ("CompletedWithViolations", "Failed", "Stopped", "Completed")


@dataclass(frozen=True)
class Span:
    """The executions of one column, oldest first; at least one."""

    executions: tuple[ExecutionSummary, ...]

    @cached_property
    def worst(self) -> ExecutionSummary:
        """The one to look at: most violations, then the worst status, then the newest."""
        return max(reversed(self.executions), key=lambda one: (one.violation_count, -_rank(one.status)))

    @property
    def status(self) -> str:
        """The worst status in the column."""
        return min((one.status for one in self.executions), key=_rank)

    @property
    def title(self) -> str:
        """When, in words."""
        first, last = self.executions[0], self.executions[-1]
        if first is last:
            return moment(first.window_start)
        return f"{moment(first.window_start)} to {moment(last.window_start)} ({len(self.executions)} executions)"

    @property
    def rows(self) -> int:
        """Rows of all of them."""
        return sum(one.rows for one in self.executions)

    @cached_property
    def violations(self) -> dict[str, int]:
        """By feature, of all of them."""
        counts: dict[str, int] = {}
        for one in self.executions:
            for name, count in one.violations.items():
                counts[name] = counts.get(name, 0) + count
        return counts

    @property
    def has_data(self) -> bool:
        """Whether any of them got as far as looking at data."""
        return any(one.status in ("Completed", "CompletedWithViolations") for one in self.executions)

    def measure(self, name: str) -> Measure | None:
        """The worst: of the violated ones the furthest from its threshold, else the nearest to it, else the newest."""
        found = [one.measures[name] for one in reversed(self.executions) if name in one.measures]
        violated = [one for one in found if one.violated]
        if violated:
            return max(violated, key=_to_threshold)
        return min(found, key=_to_threshold, default=None)


def _to_threshold(measure: Measure) -> float:
    return 0.0 if measure.threshold is None else abs(measure.value - measure.threshold)


def spans(executions: Sequence[ExecutionSummary], most: int = MOST_COLUMNS) -> tuple[Span, ...]:
    """At most ``most`` columns of equally many executions, counted from the oldest, so that full ones stay the same."""
    size = max(1, math.ceil(len(executions) / most))
    return tuple(Span(tuple(executions[start : start + size])) for start in range(0, len(executions), size))


def axis_labels(columns: Sequence[Span], width: int, most: int = 6) -> list[tuple[int, str]]:
    """Which columns to name below an axis that has room for ``width``, and how: the year only where it changes."""
    step = max(1, math.ceil(width / most))
    labels, year = [], ""
    for place in range(0, len(columns), step):
        text = moment(columns[place].executions[0].window_start)
        shown = text if text[:4] != year or text[4:5] != "-" else text[5:]
        year = text[:4]
        labels.append((place, shown))
    return labels


def _rank(status: str) -> int:
    return _WORST_FIRST.index(status) if status in _WORST_FIRST else len(_WORST_FIRST)
