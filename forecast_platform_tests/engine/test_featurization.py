"""Aggregation, alignment and filling of the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.featurization import Panel, target_panel
from forecast_platform.engine.filling import FILL_WINDOW
from forecast_platform.engine.task import Filling
from forecast_platform.errors import InputError
from forecast_platform_tests.engine.series import series, task

GAPS = pd.concat(
    [
        series([4, 1, 7], "bread", "2024-01-02"),
        series([9], "bread", "2024-01-07"),
        series([5, 5, 5, 5, 5, 5, 5, 5, 5], "milk", "2024-01-01"),
    ]
)


def row(panel: Panel, item: str) -> list[float]:
    return panel.values[list(panel.series["item_id"]).index(item)].tolist()


@pytest.mark.parametrize(
    ("method", "middle", "back"),
    [
        ("zero", 0.0, 0.0),
        ("value", 3.5, 2.5),
        ("median", 4.0, 5.5),
        ("mean", 4.0, 5.25),
        ("min", 1.0, 1.0),
        ("max", 7.0, 9.0),
        ("nan", np.nan, np.nan),
    ],
)
def test_gaps_are_filled_by_the_method_asked_for(method: str, middle: float, back: float) -> None:
    filling = Filling(middlefill=method, backfill=method, middlefill_value=3.5, backfill_value=2.5)
    expected = [np.nan, 4, 1, 7, middle, middle, 9, back, back]
    np.testing.assert_array_equal(row(target_panel(GAPS, task(filling=filling)), "bread"), expected)


def test_gaps_are_zero_unless_asked_otherwise_and_nothing_is_put_before_the_first_observation() -> None:
    np.testing.assert_array_equal(row(target_panel(GAPS, task()), "bread"), [np.nan, 4, 1, 7, 0, 0, 9, 0, 0])


def test_statistics_see_only_the_most_recent_entries_before_the_gap() -> None:
    old, recent = [1000.0] * 10, [1.0] * FILL_WINDOW
    gap = series([2.0], start=str(series(old + recent)["timestamp"].iloc[-1] + pd.Timedelta(days=2)))
    panel = target_panel(pd.concat([series(old + recent), gap]), task(filling=Filling(middlefill="max")))
    assert panel.values[0, -2] == 1.0


@pytest.mark.parametrize(("method", "value"), [("sum", 9.0), ("avg", 3.0), ("first", 5.0), ("min", 1.0), ("max", 5.0)])
def test_observations_of_one_period_are_aggregated_as_asked(method: str, value: float) -> None:
    hours = series([5, 1, 3], start="2024-01-01 21:00", frequency="H")
    panel = target_panel(hours, task("D", 1, "H", filling=Filling(aggregation=method)))
    assert panel.values.tolist() == [[value]]


def test_a_period_that_the_data_does_not_cover_to_its_end_is_dropped() -> None:
    hours = series([1.0] * 47, start="2024-01-01 00:00", frequency="H")
    assert target_panel(hours, task("D", 1, "H")).values.tolist() == [[24.0]]
    assert target_panel(series([1.0] * 48, frequency="H"), task("D", 1, "H")).values.tolist() == [[24.0, 24.0]]


def test_no_complete_period_is_an_error_that_says_what_there_is() -> None:
    with pytest.raises(InputError, match="not one complete period"):
        target_panel(series([1.0] * 5, frequency="H"), task("D", 1, "H"))


def test_dimensions_that_are_not_forecast_are_aggregated_away() -> None:
    shops = pd.concat(
        [series([1, 2]).assign(shop="a", channel="web"), series([10, 20]).assign(shop="b", channel="web")]
    )
    assert target_panel(shops, task()).values.tolist() == [[11.0, 22.0]]
    by_shop = target_panel(shops, task(dimensions=("shop",)))
    assert by_shop.series.to_dict("list") == {"item_id": ["bread", "bread"], "shop": ["a", "b"]}
    assert by_shop.values.tolist() == [[1.0, 2.0], [10.0, 20.0]]


def test_all_series_end_with_the_newest_observation_of_any() -> None:
    panel = target_panel(pd.concat([series([1, 2, 3], "old"), series([7, 8], "new", "2024-01-05")]), task())
    assert row(panel, "old") == [1, 2, 3, 0, 0, 0]
    assert str(panel.timestamps(panel.periods, 1)[0])[:10] == "2024-01-07"


def test_values_of_nan_count_as_not_observed() -> None:
    panel = target_panel(pd.concat([series([1, np.nan, 3]), series([np.nan], "milk")]), task())
    assert (row(panel, "bread"), panel.empty_series) == ([1, 0, 3], 1)


def test_no_observation_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match="no data"):
        target_panel(series([np.nan, np.nan]), task())
