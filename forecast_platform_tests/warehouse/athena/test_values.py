"""Texts of Athena as values."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from forecast_platform.warehouse.athena.values import reader_of, shown_type


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("varchar", "", ""),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("bigint", "-9223372036854775808", -(2**63)),
        ("integer", "7", 7),
        ("double", "1.0E-5", 1e-5),
        ("double", "-Infinity", -math.inf),
        ("real", "0.1", 0.1),
        ("decimal", "1.10", Decimal("1.10")),
        ("date", "2014-11-30", date(2014, 11, 30)),
        ("time", "12:30:00.000", time(12, 30)),
        ("timestamp", "2014-11-30 12:00:00.250", datetime(2014, 11, 30, 12, 0, 0, 250_000)),
        ("timestamp with time zone", "2014-11-30 12:00:00.000 UTC", datetime(2014, 11, 30, 12)),
        ("timestamp with time zone", "2014-07-30 12:00:00.000 Europe/Dublin", datetime(2014, 7, 30, 11)),
        ("timestamp with time zone", "2014-11-30 12:00:00.000 +02:00", datetime(2014, 11, 30, 10)),
        ("date", "+12000-01-01", "+12000-01-01"),
        ("timestamp", "-0044-03-15 12:00:00.000", "-0044-03-15 12:00:00.000"),
        ("timestamp with time zone", "0001-01-01 00:00:00.000 +02:00", "0001-01-01 00:00:00.000 +02:00"),
        ("array", "[1, 2]", "[1, 2]"),
    ],
)
def test_a_value_is_of_the_type_of_its_column(kind: str, text: str, value: Any) -> None:
    read = reader_of(kind)(text)
    assert (read, type(read)) == (value, type(value))


def test_no_number_is_no_null() -> None:
    assert math.isnan(reader_of("double")("NaN"))


def test_types_are_called_as_in_tables() -> None:
    assert [shown_type(kind) for kind in ("varchar", "integer", "double")] == ["string", "int", "double"]
