"""Documents of executions that could have happened: census income, with drift.

Belongs here: generated documents in SageMaker's formats. Does not belong here: what a report makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from forecast_platform.model_monitor.report import ExecutionDocuments
from forecast_platform.quality.distances import categorical_linf, linf_robust
from forecast_platform.quality.sketches import KllSketch

EDUCATION = ("High school graduate", "Children", "Some college but no degree", "Bachelors degree", "7th and 8th grade",
             "10th grade", "11th grade", "Masters degree", "9th grade", "Associates degree")  # fmt: skip
WORKER = ("Not in universe", "Private", "Self-employed-not incorporated", "Local government", "State government")
MARITAL = ("Never married", "Married-civilian spouse present", "Divorced", "Widowed", "Separated")
COUNTRIES = tuple(f"Country {number}" for number in range(42))
THRESHOLD = 0.1


def census(rows: int, drift: float, seed: int) -> dict[str, Any]:
    """Columns by name: floats, ints or texts; ``None`` is missing. ``drift`` moves some of them away from 0."""
    random = np.random.default_rng(seed)

    def chosen(values: Sequence[str], weights: Sequence[float]) -> list[str]:
        shares = np.asarray(weights) / sum(weights)
        return list(random.choice(values, size=rows, p=shares))

    def spent(share: float, scale: float) -> Any:
        return np.where(random.random(rows) < share, np.round(random.lognormal(np.log(scale), 1, rows)), 0).astype(int)

    falling = np.arange(len(EDUCATION), 0, -1.0)
    age = np.clip(random.gamma(2.9, 11, rows) + 11 * drift, 0, 90).astype(int)
    return {
        "age": age,
        "class_of_worker": chosen(WORKER, (48, 36 + 30 * drift, 5, 4, 3)),
        "education": chosen(EDUCATION, falling + 9 * drift * falling[::-1]),
        "wage_per_hour": spent(0.06, 900),
        "marital_stat": chosen(MARITAL, (43 - 25 * drift, 42, 7, 5, 2)),
        "sex": chosen(("Female", "Male"), (52, 48)),
        "capital_gains": spent(0.04, 4000),
        "capital_losses": spent(0.02, 1800),
        "dividends_from_stocks": spent(0.1 + 0.35 * drift, 600),
        "instance_weight": np.round(random.gamma(3.1, 560, rows), 2),
        "country_of_birth_self": chosen(COUNTRIES, [400, *[1.0] * 41]),
        "num_persons_worked_for_employer": random.choice(7, size=rows, p=(0.48, 0.12, 0.05, 0.06, 0.07, 0.02, 0.2)),
        "weeks_worked_in_year": np.where(random.random(rows) < 0.48 - 0.2 * drift, 0, random.integers(30, 53, rows)),
        "year": random.choice((94, 95), size=rows),
        "household_id": [f"h{number:x}" for number in random.integers(0, 10**9, rows)],
        "score": np.clip(random.beta(1.2 + 2 * drift, 9, rows), 0, 1),
        **{f"flag_{number:02d}": random.integers(0, 2, rows) for number in range(4)},
    }


def statistics(columns: Mapping[str, Any], missing: Mapping[str, float] | None = None) -> dict[str, Any]:
    """``statistics.json`` of ``columns``, of whose values the shares in ``missing`` are gone."""
    rows = len(next(iter(columns.values()), ()))
    features = []
    for name, values in columns.items():
        gone = round(rows * (missing or {}).get(name, 0.0))
        features.append(feature(name, values[: rows - gone], gone))
    return {"version": 0.0, "dataset": {"item_count": rows}, "features": features}


def feature(name: str, values: Any, missing: int = 0) -> dict[str, Any]:
    """One feature of ``statistics.json``."""
    common = {"num_present": len(values), "num_missing": missing}
    if isinstance(values, list):
        names, counts = np.unique(values, return_counts=True)
        found: dict[str, Any] = {"common": common, "distinct_count": float(len(names))}
        if len(names) <= 100:
            buckets = [{"value": str(one), "count": int(count)} for one, count in zip(names, counts, strict=True)]
            found["distribution"] = {"categorical": {"buckets": buckets}}
        return {"name": name, "inferred_type": "String", "string_statistics": found}
    array = np.asarray(values)
    sketch = {"parameters": {"c": 0.64, "k": 2048.0}, "data": [one.tolist() for one in KllSketch.of(array).levels]}
    numbers = {"mean": array.mean(), "sum": array.sum(), "std_dev": array.std(), "min": array.min(), "max": array.max()}
    return {
        "name": name,
        "inferred_type": "Integral" if array.dtype.kind == "i" else "Fractional",
        "numerical_statistics": {
            "common": common,
            **{key: float(value) for key, value in numbers.items()},
            "distribution": {"kll": {"buckets": [], "sketch": sketch}},
        },
    }


def data_quality(
    hour: int = 10, drift: float = 1.0, rows: int = 2500, missing: float = 0.07, names: Sequence[str] = ()
) -> ExecutionDocuments:
    """An hour of a data-quality monitor. ``names`` renames the first features."""
    renamed = dict(zip(census(1, 0, 0), names, strict=False))
    before, after = (
        {renamed.get(name, name): values for name, values in census(size, moved, seed).items()}
        for size, moved, seed in ((20_000, 0.0, 1), (rows, drift, 100 + hour))
    )
    baseline, current = statistics(before), statistics(after, {renamed.get("education", "education"): missing})
    distances = [_distance(name, before[name], after[name]) for name in after if name != "household_id"]
    violations = [
        {
            "feature_name": one["feature"],
            "constraint_check_type": "baseline_drift_check",
            "description": f"Baseline drift distance: {one['distance']} exceeds threshold: {THRESHOLD}",
        }
        for one in distances
        if one["drifted"]
    ]
    if missing:
        violations.append(
            {
                "feature_name": renamed.get("education", "education"),
                "constraint_check_type": "completeness_check",
                "description": f"Value: {1 - missing} does not meet the constraint requirement! ",
            }
        )
    return ExecutionDocuments(
        execution=execution(hour, rows, "CompletedWithViolations" if violations else "Completed"),
        statistics=current,
        baseline=baseline,
        constraints={"version": 0.0, "features": []},
        violations={"violations": violations},
        distances=distances,
    )


def execution(hour: int, rows: int, status: str, kind: str = "DataQuality") -> dict[str, Any]:
    """The execution document of one hour; ``hour`` counts on through days."""
    day, clock = 17 + hour // 24, hour % 24
    after = f"2026-11-{day + 1:02d}T00" if clock == 23 else f"2026-11-{day:02d}T{clock + 1:02d}"
    return {
        "monitor": "census-income-" + {"DataQuality": "data", "ModelQuality": "quality"}.get(kind, "bias"),
        "endpoint": "census-income",
        "variant": "AllTraffic",
        "kind": kind,
        "window_start": f"2026-11-{day:02d}T{clock:02d}:00:00Z",
        "window_end": f"{after}:00:00Z",
        "status": status,
        "reason": "" if status.startswith("Completed") else "No captured data in this window.",
        "rows": rows,
        "refused_rows": 2 if status == "CompletedWithViolations" else 0,
        "refused": [
            {
                "where": f"census-income/AllTraffic/2026/11/{day:02d}/{clock:02d}/a1.jsonl, line 812",
                "reason": "found 40 values; expected 41, as in the line before.",
            },
            {
                "where": f"census-income/AllTraffic/2026/11/{day:02d}/{clock:02d}/a1.jsonl, line 2017",
                "reason": "found text that is not JSON; expected one capture record.",
            },
        ]
        if status == "CompletedWithViolations"
        else [],
        "notes": [],
    }


def failed(hour: int = 10) -> ExecutionDocuments:
    """An hour without data."""
    return ExecutionDocuments(execution=execution(hour, 0, "Failed"))


def many_features(count: int, drift: float = 1.0) -> ExecutionDocuments:
    """The census hour with its features repeated under other names until there are ``count``."""
    once = data_quality(drift=drift)

    def repeated(entries: Sequence[Mapping[str, Any]], key: str) -> list[dict[str, Any]]:
        copies = count // len(once.features) + 1
        return [{**one, key: f"{one[key]}_{copy:03d}"} for copy in range(copies) for one in entries]

    names = {f"{one.name}_{copy:03d}" for copy in range(count // len(once.features) + 1) for one in once.features}
    kept = set(sorted(names)[:count])
    documents = {
        name: {"features": [one for one in repeated(source["features"], "name") if one["name"] in kept]}
        for name, source in (("statistics", once.statistics), ("baseline", once.baseline))
    }
    violations = [one for one in repeated(once.violations["violations"], "feature_name") if one["feature_name"] in kept]
    distances = [one for one in repeated(list(once.distances), "feature") if one["feature"] in kept]
    return replace(once, **documents, violations={"violations": violations}, distances=distances)


def binary_quality(hour: int = 10, skill: float = 1.6) -> ExecutionDocuments:
    """An hour of a model-quality monitor of a binary classifier, worse than its baseline."""
    baseline, current = _binary_metrics(20_000, 2.2, 5), _binary_metrics(2500, skill, 50 + hour)
    names = ("accuracy", "auc", "precision", "recall", "f1")
    rules = {name: {"threshold": baseline[name]["value"], "comparison_operator": "LessThanThreshold"} for name in names}
    violations = [
        {
            "metric_name": name,
            "constraint_check_type": "LessThanThreshold",
            "description": f"Metric {name} with {current[name]['value']} was LessThanThreshold {rule['threshold']}",
        }
        for name, rule in rules.items()
        if current[name]["value"] < rule["threshold"]
    ]
    status = "CompletedWithViolations" if violations else "Completed"
    return ExecutionDocuments(
        execution=execution(hour, 2500, status, "ModelQuality"),
        statistics={"version": 0.0, "binary_classification_metrics": current},
        baseline={"version": 0.0, "binary_classification_metrics": baseline},
        constraints={"version": 0.0, "binary_classification_constraints": rules},
        violations={"violations": violations},
    )


def bias() -> ExecutionDocuments:
    """A bias monitor whose metric got worse, with the SHAP values of the same model."""
    return ExecutionDocuments(
        execution=execution(10, 2500, "CompletedWithViolations", "ModelBias"),
        statistics=_analysis(0.31, {"age": 0.2, "education": 0.24, "sex": 0.03}),
        constraints=_analysis(0.12, {"age": 0.3, "education": 0.2, "sex": 0.01}),
        violations={
            "version": "1.0",
            "violations": [
                {
                    "facet": "sex",
                    "facet_value": "Female",
                    "metric_name": "DPPL",
                    "constraint_check_type": "bias_drift_check",
                    "description": "Value 0.31 does not meet the constraint requirement",
                }
            ],
        },
    )


def _analysis(dppl: float, shap: Mapping[str, float]) -> dict[str, Any]:
    name = "Difference in Positive Proportions in Predicted Labels (DPPL)"
    metrics = [
        {"name": "DPPL", "description": name, "value": dppl},
        {"name": "AD", "description": "Accuracy Difference (AD)", "value": 0.02},
    ]
    facets = {"sex": [{"value_or_threshold": "Female", "metrics": metrics}]}
    return {
        "version": "1.0",
        "post_training_bias_metrics": {"label": "income", "label_value_or_threshold": "1", "facets": facets},
        "explanations": {"kernel_shap": {"income": {"expected_value": 0.06, "global_shap_values": dict(shap)}}},
    }


def _binary_metrics(rows: int, skill: float, seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    truth = random.random(rows) < 0.24
    scores = random.normal(skill * truth, 1)
    cuts = np.quantile(scores, np.linspace(1, 0, 101))
    true_rates = [float((scores[truth] >= cut).mean()) for cut in cuts]
    false_rates = [float((scores[~truth] >= cut).mean()) for cut in cuts]
    precisions = [float(truth[scores >= cut].mean()) for cut in cuts]
    said = scores > skill / 2 + 0.3
    matrix = {
        str(int(actual)): {str(int(guess)): int(((truth == actual) & (said == guess)).sum()) for guess in (False, True)}
        for actual in (False, True)
    }
    hits, alarms = int((truth & said).sum()), int(said.sum())
    precision, recall = hits / alarms, hits / int(truth.sum())
    values = {
        "accuracy": float((truth == said).mean()),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall),
        "auc": float(np.trapezoid(true_rates, false_rates)),
        "accuracy_best_constant_classifier": float(1 - truth.mean()),
    }
    return {
        "confusion_matrix": matrix,
        **{name: {"value": value, "standard_deviation": 0.004} for name, value in values.items()},
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": false_rates,
            "true_positive_rates": true_rates,
        },
        "precision_recall_curve": {"precisions": precisions, "recalls": true_rates},
    }


def _distance(name: str, before: Any, after: Any) -> dict[str, Any]:
    if isinstance(after, list):
        counts = [dict(zip(*np.unique(values, return_counts=True), strict=True)) for values in (before, after)]
        base, now = ({str(key): int(count) for key, count in one.items()} for one in counts)
        value, method = categorical_linf(base, now), "LInfinity"
    else:
        value, method = linf_robust(KllSketch.of(before), KllSketch.of(after)), "Robust"
    return {
        "feature": name,
        "distance": value,
        "threshold": THRESHOLD,
        "method": method,
        "drifted": value > THRESHOLD,
    }
