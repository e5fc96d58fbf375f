"""The violations of one execution.

Belongs here: how many of each type, and the table of all. Does not belong here: features and metrics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from forecast_platform.model_monitor.report.documents import ExecutionDocuments, Violation
from forecast_platform.model_monitor.report.markup import Child, Markup, tag
from forecast_platform.model_monitor.report.sections import plain_table, scrolling, section
from forecast_platform.model_monitor.report.text import check_name, counted

MOST_ROWS = 1000
_SUBJECTS = {"DataQuality": "Feature", "ModelQuality": "Metric", "ModelBias": "Facet and metric"}
_FILTER_FROM = 8


def violation_section(documents: ExecutionDocuments, places: Mapping[str, int]) -> Markup | None:
    """All violations; None when the execution has no document that says whether there are any.

    Args:
        places: Of the features that have a card on this page, by name; their names become links.
    """
    violations = documents.found_violations
    if not violations:
        checked = documents.violations.get("violations") is not None
        said = tag("p", "No violations: the data meets every constraint.")
        return section("violations", "Violations", said) if checked else None
    subject = _SUBJECTS.get(documents.text("kind"), "Subject")
    head = ((subject, "text"), ("Check", "text"), ("Description", "text wide"))
    table = plain_table("Violations", head, (_row(one, places) for one in violations[:MOST_ROWS]), "violation-table")
    note = f"The first {MOST_ROWS:,} of {len(violations):,}; constraint_violations.json has all."
    return section(
        "violations",
        "Violations",
        _counts(documents.violations_by_check),
        _tools(violations) if len(violations) >= _FILTER_FROM else None,
        scrolling("Violations", table),
        tag("p", note, class_="quiet") if len(violations) > MOST_ROWS else None,
    )


def _row(violation: Violation, places: Mapping[str, int]) -> list[Child]:
    place = places.get(violation.subject)
    name = violation.subject if place is None else tag("a", violation.subject, href=f"#f{place}")
    return [name, check_name(violation.check), violation.description]


def _counts(counts: Mapping[str, int]) -> Markup:
    entries = (tag("li", check_name(check), " ", tag("b", f"{count:,}")) for check, count in counts.items())
    return tag("ul", *entries, class_="counts", aria_label="Violations by type")


def _tools(violations: Sequence[Violation]) -> Markup:
    checks = sorted({check_name(one.check) for one in violations})
    return tag(
        "div",
        tag("input", type="search", placeholder="Filter violations", aria_label="Filter violations", data_words=True),
        tag(
            "select",
            tag("option", "All checks", value=""),
            *(tag("option", check, value=check) for check in checks),
            aria_label="Check",
            data_column=1,
        ),
        tag("span", counted(len(violations), "violation"), class_="quiet", role="status"),
        class_="toolbar",
        data_filters="violation-table",
        hidden=True,
    )
