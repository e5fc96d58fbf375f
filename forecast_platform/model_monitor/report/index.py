"""The index of all executions, with trends: a page that is one file.

Belongs here: the page and the list of executions. Does not belong here: trends (``trends``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from forecast_platform.dashboards.series import json_text
from forecast_platform.model_monitor.report.execution import report_document
from forecast_platform.model_monitor.report.markup import Child, Markup, joined, tag
from forecast_platform.model_monitor.report.sections import (
    facts,
    link,
    local_address,
    plain_table,
    scrolling,
    section,
    status_badge,
)
from forecast_platform.model_monitor.report.summary import ExecutionSummary
from forecast_platform.model_monitor.report.text import KINDS, STATUSES, counted, moment
from forecast_platform.model_monitor.report.timeline import Span, spans
from forecast_platform.model_monitor.report.trend_plots import slots
from forecast_platform.model_monitor.report.trends import (
    column_note,
    measure_lines,
    overview,
    subject_noun,
    violation_map,
)

MOST_EXECUTIONS = 1000
"""Rows of the list; trends cover all executions. The page says how many are left out."""

_SCRIPTS = ("theme.js", "tables.js", "trends.js")


def index_page(executions: Iterable[ExecutionSummary], title: str = "Model monitor") -> bytes:
    """Draw the index of executions, in any order, of one monitor or of several.

    Returns:
        One HTML file that loads nothing and works from a disk. Same executions, same bytes. It stays below a megabyte
        per monitor: up to :data:`~.timeline.MOST_COLUMNS` columns, then several executions share one; up to
        :data:`~.trends.MOST_FEATURES` features, most often violated first.
    """
    groups: dict[tuple[str, str, str], list[ExecutionSummary]] = {}
    for one in sorted(executions, key=lambda one: (one.window_start, one.window_end, one.page)):
        groups.setdefault((one.monitor, one.endpoint, one.kind), []).append(one)
    monitors = [groups[key] for key in sorted(groups)]
    names = _names(monitors)
    parts = [_group(place, names[place], group) for place, group in enumerate(monitors)]
    body = joined(parts) if parts else tag("p", "There are no executions yet.")
    everything = [one for group in monitors for one in group]
    return report_document(_SCRIPTS, title, joined([_masthead(title, everything), _contents(names, monitors)]), body)


def _masthead(title: str, executions: Sequence[ExecutionSummary]) -> Markup:
    starts = sorted(one.window_start for one in executions)
    violated = sum(one.status == "CompletedWithViolations" for one in executions)
    pairs: list[tuple[str, Child]] = [
        ("Executions", f"{len(executions):,}"),
        ("With violations", f"{violated:,}"),
        ("Failed", f"{sum(one.status == 'Failed' for one in executions):,}"),
    ]
    if starts:
        pairs += [("From", moment(starts[0])), ("To", moment(starts[-1]))]
    return joined([tag("div", tag("h1", title), class_="masthead-title"), facts(pairs)])


def _names(groups: Sequence[Sequence[ExecutionSummary]]) -> list[str]:
    """What tells the parts apart: the monitoring type, with the monitor and the endpoint where there are several."""
    newest = [group[-1] for group in groups]
    told = [name for name in ("monitor", "endpoint") if len({getattr(one, name) for one in newest}) > 1]
    parts = ([*(getattr(one, name) for name in told), KINDS.get(one.kind, one.kind)] for one in newest)
    return [" · ".join(part for part in those if part) for those in parts]


def _contents(names: Sequence[str], groups: Sequence[Sequence[ExecutionSummary]]) -> Markup | None:
    """Links to the parts, with their newest status; None when there is one only."""
    if len(groups) < 2:
        return None
    entries = (
        tag("li", tag("a", name, href=f"#monitor-{place}"), " ", status_badge(group[-1].status))
        for place, (name, group) in enumerate(zip(names, groups, strict=True))
    )
    return tag("nav", tag("ul", *entries, class_="files"), aria_label="Monitors")


def _group(place: int, name: str, executions: Sequence[ExecutionSummary]) -> Markup:
    """Everything of one monitoring type."""
    newest, columns = executions[-1], spans(executions)
    lines = measure_lines(columns, newest.kind)
    heading = tag("h2", name, id=f"monitor-{place}")
    what = [newest.monitor, newest.endpoint or None, f"newest {moment(newest.window_start)}"]
    return tag(
        "article",
        tag("header", heading, status_badge(newest.status), tag("p", joined(what, " · "), class_="quiet")),
        overview(columns, executions),
        tag("p", column_note(columns), " ", _column_hint(), class_="quiet"),
        _search(newest.kind),
        _part(place, "map", f"Violations by {subject_noun(newest.kind)}", *violation_map(columns, newest.kind)),
        _part(place, "lines", lines[0], *lines[1]) if lines else None,
        _part(place, "list", "Executions", *_list(executions)),
        tag("script", _column_facts(columns), type="application/json", class_="columns"),
        class_="monitor",
        data_slots=slots(len(columns)),
        aria_labelledby=f"monitor-{place}",
    )


def _search(kind: str) -> Markup:
    what = f"Search {subject_noun(kind)}s"
    search = tag("input", type="search", placeholder=what, aria_label=what, class_="search")
    return tag("div", search, class_="toolbar", hidden=True)


def _column_hint() -> Markup:
    return tag("span", "Click a column to open its execution.", class_="hint", hidden=True)


def _part(place: int, identity: str, title: str, *children: Child) -> Markup:
    return section(f"{identity}-{place}", title, *children)


def _column_facts(columns: Sequence[Span]) -> Markup:
    """What the pointer reads of each column: when, status, and the page to open. Safe inside a script element."""
    found = [[span.title, STATUSES.get(span.status, span.status), local_address(span.worst.page)] for span in columns]
    return Markup(json_text(found))


def _list(executions: Sequence[ExecutionSummary]) -> list[Child]:
    head = (
        ("Start", "text"),
        ("Status", "text"),
        ("Violations", ""),
        ("Rows", ""),
        ("Refused", ""),
        ("Reason", "text wide"),
    )
    rows = (
        [
            link(moment(one.window_start), one.page),
            status_badge(one.status),
            f"{one.violation_count:,}",
            f"{one.rows:,}",
            f"{one.refused_rows:,}",
            one.reason or None,
        ]
        for one in reversed(executions[-MOST_EXECUTIONS:])
    )
    note = f"The newest {MOST_EXECUTIONS:,} of {counted(len(executions), 'execution')}."
    return [
        scrolling("Executions", plain_table("Executions, newest first", head, rows)),
        tag("p", note, class_="quiet") if len(executions) > MOST_EXECUTIONS else None,
    ]
