"""Metrics of an execution under the names that they have in CloudWatch.

Belongs here: names, dimensions and values. Does not belong here: sending them anywhere.

Source: "Monitor data quality", "Monitor model quality" and their neighbours in the SageMaker developer guide.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from forecast_platform.model_monitor.profile import DatasetProfile
from forecast_platform.model_monitor.violations import Distance

_ENDPOINT_NAMESPACE = "aws/sagemaker/Endpoints"
_BATCH_NAMESPACE = "aws/sagemaker/ModelMonitoring"
_NAMES = {
    "DataQuality": "data-metrics",
    "ModelQuality": "model-metrics",
    "ModelBias": "bias-metrics",
    "ModelExplainability": "explainability-metrics",
}


def namespace(kind: str, *, is_batch: bool) -> str:
    """The CloudWatch namespace of a monitoring type."""
    return f"{_BATCH_NAMESPACE if is_batch else _ENDPOINT_NAMESPACE}/{_NAMES[kind]}"


def data_quality_metrics(profile: DatasetProfile, distances: Sequence[Distance]) -> Iterator[dict[str, Any]]:
    """``feature_data_…`` of numbers, ``feature_non_null_…`` of all, ``feature_baseline_drift_…`` of those compared."""
    for feature in profile.features:
        yield value_metric(f"feature_non_null_{feature.name}", float(feature.present))
        moments = feature.moments
        if feature.inferred_type in ("Integral", "Fractional") and moments.count and math.isfinite(moments.total):
            yield {
                "metric": f"feature_data_{feature.name}",
                "value": moments.mean,
                "sample_count": float(moments.count),
                "sum": moments.total,
                "minimum": feature.sketch.minimum,
                "maximum": feature.sketch.maximum,
            }
    for one in distances:
        yield value_metric(f"feature_baseline_drift_{one.feature}", one.distance)


def value_metric(name: str, value: float, **dimensions: str) -> dict[str, Any]:
    """A metric that is one number.

    Args:
        dimensions: Those that it has beside the endpoint and the schedule, e.g. ``Facet``.
    """
    numbers = {"value": value, "sample_count": 1.0, "sum": value, "minimum": value, "maximum": value}
    return {"metric": name, "dimensions": json.dumps(dimensions) if dimensions else None, **numbers}
