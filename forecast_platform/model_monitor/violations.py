"""``constraint_violations.json``: where a table is not as expected, in SageMaker Model Monitor's schema and words.

Belongs here: judging a profile by constraints and a baseline. Does not belong here: counting (``profiling``), reading
what is expected (``constraints``), what a distance is (``quality.distances``).

Source: "Schema for Violations" of the SageMaker developer guide; the wording is that of files that the service wrote.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from forecast_platform.model_monitor.constraints import (
    CHI_SQUARED,
    ROBUST,
    Constraints,
    FeatureConstraints,
    constraints_by_name,
)
from forecast_platform.model_monitor.profile import DatasetProfile, FeatureProfile
from forecast_platform.model_monitor.statistics import BaselineFeature
from forecast_platform.quality import distances
from forecast_platform.quality.sketches import FREQUENT_TEXTS

CHECKS = (
    "data_type_check",
    "completeness_check",
    "baseline_drift_check",
    "missing_column_check",
    "extra_column_check",
    "categorical_values_check",
)


@dataclass(frozen=True)
class Violation:
    """One expectation that is not met. ``constraint_check_type`` is one of :data:`CHECKS`."""

    feature_name: str
    constraint_check_type: str
    description: str


@dataclass(frozen=True)
class Distance:
    """How far a feature is from the baseline.

    Attributes:
        distance: 0-1; for ``ChiSquared`` the p-value.
        method: ``Simple``, ``Robust`` or ``ChiSquared``.
        drifted: Whether that is a violation.
    """

    feature: str
    distance: float
    threshold: float
    method: str
    drifted: bool


@dataclass(frozen=True)
class Judgement:
    """A table, judged.

    Attributes:
        notes: What could not be judged, and why.
    """

    violations: tuple[Violation, ...]
    distances: tuple[Distance, ...]
    notes: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """As ``constraint_violations.json``."""
        return {"violations": [asdict(one) for one in self.violations]}


def judge(profile: DatasetProfile, constraints: Constraints, baseline: Mapping[str, BaselineFeature]) -> Judgement:
    """Judge a table by its constraints, and compare it with its baseline.

    Args:
        baseline: The features of the baseline's statistics by name; a feature that is not in it is not compared.
    """
    notes = [*constraints.notes, *profile.notes]
    violations = [*_column_violations(profile, constraints, notes)] if constraints.config.evaluate_constraints else []
    found = []
    for expected in constraints.features:
        feature = profile.feature(expected.name)
        if feature is None:
            continue
        if expected.config.evaluate_constraints:
            violations += _feature_violations(feature, expected, notes)
        distance = _distance(feature, expected, baseline.get(expected.name), notes)
        if distance is not None:
            found.append(distance)
            if distance.drifted and expected.config.evaluate_constraints:
                violations.append(_drift_violation(distance))
    return Judgement(tuple(violations), tuple(found), tuple(notes))


def _column_violations(profile: DatasetProfile, constraints: Constraints, notes: list[str]) -> Iterator[Violation]:
    expected, found = set(constraints_by_name(constraints)), {one.name for one in profile.features}
    counts = (
        f"Number of columns in current dataset: {len(found)}, "
        f"Number of columns in baseline constraints: {len(expected)}"
    )
    # The service tells the numbers only; the names are what a person looks for.
    if missing := [one.name for one in constraints.features if one.name not in found]:
        notes.append(f"Features of the constraints that are not in the data: {', '.join(missing)}.")
        description = f"There are missing columns in current dataset. {counts}"
        yield Violation("Missing columns", "missing_column_check", description)
    if extra := [one.name for one in profile.features if one.name not in expected]:
        notes.append(f"Columns of the data that the constraints do not have: {', '.join(extra)}.")
        description = f"There are extra columns in current dataset. {counts}"
        yield Violation("Extra columns", "extra_column_check", description)


def _feature_violations(feature: FeatureProfile, expected: FeatureConstraints, notes: list[str]) -> Iterator[Violation]:
    if expected.completeness is not None and feature.completeness < expected.completeness:
        yield Violation(feature.name, "completeness_check", _not_met(feature.completeness))
    if not feature.present:
        return
    matching = _share_of_type(feature, expected)
    if matching < expected.config.datatype_check_threshold:
        yield Violation(feature.name, "data_type_check", _wrong_type(expected, matching))
    if expected.is_non_negative and feature.negative:
        # No check type is documented for it. The sign is part of what kind of number is expected.
        share = 1 - feature.negative / (feature.moments.count or 1)
        yield Violation(feature.name, "data_type_check", f"{_not_met(share)}Expected are non-negative numbers.")
    if expected.domain is not None:
        share = _share_in_domain(feature, expected.domain, notes)
        if share < expected.config.domain_content_threshold:
            yield Violation(feature.name, "categorical_values_check", _not_met(share))


def _not_met(value: float) -> str:
    # With the blank at the end, as in the service's files: Deequ appends an empty hint.
    return f"Value: {value} does not meet the constraint requirement! "


def _wrong_type(expected: FeatureConstraints, matching: float) -> str:
    kind = expected.inferred_type
    return (
        f"Data type match requirement is not met. Expected data type: {kind}, "
        f"Expected match: {100 * expected.config.datatype_check_threshold}%. "
        f"Observed: Only {100 * matching}% of data is {kind}."
    )


def _share_of_type(feature: FeatureProfile, expected: FeatureConstraints) -> float:
    """The share of present values that have the expected type. A whole number is a number too.

    Any value can be read as a text; a String feature that holds nothing but numbers has changed its type all the same,
    unless its domain allows them.
    """
    if expected.inferred_type == "Integral":
        return feature.integral / feature.present
    if expected.inferred_type == "Fractional":
        return (feature.integral + feature.fractional) / feature.present
    if expected.inferred_type == "String" and not feature.text:
        return _share_in_domain(feature, expected.domain, []) if expected.domain else 0.0
    return 1.0


def _share_in_domain(feature: FeatureProfile, domain: tuple[str, ...], notes: list[str]) -> float:
    if feature.categories is None:
        notes.append(f"{feature.name} has too many different numbers to be compared with its domain, and counts as 0.")
        return 0.0
    if feature.categories.forgotten and len(domain) > FREQUENT_TEXTS:
        # Nobody knows whether the rare ones that were forgotten are in so long a domain.
        notes.append(f"{feature.name} has too many different values to be compared with a domain of {len(domain):,}.")
        return 1.0
    allowed = set(domain)
    return sum(n for value, n in feature.categories.counts.items() if value in allowed) / feature.present


def _distance(
    feature: FeatureProfile, expected: FeatureConstraints, baseline: BaselineFeature | None, notes: list[str]
) -> Distance | None:
    if not expected.config.perform_comparison or not feature.present:
        return None
    if baseline is None:
        notes.append(f"{feature.name} is not in the baseline's statistics, so its distribution is not compared.")
        return None
    if baseline.inferred_type in ("Integral", "Fractional"):
        return _numerical_distance(feature, expected, baseline, notes)
    if baseline.inferred_type == "String":
        return _categorical_distance(feature, expected, baseline, notes)
    notes.append(f"{feature.name} has no values in the baseline, so its distribution is not compared.")
    return None


def _numerical_distance(
    feature: FeatureProfile, expected: FeatureConstraints, baseline: BaselineFeature, notes: list[str]
) -> Distance | None:
    if baseline.sketch is None or not feature.sketch.count:
        where = "baseline" if baseline.sketch is None else "data"
        notes.append(f"{feature.name} has no numbers in the {where}, so its distribution is not compared.")
        return None
    config = expected.config
    measure = distances.linf_robust if config.comparison_method == ROBUST else distances.linf_simple
    return _compared(
        feature, measure(baseline.sketch, feature.sketch), config.comparison_threshold, config.comparison_method
    )


def _categorical_distance(
    feature: FeatureProfile, expected: FeatureConstraints, baseline: BaselineFeature, notes: list[str]
) -> Distance | None:
    if baseline.categories is None or feature.categories is None:
        notes.append(f"{feature.name} has too many different values to be compared by category.")
        return None
    if not any(baseline.categories.values()):
        notes.append(f"{feature.name} has no values in the baseline, so its distribution is not compared.")
        return None
    config, current = expected.config, feature.categories.counts
    if config.categorical_drift_method == CHI_SQUARED:
        _, p_value = distances.chi_squared(baseline.categories, current)
        if math.isnan(p_value):
            notes.append(f"{feature.name} has too few values for the chi-squared test.")
            return None
        threshold = config.categorical_comparison_threshold
        return Distance(feature.name, p_value, threshold, CHI_SQUARED, p_value <= threshold)
    robustly = config.comparison_method == ROBUST
    uncounted = feature.categories.forgotten
    distance = distances.categorical_linf(baseline.categories, current, robustly=robustly, uncounted=uncounted)
    return _compared(feature, distance, config.categorical_comparison_threshold, config.comparison_method)


def _compared(feature: FeatureProfile, distance: float, threshold: float, method: str) -> Distance:
    return Distance(feature.name, distance, threshold, method, distance > threshold)


def _drift_violation(distance: Distance) -> Violation:
    if distance.method == CHI_SQUARED:
        description = f"Baseline drift p_value is {distance.distance} <= threshold {distance.threshold}"
    else:
        description = f"Baseline drift distance: {distance.distance} exceeds threshold: {distance.threshold}"
    return Violation(distance.feature, "baseline_drift_check", description)
