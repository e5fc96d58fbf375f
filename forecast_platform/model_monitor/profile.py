"""What is remembered of a table: one mergeable profile per feature, of constant size.

Belongs here: the profiles, their merging, and their bytes. Does not belong here: how rows become a profile
(``profiling``), the documents that are made from one (``statistics``).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice
from typing import Any

import numpy as np

from forecast_platform.quality.sketches import DistinctCounter, FrequentTexts, KllSketch, Values, merge_all

PROFILE_FORMAT = "1"
_MERGED_AT_ONCE = 100
_COUNTS = ("missing", "integral", "fractional", "text", "non_finite", "negative")


@dataclass(frozen=True)
class Moments:
    """Sums that give mean and standard deviation, and merge: Chan, Golub, LeVeque (1979).

    Attributes:
        total: Sum of the values.
        squares: Sum of the squared differences from the mean.
    """

    count: int = 0
    total: float = 0.0
    mean: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: Values) -> Moments:
        """The moments of finite ``values``."""
        if not len(values):
            return cls()
        with np.errstate(over="ignore", invalid="ignore"):  # sums beyond the largest double are infinite
            mean = float(values.mean())
            return cls(len(values), float(values.sum()), mean, float(np.square(values - mean).sum()))

    def merged(self, other: Moments) -> Moments:
        """The moments of all values of both."""
        if not (self.count and other.count):
            return self if self.count else other
        count = self.count + other.count
        apart = other.mean - self.mean
        return Moments(
            count,
            self.total + other.total,
            self.mean + apart * other.count / count,
            self.squares + other.squares + apart * apart * self.count * other.count / count,
        )

    @property
    def deviation(self) -> float:
        """Population standard deviation; NaN when there are no values."""
        return math.sqrt(self.squares / self.count) if self.count else math.nan


@dataclass(frozen=True)
class FeatureProfile:
    """What is remembered of one feature.

    Attributes:
        missing: Values that are not there: null, empty, NaN.
        integral, fractional, text: Present values by what they look like. Infinities are fractional.
        non_finite: Infinities, and numbers that no double can hold; they are in none of what follows.
        negative: Numbers below zero.
        moments, sketch: Of the finite numbers.
        categories: Occurrences by value as text; ``None`` = not counted, because the values were numbers, and many.
        distinct: Counts the different values as text; empty where every value is a number.
    """

    name: str
    missing: int = 0
    integral: int = 0
    fractional: int = 0
    text: int = 0
    non_finite: int = 0
    negative: int = 0
    moments: Moments = field(default_factory=Moments)
    sketch: KllSketch = field(default_factory=KllSketch)
    categories: FrequentTexts | None = field(default_factory=FrequentTexts)
    distinct: DistinctCounter = field(default_factory=DistinctCounter)

    @property
    def present(self) -> int:
        return self.integral + self.fractional + self.text

    @property
    def inferred_type(self) -> str:
        """``Unknown`` without a value, ``String`` with any text, else ``Fractional`` or ``Integral``."""
        if not self.present:
            return "Unknown"
        if self.text:
            return "String"
        return "Fractional" if self.fractional else "Integral"

    @property
    def completeness(self) -> float:
        """Share of values that are there; NaN when there are none at all."""
        everything = self.present + self.missing
        return self.present / everything if everything else math.nan

    @property
    def distinct_texts(self) -> float:
        """The number of different values of a String feature."""
        if self.categories is not None and not self.categories.forgotten:
            return float(len(self.categories.counts))
        return self.distinct.estimate()


@dataclass(frozen=True)
class DatasetProfile:
    """What is remembered of a table.

    Attributes:
        rows: Its rows.
        features: In the order of its columns.
    """

    rows: int = 0
    features: tuple[FeatureProfile, ...] = ()

    def feature(self, name: str) -> FeatureProfile | None:
        """The profile of the feature ``name``, if the table has it."""
        return next((one for one in self.features if one.name == name), None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of values that are in no statistic."""
        return tuple(
            f"Values of {one.name} that are infinite or too large: {one.non_finite:,}. They count as present and as "
            "numbers, and are in no other statistic."
            for one in self.features
            if one.non_finite
        )


def merge_features(profiles: Sequence[FeatureProfile]) -> FeatureProfile:
    """One profile of everything that profiles of the same feature have seen."""
    if len(profiles) == 1:
        return profiles[0]
    counts = {name: sum(getattr(one, name) for one in profiles) for name in _COUNTS}
    return FeatureProfile(
        name=profiles[0].name,
        **counts,
        moments=reduce(Moments.merged, (one.moments for one in profiles)),
        sketch=merge_all(one.sketch for one in profiles),
        categories=merge_categories(one.categories for one in profiles),
        distinct=profiles[0].distinct.merged([one.distinct for one in profiles[1:]]),
    )


