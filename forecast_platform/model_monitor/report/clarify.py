"""Bias and feature attributions in one execution, baseline against current.

Belongs here: what SageMaker Clarify's ``analysis.json`` holds. Does not belong here: computing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.report.documents import (
    Document,
    ExecutionDocuments,
    bias_subject,
    mapping,
    mappings,
)
from forecast_platform.model_monitor.report.markup import Child, Markup, tag
from forecast_platform.model_monitor.report.plots import meter
from forecast_platform.model_monitor.report.sections import legend, plain_table, scrolling, section
from forecast_platform.model_monitor.report.text import ABSENT, finite, number

MOST_ATTRIBUTIONS = 200
_STAGES = ("pre_training_bias_metrics", "post_training_bias_metrics")


@dataclass(frozen=True)
class BiasMetric:
    """One metric of one facet."""

    facet: str
    value_or_threshold: str
    name: str
    description: str
    value: float | None

    @property
    def subject(self) -> str:
        """As its violations and trends call it."""
        return bias_subject(self.facet, self.value_or_threshold, self.name)


def bias_metrics(analysis: Document) -> dict[str, BiasMetric]:
    """Every bias metric of an analysis, by its subject."""
    return {metric.subject: metric for stage in _STAGES for metric in _of_stage(mapping(analysis.get(stage)))}


def attributions(analysis: Document) -> dict[str, dict[str, float]]:
    """Global SHAP values by label, then by feature."""
    found: dict[str, dict[str, float]] = {}
    for labels in mapping(analysis.get("explanations")).values():
        for label, explanation in mapping(labels).items():
            values = mapping(mapping(explanation).get("global_shap_values"))
            found[str(label)] = {str(name): value for name, one in values.items() if (value := finite(one)) is not None}
    return {label: values for label, values in found.items() if values}


def agreements(documents: ExecutionDocuments) -> dict[str, float]:
    """NDCG of each label's attributions against the baseline's; labels that cannot be compared are left out."""
    from forecast_platform.model_monitor.attribution import ndcg

    current = attributions(documents.statistics)
    baseline = attributions(documents.baseline) or attributions(documents.constraints)
    found = {}
    for label, values in current.items():
        with suppress(InputError):
            if (value := finite(ndcg(baseline.get(label, {}), values))) is not None:
                found[label] = value
    return found


def bias_section(documents: ExecutionDocuments) -> Markup | None:
    """All bias metrics; None when the execution has none."""
    current = bias_metrics(documents.statistics)
    baseline = bias_metrics(documents.baseline) or bias_metrics(documents.constraints)
    if not current:
        return None
    violated = {one.subject for one in documents.found_violations}
    head = (
        ("Facet", "text"),
        ("Value or threshold", "text"),
        ("Metric", "text"),
        ("Baseline", ""),
        ("Current", ""),
        ("", "text"),
        ("Meaning", "text wide"),
    )
    rows = (_bias_row(metric, baseline.get(subject), subject in violated) for subject, metric in current.items())
    note = (
        "0 means no bias; for DI, 1 does. A metric is violated when it is further from there than in the baseline, "
        "with 95 % confidence."
    )
    table = scrolling("Bias metrics", plain_table("Bias metrics", head, rows))
    return section("bias", "Bias metrics", table, tag("p", note, class_="quiet"))


def attribution_sections(documents: ExecutionDocuments) -> list[Markup]:
    """One section per label with the global SHAP values of all features."""
    current = attributions(documents.statistics)
    baseline = attributions(documents.baseline) or attributions(documents.constraints)
    agreement = agreements(documents)
    return [
        _attributions(place, label, baseline.get(label, {}), values, agreement.get(label))
        for place, (label, values) in enumerate(current.items())
    ]


def _of_stage(stage: Document) -> Iterator[BiasMetric]:
    for facet, entries in mapping(stage.get("facets")).items():
        for entry in mappings(entries):
            for metric in mappings(entry.get("metrics")):
                yield BiasMetric(
                    str(facet),
                    str(entry.get("value_or_threshold", "")),
                    str(metric.get("name", "")),
                    str(metric.get("description") or ""),
                    finite(metric.get("value")),
                )


def _bias_row(current: BiasMetric, baseline: BiasMetric | None, violated: bool) -> list[Child]:
    return [
        current.facet,
        current.value_or_threshold,
        current.name,
        number(baseline.value) if baseline else ABSENT,
        number(current.value),
        tag("span", "violated", class_="chip warn") if violated else None,
        current.description,
    ]


def _attributions(
    place: int, label: str, baseline: dict[str, float], current: dict[str, float], agreement: float | None
) -> Markup:
    names = sorted({**baseline, **current}, key=lambda name: (-abs(baseline.get(name, 0.0)), name))
    most = max(map(abs, [*baseline.values(), *current.values()]), default=1.0)
    ranks = [_ranks(values) for values in (baseline, current)]
    rows = (
        [
            name,
            *(_rank_change(ranks[0].get(name), ranks[1].get(name))),
            number(baseline.get(name)),
            _bar(baseline, name, most, "base"),
            number(current.get(name)),
            _bar(current, name, most, "now"),
        ]
        for name in names[:MOST_ATTRIBUTIONS]
    )
    head = (
        ("Feature", "text"),
        ("Rank, base", ""),
        ("Rank, now", ""),
        ("Mean |SHAP|, base", ""),
        ("", "bar"),
        ("Mean |SHAP|, now", ""),
        ("", "bar"),
    )
    table = scrolling("Feature attributions", plain_table("Feature attributions", head, rows))
    note = f"The {MOST_ATTRIBUTIONS} most important of {len(names):,} features."
    limited = tag("p", note, class_="quiet") if len(names) > MOST_ATTRIBUTIONS else None
    title = f"Feature attributions: {label}"
    return section(f"attributions-{place}", title, _agreement(agreement), legend(), table, limited)


def _agreement(value: float | None) -> Markup | None:
    """What the verdict rests on."""
    from forecast_platform.model_monitor.attribution import NDCG_THRESHOLD

    if value is None:
        return None
    said = f" compares the ranking with the baseline's: 1 is the same, below {NDCG_THRESHOLD:g} it is drift."
    return tag("p", tag("b", f"NDCG {number(value)}"), said)


def _ranks(values: dict[str, float]) -> dict[str, int]:
    ordered = sorted(values, key=lambda name: (-abs(values[name]), name))
    return {name: rank for rank, name in enumerate(ordered, 1)}


def _rank_change(before: int | None, after: int | None) -> tuple[Child, Child]:
    moved = before is not None and after is not None and before != after
    now = ABSENT if after is None else str(after)
    return (ABSENT if before is None else str(before)), tag("b", now) if moved else now


def _bar(values: dict[str, float], name: str, most: float, kind: str) -> Markup:
    return meter(abs(values.get(name, 0.0)), None, most, kind)
