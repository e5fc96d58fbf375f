"""Numbers, shares and instants as people read them."""

from __future__ import annotations

import pytest

from forecast_platform.model_monitor.report.text import check_name, finite, moment, number, share, short_number, window


@pytest.mark.parametrize("value", ["NaN", float("nan"), float("inf"), None, True, "12", [1], 10**400])
def test_what_is_no_finite_number_is_absent(value: object) -> None:
    assert finite(value) is None
    assert number(value) == share(value) == short_number(value) == "–"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (12345.678, "12,346"), (0.123456, "0.1235"), (3.32e-6, "3.32e-06"), (-2.5, "-2.5"), (1e300, "1e+300")],
)
def test_numbers_have_four_digits_or_none_after_the_point(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.09607, "0.0961"),
        (99999, "99,999"),
        (1234567, "1.23M"),
        (-5e9, "-5B"),
        (1e40, "1e40"),
        (3.32e-6, "3.3e-6"),
        (0, "0"),
    ],
)
def test_short_numbers_have_three_digits(value: float, shown: str) -> None:
    assert short_number(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.0, "100 %"), (0.0, "0 %"), (0.93, "93 %"), (0.9999, "> 99.9 %"), (0.0001, "< 0.1 %"), (0.1234, "12.3 %")],
)
def test_a_share_is_only_all_or_nothing_when_it_is(value: float, shown: str) -> None:
    assert share(value) == shown


def test_windows_are_shown_in_utc_when_they_have_a_zone() -> None:
    assert window("2026-11-25T10:00:00Z", "2026-11-25T11:00:00Z") == "2026-11-25 10:00 to 11:00 UTC"
    assert (
        window("2026-11-25T01:00:00+02:00", "2026-11-25T02:00:00+02:00") == "2026-11-24 23:00 to 2026-11-25 00:00 UTC"
    )
    assert window("2026-11-25T10:00:00", "2026-11-26T10:00:00") == "2026-11-25 10:00 to 2026-11-26 10:00"
    assert window(None, "soon") == "– to soon"


def test_midnight_is_the_day() -> None:
    assert moment("2026-11-25T00:00:00Z") == "2026-11-25"


def test_an_unknown_check_keeps_its_name() -> None:
    assert check_name("my_own_check") == "my_own_check"
