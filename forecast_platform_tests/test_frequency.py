from datetime import datetime

import pytest

from forecast_platform.frequency import Frequency


@pytest.mark.parametrize("written", ["H", "15min", "2W", "M", "3M", "Y", "6D", "23H", "59min"])
def test_a_frequency_is_written_as_it_was_read(written: str) -> None:
    assert str(Frequency.parse(written)) == written


@pytest.mark.parametrize(
    "written", ["", "h", "60min", "24H", "7D", "5W", "12M", "2Y", "0H", "-1D", "H1", "1.5H", "day"]
)
def test_what_the_api_does_not_allow_is_refused_with_what_it_allows(written: str) -> None:
    with pytest.raises(ValueError, match="expected a number of Y"):
        Frequency.parse(written)


def test_month_steps_clip_to_the_end_of_the_month() -> None:
    assert Frequency(1, "M").step(datetime(2024, 1, 31)) == datetime(2024, 2, 29)
    assert Frequency(1, "Y").step(datetime(2024, 2, 29)) == datetime(2025, 2, 28)
    assert Frequency(3, "M").step(datetime(2024, 1, 1), -2) == datetime(2023, 7, 1)


def test_frequencies_compare_by_their_length() -> None:
    ordered = ["1min", "15min", "H", "23H", "D", "6D", "W", "4W", "M", "11M", "Y"]
    lengths = [Frequency.parse(written).approximate for written in ordered]
    assert lengths == sorted(lengths)


def test_an_observation_of_a_month_is_complete_with_that_month_whichever_day_it_is_labelled_with() -> None:
    month = Frequency(1, "M")
    assert {month.period_end(datetime(2021, 12, day, 9)) for day in (1, 15, 31)} == {datetime(2022, 1, 1)}
    assert Frequency(1, "W").period_end(datetime(2021, 12, 31)) == datetime(2022, 1, 7)
