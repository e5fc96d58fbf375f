"""Whether bias has become worse than it was in the baseline.

Belongs here: constraints.json and constraint_violations.json of the monitoring type ModelBias. Does not belong here:
the metrics (``analysis``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf, isfinite, isnan
from statistics import NormalDist
from typing import Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.bias.analysis import FLIPTEST, BiasAnalysis, BiasMetric, Facet, FacetAnalysis
from forecast_platform.model_monitor.bias.formulas import FORMULAS, POST_TRAINING, PRE_TRAINING
from forecast_platform.model_monitor.bias.picking import Picked, parse_picked
from forecast_platform.model_monitor.documents import Fields, read_document

VIOLATIONS_VERSION = "1.0"
BIAS_DRIFT_CHECK = "bias_drift_check"

_FAIR = {formula.name: formula.fair for formula in FORMULAS}
_KNOWN = (*_FAIR, FLIPTEST)
_OTHER_NAMES = {"DCAcc": "DCA", "DCRej": "DCR"}
_INFINITE = {"Infinity": inf, "-Infinity": -inf}
_POSITIVE = "label_value_or_threshold"


@dataclass(frozen=True)
class FacetConstraints:
    """What a facet's metrics were in the baseline, by name; only those that had a value."""

    facet: Facet
    values: dict[str, float]


@dataclass(frozen=True)
class BiasConstraints:
    """A baseline.

    Attributes:
        positive: Which outcomes were positive; ``None`` when the file does not say.
    """

    positive: Picked | None
    facets: tuple[FacetConstraints, ...]


@dataclass(frozen=True)
class BiasVerdict:
    """What a check found.

    Attributes:
        violations: The entries of constraint_violations.json.
        unchecked: Per metric of the baseline that is undefined now: facet, facet value, metric and the reason.
    """

    violations: tuple[dict[str, str], ...]
    unchecked: tuple[tuple[str, str, str, str], ...]


def read_bias_constraints(data: bytes, source: str) -> BiasConstraints:
    """The baseline in an analysis.json, perhaps edited by hand. Metrics without a value are not constrained.

    Raises:
        InputError: With all that is wrong in the file.
    """
    document = read_document(data, source)
    stages = [document.fields(stage) for stage in (PRE_TRAINING, POST_TRAINING) if stage in document]
    if not stages:
        document.refuse(POST_TRAINING, "an object with facets")
    found: dict[Facet, dict[str, float]] = {}
    for stage in stages:
        facets = stage.fields("facets")
        for column in facets.document:
            for entry in facets.items(column, "the groups of this facet"):
                facet = Facet(column, parse_picked(entry.text("value_or_threshold")))
                found.setdefault(facet, {}).update(_values(entry))
    if document.problems:
        raise InputError(f"The bias constraints in {source} cannot be used.", document.problems)
    positive = next((str(one.raw(_POSITIVE)) for one in stages if one.raw(_POSITIVE) is not None), None)
    constraints = tuple(FacetConstraints(facet, values) for facet, values in found.items())
    return BiasConstraints(parse_picked(positive) if positive else None, constraints)


def check_bias(current: BiasAnalysis, constraints: BiasConstraints, confidence: float | None = None) -> BiasVerdict:
    """Compare an analysis with its baseline.

    A metric is a violation when it is further from fair (0; DI: 1) than in the baseline (SageMaker's guide, "Bias Drift
    Violations").

    Args:
        confidence: E.g. 0.95: only what is further away with this confidence, by the normal bootstrap interval that the
            guide describes ("Monitor Bias Drift"). ``None`` compares the numbers as they are. FT has no interval.

    Raises:
        InputError: The baseline has no facet of the analysis, or ``confidence`` is no share.
    """
    if confidence is not None and not 0 < confidence < 1:
        raise InputError("Bias cannot be compared.", [Problem("confidence", str(confidence), "between 0 and 1")])
    width = NormalDist().inv_cdf((1 + confidence) / 2) if confidence else 0.0
    baselines = {(one.facet.column, one.facet.picked.text): one.values for one in constraints.facets}
    violations, unchecked = [], []
    for facet in current.facets:
        column, group = facet.facet.column, facet.facet.picked.text
        # Read back as the baseline's was: a comma within a value cannot be told from one between values.
        values = baselines.get((column, parse_picked(group).text))
        if values is None:
            raise InputError("Bias cannot be compared.", [_not_there(facet, baselines)])
        for metric in facet.metrics:
            if metric.name not in values:
                continue
            if isnan(metric.value):
                unchecked.append((column, group, metric.name, metric.reason))
            elif _distance(metric, width) > abs(values[metric.name] - _FAIR.get(metric.name, 0.0)):
                violations.append(_violation(facet, metric))
    return BiasVerdict(tuple(violations), tuple(unchecked))


def bias_violations_document(verdict: BiasVerdict) -> dict[str, Any]:
    """constraint_violations.json."""
    return {"version": VIOLATIONS_VERSION, "violations": list(verdict.violations)}


def _values(entry: Fields) -> Iterator[tuple[str, float]]:
    for metric in entry.items("metrics", "metrics"):
        written = metric.text("name")
        name = _OTHER_NAMES.get(written, written)
        value = metric.raw("value")
        if name not in _KNOWN:
            if written:
                metric.refuse("name", f"one of {', '.join(_KNOWN)}")
        elif isinstance(value, str) and value in _INFINITE:
            yield name, _INFINITE[value]
        elif value is not None:
            yield name, metric.number("value", 0.0)


def _distance(metric: BiasMetric, width: float) -> float:
    """From fair; of the nearest value in the interval, where there is one."""
    distance = abs(metric.value - _FAIR.get(metric.name, 0.0))
    return max(0.0, distance - width * metric.deviation) if width and isfinite(metric.deviation) else distance


def _violation(facet: FacetAnalysis, metric: BiasMetric) -> dict[str, str]:
    value = metric.document()["value"]
    return {
        "facet": facet.facet.column,
        "facet_value": facet.facet.picked.text,
        "metric_name": metric.name,
        "constraint_check_type": BIAS_DRIFT_CHECK,
        "description": f"Value {value} does not meet the constraint requirement",
    }


def _not_there(facet: FacetAnalysis, baselines: Iterable[tuple[str, str]]) -> Problem:
    known = ", ".join(f"{column} {group}" for column, group in baselines) or "none"
    found = f"no facet {facet.facet.column} {facet.facet.picked.text}"
    return Problem("baseline", found, f"one of its facets, which are: {known}", "Make a new baseline.")
