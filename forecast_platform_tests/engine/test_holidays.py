"""Public holidays in periods."""

from __future__ import annotations

import numpy as np
import pytest

from forecast_platform.engine.calendar import calendar_for
from forecast_platform.engine.holidays import Floats, check_country, holiday_features
from forecast_platform.engine.task import Alignment
from forecast_platform.errors import InputError
from forecast_platform.frequency import Frequency


def features(country: str, frequency: str, start: str, periods: int, hour: int | None = None) -> dict[str, Floats]:
    stamps = np.array([start], dtype="datetime64[ns]")
    length = Frequency.parse(frequency)
    calendar = calendar_for(length, length, Alignment(hour=hour), stamps)
    return holiday_features(country, calendar, int(calendar.period(stamps)[0]), periods)


def test_a_day_that_is_a_holiday_and_the_day_before_it_are_marked() -> None:
    found = features("DE", "D", "2024-12-23", 5)
    assert found["holiday"].tolist() == [0, 0, 1, 1, 0]
    assert found["day_before_holiday"].tolist() == [0, 1, 1, 0, 0]


def test_all_hours_of_a_holiday_are_marked() -> None:
    found = features("US", "H", "2024-07-03 22:00", 28)
    assert found["holiday"].tolist() == [0] * 2 + [1] * 24 + [0] * 2
    assert found["day_before_holiday"].tolist() == [1] * 2 + [0] * 26


def test_a_day_that_does_not_start_at_midnight_is_the_day_on_which_it_starts() -> None:
    found = features("US", "D", "2024-07-03 06:00", 3, hour=6)
    assert found["holiday"].tolist() == [0, 1, 0]


def test_several_days_are_marked_when_one_of_them_is_a_holiday() -> None:
    found = features("DE", "3D", "2024-12-23", 2)
    assert {name: values.tolist() for name, values in found.items()} == {"holiday": [1, 1]}


@pytest.mark.parametrize(
    ("frequency", "start", "counts"),
    [("W", "2024-12-16", [0, 2, 1]), ("M", "2024-12-01", [2, 1, 0]), ("Y", "2023-01-01", [9, 9, 9])],
)
def test_holidays_of_weeks_months_and_years_are_counted(frequency: str, start: str, counts: list[int]) -> None:
    assert features("DE", frequency, start, 3)["holiday"].tolist() == counts


def test_a_year_has_the_same_holidays_whichever_years_are_asked_for_with_it() -> None:
    # New Year's Day of 2022 is a Saturday, and is observed on the last day of 2021.
    alone = features("US", "D", "2021-12-30", 2)["holiday"]
    together = features("US", "D", "2021-12-30", 400)["holiday"]
    assert alone.tolist() == together[:2].tolist() == [0, 1]


def test_the_fridays_of_weekly_data_count_the_week_from_friday_on() -> None:
    # Thanksgiving of 2024 is 28 November, a Thursday: the last day of the week from 22 November.
    assert features("US", "W", "2024-11-22", 2)["holiday"].tolist() == [1, 0]


def test_a_country_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(InputError) as refused:
        check_country("ED")
    message = str(refused.value)
    assert "found 'ED'; expected a two-letter ISO 3166-1 code. Did you mean DE?" in message
    assert " FR, " in message


@pytest.mark.parametrize("country", ["de", "", "DEU", "Germany"])
def test_only_two_capital_letters_are_a_country(country: str) -> None:
    with pytest.raises(InputError, match="no holidays of this country"):
        features(country, "D", "2024-01-01", 1)
