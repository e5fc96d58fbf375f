"""``statistics.json``: what a table looks like, in SageMaker Model Monitor's schema.

Belongs here: the document, written and read. Does not belong here: counting (``profiling``), what is expected of a
table (``constraints``).

Source: "Schema for Statistics" of the SageMaker developer guide, and files that the service wrote: the standard
deviation is the population's, the ten buckets are equally wide and open on the right except the last one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.documents import Fields, read_document
from forecast_platform.model_monitor.profile import DatasetProfile, FeatureProfile
from forecast_platform.quality.sketches import MOST_LEVELS, SHRINKING_FACTOR, SKETCH_SIZE, KllSketch

VERSION = 0.0
BUCKETS = 10
MOST_CATEGORIES = 120
"""A feature with more different values has no distribution over categories and no domain. Deequ's own limit: files that
the service wrote have a distribution for 83 values and none for 2,477."""
TYPES = ("Integral", "Fractional", "String", "Unknown")


@dataclass(frozen=True)
class BaselineFeature:
    """What ``statistics.json`` says of a feature, as far as others are compared with it.

    Attributes:
        sketch: Of its numbers; ``None`` = it has none.
        categories: Occurrences by category; ``None`` = it has no distribution over categories.
    """

    name: str
    inferred_type: str
    present: int
    missing: int
    sketch: KllSketch | None = None
    categories: Mapping[str, int] | None = None


def statistics_document(profile: DatasetProfile) -> dict[str, Any]:
    """The statistics of a table."""
    return {
        "version": VERSION,
        "dataset": {"item_count": profile.rows},
        "features": [_feature(one) for one in profile.features],
    }


def categories_of(feature: FeatureProfile) -> Mapping[str, int] | None:
    """Occurrences by category, most frequent first; ``None`` when there are too many categories."""
    summary = feature.categories
    if summary is None or summary.forgotten or len(summary.counts) > MOST_CATEGORIES:
        return None
    return dict(sorted(summary.counts.items(), key=lambda one: (-one[1], one[0])))


def _feature(feature: FeatureProfile) -> dict[str, Any]:
    document: dict[str, Any] = {"name": feature.name, "inferred_type": feature.inferred_type}
    common = {"num_present": feature.present, "num_missing": feature.missing}
    if feature.inferred_type == "String":
        document["string_statistics"] = _string_statistics(feature, common)
    elif feature.inferred_type != "Unknown":
        document["numerical_statistics"] = _numerical_statistics(feature, common)
    else:
        # No schema is documented for a feature without values; that it was there and empty must not be lost.
        document["string_statistics"] = {"common": common, "distinct_count": 0.0}
    return document


def _string_statistics(feature: FeatureProfile, common: dict[str, int]) -> dict[str, Any]:
    statistics: dict[str, Any] = {"common": common, "distinct_count": feature.distinct_texts}
    categories = categories_of(feature)
    if categories is not None:
        buckets = [{"value": value, "count": count} for value, count in categories.items()]
        statistics["distribution"] = {"categorical": {"buckets": buckets}}
    return statistics


def _numerical_statistics(feature: FeatureProfile, common: dict[str, int]) -> dict[str, Any]:
    sketch = feature.sketch
    if not sketch.count:
        return {"common": common}
    return {
        "common": common,
        "mean": _finite(feature.moments.mean),
        "sum": _finite(feature.moments.total),
        "std_dev": _finite(feature.moments.deviation),
        "min": sketch.minimum,
        "max": sketch.maximum,
        "distribution": {"kll": {"buckets": histogram(sketch), "sketch": sketch_document(sketch)}},
    }


def _finite(value: float) -> float | None:
    """A sum of numbers near the largest double can be beyond it, and JSON has no infinity."""
    return value if math.isfinite(value) else None


def histogram(sketch: KllSketch) -> list[dict[str, float]]:
    """Ten equally wide buckets from the smallest to the largest value; their counts sum to the sketch's."""
    # By halves, because the largest doubles are further apart than the largest double.
    edges = 2 * np.linspace(sketch.minimum / 2, sketch.maximum / 2, BUCKETS + 1)
    edges[0], edges[-1] = sketch.minimum, sketch.maximum
    values, weights = sketch.weighted()
    below = np.concatenate([[0], np.cumsum(weights)])[np.searchsorted(values, edges, side="left")]
    below[0], below[-1] = 0, sketch.count
    return [
        {"lower_bound": float(low), "upper_bound": float(high), "count": float(count)}
        for low, high, count in zip(edges[:-1], edges[1:], np.diff(below), strict=True)
    ]


def sketch_document(sketch: KllSketch) -> dict[str, Any]:
    """``sketch`` as ``statistics.json`` shows it."""
    return {
        "parameters": {"c": SHRINKING_FACTOR, "k": float(SKETCH_SIZE)},
        "data": [level.tolist() for level in sketch.levels],
    }


def read_statistics(data: bytes, source: str) -> dict[str, BaselineFeature]:
    """The features of a ``statistics.json``, ours or the service's, by name.

    Args:
        source: What messages call the file.

    Raises:
        InputError: Everything that cannot be used.
    """
    document = read_document(data, source)
    found: dict[str, BaselineFeature] = {}
    for feature in document.items("features", "features with their statistics"):
        name = feature.text("name")
        if name in found:
            feature.refuse("name", "a name that no other feature has")
        found[name] = _read_feature(name, feature)
    if document.problems:
        raise InputError(f"The baseline statistics in {source} cannot be used.", document.problems)
    return found


def _read_feature(name: str, feature: Fields) -> BaselineFeature:
    kind = feature.choice("inferred_type", TYPES, "Unknown")
    statistics = feature.fields("string_statistics" if kind in ("String", "Unknown") else "numerical_statistics")
    common = statistics.fields("common")
    present, missing = int(common.number("num_present", 0.0)), int(common.number("num_missing", 0.0))
    return BaselineFeature(
        name, kind, present, missing, sketch=_read_sketch(statistics), categories=_read_categories(statistics)
    )


def _read_sketch(statistics: Fields) -> KllSketch | None:
    distribution = statistics.fields("distribution").fields("kll")
    sketch = distribution.fields("sketch")
    if "data" not in sketch:
        return None
    extremes = [statistics.number(name, None) for name in ("min", "max")]
    try:
        read = KllSketch.of_levels(sketch.raw("data"), *extremes)
    except (ValueError, TypeError, OverflowError):
        sketch.refuse("data", f"at most {MOST_LEVELS} lists of finite numbers, one list per level")
        return None
    return read if read.count else None


def _read_categories(statistics: Fields) -> Mapping[str, int] | None:
    categorical = statistics.fields("distribution").fields("categorical")
    if "buckets" not in categorical:
        return None
    buckets = categorical.items("buckets", "categories with their counts")
    return {bucket.text("value"): int(bucket.number("count", 0.0, low=0.0)) for bucket in buckets}
