"""Values and thresholds: who is in the sensitive group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.model_monitor.bias.picking import Picked, parse_picked, pick

AGES = pd.Series(np.linspace(18, 90, 50).round())


def test_a_listed_value_is_picked_however_it_is_written_and_a_missing_one_is_neither() -> None:
    column = pd.Series(["1", 1, 1.0, "0", None, "", "01"], dtype=object)
    assert Picked(values=("1",)).of(column).tolist() == [1, 1, 1, 0, -1, -1, 0]


def test_a_threshold_itself_is_not_picked() -> None:
    assert Picked(threshold=40.0).of(pd.Series([39, 40, 41, None, "x"], dtype=object)).tolist() == [0, 0, 1, -1, -1]


@pytest.mark.parametrize(
    ("values", "column", "expected"),
    [
        ([40], AGES, Picked(threshold=40.0)),
        (["40"], AGES.astype(str), Picked(threshold=40.0)),
        ([0.5], pd.Series([0.1, 0.2, 0.9]), Picked(threshold=0.5)),
        ([40, 50], AGES, Picked(values=("40", "50"))),
        (["f"], pd.Series(["f", "m"]), Picked(values=("f",))),
        ([1], pd.Series([0, 1, 0, 1]), Picked(values=("1",))),
        ([1.0], pd.Series([0.0, 1.0, None]), Picked(values=("1",))),
        ([3], pd.Series([0, 1, 2, 3] * 50), Picked(values=("3",))),
        ([40], pd.Series(["40", "unknown", "50"]), Picked(values=("40",))),
    ],
)
def test_a_single_number_is_a_threshold_where_the_column_is_continuous(
    values: list[Any], column: pd.Series[Any], expected: Picked
) -> None:
    assert pick(values, column) == expected


@pytest.mark.parametrize(
    ("picked", "written"),
    [(Picked(threshold=40.0), "(40.0, 90.0]"), (Picked(values=("1",)), "1"), (Picked(values=("18", "20")), "18,20")],
)
def test_what_is_picked_is_written_as_clarify_does_and_read_back(picked: Picked, written: str) -> None:
    assert picked.text_in(AGES) == written
    assert parse_picked(written) == picked


def test_a_violation_names_the_threshold_without_the_interval() -> None:
    assert Picked(threshold=40.0).text == "40"
    assert Picked(threshold=0.25).text == "0.25"
