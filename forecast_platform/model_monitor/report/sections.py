"""Parts that several sections of the reports are made of.

Belongs here: a section, a table that scrolls, statuses, the legend. Does not belong here: what is said in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from forecast_platform.model_monitor.report.markup import Child, Markup, tag
from forecast_platform.model_monitor.report.text import STATUSES


def section(identity: str, title: str, *children: Child) -> Markup:
    """A part of the page with a heading."""
    heading = tag("h2", title, id=f"{identity}-heading")
    return tag("section", heading, *children, class_="block", id=identity, aria_labelledby=f"{identity}-heading")


def scrolling(label: str, table: Markup) -> Markup:
    """A table that scrolls by itself, also with the keyboard."""
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=label)


def plain_table(
    caption: str, head: Sequence[tuple[str, str]], rows: Iterable[Sequence[Child]], identity: str | None = None
) -> Markup:
    """A table that can be sorted.

    Args:
        caption: Read out by screen readers.
        head: Name and class of each column; the class ``text`` aligns to the left.
        rows: The first cell of each names the row.
    """
    body = (
        tag(
            "tr",
            tag("th", first, scope="row"),
            *(tag("td", cell, class_=kind or None) for cell, (_, kind) in zip(others, head[1:], strict=True)),
        )
        for first, *others in rows
    )
    return tag(
        "table",
        tag("caption", caption, class_="visually-hidden"),
        tag("thead", tag("tr", *(tag("th", text, scope="col", class_=kind or None) for text, kind in head))),
        tag("tbody", *body),
        class_="sortable",
        id=identity,
    )


def status_badge(status: str) -> Markup:
    """A status in words; ``page/report.css`` adds a sign and a colour that say the same."""
    return tag("span", STATUSES.get(status, status or "Unknown"), class_=f"status {status_class(status)}")


def status_class(status: str) -> str:
    """The class of a status in ``page/report.css``."""
    return status if status in STATUSES else "Unknown"


def link(text: str, address: str) -> Markup:
    """A link to a file, by its path relative to the page."""
    return tag("a", text, href=local_address(address))


def local_address(path: str) -> str | None:
    """The address of a file by its path relative to the page. None for a path that would lead to another machine."""
    return None if path.startswith("/") else quote(path, safe="/", errors="replace")


def legend() -> Markup:
    """What the two colours mean."""
    return tag(
        "p", tag("span", "Baseline", class_="key base"), tag("span", "Current", class_="key now"), class_="legend"
    )


def facts(pairs: Iterable[tuple[str, Child]]) -> Markup:
    """Names and values side by side."""
    return tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs), class_="facts")
