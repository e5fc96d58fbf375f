"""Expectations that several suites ask for. Belongs here: what makes an :class:`Expectation` out of column names. Does
not belong here: questions (the module of their asset).
"""

from __future__ import annotations

import sys
from typing import Any

from forecast_platform.quality.checks import Expectation


def parameter(name: str) -> dict[str, str]:
    """An argument that is filled in from the batch."""
    return {"$PARAMETER": name}


def at_most(column: str, limit: str) -> Expectation:
    """No value of ``column`` is above the parameter ``limit``."""
    return Expectation("ExpectColumnValuesToBeBetween", {"column": column, "max_value": parameter(limit)})


def not_less(column: str, than: str) -> Expectation:
    """``column`` is never below ``than``. A missing value is the business of other checks."""
    arguments = {"column_A": column, "column_B": than, "or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return Expectation("ExpectColumnPairValuesAToBeGreaterThanB", arguments)


def present(column: str) -> Expectation:
    """No value of ``column`` is missing."""
    return Expectation("ExpectColumnValuesToNotBeNull", {"column": column})


def finite(column: str) -> Expectation:
    """Between the largest floats: infinities are outside, and no expectation asks for finiteness by name."""
    largest = sys.float_info.max
    words = f"{column} values must be finite"
    return Expectation(
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": -largest, "max_value": largest, "description": words},
    )


def is_true(column: str, **arguments: Any) -> Expectation:
    """Every value of the boolean ``column`` is true; ``mostly`` = the share of them that has to be."""
    return Expectation("ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True], **arguments})
