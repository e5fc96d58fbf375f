"""Rows of a timeline as SVG: states, bars, heat cells, lines. Every row has the same columns and stretches alike.

Belongs here: shapes. Does not belong here: which rows there are. A row holds no text, because stretching would
distort it; axes and names are HTML beside it. ``page/trends.js`` says what lies under the pointer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from forecast_platform.model_monitor.report.markup import Markup, tag
from forecast_platform.model_monitor.report.summary import Measure

LEVELS = 4
LEAST_SLOTS = 14
"""A few executions do not fill the whole width: a column stays a column. Two weeks of days do."""

_HEIGHT = 100
_ROOM = 8


def slots(columns: int) -> int:
    """How many columns the width is divided into."""
    return max(columns, LEAST_SLOTS)


def states_row(title: str, states: Sequence[str]) -> Markup:
    """One coloured cell per column; states are classes of ``page/report.css``."""
    return _row(title, len(states), 1, _cells(states), "strip")


def heat_row(title: str, counts: Sequence[int | None], most: int) -> Markup:
    """One cell per column, the darker the more; None is a column without data."""
    states = ["no-data" if count is None else f"heat-{level(count, most)}" if count else "" for count in counts]
    return _row(title, len(counts), 1, _cells(states), "strip")


def level(count: int, most: int) -> int:
    """The colour of ``count`` on a scale up to ``most``: 1 to :data:`LEVELS`."""
    return -(-LEVELS * count // most)


def heat_legend(most: int) -> Mapping[int, str]:
    """Which numbers each colour stands for."""
    bounds = {step: (most * (step - 1) // LEVELS + 1, most * step // LEVELS) for step in range(1, LEVELS + 1)}
    return {
        step: f"{low:,}" if low == high else f"{low:,}–{high:,}" for step, (low, high) in bounds.items() if low <= high
    }


def bars_row(title: str, counts: Sequence[int], kind: str) -> Markup:
    """One bar per column."""
    most = max(counts, default=0) or 1
    bars = "".join(
        f"M{place} {_HEIGHT}v-{max(_HEIGHT * count / most, 2):.0f}" for place, count in enumerate(counts) if count
    )
    return _row(title, len(counts), _HEIGHT, [tag("path", class_=f"cell {kind}", d=bars)], "chart")


def line_row(title: str, measures: Sequence[Measure | None]) -> Markup:
    """A line through the columns that have a value, its threshold, and a dot for each violation."""
    held = [value for one in measures if one for value in (one.value, one.threshold) if value is not None]
    low, high = min(held, default=0.0), max(held, default=0.0)
    if 0 < low < high / 2 or low == high > 0:
        low = 0.0

    def heights(values: Iterable[float | None]) -> list[int | None]:
        inner = (_HEIGHT - 2 * _ROOM) / ((high - low) or 1.0)
        return [None if value is None else round(_HEIGHT - _ROOM - inner * (value - low)) for value in values]

    lines = {
        "limit": _line(heights(one.threshold if one else None for one in measures)),
        "value": _line(heights(one.value if one else None for one in measures)),
        "violated": _dots(heights(one.value if one and one.violated else None for one in measures)),
    }
    parts = (tag("path", class_=kind, d=drawn) for kind, drawn in lines.items() if drawn)
    return _row(title, len(measures), _HEIGHT, parts, "chart")


def _line(heights: Sequence[int | None]) -> str:
    """A line that is broken where there is no value; a value alone is drawn as a short dash."""
    drawn, before = [], None
    for place, height in enumerate(heights):
        after = heights[place + 1] if place + 1 < len(heights) else None
        if height is not None and before is not None:
            drawn.append("h1" if height == before else f"l1{height - before:+d}")
        elif height is not None:
            drawn.append(f"M{place} {height}{'' if after is not None else 'h.4'}")
        before = height
    return "".join(drawn)


def _dots(heights: Sequence[int | None]) -> str:
    return "".join(f"M{place} {height}h0" for place, height in enumerate(heights) if height is not None)


def _cells(states: Sequence[str]) -> list[Markup]:
    """One path per state, so that a thousand cells are not a thousand elements. No state, no cell."""
    places: dict[str, list[int]] = {}
    for place, state in enumerate(states):
        if state:
            places.setdefault(state, []).append(place)
    return [
        tag("path", class_=f"cell {state}", d="".join(f"M{place} 0v1" for place in found))
        for state, found in sorted(places.items())
    ]


def _row(title: str, columns: int, height: int, parts: Iterable[Markup], kind: str) -> Markup:
    return tag(
        "svg",
        tag("title", title),
        *parts,
        class_=kind,
        viewBox=f"-.5 0 {slots(columns)} {height}",
        preserveAspectRatio="none",
        role="img",
    )
