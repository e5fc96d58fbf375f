"""The report of one execution: a page that is one file.

Belongs here: which sections it has, and its head. Does not belong here: what is in a section.
"""

from __future__ import annotations

from collections.abc import Mapping

from forecast_platform.dashboards.document import (
    asset,
    base_style,
    content_security_policy,
    filled,
    inline_script,
)
from forecast_platform.model_monitor.report.clarify import attribution_sections, bias_section
from forecast_platform.model_monitor.report.documents import ExecutionDocuments, mappings
from forecast_platform.model_monitor.report.feature_section import MOST_CARDS, feature_section
from forecast_platform.model_monitor.report.markup import Markup, joined, tag
from forecast_platform.model_monitor.report.model_quality import model_quality_section
from forecast_platform.model_monitor.report.sections import facts, link, plain_table, scrolling, section, status_badge
from forecast_platform.model_monitor.report.text import KINDS, whole, window
from forecast_platform.model_monitor.report.violation_table import violation_section

_SCRIPTS = ("theme.js", "tables.js", "features.js", "hover.js")


def execution_page(
    documents: ExecutionDocuments, files: Mapping[str, str] | None = None, index: str | None = None
) -> bytes:
    """Draw the report of one execution.

    Args:
        files: What to link to, by name: paths relative to the page. Default: those of SageMaker's documents that
            the execution has, under their own names, and ``execution.json``.
        index: Path of the page with the trends, relative to this one.

    Returns:
        One HTML file that loads nothing and works from a disk. Same documents, same bytes. About 4 KB per feature;
        past :data:`~.feature_section.MOST_CARDS` features only the worst are drawn.
    """
    return report_document(_SCRIPTS, _title(documents), _masthead(documents, index), _body(documents, files))


def report_document(scripts: tuple[str, ...], title: str, masthead: Markup, body: Markup) -> bytes:
    """A page of ours: template, styles and scripts put together."""
    package = __package__ or ""
    script = inline_script("\n".join(asset(package, name) for name in scripts))
    parts = {
        "title": joined([title]),
        "policy": content_security_policy([script]),
        "style": base_style() + asset(package, "report.css"),
        "masthead": masthead,
        "body": body,
        "script": script,
    }
    return filled(asset(package, "report.html"), parts).encode("utf-8")


def _title(documents: ExecutionDocuments) -> str:
    kind = documents.text("kind")
    parts = (documents.text("monitor"), KINDS.get(kind, kind), _window(documents))
    return " · ".join(part for part in parts if part)


def _window(documents: ExecutionDocuments) -> str:
    return window(documents.execution.get("window_start"), documents.execution.get("window_end"))


def _masthead(documents: ExecutionDocuments, index: str | None) -> Markup:
    served = "/".join(part for part in (documents.text("endpoint"), documents.text("variant")) if part)
    kind = documents.text("kind")
    refused = whole(documents.execution.get("refused_rows"))
    pairs = [
        ("Window", _window(documents)),
        ("Rows", f"{whole(documents.execution.get('rows')):,}"),
        ("Refused rows", tag("a", f"{refused:,}", href="#refused") if refused else "0"),
        *([("Features", f"{len(documents.features):,}")] if documents.features else []),
        ("Violations", f"{len(documents.found_violations):,}"),
    ]
    reason = documents.text("reason")
    home = link("All executions", index) if index else None
    return joined(
        [
            tag(
                "div",
                tag("p", joined([home, KINDS.get(kind, kind), served or None], " · "), class_="eyebrow"),
                tag("h1", documents.text("monitor")),
                class_="masthead-title",
            ),
            tag(
                "p",
                status_badge(documents.text("status")),
                reason and tag("span", reason, class_="reason"),
                class_="outcome",
            ),
            facts(pairs),
        ]
    )


def _body(documents: ExecutionDocuments, files: Mapping[str, str] | None) -> Markup:
    drawn = sorted(documents.features, key=lambda feature: feature.severity)[:MOST_CARDS]
    return joined(
        [
            _notes(documents),
            violation_section(documents, {feature.name: feature.place for feature in drawn}),
            model_quality_section(documents),
            bias_section(documents),
            *attribution_sections(documents),
            feature_section(documents.features),
            _refused(documents),
            _files(_own_files(documents) if files is None else files),
        ]
    )


def _notes(documents: ExecutionDocuments) -> Markup | None:
    notes = documents.execution.get("notes")
    if not isinstance(notes, (list, tuple)) or not notes:
        return None
    return section("notes", "Notes", tag("ul", *(tag("li", str(note)) for note in notes)))


def _refused(documents: ExecutionDocuments) -> Markup | None:
    count = whole(documents.execution.get("refused_rows"))
    rows = [
        [str(one.get("where", "")), str(one.get("reason", ""))] for one in mappings(documents.execution.get("refused"))
    ]
    if not count and not rows:
        return None
    shown = f"The first {len(rows)} of {count:,}." if len(rows) < count else None
    table = plain_table("Refused rows", (("File and line", "text"), ("Reason", "text wide")), rows)
    return section(
        "refused",
        "Refused rows",
        scrolling("Refused rows", table) if rows else None,
        tag("p", shown, class_="quiet") if shown else None,
    )


def _own_files(documents: ExecutionDocuments) -> dict[str, str]:
    held = {
        "statistics.json": documents.statistics,
        "constraints.json": documents.constraints,
        "constraint_violations.json": documents.violations,
        "execution.json": documents.execution,
    }
    return {name: name for name, document in held.items() if document}


def _files(files: Mapping[str, str]) -> Markup | None:
    if not files:
        return None
    links = (tag("li", link(name, address)) for name, address in files.items())
    return section("files", "Files", tag("ul", *links, class_="files"))
