"""What the index needs to know of one execution: small, so that thousands are read in one go.

Belongs here: the summary and its JSON form. Does not belong here: the page (``index``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Self

from forecast_platform.model_monitor.report.clarify import agreements, bias_metrics
from forecast_platform.model_monitor.report.documents import Document, ExecutionDocuments, mapping
from forecast_platform.model_monitor.report.model_quality import constraints_of, metrics_of
from forecast_platform.model_monitor.report.text import finite, whole

_TEXTS = ("monitor", "endpoint", "kind", "window_start", "window_end", "status", "reason")


@dataclass(frozen=True)
class Measure:
    """A number that is watched over time: a distance, a metric of a model, a bias metric.

    Attributes:
        threshold: What it is compared with; None when nothing is.
        violated: What the monitor concluded.
    """

    value: float
    threshold: float | None
    violated: bool


@dataclass(frozen=True)
class ExecutionSummary:
    """One execution in the index.

    Attributes:
        page: Path of its report, relative to the index.
        violations: How many there are, by feature (or metric, or facet).
        measures: By feature (or metric, or facet).
    """

    page: str
    monitor: str
    endpoint: str
    kind: str
    window_start: str
    window_end: str
    status: str
    reason: str
    rows: int = 0
    refused_rows: int = 0
    violations: Mapping[str, int] = field(default_factory=dict)
    measures: Mapping[str, Measure] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: ExecutionDocuments, page: str) -> Self:
        """The summary of an execution whose report lies at ``page``."""
        return cls(
            page=page,
            **{name: documents.text(name) for name in _TEXTS},
            rows=whole(documents.execution.get("rows")),
            refused_rows=whole(documents.execution.get("refused_rows")),
            violations=dict(Counter(one.subject for one in documents.found_violations)),
            measures=_measures(documents),
        )

    @classmethod
    def of_document(cls, document: Document) -> Self:
        """The summary that :meth:`as_document` wrote."""
        return cls(
            page=str(document.get("page") or ""),
            **{name: str(document.get(name) or "") for name in _TEXTS},
            rows=whole(document.get("rows")),
            refused_rows=whole(document.get("refused_rows")),
            violations={
                str(name): whole(count)
                for name, count in mapping(document.get("violations")).items()
                if whole(count) > 0
            },
            measures=dict(_read_measures(mapping(document.get("measures")))),
        )

    def as_document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "page": self.page,
            **{name: getattr(self, name) for name in _TEXTS},
            "rows": self.rows,
            "refused_rows": self.refused_rows,
            "violations": dict(self.violations),
            "measures": {name: [one.value, one.threshold, one.violated] for name, one in self.measures.items()},
        }

    @property
    def violation_count(self) -> int:
        """All violations of the execution."""
        return sum(self.violations.values())


def _read_measures(found: Document) -> list[tuple[str, Measure]]:
    measures = []
    for name, entry in found.items():
        value, threshold, violated = [*entry, None, None, None][:3] if isinstance(entry, list) else [None] * 3
        if (number := finite(value)) is not None:
            measures.append((str(name), Measure(number, finite(threshold), bool(violated))))
    return measures


def _measures(documents: ExecutionDocuments) -> dict[str, Measure]:
    violated = {one.subject for one in documents.found_violations}
    found: dict[str, Measure] = {}
    for entry in documents.distances:
        if (distance := finite(entry.get("distance"))) is not None:
            threshold = finite(entry.get("threshold"))
            found[str(entry.get("feature"))] = Measure(distance, threshold, bool(entry.get("drifted")))
    rules, metrics = constraints_of(documents.constraints), metrics_of(documents.statistics)
    for name in rules:
        if (value := finite(mapping(metrics.get(name)).get("value"))) is not None:
            found[name] = Measure(value, finite(mapping(rules[name]).get("threshold")), name in violated)
    baseline = bias_metrics(documents.baseline) or bias_metrics(documents.constraints)
    for subject, metric in bias_metrics(documents.statistics).items():
        if metric.value is not None:
            limit = baseline[subject].value if subject in baseline else None
            found[subject] = Measure(metric.value, limit, subject in violated)
    return found | _agreements(documents, violated)


def _agreements(documents: ExecutionDocuments, violated: AbstractSet[str]) -> dict[str, Measure]:
    from forecast_platform.model_monitor.attribution import NDCG_THRESHOLD, SHAP

    return {
        label: Measure(value, NDCG_THRESHOLD, f"{label}: {SHAP}" in violated)
        for label, value in agreements(documents).items()
    }
