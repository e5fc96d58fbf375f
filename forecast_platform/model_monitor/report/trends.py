"""What one monitor saw over time: executions, violations by feature, and every distance against its threshold.

Belongs here: the tables whose middle column is a picture over the same time axis. Does not belong here: the shapes
in it (``trend_plots``), the list of executions (``index``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forecast_platform.model_monitor.report.markup import Child, Markup, joined, tag
from forecast_platform.model_monitor.report.sections import scrolling, status_class
from forecast_platform.model_monitor.report.summary import ExecutionSummary
from forecast_platform.model_monitor.report.text import STATUSES, counted, short_number
from forecast_platform.model_monitor.report.timeline import Span, axis_labels
from forecast_platform.model_monitor.report.trend_plots import (
    bars_row,
    heat_legend,
    heat_row,
    line_row,
    slots,
    states_row,
)

MOST_FEATURES = 100
"""Rows per table; the page says how many are left out."""

_MEASURES = {
    "DataQuality": ("Distance to the baseline", "feature"),
    "ModelQuality": ("Metrics", "metric"),
    "ModelBias": ("Bias metrics", "metric"),
    "ModelExplainability": ("Agreement of the attributions with the baseline (NDCG)", "label"),
}


def subject_noun(kind: str) -> str:
    """What is watched in a monitor of ``kind``."""
    return _MEASURES.get(kind, ("", "subject"))[1]


def overview(columns: Sequence[Span], executions: Sequence[ExecutionSummary]) -> Markup:
    """Status, violations and rows over time."""
    violations = [sum(span.violations.values()) for span in columns]
    rows, refused = ([getattr(one, name) for one in executions] for name in ("rows", "refused_rows"))
    by_column = [sum(one.refused_rows for one in span.executions) for span in columns]
    lines = [
        _line("Status", states_row("Status over time", [status_class(span.status) for span in columns]), None, ()),
        _line(
            "Violations",
            bars_row("Violations over time", violations, "bad"),
            f"{sum(violations):,}",
            violations,
        ),
        _line(
            "Rows",
            bars_row("Rows over time", [span.rows for span in columns], "now"),
            f"{sum(rows):,}",
            [span.rows for span in columns],
        ),
    ]
    if any(refused):
        refused_bars = bars_row("Refused rows over time", by_column, "bad")
        lines.append(_line("Refused rows", refused_bars, f"{sum(refused):,}", by_column))
    return joined([_table("Executions over time", "Total", lines, columns), _status_key(columns)])


def violation_map(columns: Sequence[Span], kind: str) -> list[Child]:
    """A row for each feature, metric or label that ever had a violation, most often violated first."""
    totals: dict[str, int] = {}
    for span in columns:
        for name, count in span.violations.items():
            totals[name] = totals.get(name, 0) + count
    if not totals:
        return [tag("p", "No violations.")]
    most = max(count for span in columns for count in span.violations.values())
    names = sorted(totals, key=lambda name: (-totals[name], name))
    lines = []
    for name in names[:MOST_FEATURES]:
        counts = [span.violations.get(name, 0) if span.has_data else None for span in columns]
        lines.append(
            _line(name, heat_row(f"Violations of {name} over time", counts, most), f"{totals[name]:,}", counts)
        )
    return [
        _heat_key(most),
        scrolling("Violations over time", _table("Violations over time", "Total", lines, columns)),
        _left_out(len(names), f"{subject_noun(kind)}s with violations"),
    ]


def measure_lines(columns: Sequence[Span], kind: str) -> tuple[str, list[Child]] | None:
    """A line for each feature or metric, most often violated first; None when nothing was measured.

    Returns:
        A heading, and what goes below it.
    """
    found = {name: [span.measure(name) for span in columns] for name in _measured(columns)}
    if not found:
        return None
    title, noun = _MEASURES.get(kind, ("Measures", "measure"))
    names = sorted(found, key=lambda name: (-sum(bool(one and one.violated) for one in found[name]), name))
    lines = [
        _line(
            name,
            line_row(f"{name} over time, with its threshold", found[name]),
            _newest(name, columns),
            [one.value if one else None for one in found[name]],
        )
        for name in names[:MOST_FEATURES]
    ]
    key = tag(
        "p",
        tag("span", "value", class_="key-line value"),
        tag("span", "threshold", class_="key-line limit"),
        tag("span", "violated", class_="key-line violated"),
        class_="legend",
    )
    return title, [
        key,
        scrolling(title, _table(title, "Newest", lines, columns)),
        _left_out(len(names), noun + "s"),
    ]


def _measured(columns: Iterable[Span]) -> dict[str, None]:
    return {name: None for span in columns for one in span.executions for name in one.measures}


def _newest(name: str, columns: Sequence[Span]) -> Markup | None:
    newest_first = (one for span in reversed(columns) for one in reversed(span.executions))
    newest = next((one.measures[name] for one in newest_first if name in one.measures), None)
    if newest is None:
        return None
    limit = "" if newest.threshold is None else f" / {short_number(newest.threshold)}"
    return joined([tag("b", short_number(newest.value), class_="warn" if newest.violated else None), limit])


def _line(name: str, picture: Markup, summary: Child, values: Iterable[float | None]) -> Markup:
    """A row of a timeline; ``values`` are what the pointer reads, one per column."""
    said = ",".join(
        "" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value) for value in values
    )
    return tag(
        "tr",
        tag("th", name, scope="row", title=name if len(name) > 24 else None),
        tag("td", picture, class_="plot", data_values=said or None),
        tag("td", summary),
    )


def _table(caption: str, summary: str, lines: Sequence[Markup], columns: Sequence[Span]) -> Markup:
    width = 100 / slots(len(columns))
    labels = (
        tag(
            "span",
            text,
            style=f"left:{width * (place + 0.5):.2f}%",
            class_="last" if place > 0.9 * slots(len(columns)) else None,
        )
        for place, text in axis_labels(columns, slots(len(columns)))
    )
    head = tag("tr", tag("td"), tag("td"), tag("th", summary, scope="col"))
    foot = tag("tr", tag("td"), tag("td", tag("div", *labels)), tag("td"), aria_hidden="true")
    return tag(
        "table",
        tag("caption", caption, class_="visually-hidden"),
        tag("thead", head),
        tag("tbody", *lines),
        tag("tfoot", foot),
        class_="timeline",
    )


def _status_key(columns: Sequence[Span]) -> Markup:
    found = {one.status for span in columns for one in span.executions}
    keys = (tag("span", text, class_=f"key state {status}") for status, text in STATUSES.items() if status in found)
    return tag("p", *keys, class_="legend")


def _heat_key(most: int) -> Markup:
    keys = [tag("span", text, class_=f"key heat heat-{step}") for step, text in heat_legend(most).items()]
    return tag("p", "Violations: ", *keys, tag("span", "no data", class_="key heat no-data"), class_="legend")


def _left_out(count: int, noun: str) -> Markup | None:
    if count <= MOST_FEATURES:
        return None
    return tag("p", f"The {MOST_FEATURES} most often violated of {count:,} {noun}.", class_="quiet")


def column_note(columns: Sequence[Span]) -> str:
    """What one column stands for."""
    size = len(columns[0].executions)
    if size == 1:
        return "Each column is one execution."
    return (
        f"Each column stands for {counted(size, 'execution')}: their worst status, their violations and rows added up, "
        "and their worst distance."
    )
