"""The features of one execution: a table to sort, and below it the cards.

Belongs here: the table, the tools to search and filter. Does not belong here: the cards (``feature_card``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from forecast_platform.model_monitor.report.documents import Column, Feature
from forecast_platform.model_monitor.report.feature_card import P_VALUE, distance_bar, feature_card
from forecast_platform.model_monitor.report.markup import Markup, tag
from forecast_platform.model_monitor.report.sections import legend, scrolling, section
from forecast_platform.model_monitor.report.text import ABSENT, number, share

MOST_CARDS = 150
MOST_ROWS = 1000
"""Pages stay small; all numbers are in the JSON files beside them."""

_EXPLANATION = (
    "A distance of 0 means that two distributions are the same, 1 that they share nothing. For numbers it is the "
    "largest difference between the cumulative distributions, where the dashed line is; for texts the largest "
    "difference between the shares of one value. Robust subtracts what chance explains. Numbers are drawn from "
    "sketches, so a share is exact to 0.2 %."
)
_COLUMNS = (
    ("Feature", "text"),
    ("Type", "text"),
    ("Violations", ""),
    ("Distance", ""),
    ("", "bar"),
    ("Threshold", ""),
    ("Complete, base", ""),
    ("Complete, now", ""),
    ("Mean, base", ""),
    ("Mean, now", ""),
)


def feature_section(features: Sequence[Feature]) -> Markup | None:
    """All features, worst first; None when there are none."""
    if not features:
        return None
    worst_first = sorted(features, key=lambda feature: feature.severity)
    longest = _longest_bar(features)
    return section(
        "features",
        "Features",
        _toolbar(features),
        scrolling("Features as a table", _table(worst_first[:MOST_ROWS], longest)),
        _left_out(len(features)),
        legend(),
        tag(
            "div", *(feature_card(feature, longest) for feature in worst_first[:MOST_CARDS]), class_="cards", id="cards"
        ),
        tag("p", "No feature matches.", id="no-feature", class_="quiet", hidden=True, role="status"),
        tag("p", _EXPLANATION, class_="quiet explanation"),
    )


def _left_out(count: int) -> Markup | None:
    said = []
    if count > MOST_ROWS:
        said.append(f"The table has the {MOST_ROWS:,} worst of {count:,} features.")
    if count > MOST_CARDS:
        said.append(f"The {MOST_CARDS} worst of {count:,} features are drawn.")
    return tag("p", " ".join([*said, "The JSON files have all of them."]), class_="quiet") if said else None


def _toolbar(features: Sequence[Feature]) -> Markup:
    shows = [
        ("all", "All", len(features)),
        ("violated", "With violations", sum(bool(one.violations) for one in features)),
    ]
    shows.append(("drifted", "Drifted", sum(one.drifted for one in features)))
    buttons = (
        tag(
            "button",
            f"{text} ({count:,})",
            type="button",
            data_show=show,
            aria_pressed="true" if show == "all" else "false",
        )
        for show, text, count in shows
    )
    orders = (("worst", "Worst first"), ("name", "By name"), ("place", "As in the data"))
    return tag(
        "div",
        tag("input", type="search", id="search", placeholder="Search features", aria_label="Search features"),
        tag("div", *buttons, class_="segments", role="group", aria_label="Features shown"),
        tag(
            "select",
            *(tag("option", text, value=value) for value, text in orders),
            id="order",
            aria_label="Order of the pictures",
        ),
        class_="toolbar",
        id="feature-tools",
        hidden=True,
    )


def _table(features: Sequence[Feature], longest: float) -> Markup:
    head = tag("tr", *(tag("th", text, scope="col", class_=kind or None) for text, kind in _COLUMNS))
    rows = (_row(feature, longest, drawn=place < MOST_CARDS) for place, feature in enumerate(features))
    caption = tag("caption", "Features, worst first", class_="visually-hidden")
    return tag("table", caption, tag("thead", head), tag("tbody", *rows), class_="sortable", id="feature-table")


def _row(feature: Feature, longest: float, drawn: bool) -> Markup:
    distance = feature.distance
    name = tag("a", feature.name, href=f"#f{feature.place}") if drawn else feature.name
    return tag(
        "tr",
        tag("th", name, scope="row"),
        tag("td", feature.kind, class_="text"),
        tag("td", len(feature.violations) or None, class_="warn" if feature.violations else None),
        tag("td", number(distance.value) if distance else ABSENT),
        tag("td", distance_bar(distance, longest), class_="bar"),
        tag("td", number(distance.threshold) if distance else ABSENT),
        *_pair(feature, lambda column: share(column.completeness)),
        *_pair(feature, lambda column: number(column.mean)),
        data_violated=bool(feature.violations),
        data_drifted=feature.drifted,
    )


def _pair(feature: Feature, text: Callable[[Column], str]) -> list[Markup]:
    return [tag("td", text(column) if column else ABSENT) for column in (feature.baseline, feature.current)]


def _longest_bar(features: Sequence[Feature]) -> float:
    """One scale for all bars. A p-value is no distance and has none."""
    distances = [one.distance for one in features if one.distance and one.distance.method != P_VALUE]
    return 1.05 * max((value or 0.0 for one in distances for value in (one.value, one.threshold)), default=0.0)
