"""New values are judged by the earlier ones of their own series."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from forecast_platform.quality.arrivals.rows import judged_rows
from forecast_platform.quality.arrivals.values import find_missing
from forecast_platform_tests.quality.arrivals.panels import DAYS, seen, series


def far(*frames: pd.DataFrame) -> list[float]:
    rows = judged_rows(seen(*frames)).frame
    return list(rows[(rows["target"] > rows["highest"]) | (rows["target"] < rows["lowest"])]["target"])


def turned_negative(*frames: pd.DataFrame) -> list[float]:
    rows = judged_rows(seen(*frames)).frame
    return list(rows[rows["target"] < rows["lowest_by_sign"]]["target"])


def with_value(item: str, day: int, value: float) -> pd.DataFrame:
    frame = series(item)
    frame.loc[day, "target"] = value
    return frame


def test_only_new_rows_are_looked_at() -> None:
    judged = judged_rows(seen(series("milk"), series("bread")))
    assert (judged.new, judged.observations, len(judged.frame), judged.comparable) == (14, 200, 14, 14)
    assert far(with_value("milk", 40, 1e6)) == []


@pytest.mark.parametrize("value", [160.0, 1000.0, -130.0])
def test_a_value_in_another_unit_is_far(value: float) -> None:
    assert far(with_value("milk", 95, value), series("bread")) == [value]


def test_a_season_that_was_never_seen_is_not_far() -> None:
    assert far(series("milk", value=lambda day: 10.0 + day % 7 + 20 * (day > 92))) == []


def test_the_first_sale_of_an_item_is_not_far_and_a_constant_one_may_change() -> None:
    assert far(series("milk", value=lambda day: 3.0 * (day == 95))) == []
    assert far(series("milk", value=lambda day: 100.0 + 250.0 * (day == 95))) == []
    assert far(series("milk", value=lambda day: 100.0 + 900.0 * (day == 95))) == [1000.0]


def test_nothing_is_said_of_a_series_that_has_few_earlier_values() -> None:
    young = series("milk", range(75, DAYS))
    young.loc[20, "target"] = 1e9
    assert far(young, series("bread")) == []


def test_the_first_negative_value_of_a_series_is_found_and_a_usual_one_is_not() -> None:
    assert turned_negative(with_value("milk", 95, -1.0)) == [-1.0]
    returns = with_value("milk", 40, -1.0)
    returns.loc[95, "target"] = -1.0
    assert turned_negative(returns) == []


def test_slow_and_lumpy_sales_hardly_ever_look_unusual() -> None:
    random = np.random.default_rng(7)
    frames = []
    for number in range(200):
        sold = random.poisson(random.gamma(1.0, 2.0, DAYS))
        frames.append(series(f"item_{number:03}", value=sold.__getitem__))
    assert far(*frames) == []


def missing(*days: int) -> pd.DataFrame:
    frame = series("milk")
    frame.loc[list(days), "target"] = math.nan
    return frame


def test_a_share_of_missing_values_that_was_always_so_is_explained() -> None:
    found = find_missing(seen(missing(*range(0, DAYS, 5))))
    assert (found.share, found.earlier_share) == (pytest.approx(1 / 7), pytest.approx(19 / 93))
    assert found.share <= found.share_by_chance


def test_a_share_of_missing_values_that_is_new_is_not() -> None:
    found = find_missing(seen(missing(93, 94, 95, 96), series("bread")))
    assert (found.share, found.earlier_share) == (pytest.approx(4 / 14), 0.0)
    assert found.share > found.share_by_chance


def test_without_earlier_rows_every_share_is_explained() -> None:
    rows = series("milk", range(95, DAYS)).assign(target=math.nan)
    assert find_missing(seen(rows)).share_by_chance == 1.0
