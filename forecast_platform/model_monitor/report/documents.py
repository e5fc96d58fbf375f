"""What one execution left behind, and what a report reads from it.

Belongs here: SageMaker's documents as the report sees them. Does not belong here: checking them, which whoever
wrote them did. A report must be possible for a failed execution too, so what is missing or odd is shown as absent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from forecast_platform.model_monitor.report.text import finite, whole

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Violation:
    """One entry of ``constraint_violations.json``, of any kind of monitor.

    Attributes:
        subject: The feature; for the other kinds the metric, the facet with its metric, or the label.
        check: ``constraint_check_type``.
        description: As the monitor wrote it.
    """

    subject: str
    check: str
    description: str


@dataclass(frozen=True)
class Distance:
    """How far a feature is from its baseline.

    Attributes:
        value: None when it could not be computed.
        threshold: What it is compared with.
        method: ``Simple``, ``Robust``, ``LInfinity`` or ``ChiSquared``.
        drifted: What the monitor concluded.
    """

    value: float | None
    threshold: float | None
    method: str
    drifted: bool

    @property
    def ratio(self) -> float:
        """Distance as a multiple of its threshold, for sorting; 0 when there is none."""
        if self.value is None or not self.threshold:
            return 0.0
        return self.value / self.threshold


@dataclass(frozen=True)
class Column:
    """One feature in one ``statistics.json``.

    Attributes:
        kind: Integral, Fractional, String or Unknown.
        levels: The KLL sketch of a numeric feature, lowest level first; empty without one.
        categories: Occurrences by value; None for numbers and above the limit of different values.
    """

    kind: str
    present: int
    missing: int
    mean: float | None = None
    std_dev: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    distinct: float | None = None
    levels: Sequence[Sequence[float]] = ()
    categories: Mapping[str, int] | None = None

    @property
    def completeness(self) -> float | None:
        """The share of rows that have a value; None without rows."""
        rows = self.present + self.missing
        return self.present / rows if rows else None


@dataclass(frozen=True)
class Feature:
    """One feature: in the baseline, in the current data, and what the monitor says of it.

    Attributes:
        place: In the order of the current data; features that only the baseline has come last.
    """

    place: int
    name: str
    baseline: Column | None
    current: Column | None
    distance: Distance | None
    violations: tuple[Violation, ...]

    @property
    def kind(self) -> str:
        """The type in the current data, or in the baseline when the feature is gone."""
        column = self.current or self.baseline
        return column.kind if column else "Unknown"

    @property
    def drifted(self) -> bool:
        """Whether the monitor says so."""
        return bool(self.distance and self.distance.drifted)

    @property
    def severity(self) -> tuple[float, ...]:
        """For sorting, worst first: violations, then how near the distance is to its threshold."""
        ratio = self.distance.ratio if self.distance else 0.0
        return (-len(self.violations), -float(self.drifted), -ratio, self.place)


@dataclass(frozen=True)
class ExecutionDocuments:
    """Everything a report of one execution is made of, as the JSON files have it.

    Attributes:
        execution: Monitor, window, status, rows and refused rows.
        statistics: Of the current data; for bias and explainability the current ``analysis.json``.
        baseline: The same of the baseline.
        constraints: What the current data was checked against.
        violations: ``constraint_violations.json``.
        distances: Per feature ``feature``, ``distance``, ``threshold``, ``method`` and ``drifted``.
    """

    execution: Document
    statistics: Document = field(default_factory=dict)
    baseline: Document = field(default_factory=dict)
    constraints: Document = field(default_factory=dict)
    violations: Document = field(default_factory=dict)
    distances: Sequence[Document] = ()

    def text(self, key: str) -> str:
        """A text of the execution; empty when there is none."""
        return str(self.execution.get(key) or "")

    @cached_property
    def found_violations(self) -> tuple[Violation, ...]:
        """All of them, in the order of the file."""
        return tuple(_violation(entry) for entry in mappings(self.violations.get("violations")))

    @cached_property
    def violations_by_check(self) -> dict[str, int]:
        """How many there are of each type, most first."""
        counts = Counter(one.check for one in self.found_violations)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """Every feature of the current data and of the baseline, each once; none when there is no current data."""
        current, baseline = _columns(self.statistics), _columns(self.baseline)
        if not current:
            return ()
        distances = {str(one.get("feature")): _distance(one) for one in self.distances}
        said: dict[str, list[Violation]] = {}
        for violation in self.found_violations:
            said.setdefault(violation.subject, []).append(violation)
        return tuple(
            Feature(place, name, baseline.get(name), current.get(name), distances.get(name), tuple(said.get(name, ())))
            for place, name in enumerate(dict.fromkeys([*current, *baseline]))
        )


def mappings(value: Any) -> Iterator[Document]:
    """The mappings in a list; nothing when it is no list."""
    return (one for one in value if isinstance(one, Mapping)) if isinstance(value, (list, tuple)) else iter(())


def mapping(value: Any) -> Document:
    """``value``, or an empty mapping when it is none."""
    return value if isinstance(value, Mapping) else {}


def _violation(entry: Document) -> Violation:
    facet, metric = entry.get("facet"), entry.get("metric_name")
    if entry.get("feature_name") is not None:
        subject = str(entry["feature_name"])
    elif facet is not None:
        subject = bias_subject(facet, entry.get("facet_value"), metric)
    else:
        subject = str(metric if entry.get("label") is None else f"{entry['label']}: {metric}")
    return Violation(subject, str(entry.get("constraint_check_type", "")), str(entry.get("description", "")))


def bias_subject(facet: Any, value: Any, metric: Any) -> str:
    """How a bias metric of one facet is called, in violations and in trends."""
    return f"{facet} = {value}: {metric}"


def _distance(entry: Document) -> Distance:
    return Distance(
        finite(entry.get("distance")),
        finite(entry.get("threshold")),
        str(entry.get("method") or ""),
        bool(entry.get("drifted")),
    )


def _columns(statistics: Document) -> dict[str, Column]:
    return {str(one.get("name")): _column(one) for one in mappings(statistics.get("features"))}


def _column(feature: Document) -> Column:
    kind = str(feature.get("inferred_type") or "Unknown")
    numeric, textual = (mapping(feature.get(f"{one}_statistics")) for one in ("numerical", "string"))
    found = numeric or textual
    common = mapping(found.get("common"))
    distribution = mapping(found.get("distribution"))
    categorical = mapping(distribution.get("categorical"))
    buckets = mappings(categorical.get("buckets"))
    distinct = found.get("distinct_count", found.get("approximate_num_distinct_values"))
    return Column(
        kind,
        whole(common.get("num_present")),
        whole(common.get("num_missing")),
        mean=finite(numeric.get("mean")),
        std_dev=finite(numeric.get("std_dev")),
        minimum=finite(numeric.get("min")),
        maximum=finite(numeric.get("max")),
        distinct=finite(distinct),
        levels=_levels(mapping(mapping(distribution.get("kll")).get("sketch")).get("data")),
        categories={str(one.get("value")): whole(one.get("count")) for one in buckets} if categorical else None,
    )


def _levels(data: Any) -> list[list[float]]:
    """The levels of a sketch; none when a value in it is not a finite number, because ranks would then be wrong."""
    if not isinstance(data, list) or not all(isinstance(level, list) for level in data):
        return []
    finite_numbers = all(isinstance(one, (int, float)) and math.isfinite(one) for level in data for one in level)
    return data if finite_numbers else []
