"""The answer to one expectation, whoever gave it, and how values look in it.

Belongs here: what evaluators give back and how it is put into words. Does not belong here: evaluating.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forecast_platform.errors import PermanentError

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 20
"""How many offending rows are shown."""

Place = tuple[str, int]
"""Where an expectation belongs: the name of its check, and its position there."""


class ExpectationError(PermanentError):
    """An expectation could not be evaluated, which says nothing about the data."""


@dataclass(frozen=True)
class Answer:
    """What came of one expectation.

    Attributes:
        expectation: In words.
        observed: What was seen, as text.
        rows: The first :data:`EXAMPLES` rows that are not as expected, in the order of the batch and with its index;
            empty when there are none, or when the expectation is about something else than rows.
    """

    expectation: str
    observed: str
    passed: bool
    rows: pd.DataFrame


def plain(value: Any) -> str | int | float | bool | None:
    """``value`` as JSON can carry it: NaN and infinities become text, as JSON has no numbers for them."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def shown(value: Any) -> str:
    """``value`` on one line, for people."""
    if isinstance(value, list | tuple):
        return f"({', '.join(shown(one) for one in value)})"
    text = plain(value)
    if isinstance(text, float):
        return f"{text:.6g}"
    return " ".join(str(text).split())


def counted(count: int, noun: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
