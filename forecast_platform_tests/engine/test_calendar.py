"""Periods: where they start, which one a timestamp is in, and how long seasons are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_platform.engine.calendar import calendar_for, season_lengths
from forecast_platform.engine.task import Alignment
from forecast_platform.frequency import Frequency


def starts(frequency: str, data_frequency: str, stamps: list[str], alignment: Alignment | None = None) -> list[str]:
    instants = pd.to_datetime(stamps).to_numpy(dtype="datetime64[ns]")
    calendar = calendar_for(
        Frequency.parse(frequency), Frequency.parse(data_frequency), alignment or Alignment(), instants
    )
    return [str(start)[:16] for start in calendar.start(calendar.period(instants))]


def test_weekly_data_keeps_its_weekday() -> None:
    assert starts("W", "W", ["2024-01-05", "2024-01-12"]) == ["2024-01-05T00:00", "2024-01-12T00:00"]


def test_weeks_of_daily_data_start_on_monday() -> None:
    assert starts("W", "D", ["2024-01-05", "2024-01-08"]) == ["2024-01-01T00:00", "2024-01-08T00:00"]


def test_weekly_data_on_several_weekdays_is_put_into_weeks_from_monday() -> None:
    assert starts("W", "W", ["2024-01-05", "2024-01-13"]) == ["2024-01-01T00:00", "2024-01-08T00:00"]


def test_the_alignment_of_the_parameters_wins_over_the_data() -> None:
    assert starts("W", "W", ["2024-01-05"], Alignment(day_of_week=6)) == ["2023-12-31T00:00"]
    assert starts("D", "H", ["2024-01-05 03:00"], Alignment(hour=6)) == ["2024-01-04T06:00"]
    assert starts("M", "D", ["2024-01-05"], Alignment(day_of_month=10)) == ["2023-12-10T00:00"]
    assert starts("Y", "D", ["2024-03-31"], Alignment(month=4)) == ["2023-04-01T00:00"]


def test_months_start_on_the_first_wherever_the_data_lies_in_them() -> None:
    assert starts("M", "M", ["2024-01-31", "2024-02-29"]) == ["2024-01-01T00:00", "2024-02-01T00:00"]


def test_multiples_of_hours_are_counted_from_midnight() -> None:
    assert starts("3H", "H", ["2024-01-05 02:00", "2024-01-05 03:00"]) == ["2024-01-05T00:00", "2024-01-05T03:00"]


def test_hourly_data_at_half_past_is_forecast_at_half_past() -> None:
    assert starts("H", "H", ["2024-01-05 02:30"]) == ["2024-01-05T02:30"]


@pytest.mark.parametrize(
    ("frequency", "lengths"),
    [
        ("15min", (96, 672)),
        ("H", (24, 168)),
        ("5H", ()),
        ("D", (7, 365)),
        ("2D", (183,)),
        ("W", (52,)),
        ("4W", (13,)),
        ("M", (12,)),
        ("3M", (4,)),
        ("Y", ()),
    ],
)
def test_seasons_are_the_whole_cycles_of_the_frequency(frequency: str, lengths: tuple[int, ...]) -> None:
    assert season_lengths(Frequency.parse(frequency)) == lengths


@given(
    st.sampled_from(["min", "7min", "H", "5H", "D", "3D", "W", "2W", "M", "3M", "Y"]),
    st.integers(0, 3_000_000_000),
    st.integers(1, 28),
)
def test_every_timestamp_is_inside_its_period(frequency: str, second: int, day_of_month: int) -> None:
    stamp = np.array([second], dtype="datetime64[s]").astype("datetime64[ns]")
    calendar = calendar_for(
        Frequency.parse(frequency), Frequency.parse("min"), Alignment(day_of_month=day_of_month), stamp
    )
    period = calendar.period(stamp)
    assert calendar.start(period) <= stamp < calendar.start(period + 1)
    assert calendar.period(calendar.start(period)) == period