def merge_categories(summaries: Iterable[FrequentTexts | None]) -> FrequentTexts | None:
    """The occurrences of all; ``None`` when one of them did not count."""
    counted = list(summaries)
    if any(one is None for one in counted):
        return None
    return FrequentTexts().merged(one for one in counted if one is not None)


def merge_profiles(profiles: Iterable[DatasetProfile]) -> DatasetProfile:
    """One profile of all rows. A feature that one of the tables lacks is missing in each of its rows.

    Some at a time, so that the profiles of a year need not fit into memory together.
    """
    left = iter(profiles)
    merged = DatasetProfile()
    while group := list(islice(left, _MERGED_AT_ONCE)):
        merged = _merged([merged, *group])
    return merged


def _merged(tables: Sequence[DatasetProfile]) -> DatasetProfile:
    names = list(dict.fromkeys(feature.name for table in tables for feature in table.features))
    return DatasetProfile(
        sum(table.rows for table in tables),
        tuple(
            merge_features([table.feature(name) or FeatureProfile(name, missing=table.rows) for table in tables])
            for name in names
        ),
    )


def write_profile(profile: DatasetProfile) -> bytes:
    """``profile`` as Parquet, one row per feature; the same profile gives the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pylist([_record(one) for one in profile.features], schema=_schema())
    facts = {"rows": str(profile.rows), "format": PROFILE_FORMAT}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(facts), buffer, compression="zstd", use_dictionary=False)
    return buffer.getvalue()


def read_profile(data: bytes) -> DatasetProfile:
    """The inverse of :func:`write_profile`.

    Raises:
        ValueError: Another version of this package wrote ``data``.
    """
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(data))
    facts = table.schema.metadata or {}
    if facts.get(b"format") != PROFILE_FORMAT.encode():
        raise ValueError(f"This is no profile of format {PROFILE_FORMAT}.")
    return DatasetProfile(int(facts[b"rows"]), tuple(_feature(record) for record in _records(table)))


def _schema() -> Any:
    import pyarrow as pa

    counts = (*_COUNTS, "moments_count")
    numbers = ("moments_total", "moments_mean", "moments_squares", "minimum", "maximum")
    return pa.schema(
        [
            ("name", pa.string()),
            *((name, pa.int64()) for name in counts),
            *((name, pa.float64()) for name in numbers),
            ("sketch", pa.list_(pa.float64())),
            ("level_lengths", pa.list_(pa.int64())),
            ("categories", pa.list_(pa.string())),
            ("occurrences", pa.list_(pa.int64())),
            ("forgotten", pa.int64()),
            ("hashes", pa.list_(pa.uint64())),
        ]
    )


def _record(one: FeatureProfile) -> dict[str, Any]:
    categories = None if one.categories is None else dict(sorted(one.categories.counts.items()))
    return {
        "name": one.name,
        **{name: getattr(one, name) for name in _COUNTS},
        "moments_count": one.moments.count,
        "moments_total": one.moments.total,
        "moments_mean": one.moments.mean,
        "moments_squares": one.moments.squares,
        "minimum": one.sketch.minimum,
        "maximum": one.sketch.maximum,
        "sketch": np.concatenate(one.sketch.levels),
        "level_lengths": [len(level) for level in one.sketch.levels],
        "categories": None if categories is None else list(categories),
        "occurrences": None if categories is None else list(categories.values()),
        "forgotten": 0 if one.categories is None else one.categories.forgotten,
        "hashes": one.distinct.hashes,
    }


def _records(table: Any) -> Iterable[dict[str, Any]]:
    """The rows of ``table``; the long lists as arrays, because millions of Python numbers would be slow."""
    plain = table.drop_columns(["sketch", "hashes"]).to_pylist()
    for record, values, hashes in zip(plain, _arrays(table["sketch"]), _arrays(table["hashes"]), strict=True):
        yield {**record, "levels": np.split(values, np.cumsum(record["level_lengths"])[:-1]), "hashes": hashes}


def _arrays(column: Any) -> list[Any]:
    """A column of lists of numbers as one array per row."""
    lists = column.combine_chunks()
    offsets = lists.offsets.to_numpy()
    return np.split(lists.values.to_numpy()[: offsets[-1]], offsets[1:-1])


def _feature(record: dict[str, Any]) -> FeatureProfile:
    return FeatureProfile(
        record["name"],
        **{name: record[name] for name in _COUNTS},
        moments=Moments(
            record["moments_count"], record["moments_total"], record["moments_mean"], record["moments_squares"]
        ),
        sketch=KllSketch.of_levels(record["levels"], record["minimum"], record["maximum"]),
        categories=_categories(record),
        distinct=DistinctCounter(record["hashes"]),
    )


def _categories(record: dict[str, Any]) -> FrequentTexts | None:
    if record["categories"] is None:
        return None
    return FrequentTexts(dict(zip(record["categories"], record["occurrences"], strict=True)), record["forgotten"])
