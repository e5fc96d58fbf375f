"""The number of new rows is compared with that of the same window in earlier seasons."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from forecast_platform.quality.arrivals.volume import find_volume
from forecast_platform_tests.quality.arrivals.panels import DAYS, panel, seen, series

ITEMS = 60


def many(days: range = range(DAYS)) -> list[pd.DataFrame]:
    return [series(f"item_{number:02}", days) for number in range(ITEMS)]


def test_the_same_number_of_rows_is_usual() -> None:
    volume = find_volume(seen(*many()))
    assert [(season.words, season.rows, season.rows_now) for season in volume.seasons] == [("one week", 420, 420)]
    assert not volume.is_unlike_every_season


def test_half_a_delivery_is_not() -> None:
    frames = [frame if number % 2 else frame.head(93) for number, frame in enumerate(many())]
    volume = find_volume(seen(*frames))
    assert [(season.rows, season.rows_now) for season in volume.seasons] == [(420, 210)]
    assert volume.is_unlike_every_season


def test_new_items_do_not_count_against_the_volume() -> None:
    more = [series(f"new_{number:02}", range(93, DAYS)) for number in range(ITEMS)]
    volume = find_volume(seen(*many(), *more))
    assert volume.rows == 840
    assert not volume.is_unlike_every_season


def test_few_rows_may_differ_by_chance() -> None:
    assert not find_volume(seen(series("milk"), series("bread").head(93))).is_unlike_every_season


def test_a_week_of_holidays_is_like_that_of_last_year() -> None:
    closed = [day for day in range(-365, DAYS) if day not in range(93, 99) and day + 364 not in range(93, 99)]
    frames = [series(f"item_{number:02}", closed) for number in range(ITEMS)]  # type: ignore[arg-type]
    volume = find_volume(seen(*frames))
    assert [(season.words, season.rows, season.rows_now) for season in volume.seasons] == [
        ("one week", 420, 60),
        ("52 weeks", 60, 60),
    ]
    assert not volume.is_unlike_every_season


def test_without_an_earlier_season_there_is_nothing_to_compare_with() -> None:
    assert find_volume(seen(*many(range(90, DAYS)))).seasons == ()


def test_a_window_longer_than_a_week_is_compared_with_last_year_only() -> None:
    volume = find_volume(seen(*many(range(-300, DAYS)), new=timedelta(days=30)))
    assert [season.words for season in volume.seasons] == ["52 weeks"]


def test_months_are_compared_with_those_of_a_year_before() -> None:
    months = pd.date_range("2020-01-01", "2025-03-01", freq="MS")
    frame = panel(pd.DataFrame({"item_id": "milk", "timestamp": months, "target": 1.0}))
    volume = find_volume(seen(frame, frequency="M", new=timedelta(days=30)))
    assert [(season.words, season.rows, season.rows_now) for season in volume.seasons] == [("one year", 1, 1)]
