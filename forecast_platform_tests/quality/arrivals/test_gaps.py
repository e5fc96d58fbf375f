"""Gaps and goings are judged by what is usual for their series, and by how many there always were."""

from __future__ import annotations

import pandas as pd
import pytest

from forecast_platform.quality.arrivals.gaps import find_gaps, find_item_change
from forecast_platform_tests.quality.arrivals.panels import DAY, DAYS, FIRST, seen, series


def on(item: str, days: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"item_id": item, "timestamp": [FIRST + day * DAY for day in days], "target": 1.0})


def test_a_gap_in_a_complete_series_is_named_with_its_place_and_length() -> None:
    gaps = find_gaps(seen(series("milk"), on("bread", [*range(90), *range(97, DAYS)])))
    assert gaps.long.to_dict("records") == [
        {
            "item_id": "bread",
            "missing_from": pd.Timestamp("2025-03-31"),
            "missing_to": pd.Timestamp("2025-04-08"),
            "missing_periods": 7,
        }
    ]
    assert gaps.long_by_chance == 0
    assert gaps.share == pytest.approx(7 / 200)


def test_two_days_that_are_missing_may_be_a_closed_weekend() -> None:
    assert find_gaps(seen(on("bread", [*range(95), *range(97, DAYS)]))).long.empty


def test_an_old_gap_is_not_told_again() -> None:
    gaps = find_gaps(seen(on("bread", [*range(50), *range(70, DAYS)])))
    assert gaps.long.empty
    assert gaps.share == pytest.approx(0.2)


def test_a_gap_like_those_before_is_usual() -> None:
    days = [day for day in range(DAYS) if day % 9 < 4]
    assert find_gaps(seen(on("bread", days))).long.empty


def test_nothing_is_said_of_a_young_series() -> None:
    assert find_gaps(seen(series("milk"), on("bread", [*range(70, 85), 99]))).long.empty


def test_where_all_rows_come_at_random_some_long_gap_is_explained() -> None:
    slow = [on(f"item_{number:03}", [*range(25), *range(94, DAYS)]) for number in range(300)]
    assert find_gaps(seen(*slow)).long_by_chance >= 1


def test_a_series_that_is_no_longer_observed_is_gone_once() -> None:
    long_gone, gone = on("butter", list(range(60))), on("bread", list(range(91)))
    change = find_item_change(seen(series("milk"), gone, long_gone))
    assert change.gone["item_id"].tolist() == ["bread"]
    assert change.new.empty


def test_a_series_that_pauses_as_it_always_did_is_not_gone() -> None:
    weekly = on("bread", list(range(0, 97, 4)))
    assert find_item_change(seen(series("milk"), weekly)).gone.empty


def test_a_series_that_comes_back_is_neither_new_nor_gone() -> None:
    change = find_item_change(seen(series("milk"), on("bread", [*range(60), 99])))
    assert change.gone.empty
    assert change.new.empty


def test_an_item_that_was_never_there_is_new_and_nothing_explains_it() -> None:
    change = find_item_change(seen(series("milk"), on("bread", [98, 99])))
    assert change.new["item_id"].tolist() == ["bread"]
    assert change.new_by_chance == 0


def test_where_items_always_came_and_went_some_more_are_explained() -> None:
    always = [on(f"item_{day:02}", list(range(day, min(day + 25, DAYS)))) for day in range(0, 99, 2)]
    change = find_item_change(seen(series("milk"), *always))
    assert 0 < len(change.new) <= change.new_by_chance < 20
    assert 0 < len(change.gone) <= change.gone_by_chance < 20


def test_at_the_first_delivery_nothing_is_new_against_anything() -> None:
    change = find_item_change(seen(series("milk", range(95, DAYS)), series("bread", range(95, DAYS))))
    assert change.new.empty
    assert change.gone.empty


def test_gaps_are_counted_in_months_of_the_calendar() -> None:
    months = pd.date_range("2020-01-31", "2025-03-31", freq="ME")
    whole = pd.DataFrame({"item_id": "bread", "timestamp": months, "target": 1.0})
    holed = whole.drop(index=range(50, 60)).assign(item_id="milk")
    gaps = find_gaps(seen(whole, holed, frequency="M", new=60 * DAY))
    assert gaps.share == pytest.approx(10 / (2 * len(whole)))
