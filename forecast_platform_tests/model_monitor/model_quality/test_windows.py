"""The window of an execution, for ground truth that arrives late."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.model_quality.windows import analysis_window, parse_offset
from forecast_platform.model_monitor.window import Window

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "8D", "P8D", "-8D", "-P", "-PT", "-P1Y", "-P1M", "-P1.5D", "-P8", "-P1D2H"])
def test_what_is_no_offset_into_the_past_is_refused_with_its_setting(text: str) -> None:
    with pytest.raises(InputError, match="StartTimeOffset") as refused:
        parse_offset(text, "StartTimeOffset")
    assert "-P8D" in str(refused.value)


@pytest.mark.parametrize("text", ["-P9999999D", "-P99999999999999D", "-PT" + "9" * 400 + "H"])
def test_an_offset_out_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="EndTimeOffset: found -P"):
        analysis_window(datetime(2020, 1, 9, 13), HOUR, None, text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("-P8D", timedelta(days=-8)),
        ("-PT7H", timedelta(hours=-7)),
        ("-P1DT2H30M", timedelta(days=-1, hours=-2, minutes=-30)),
        ("-P2W", timedelta(weeks=-2)),
        ("-PT90S", timedelta(seconds=-90)),
        ("-P0D", timedelta(0)),
    ],
)
def test_offsets_are_iso_durations(text: str, length: timedelta) -> None:
    assert parse_offset(text, "EndTimeOffset") == length


def test_the_example_of_the_guide_analyses_the_week_before_yesterday() -> None:
    window = analysis_window(datetime(2020, 1, 9, 13), HOUR, "-P8D", "-P1D")
    assert window == Window(datetime(2020, 1, 1, 13), datetime(2020, 1, 8, 13))


def test_without_offsets_the_last_period_is_analysed() -> None:
    assert analysis_window(datetime(2020, 1, 9, 13), HOUR) == Window(datetime(2020, 1, 9, 12), datetime(2020, 1, 9, 13))


@pytest.mark.parametrize(("start", "end"), [("-P1D", "-P8D"), ("-P1D", "-P1D"), (None, "-P1D")])
def test_a_window_without_length_is_refused(start: str | None, end: str | None) -> None:
    with pytest.raises(InputError, match="a start before the end"):
        analysis_window(datetime(2020, 1, 9, 13), HOUR, start, end)
