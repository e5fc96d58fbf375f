"""One feature with a picture: its two distributions, their statistics and the distance between them.

Belongs here: the card. Does not belong here: how distributions are compared (``distributions``) or drawn (``plots``).
"""

from __future__ import annotations

from forecast_platform.model_monitor.report.distributions import Categories, Histogram, categories, histogram
from forecast_platform.model_monitor.report.documents import Column, Distance, Feature
from forecast_platform.model_monitor.report.markup import Child, Markup, joined, tag
from forecast_platform.model_monitor.report.plots import gap_text, histogram_picture, meter
from forecast_platform.model_monitor.report.text import check_name, counted, number, share, short_number, shortened

P_VALUE = "ChiSquared"
"""The method whose "distance" is a p-value: small is bad, and no bar can show that next to distances."""


def feature_card(feature: Feature, longest: float) -> Markup:
    """One feature: its distributions, the statistics they come from, its distance, and the checks it failed.

    Args:
        longest: End of the scale of distances, the same on all cards.
    """
    return tag(
        "article",
        tag("header", tag("h3", feature.name), tag("span", feature.kind, class_="chip"), *_states(feature)),
        *_distributions(feature),
        _statistics(feature),
        _distance_text(feature.distance, longest),
        class_="card",
        id=f"f{feature.place}",
        data_place=feature.place,
    )


def _distributions(feature: Feature) -> list[Markup | None]:
    if numeric := histogram(feature.baseline, feature.current):
        picture = histogram_picture(feature.name, numeric)
        return [picture, _gap_note(gap_text(numeric.gap)), _tail_note(feature, numeric)]
    if textual := categories(feature.baseline, feature.current):
        return [_category_table(textual), _gap_note(gap_text(textual.gap))]
    return [_no_picture(feature)]


def _gap_note(text: str) -> Markup | None:
    return tag("p", text, class_="quiet") if text else None


def _states(feature: Feature) -> list[Markup]:
    """The checks it failed, with the monitor's words as a tooltip."""
    said = {check_name(one.check): one.description for one in feature.violations}
    return [tag("span", name, class_="chip warn", title=description) for name, description in said.items()]


def _no_picture(feature: Feature) -> Markup:
    columns = [column for column in (feature.baseline, feature.current) if column]
    if feature.kind == "String" and any(column.present for column in columns):
        reason = "It has too many different values for statistics.json to list them."
    elif any(column.present for column in columns):
        reason = "Its statistics hold no distribution that can be drawn."
    else:
        reason = "It has no values."
    return tag("p", reason, class_="quiet empty")


def _tail_note(feature: Feature, found: Histogram) -> Markup | None:
    columns = [column for column in (feature.baseline, feature.current) if column]
    lowest = min((one.minimum for one in columns if one.minimum is not None), default=None)
    highest = max((one.maximum for one in columns if one.maximum is not None), default=None)
    beyond = [f"down to {number(lowest)}"] if found.tails[0] else []
    beyond += [f"up to {number(highest)}"] if found.tails[1] else []
    return tag("p", f"The outermost bars hold the tails, {' and '.join(beyond)}.", class_="quiet") if beyond else None


def _category_table(found: Categories) -> Markup:
    rows = [_category_row(*row, most=_most(found), class_=None) for row in found.rows]
    if found.others:
        count, base, now = found.others
        rows.append(_category_row(counted(count, "other"), base, now, most=_most(found), class_="others"))
    head = tag("tr", *(tag("th", text, scope="col") for text in ("Value", "", "Baseline", "Current")))
    return tag("table", tag("thead", head, class_="visually-hidden"), tag("tbody", *rows), class_="categories")


def _most(found: Categories) -> float:
    shares = [one for _, *pair in found.rows for one in pair] + list(found.others[1:] if found.others else ())
    return max((one or 0.0 for one in shares), default=0.0) or 1.0


def _category_row(name: str, base: float | None, now: float | None, most: float, class_: str | None) -> Markup:
    bars = (
        tag("i", class_=kind, style=f"width:{100 * value / most:.0f}%")
        for kind, value in (("base", base), ("now", now))
        if value is not None
    )
    text = shortened(name) if name.strip() else repr(shortened(name))
    return tag(
        "tr",
        tag("th", text, scope="row", title=text if len(text) > 16 else None),
        tag("td", *bars),
        tag("td", share(base)),
        tag("td", share(now)),
        class_=class_,
    )


def _statistics(feature: Feature) -> Markup:
    columns = [("Baseline", "base", feature.baseline), ("Current", "now", feature.current)]
    numeric = any(column and column.mean is not None for _, _, column in columns)
    names = ("Complete", "Mean", "Std dev", "Min", "Max") if numeric else ("Complete", "Missing", "Different values")
    head = tag("tr", tag("td"), *(tag("th", name, scope="col") for name in names))
    rows = [
        tag("tr", tag("th", text, scope="row", class_=f"key {kind}"), *_cells(column, numeric, len(names)))
        for text, kind, column in columns
    ]
    return tag("div", tag("table", tag("thead", head), tag("tbody", *rows), class_="statistics"), class_="fitting")


def _cells(column: Column | None, numeric: bool, count: int) -> list[Markup]:
    if column is None:
        return [tag("td", "not in the data", colspan=count, class_="quiet")]
    values: list[Child] = [share(column.completeness)]
    if numeric:
        values += [short_number(one) for one in (column.mean, column.std_dev, column.minimum, column.maximum)]
    else:
        values += [number(column.missing), number(column.distinct)]
    return [tag("td", value) for value in values]


def _distance_text(distance: Distance | None, longest: float) -> Markup | None:
    if distance is None:
        return None
    what = "P-value" if distance.method == P_VALUE else "Distance"
    values = joined([what, tag("b", number(distance.value)), "threshold", tag("b", number(distance.threshold))], " ")
    method = f" ({distance.method})" if distance.method else ""
    state = tag(
        "span", "drifted" if distance.drifted else "not drifted", class_="chip warn" if distance.drifted else "chip"
    )
    return tag("p", joined([values, method, " "]), state, distance_bar(distance, longest), class_="distance")


def distance_bar(distance: Distance | None, longest: float) -> Markup | None:
    """The distance as a bar on a scale up to ``longest``; None for what is no distance."""
    if distance is None or distance.value is None or distance.method == P_VALUE:
        return None
    return meter(distance.value, distance.threshold, longest, "bad" if distance.drifted else "now")
