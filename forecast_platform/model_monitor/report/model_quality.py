"""The quality of a model in one execution: metrics against thresholds, curves, confusion matrix.

Belongs here: what SageMaker's model-quality documents hold. Does not belong here: computing metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forecast_platform.model_monitor.report.documents import Document, ExecutionDocuments, mapping
from forecast_platform.model_monitor.report.markup import Child, Markup, tag
from forecast_platform.model_monitor.report.plots import Points, curve_picture
from forecast_platform.model_monitor.report.sections import legend, plain_table, scrolling, section
from forecast_platform.model_monitor.report.text import ABSENT, finite, number, share, whole

PROBLEMS = ("regression", "binary_classification", "multiclass_classification")
MOST_POINTS = 200
MOST_CLASSES = 30
_RULES = {"GreaterThanThreshold": "at most", "LessThanThreshold": "at least"}
_HEAD = (
    ("Metric", "text"),
    ("Baseline", ""),
    ("Current", ""),
    ("Std deviation", ""),
    ("Must be", ""),
    ("Threshold", ""),
    ("", "text"),
)
_CURVES = (
    ("receiver_operating_characteristic_curve", "ROC curve", "false_positive_rates", "true_positive_rates"),
    ("precision_recall_curve", "Precision-recall curve", "recalls", "precisions"),
)


def metrics_of(statistics: Document) -> Document:
    """The metrics of a model-quality ``statistics.json``, whatever its problem type; empty without."""
    return next((found for problem in PROBLEMS if (found := mapping(statistics.get(f"{problem}_metrics")))), {})


def constraints_of(constraints: Document) -> Document:
    """The constraints by metric of a model-quality ``constraints.json``; empty without."""
    return next((found for problem in PROBLEMS if (found := mapping(constraints.get(f"{problem}_constraints")))), {})


def model_quality_section(documents: ExecutionDocuments) -> Markup | None:
    """The metrics with everything that belongs to them; None when there are no metrics."""
    current, baseline = metrics_of(documents.statistics), metrics_of(documents.baseline)
    if not current:
        return None
    violated = {one.subject for one in documents.found_violations}
    rules = constraints_of(documents.constraints)
    rows = [
        _row(name, current, baseline, mapping(rules.get(name)), name in violated) for name in _metric_names(current)
    ]
    return section(
        "metrics",
        "Metrics",
        scrolling("Metrics", plain_table("Metrics", _HEAD, rows)),
        *_curves(current, baseline),
        _confusion(mapping(current.get("confusion_matrix"))),
    )


def _metric_names(metrics: Document) -> Iterator[str]:
    """Main metrics first; those of a constant classifier, which only give a sense of scale, last."""
    names = [name for name, value in metrics.items() if isinstance(value, Mapping) and "value" in value]
    yield from sorted(names, key=lambda name: name.endswith("_best_constant_classifier"))


def _row(name: str, current: Document, baseline: Document, rule: Document, violated: bool) -> list[Child]:
    return [
        name,
        number(mapping(baseline.get(name)).get("value")),
        number(mapping(current[name]).get("value")),
        number(mapping(current[name]).get("standard_deviation")),
        _RULES.get(str(rule.get("comparison_operator")), ABSENT),
        number(rule.get("threshold")),
        tag("span", "violated", class_="chip warn") if violated else None,
    ]


def _curves(current: Document, baseline: Document) -> list[Markup]:
    figures = []
    for key, title, across, up in _CURVES:
        now, base = (_points(mapping(metrics.get(key)), across, up) for metrics in (current, baseline))
        if now:
            picture = curve_picture(title, (_axis(across), _axis(up)), base, now, diagonal="rates" in across)
            figures.append(tag("figure", picture, tag("figcaption", title)))
    return [legend(), tag("div", *figures, class_="curves")] if figures else []


def _axis(name: str) -> str:
    return name.removesuffix("s").replace("_", " ").capitalize()


def _points(curve: Document, across: str, up: str) -> Points:
    """At most :data:`MOST_POINTS` points of a curve; none when its lists do not fit together."""
    xs, ys = (_numbers(curve.get(name)) for name in (across, up))
    if len(xs) != len(ys) or len(xs) < 2:
        return []
    points = list(zip(xs, ys, strict=True))
    step = (len(points) - 1) / (MOST_POINTS - 1)
    return points if step <= 1 else [points[round(place * step)] for place in range(MOST_POINTS)]


def _numbers(values: Any) -> list[float]:
    found = [finite(value) for value in values] if isinstance(values, list) else []
    return [min(max(value, 0.0), 1.0) for value in found if value is not None]


def _confusion(matrix: Document) -> Markup | None:
    """Actual classes in rows, predicted ones in columns, shaded by the share of the row."""
    classes = list(dict.fromkeys([*matrix, *(name for row in matrix.values() for name in mapping(row))]))
    if not classes:
        return None
    shown = classes[:MOST_CLASSES]
    head = tag("tr", tag("td", "actual ↓ predicted →", class_="quiet"), *(tag("th", one, scope="col") for one in shown))
    rows = (tag("tr", tag("th", one, scope="row"), *_shaded(mapping(matrix.get(one)), shown)) for one in shown)
    note = f"The first {MOST_CLASSES} of {len(classes)} classes."
    table = tag(
        "table", tag("caption", "Confusion matrix"), tag("thead", head), tag("tbody", *rows), class_="confusion"
    )
    limited = tag("p", note, class_="quiet") if len(classes) > MOST_CLASSES else None
    return tag("div", table, limited, class_="fitting", tabindex=0, role="region", aria_label="Confusion matrix")


def _shaded(row: Document, classes: Sequence[str]) -> list[Markup]:
    total = sum(whole(count) for count in row.values())
    cells = []
    for name in classes:
        count = whole(row.get(name))
        part = count / total if total else 0.0
        cells.append(tag("td", f"{count:,}", style=f"--share:{part:.2f}", title=f"{share(part)} of the row"))
    return cells
