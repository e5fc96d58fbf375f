"""How rows become a profile: one pass over record batches, a column at a time, in bounded memory.

Belongs here: what a value looks like, and counting. Does not belong here: where rows come from (``tables``), what is
remembered of them (``profile``).

Rules for text, after Deequ's ``DataType``: digits with an optional sign are integral, with a point or an exponent they
are fractional, anything else is text. White space around a number does not count, NaN is a missing value.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from forecast_platform.model_monitor.profile import DatasetProfile, FeatureProfile, Moments, merge_categories
from forecast_platform.quality.sketches import DistinctCounter, FrequentTexts, Values

_INTEGRAL = r"^\s*[-+]?\d+\s*$"
_NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
_INFINITE = r"^\s*[-+]?(?i:inf|infinity)\s*$"
_NOT_A_NUMBER = r"^\s*[-+]?(?i:nan)\s*$"
_PERHAPS_A_NUMBER = r"^\s*[-+]?(?:\.?\d|(?i:inf|nan))"
_PLAIN_INTEGRAL = r"^-?\d+$"
_PLAIN_NUMBER = r"^-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
_FEW_NUMBERS = 200
"""Numbers that are codes have few different values; those of a column with more are not counted one by one."""
_SAMPLE = 1_000
"""Values that are enough to see that a column has too many different ones to count each."""


@dataclass(frozen=True)
class _Looked:
    """One column of one batch, looked at.

    Attributes:
        numbers: The finite ones.
        categories: As in ``FeatureProfile``; ``None`` when they are not counted.
        texts: Its different values as an object array of text, when there is text among them.
    """

    missing: int = 0
    integral: int = 0
    fractional: int = 0
    text: int = 0
    non_finite: int = 0
    numbers: Values = field(default_factory=lambda: np.empty(0))
    categories: FrequentTexts | None = None
    texts: Any = None


def profile_rows(batches: Iterable[pa.RecordBatch]) -> DatasetProfile:
    """The profile of all rows of ``batches``.

    Columns are found by name; a batch that lacks one has it missing in each of its rows.
    """
    profiles: dict[str, FeatureProfile] = {}
    rows = 0
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for batch in batches:
            for name in profiles.keys() - set(batch.schema.names):
                profiles[name] = replace(profiles[name], missing=profiles[name].missing + batch.num_rows)
            before = [profiles.get(name) or FeatureProfile(name, missing=rows) for name in batch.schema.names]
            # Arrow and NumPy let go of the interpreter's lock, so columns are looked at side by side.
            for profile in threads.map(_add, before, batch.columns):
                profiles[profile.name] = profile
            rows += batch.num_rows
    return DatasetProfile(rows, tuple(profiles.values()))


def _add(profile: FeatureProfile, column: pa.Array) -> FeatureProfile:
    seen = _look(column, wants_categories=profile.categories is not None)
    return replace(
        profile,
        missing=profile.missing + seen.missing,
        integral=profile.integral + seen.integral,
        fractional=profile.fractional + seen.fractional,
        text=profile.text + seen.text,
        non_finite=profile.non_finite + seen.non_finite,
        negative=profile.negative + int(np.count_nonzero(seen.numbers < 0)),
        moments=profile.moments.merged(Moments.of(seen.numbers)),
        sketch=profile.sketch.updated(seen.numbers),
        categories=merge_categories([profile.categories, seen.categories]),
        distinct=_distinct(profile, seen),
    )


def _distinct(profile: FeatureProfile, seen: _Looked) -> DistinctCounter:
    if seen.texts is None:
        return profile.distinct
    return profile.distinct.updated(seen.texts)


def _look(column: pa.Array, *, wants_categories: bool) -> _Looked:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _look(column.dictionary_decode(), wants_categories=wants_categories)
    if pa.types.is_null(kind):
        return _Looked(missing=len(column), categories=FrequentTexts())
    if pa.types.is_integer(kind):
        return _look_at_numbers(column, integral=len(column) - column.null_count, wants_categories=wants_categories)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _look_at_numbers(column.cast(pa.float64()), integral=0, wants_categories=wants_categories)
    return _look_at_text(_as_text(column), wants_categories=wants_categories)


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def _look_at_numbers(
    column: pa.Array, *, integral: int, wants_categories: bool, written: pa.Array | None = None
) -> _Looked:
    """A column of numbers, and how they are written if they are text; ``integral`` of them are whole numbers."""
    values = np.asarray(column.drop_null().to_numpy(zero_copy_only=False), dtype=np.float64)
    there = values[~np.isnan(values)]
    finite = there[np.isfinite(there)]
    return _Looked(
        missing=len(column) - len(there),
        integral=integral,
        fractional=len(there) - integral,
        non_finite=len(there) - len(finite),
        numbers=finite,
        categories=_categories(column if written is None else written) if wants_categories else None,
    )


def _look_at_text(column: pa.Array, *, wants_categories: bool) -> _Looked:
    """A column of texts: numbers as they are written, or else anything."""
    # Asking Arrow to try costs far more when it cannot, and a column that is no number mostly shows it at once.
    if not pc.all(pc.match_substring_regex(column[:_SAMPLE], _PLAIN_NUMBER), min_count=0).as_py():
        return _look_at_mixed_text(column)
    try:
        numbers = column.cast(pa.float64())
    except pa.ArrowInvalid:
        return _look_at_mixed_text(column)
    seen = _look_at_numbers(numbers, integral=0, wants_categories=wants_categories, written=column)
    whole = _written_whole(column, numbers)
    return replace(seen, integral=whole, fractional=seen.fractional - whole)


def _written_whole(column: pa.Array, numbers: pa.Array) -> int:
    """How many of the texts are whole numbers as they are written: ``1.0`` is not."""
    digits = np.asarray(pc.fill_null(pc.ascii_is_decimal(column), False))
    values = numbers.to_numpy(zero_copy_only=False)
    others = ~digits & (values == np.floor(values))
    if not others.any():
        return int(np.count_nonzero(digits))
    signed = pc.sum(pc.match_substring_regex(column.filter(pa.array(others)), _PLAIN_INTEGRAL))
    return int(np.count_nonzero(digits)) + int(signed.as_py())


def _look_at_mixed_text(column: pa.Array) -> _Looked:
    counted = pc.value_counts(column.drop_null())
    texts, counts = counted.field("values"), np.asarray(counted.field("counts"))
    is_integral, is_number, is_infinite, is_nan = _kinds(texts)
    written = pc.utf8_trim_whitespace(texts.filter(pa.array(is_number)))
    # Arrow reads no leading plus.
    numbers = np.asarray(pc.utf8_ltrim(written, "+").cast(pa.float64()).to_numpy(zero_copy_only=False))
    finite = np.isfinite(numbers)
    present = ~is_nan
    fractional = (is_number & ~is_integral) | is_infinite
    overflowed = int(counts[is_number][~finite].sum())
    there = texts.filter(pa.array(present)).to_numpy(zero_copy_only=False)
    return _Looked(
        missing=column.null_count + int(counts[is_nan].sum()),
        integral=int(counts[is_integral].sum()),
        fractional=int(counts[fractional].sum()),
        text=int(counts[present & ~is_integral & ~fractional].sum()),
        non_finite=int(counts[is_infinite].sum()) + overflowed,
        numbers=np.repeat(numbers[finite], counts[is_number][finite]),
        categories=FrequentTexts().updated(there, counts[present]),
        texts=there,
    )


def _kinds(texts: pa.Array) -> list[NDArray[np.bool_]]:
    """Per text whether it is a whole number, a number, an infinity, and no number by name."""
    perhaps = _matches(texts, _PERHAPS_A_NUMBER)
    candidates = texts.filter(pa.array(perhaps))
    found = []
    for pattern in (_INTEGRAL, _NUMBER, _INFINITE, _NOT_A_NUMBER):
        matching = np.zeros(len(texts), dtype=bool)
        matching[perhaps] = _matches(candidates, pattern)
        found.append(matching)
    return found


def _matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return np.asarray(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False), dtype=bool)


def _categories(column: pa.Array) -> FrequentTexts | None:
    """Occurrences by number as text, NaN left out; ``None`` when there are too many different ones to be a code."""
    values = column.drop_null()
    if len(pc.unique(values[:_SAMPLE])) > _FEW_NUMBERS:
        return None
    counted = pc.value_counts(values)
    if len(counted) > _FEW_NUMBERS:
        return None
    texts = counted.field("values").cast(pa.string()).to_numpy(zero_copy_only=False)
    is_number = np.array([text.lower() != "nan" for text in texts], dtype=bool)
    return FrequentTexts().updated(texts[is_number], np.asarray(counted.field("counts"))[is_number])
