"""Profiles say of every value what it is, whatever the file type, batch size or order of merging."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_platform.model_monitor.profile import (
    DatasetProfile,
    FeatureProfile,
    merge_profiles,
    read_profile,
    write_profile,
)
from forecast_platform.model_monitor.profiling import profile_rows
from forecast_platform_tests.model_monitor.tables import profile


def one(values: Any, kind: pa.DataType | None = None) -> FeatureProfile:
    """The profile of one column."""
    return profile_rows(pa.table({"x": pa.array(values, kind)}).to_batches()).features[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-2", "+3", "007"], "Integral"),
        (["1", "2.5"], "Fractional"),
        (["1e3", ".5", "5."], "Fractional"),
        ([" 5", "6 "], "Integral"),
        (["1", "two"], "String"),
        (["true", "false"], "String"),
        (["12345678901234567890123"], "Integral"),
        (["inf", "-Infinity"], "Fractional"),
        (["nan", "NaN", None], "Unknown"),
        ([None, None], "Unknown"),
        ([1, 2], "Integral"),
        ([1.0, 2.0], "Fractional"),
        ([True, False], "String"),
        ([Decimal("1.50")], "Fractional"),
        ([datetime(2025, 1, 1)], "String"),
        ([[1, 2], [3]], "String"),
        ([b"\xff"], "String"),
    ],
)
def test_the_type_of_a_feature_is_what_its_values_look_like(values: list[Any], expected: str) -> None:
    assert one(values, None if values[0] is not None else pa.string()).inferred_type == expected


def test_every_value_is_counted_once() -> None:
    feature = one(["1", "2.5", "x", None, "nan", "inf", " 7 ", "-3", ""])
    assert (feature.integral, feature.fractional, feature.text, feature.missing) == (3, 2, 2, 2)
    assert feature.non_finite == 1
    assert feature.negative == 1
    assert sorted(feature.sketch.levels[0]) == [-3.0, 1.0, 2.5, 7.0]


def test_missing_values_of_parquet_are_nulls_and_nan() -> None:
    feature = one([1.0, math.nan, None, math.inf])
    assert (feature.present, feature.missing, feature.non_finite, feature.moments.count) == (2, 2, 1, 1)
    assert feature.completeness == 0.5


def test_numbers_too_large_for_a_double_are_infinite_and_not_lost() -> None:
    feature = one(["1e999", "1", "-1e999", "x"])
    assert (feature.fractional, feature.integral, feature.text) == (2, 1, 1)
    assert feature.non_finite == 2
    assert feature.moments.count == 1


@pytest.mark.parametrize("rows_per_batch", [7, 1000, 100_000])
def test_moments_are_numpys(rows_per_batch: int) -> None:
    values = np.random.default_rng(1).normal(1e6, 3.0, size=20_000)
    feature = profile({"x": values}, rows_per_batch).features[0]
    assert feature.moments.mean == pytest.approx(values.mean(), rel=1e-13)
    assert feature.moments.total == pytest.approx(values.sum(), rel=1e-13)
    assert feature.moments.deviation == pytest.approx(values.std(), rel=1e-9)
    assert (feature.sketch.minimum, feature.sketch.maximum) == (values.min(), values.max())


def test_text_and_typed_columns_of_the_same_numbers_have_the_same_profile() -> None:
    values = [3, 1, None, -4] * 50
    typed, text = one(values), one([None if value is None else str(value) for value in values])
    assert typed.moments == text.moments
    assert (typed.integral, typed.missing, typed.negative) == (text.integral, text.missing, text.negative)
    assert typed.categories == text.categories


@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=4), st.integers().map(str), st.floats().map(str)), min_size=1, max_size=30
    )
)
def test_no_text_breaks_it_and_none_is_lost(values: list[str | None]) -> None:
    feature = one(values, pa.string())
    assert feature.present + feature.missing == len(values)
    assert feature.moments.count + feature.non_finite == feature.integral + feature.fractional
    assert merge_profiles([read_profile(write_profile(DatasetProfile(len(values), (feature,))))]).features[
        0
    ].present == (feature.present)


def test_a_profile_of_parts_is_the_profile_of_the_whole() -> None:
    random = np.random.default_rng(6)
    table = pa.table(
        {
            "amount": random.gamma(2, size=900),
            "code": [str(code) for code in random.integers(0, 5, size=900)],
            "name": np.array(["a", "b", "c"])[random.integers(0, 3, size=900)],
            "id": [f"id-{number}" for number in range(900)],
        }
    )
    whole = profile_rows(table.to_batches())
    parts = merge_profiles(profile_rows(table.slice(first, 300).to_batches()) for first in (0, 300, 600))
    assert parts.rows == whole.rows
    for merged, single in zip(parts.features, whole.features, strict=True):
        assert merged.name == single.name
        assert (merged.integral, merged.fractional, merged.text) == (single.integral, single.fractional, single.text)
        assert merged.categories == single.categories
        assert merged.distinct_texts == single.distinct_texts
        assert merged.moments.deviation == pytest.approx(single.moments.deviation, nan_ok=True)
        assert np.array_equal(merged.sketch.weighted()[0], single.sketch.weighted()[0])


def test_a_column_that_is_not_there_yet_or_no_more_is_missing_in_those_rows() -> None:
    batches = [pa.record_batch({"a": [1, 2]}), pa.record_batch({"a": [3], "b": ["x"]}), pa.record_batch({"b": ["y"]})]
    together = profile_rows(batches)
    assert [(one.name, one.present, one.missing) for one in together.features] == [("a", 3, 1), ("b", 2, 2)]
    merged = merge_profiles(profile_rows([batch]) for batch in batches)
    assert [(one.name, one.present, one.missing) for one in merged.features] == [("a", 3, 1), ("b", 2, 2)]


def test_a_million_different_texts_take_little_memory() -> None:
    batches = (
        pa.record_batch({"id": [f"id-{n}" for n in range(first, first + 50_000)]}) for first in range(0, 10**6, 50_000)
    )
    feature = profile_rows(batches).features[0]
    assert feature.distinct_texts == pytest.approx(10**6, rel=0.05)
    assert len(write_profile(DatasetProfile(10**6, (feature,)))) < 100_000


def test_the_same_profile_gives_the_same_bytes_and_comes_back() -> None:
    table = {"x": np.random.default_rng(2).normal(size=10_000), "s": ["a", "b"] * 5_000}
    written = write_profile(profile(table))
    assert written == write_profile(profile(table))
    assert write_profile(read_profile(written)) == written


def test_a_profile_of_another_format_is_refused() -> None:
    import io

    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table({"x": [1]}), buffer)
    with pytest.raises(ValueError, match="no profile of format"):
        read_profile(buffer.getvalue())
