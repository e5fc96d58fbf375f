"""``constraints.json``: what is expected of a table, in SageMaker Model Monitor's schema.

Belongs here: suggesting constraints from a baseline, and reading them after people have edited them. Does not belong
here: judging a table by them (``violations``).

Source: "Schema for Constraints" of the SageMaker developer guide, and files that the service wrote: the thresholds for
data types and domains are 1.0 in every generated file, though the guide says 0.1. They are the least share that has to
match.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.documents import Fields, read_document
from forecast_platform.model_monitor.profile import DatasetProfile, FeatureProfile
from forecast_platform.model_monitor.statistics import TYPES, VERSION, categories_of

ENABLED, DISABLED = "Enabled", "Disabled"
SIMPLE, ROBUST = "Simple", "Robust"
LINFINITY, CHI_SQUARED = "LInfinity", "ChiSquared"


@dataclass(frozen=True)
class MonitoringConfig:
    """How constraints are judged.

    Attributes:
        evaluate_constraints: Whether violations are looked for at all.
        emit_metrics: Whether metrics per feature are written.
        datatype_check_threshold: Least share (0-1) of the values that has the expected type.
        domain_content_threshold: Least share (0-1) of the values that is in the domain.
        perform_comparison: Whether distributions are compared.
        comparison_threshold: Largest distance (0-1) between distributions of numbers.
        comparison_method: ``Simple`` or ``Robust``, for numbers and for categories.
        categorical_comparison_threshold: Largest distance between distributions of categories, or for ``ChiSquared``
            the p-value at which they are taken to differ.
        categorical_drift_method: ``LInfinity`` or ``ChiSquared``.
    """

    evaluate_constraints: bool = True
    emit_metrics: bool = True
    datatype_check_threshold: float = 1.0
    domain_content_threshold: float = 1.0
    perform_comparison: bool = True
    comparison_threshold: float = 0.1
    comparison_method: str = ROBUST
    categorical_comparison_threshold: float = 0.1
    categorical_drift_method: str = LINFINITY

    def document(self) -> dict[str, Any]:
        """As ``monitoring_config`` in ``constraints.json``."""
        return {
            "evaluate_constraints": _switch(self.evaluate_constraints),
            "emit_metrics": _switch(self.emit_metrics),
            "datatype_check_threshold": self.datatype_check_threshold,
            "domain_content_threshold": self.domain_content_threshold,
            "distribution_constraints": {
                "perform_comparison": _switch(self.perform_comparison),
                "comparison_threshold": self.comparison_threshold,
                "comparison_method": self.comparison_method,
                "categorical_comparison_threshold": self.categorical_comparison_threshold,
                "categorical_drift_method": self.categorical_drift_method,
            },
        }


@dataclass(frozen=True)
class FeatureConstraints:
    """What is expected of one feature.

    Attributes:
        completeness: Least share (0-1) of values that are there; ``None`` = any.
        is_non_negative: No number is below zero.
        domain: The only values allowed; ``None`` = any.
        config: How it is judged, with its own overrides.
    """

    name: str
    inferred_type: str = "Unknown"
    completeness: float | None = None
    is_non_negative: bool = False
    domain: tuple[str, ...] | None = None
    config: MonitoringConfig = field(default_factory=MonitoringConfig)


@dataclass(frozen=True)
class Constraints:
    """What is expected of a table.

    Attributes:
        notes: What the file says that is not known here and has no effect.
    """

    features: tuple[FeatureConstraints, ...]
    config: MonitoringConfig = field(default_factory=MonitoringConfig)
    notes: tuple[str, ...] = ()


def suggest_constraints(profile: DatasetProfile, config: MonitoringConfig | None = None) -> dict[str, Any]:
    """The document of constraints that the table of ``profile`` meets.

    Raises:
        InputError: The table has no rows or no columns, so nothing can be learned from it.
    """
    if not (profile.rows and profile.features):
        problem = Problem("the baseline dataset", f"{profile.rows} rows", "at least one row with at least one column")
        raise InputError("No constraints can be suggested from an empty dataset.", [problem])
    return {
        "version": VERSION,
        "features": [_suggest(one) for one in profile.features],
        "monitoring_config": (config or MonitoringConfig()).document(),
    }


def _suggest(feature: FeatureProfile) -> dict[str, Any]:
    kind = feature.inferred_type
    suggestion: dict[str, Any] = {"name": feature.name, "inferred_type": kind, "completeness": feature.completeness}
    if kind in ("Integral", "Fractional"):
        suggestion["num_constraints"] = {"is_non_negative": not feature.negative}
    categories = categories_of(feature)
    if kind == "String" and categories is not None:
        suggestion["string_constraints"] = {"domains": list(categories)}
    return suggestion


def read_constraints(data: bytes, source: str) -> Constraints:
    """A ``constraints.json``, ours, the service's, or edited by hand. Keys of 2019 are understood.

    Args:
        source: What messages call the file.

    Raises:
        InputError: Everything that cannot be used. Unknown keys are notes, because the service may know more.
    """
    document = read_document(data, source)
    notes = list(document.unknown({"version", "features", "monitoring_config"}))
    config = _read_config(document.fields("monitoring_config"), MonitoringConfig(), notes)
    features = [_read_feature(one, config, notes) for one in document.items("features", "features to be judged")]
    names = [one.name for one in features]
    for index, name in enumerate(names):
        if name in names[:index]:
            document.refuse(f"features[{index}].name", "a name that no other feature has", repr(name))
    if document.problems:
        raise InputError(f"The constraints in {source} cannot be used.", document.problems)
    return Constraints(tuple(features), config, tuple(notes))


_FEATURE_KEYS = {
    "name",
    "inferred_type",
    "completeness",
    "num_constraints",
    "string_constraints",
    "monitoringConfigOverrides",
    "monitoring_config_overrides",
}


def _read_feature(feature: Fields, config: MonitoringConfig, notes: list[str]) -> FeatureConstraints:
    notes += feature.unknown(_FEATURE_KEYS)
    numbers, strings = feature.fields("num_constraints"), feature.fields("string_constraints")
    notes += [*numbers.unknown({"is_non_negative"}), *strings.unknown({"domains"})]
    overrides = next((key for key in _FEATURE_KEYS if "verrides" in key and key in feature), "")
    return FeatureConstraints(
        name=feature.text("name"),
        inferred_type=feature.choice("inferred_type", TYPES, "Unknown"),
        completeness=feature.number("completeness", None, 0.0, 1.0),
        is_non_negative=numbers.flag("is_non_negative", False),
        domain=strings.texts("domains") if "domains" in strings else None,
        config=_read_config(feature.fields(overrides), config, notes) if overrides else config,
    )


_DISTRIBUTION_KEYS = {
    "perform_comparison",
    "enable_comparisons",
    "comparison_threshold",
    "comparison_method",
    "categorical_comparison_threshold",
    "categorical_drift_method",
    "min_domain_mass",
}


def _read_config(written: Fields, base: MonitoringConfig, notes: list[str]) -> MonitoringConfig:
    """``base`` with what is written changed."""
    known = set(base.document())
    distributions = written.fields("distribution_constraints")
    notes += [*written.unknown(known), *distributions.unknown(_DISTRIBUTION_KEYS)]
    threshold = distributions.number("comparison_threshold", base.comparison_threshold, 0.0, 1.0)
    # A threshold for numbers that is written alone is the one for categories too.
    categorical = threshold if "comparison_threshold" in distributions else base.categorical_comparison_threshold
    domain = distributions.number("min_domain_mass", base.domain_content_threshold, 0.0, 1.0)
    return MonitoringConfig(
        evaluate_constraints=_read_switch(written, "evaluate_constraints", base.evaluate_constraints),
        emit_metrics=_read_switch(written, "emit_metrics", base.emit_metrics),
        datatype_check_threshold=written.number("datatype_check_threshold", base.datatype_check_threshold, 0.0, 1.0),
        domain_content_threshold=written.number("domain_content_threshold", domain, 0.0, 1.0),
        perform_comparison=_reads_comparison(distributions, base),
        comparison_threshold=threshold,
        comparison_method=distributions.choice("comparison_method", (SIMPLE, ROBUST), base.comparison_method),
        categorical_comparison_threshold=distributions.number(
            "categorical_comparison_threshold", categorical, 0.0, 1.0
        ),
        categorical_drift_method=distributions.choice(
            "categorical_drift_method", (LINFINITY, CHI_SQUARED), base.categorical_drift_method
        ),
    )


def _reads_comparison(distributions: Fields, base: MonitoringConfig) -> bool:
    """The switch of today, or else that of 2019, which is true or false."""
    if "perform_comparison" in distributions:
        return _read_switch(distributions, "perform_comparison", base.perform_comparison)
    return bool(distributions.flag("enable_comparisons", base.perform_comparison))


def _switch(on: bool) -> str:
    return ENABLED if on else DISABLED


def _read_switch(written: Fields, key: str, default: bool) -> bool:
    return written.choice(key, (ENABLED, DISABLED), _switch(default)) == ENABLED


def constraints_by_name(constraints: Constraints) -> Mapping[str, FeatureConstraints]:
    """The constraints of every feature by its name."""
    return {one.name: one for one in constraints.features}
