"""Observations that come twice or off the grid are found, whichever way their owner stamps them."""

from __future__ import annotations

import pandas as pd
import pytest

from forecast_platform.quality.arrivals.grid import doubled, off_the_grid
from forecast_platform_tests.quality.arrivals.panels import FIRST, panel, seen, series


def stamped(item: str, *stamps: str) -> pd.DataFrame:
    return pd.DataFrame({"item_id": item, "timestamp": pd.to_datetime(list(stamps)), "target": 1.0})


def test_one_row_a_day_is_neither() -> None:
    observations = seen(series("milk"), series("bread"))
    assert not doubled(observations).any()
    assert not off_the_grid(observations).any()


def test_a_day_that_two_systems_stamp_differently_comes_twice_and_both_rows_are_found() -> None:
    again = series("milk", range(40, 42)).assign(timestamp=lambda rows: rows["timestamp"] + pd.Timedelta(hours=9))
    observations = seen(series("milk"), series("bread"), again)
    found = observations.frame[doubled(observations)]
    assert found["item_id"].unique().tolist() == ["milk"]
    assert [f"{stamp:%m-%d %H}" for stamp in found["timestamp"]] == ["02-10 00", "02-10 09", "02-11 00", "02-11 09"]
    assert [f"{at:%H}" for at in observations.frame[off_the_grid(observations)]["timestamp"]] == ["09", "09"]


def test_a_row_late_in_the_day_is_close_to_the_next_day() -> None:
    late = stamped("milk", f"{FIRST:%Y-%m-%d} 23:00")
    observations = seen(series("milk", range(1, 50)), late)
    assert doubled(observations).tolist() == [True, True, *[False] * 48]


def test_rows_of_two_series_are_never_the_same_observation() -> None:
    shifted = series("milk").assign(timestamp=lambda rows: rows["timestamp"] + pd.Timedelta(hours=1))
    observations = seen(series("bread"), shifted)
    assert not doubled(observations).any()


def test_every_series_may_have_a_grid_of_its_own() -> None:
    shifted = series("milk").assign(timestamp=lambda rows: rows["timestamp"] + pd.Timedelta(hours=9))
    assert not off_the_grid(seen(series("bread"), shifted)).any()


def test_a_series_that_is_stamped_another_way_from_some_day_on_is_off_its_grid_from_there() -> None:
    before, after = series("milk", range(60)), series("milk", range(60, 100))
    after["timestamp"] += pd.Timedelta(hours=9)
    observations = seen(before, after)
    assert off_the_grid(observations).tolist() == [False] * 60 + [True] * 40
    assert not doubled(observations).any()


@pytest.mark.parametrize("frequency", ["M", "3M", "Y"])
def test_months_and_years_are_on_a_grid_whichever_of_their_days_they_are_stamped_with(frequency: str) -> None:
    observations = seen(stamped("milk", "2024-12-31", "2025-01-01", "2025-02-28"), frequency=frequency)
    assert not off_the_grid(observations).any()
    assert not doubled(observations).any()


def test_a_single_row_is_on_its_grid() -> None:
    observations = seen(panel(stamped("milk", "2025-01-01 09:00")))
    assert not off_the_grid(observations).any()
    assert not doubled(observations).any()
