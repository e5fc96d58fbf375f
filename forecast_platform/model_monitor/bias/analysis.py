"""A bias analysis: every metric of every facet, as in Clarify's analysis.json.

Belongs here: from rows to metrics, and their document. Does not belong here: comparing with a baseline (``drift``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan, nan
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.bias.fliptest import fliptest
from forecast_platform.model_monitor.bias.formulas import FORMULAS, POST_TRAINING, PRE_TRAINING, Formula
from forecast_platform.model_monitor.bias.outcomes import Outcomes
from forecast_platform.model_monitor.bias.picking import Picked
from forecast_platform.model_monitor.model_quality.labels import MISSING, numbered_labels
from forecast_platform.model_monitor.model_quality.measured import Integers

ANALYSIS_VERSION = "1.0"
BOOTSTRAPS = 1000
MOST_SUBGROUPS = 1000

FLIPTEST, FLIPTEST_DESCRIPTION = "FT", "Flip Test (FT)"
_NO_FEATURES = "no numeric features are named to tell who is similar"


@dataclass(frozen=True)
class Facet:
    """A column by which people are told apart, and the sensitive group in it."""

    column: str
    picked: Picked


@dataclass(frozen=True)
class BiasConfig:
    """What is analysed, named after Clarify's analysis configuration.

    Attributes:
        label: Column of the observed outcome.
        predicted_label: Column of the predicted outcome; labels, not probabilities.
        positive: ``label_values_or_threshold``: which outcomes are positive, in either column.
        group_variable: Column of the subgroups for CDDL and CDDPL; without it they are undefined.
        features: Columns of numbers that tell who is similar, for FT; without them it is undefined.
    """

    label: str
    predicted_label: str
    positive: Picked
    facets: Sequence[Facet]
    group_variable: str | None = None
    features: tuple[str, ...] = ()


@dataclass(frozen=True)
class BiasMetric:
    """One metric of one facet.

    Attributes:
        value: May be infinite; NaN where it is undefined: then ``reason`` says why.
        deviation: Standard deviation over :data:`BOOTSTRAPS` bootstrap samples; NaN where there is none.
    """

    name: str
    description: str
    stage: str
    value: float
    deviation: float = nan
    reason: str = ""

    def document(self) -> dict[str, Any]:
        """As Clarify writes it: infinity as text, ``error`` where there is no value."""
        written = {"name": self.name, "description": self.description, "value": _written(self.value)}
        return {**written, "error": self.reason} if isnan(self.value) else written


@dataclass(frozen=True)
class FacetAnalysis:
    """The metrics of one facet.

    Attributes:
        value_or_threshold: Of the facet, as Clarify writes it.
        rows: Rows that counted.
        left_out: Rows without a value of the facet, an outcome or a subgroup.
    """

    facet: Facet
    value_or_threshold: str
    metrics: tuple[BiasMetric, ...]
    rows: int
    left_out: int


@dataclass(frozen=True)
class BiasAnalysis:
    """The metrics of all facets; ``label_value_or_threshold`` as Clarify writes it."""

    config: BiasConfig
    label_value_or_threshold: str
    facets: tuple[FacetAnalysis, ...]


def analyse_bias(rows: pd.DataFrame, config: BiasConfig) -> BiasAnalysis:
    """Compute every metric of every facet. Undefined ones have a reason, never a made-up number.

    Raises:
        InputError: A column is missing, there are no rows, or a column of subgroups has too many.
    """
    _check(rows, config)
    observed, predicted = (config.positive.of(rows[name]) for name in (config.label, config.predicted_label))
    group, groups = _subgroups(rows, config)
    facets = tuple(_analyse(rows, config, facet, (observed, predicted, group), groups) for facet in config.facets)
    return BiasAnalysis(config, config.positive.text_in(rows[config.label]), facets)


def analysis_document(analysis: BiasAnalysis) -> dict[str, Any]:
    """analysis.json, which is also the constraints.json that a baseline suggests."""
    stages = {stage: _stage_document(analysis, stage) for stage in (PRE_TRAINING, POST_TRAINING)}
    return {"version": ANALYSIS_VERSION, **stages}


def _stage_document(analysis: BiasAnalysis, stage: str) -> dict[str, Any]:
    facets: dict[str, list[dict[str, Any]]] = {}
    for one in analysis.facets:
        metrics = [metric.document() for metric in one.metrics if metric.stage == stage]
        entry = {"value_or_threshold": one.value_or_threshold, "metrics": metrics}
        facets.setdefault(one.facet.column, []).append(entry)
    label = {"label": analysis.config.label, "facets": facets}
    return {**label, "label_value_or_threshold": analysis.label_value_or_threshold}


def _check(rows: pd.DataFrame, config: BiasConfig) -> None:
    columns = {
        "label": (config.label,),
        "predicted_label": (config.predicted_label,),
        "facet": tuple(facet.column for facet in config.facets),
        "group_variable": (config.group_variable,) if config.group_variable else (),
        "features": config.features,
    }
    known = ", ".join(map(repr, rows.columns))
    problems = [
        Problem(setting, repr(name), f"one of the columns {known}")
        for setting, names in columns.items()
        for name in names
        if name not in rows.columns
    ]
    if not len(rows):
        problems.append(Problem("rows", "none", "rows with predictions and ground truth"))
    if problems:
        raise InputError("Bias cannot be analysed.", problems)


def _subgroups(rows: pd.DataFrame, config: BiasConfig) -> tuple[Integers, int]:
    if config.group_variable is None:
        return np.zeros(len(rows), dtype=np.int64), 1
    codes, names = numbered_labels({"": rows[config.group_variable]})
    if len(names) > MOST_SUBGROUPS:
        expected = f"at most {MOST_SUBGROUPS:,} subgroups"
        problem = Problem(f"group_variable {config.group_variable}", f"{len(names):,} different values", expected)
        raise InputError("Bias cannot be analysed.", [problem])
    return codes[""], max(len(names), 1)


def _analyse(
    rows: pd.DataFrame, config: BiasConfig, facet: Facet, others: tuple[Integers, Integers, Integers], groups: int
) -> FacetAnalysis:
    sensitive = facet.picked.of(rows[facet.column])
    usable = np.logical_and.reduce([column != MISSING for column in (sensitive, *others)])
    sensitive, observed, predicted, group = (column[usable] for column in (sensitive, *others))
    nobody = _nobody(sensitive)
    if nobody:
        metrics = tuple(BiasMetric(one.name, one.description, one.stage, nan, reason=nobody) for one in FORMULAS)
        tested = BiasMetric(FLIPTEST, FLIPTEST_DESCRIPTION, POST_TRAINING, nan, reason=nobody)
    else:
        metrics = _from_counts(Outcomes.of(sensitive, observed, predicted, group, groups), config)
        tested = _tested(rows.loc[usable, list(config.features)], sensitive, predicted)
    ordered = sorted((*metrics, tested), key=lambda metric: (metric.stage == POST_TRAINING, metric.name))
    left_out = len(rows) - int(usable.sum())
    text = facet.picked.text_in(rows[facet.column])
    return FacetAnalysis(facet, text, tuple(ordered), len(sensitive), left_out)


def _nobody(sensitive: Integers) -> str:
    """Why there is nothing to compare; empty when there is."""
    if not len(sensitive):
        return "no row has a facet, an observed and a predicted outcome"
    if not sensitive.any():
        return "no row belongs to the facet"
    return "every row belongs to the facet" if sensitive.all() else ""


def _from_counts(outcomes: Outcomes, config: BiasConfig) -> tuple[BiasMetric, ...]:
    again = outcomes.resampled(BOOTSTRAPS)
    return tuple(_metric(formula, outcomes, again, config) for formula in FORMULAS)


def _metric(formula: Formula, outcomes: Outcomes, again: Outcomes, config: BiasConfig) -> BiasMetric:
    if formula.name in ("CDDL", "CDDPL") and config.group_variable is None:
        reason = "there is no group_variable"
        return BiasMetric(formula.name, formula.description, formula.stage, nan, reason=reason)
    # Infinity less infinity is undefined, which is what its NaN says.
    with np.errstate(invalid="ignore"):
        value, samples = float(formula.value(outcomes)), formula.value(again)
    finite = samples[np.isfinite(samples)]
    deviation = float(finite.std()) if len(finite) > 1 and np.isfinite(value) else nan
    reason = formula.undefined if isnan(value) else ""
    return BiasMetric(formula.name, formula.description, formula.stage, value, deviation, reason)


def _tested(features: pd.DataFrame, sensitive: Integers, predicted: Integers) -> BiasMetric:
    numbers = features.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    whole = np.isfinite(numbers).all(axis=1)
    reason = "" if features.shape[1] else _NO_FEATURES
    if not reason and _nobody(sensitive[whole]):
        reason = "too few rows of either group have all features as numbers"
    value = nan if reason else fliptest(numbers[whole], sensitive[whole] == 1, predicted[whole] == 1)
    return BiasMetric(FLIPTEST, FLIPTEST_DESCRIPTION, POST_TRAINING, value, reason=reason)


def _written(value: float) -> float | str | None:
    return _UNUSUAL.get(value, value) if not isnan(value) else None


_UNUSUAL: Mapping[float, str] = {inf: "Infinity", -inf: "-Infinity"}
