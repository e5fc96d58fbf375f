"""Aggregation, alignment and filling of the target."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_platform.engine.featurization import Panel, build_panel, target_panel
from forecast_platform.engine.filling import FILL_WINDOW
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.task import Alignment, Filling
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
    return [float(value) for value in panel.values[list(panel.series["item_id"]).index(item)]]


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


def starts(panel: Panel) -> list[str]:
    return [str(start)[:16].replace("T", " ") for start in panel.timestamps(0, panel.periods)]


def at(stamps: dict[str, float], item: str = "bread") -> pd.DataFrame:
    """One series at any timestamps."""
    return pd.DataFrame({"item_id": item, "timestamp": pd.to_datetime(list(stamps)), "target": list(stamps.values())})


def test_observations_between_two_full_hours_are_summed_up_as_in_the_guide() -> None:
    rows = {
        "2018-03-03 01:00": 100.0,
        "2018-03-03 02:20": 50.0,
        "2018-03-03 02:45": 20.0,
        "2018-03-03 04:00": 120.0,
    }
    panel = target_panel(at(rows), task("H", 1, filling=Filling(middlefill="nan")))
    np.testing.assert_array_equal(panel.values, [[100, 70, np.nan, 120]])
    assert starts(panel)[0] == "2018-03-03 01:00"


@pytest.mark.parametrize(
    ("frequency", "data_frequency", "alignment", "rows", "expected"),
    [
        (
            "15min",
            "5min",
            Alignment(),
            {"2024-01-01 00:00": 1, "2024-01-01 00:10": 2, "2024-01-01 00:15": 4, "2024-01-01 00:25": 8},
            {"2024-01-01 00:00": 3, "2024-01-01 00:15": 12},
        ),
        (
            "2W",
            "2W",
            Alignment(),
            {"2024-01-05": 1, "2024-01-19": 2, "2024-02-02": 4},
            {"2024-01-05 00:00": 1, "2024-01-19 00:00": 2, "2024-02-02 00:00": 4},
        ),
        (
            "3M",
            "M",
            Alignment(),
            {"2023-12-31": 1, "2024-01-31": 2, "2024-02-29": 4, "2024-03-31": 8},
            {"2023-10-01 00:00": 1, "2024-01-01 00:00": 14},
        ),
        (
            "3M",
            "D",
            Alignment(day_of_month=15),
            {"2024-01-14": 1, "2024-01-15": 2, "2024-04-14": 4},
            {"2023-10-15 00:00": 1, "2024-01-15 00:00": 6},
        ),
        (
            "D",
            "H",
            Alignment(hour=6),
            {"2024-01-02 05:00": 1, "2024-01-02 06:00": 2, "2024-01-03 05:00": 4},
            {"2024-01-01 06:00": 1, "2024-01-02 06:00": 6},
        ),
        (
            "W",
            "D",
            Alignment(day_of_week=6),
            {"2024-01-06": 1, "2024-01-07": 2, "2024-01-13": 4},
            {"2023-12-31 00:00": 1, "2024-01-07 00:00": 6},
        ),
        (
            "Y",
            "M",
            Alignment(month=4),
            {"2023-03-01": 1, "2023-04-01": 2, "2024-03-01": 4},
            {"2022-04-01 00:00": 1, "2023-04-01 00:00": 6},
        ),
    ],
)
def test_periods_are_those_of_the_frequency_and_its_alignment(
    frequency: str, data_frequency: str, alignment: Alignment, rows: dict[str, float], expected: dict[str, float]
) -> None:
    panel = target_panel(at(rows), task(frequency, 1, data_frequency, alignment=alignment))
    assert dict(zip(starts(panel), panel.values[0].tolist(), strict=True)) == expected


def test_the_first_observation_of_a_period_is_the_earliest_in_time_whatever_the_order_of_the_rows() -> None:
    shops = pd.concat(
        [
            at({"2024-01-01 09:00": 5, "2024-01-01 23:00": 7}).assign(shop="a"),
            at({"2024-01-01 08:00": 3}).assign(shop="b"),
        ]
    )
    for rows in (shops, shops[::-1]):
        panel = target_panel(rows, task("D", 1, "H", filling=Filling(aggregation="first")))
        assert panel.values.tolist() == [[3.0]]


@given(
    st.lists(st.tuples(st.sampled_from("cab"), st.integers(0, 200), st.integers(-9, 9)), min_size=1, max_size=60),
    st.sampled_from(["sum", "avg", "min", "max"]),
)
def test_aggregation_agrees_with_grouping_the_rows(rows: list[tuple[str, int, int]], aggregation: str) -> None:
    frame = pd.DataFrame(rows, columns=["item_id", "hour", "target"]).astype({"target": float})
    frame["timestamp"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["hour"], unit="h")
    filling = Filling(aggregation=aggregation, middlefill="nan", backfill="nan")
    # A last hour of all items completes the last day.
    end = pd.DataFrame({"item_id": list("abc"), "timestamp": pd.Timestamp("2024-01-10 23:00"), "target": 0.0})
    frame = pd.concat([frame, end])
    panel = target_panel(frame, task("D", 1, "H", filling=filling))
    grouped = frame.groupby(["item_id", frame["timestamp"].dt.floor("D")])["target"]
    expected = (
        grouped.agg({"avg": "mean"}.get(aggregation, aggregation))
        .unstack()
        .reindex(columns=panel.timestamps(0, panel.periods))
    )
    assert list(panel.series["item_id"]) == list(expected.index) == ["a", "b", "c"]
    np.testing.assert_allclose(panel.values, expected.to_numpy())


def test_the_order_of_the_rows_and_the_type_of_the_keys_do_not_matter() -> None:
    shops = pd.concat(
        [
            series([1, 2], "milk").assign(shop="b"),
            series([3, 4], "milk").assign(shop="a"),
            series([5, 6], "bread").assign(shop="b"),
        ]
    )
    backwards = shops["item_id"].astype(pd.CategoricalDtype(["milk", "bread"]))
    for rows in (shops, shops.sample(frac=1, random_state=1), shops.assign(item_id=backwards)):
        panel = target_panel(rows, task(dimensions=("shop",)))
        assert panel.series.to_dict("list") == {"item_id": ["bread", "milk", "milk"], "shop": ["b", "a", "b"]}
        assert panel.values.tolist() == [[5.0, 6.0], [3.0, 4.0], [1.0, 2.0]]


def test_rows_without_a_dimension_are_a_series_of_their_own_and_come_last() -> None:
    shops = pd.concat([series([1, 2]).assign(shop=None), series([3, 4]).assign(shop="b")])
    panel = target_panel(shops, task(dimensions=("shop",)))
    assert panel.series.to_dict("list") == {"item_id": ["bread", "bread"], "shop": ["b", None]}
    assert panel.values.tolist() == [[3.0, 4.0], [1.0, 2.0]]


def test_each_gap_of_each_series_has_its_own_statistic() -> None:
    numbers = [np.nan, 2, np.nan, 4, 8, np.nan, np.nan, 1, np.nan]
    gaps = pd.concat([series(numbers, "a"), series([5] * 8 + [6], "b"), series([9, np.nan, 9], "c")])
    panel = target_panel(gaps, task(filling=Filling(middlefill="mean", backfill="median")))
    np.testing.assert_allclose(row(panel, "a"), [np.nan, 2, 2, 4, 8, 14 / 3, 14 / 3, 1, 3])
    assert row(panel, "c") == [9.0] * 9


def test_the_history_of_a_panel_has_a_timeline_that_reaches_into_the_horizon() -> None:
    history = build_panel(TrainingFrames(series([1, 2, 3])), task()).history(2)
    assert history.timeline is not None
    assert [str(start)[:10] for start in history.timeline] == [f"2024-01-0{day}" for day in range(1, 6)]
    assert (history.values.tolist(), history.seasons, str(history.frequency)) == ([[1.0, 2.0, 3.0]], (7, 365), "D")
    assert history.covariates is None
