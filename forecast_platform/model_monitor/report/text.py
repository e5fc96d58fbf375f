"""Numbers, shares, instants and checks as people read them.

Belongs here: values in, text out. Does not belong here: markup.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

ABSENT = "–"
LONGEST_TEXT = 120
KINDS = {
    "DataQuality": "Data quality",
    "ModelQuality": "Model quality",
    "ModelBias": "Model bias",
    "ModelExplainability": "Model explainability",
}
STATUSES = {
    "Completed": "Completed",
    "CompletedWithViolations": "Completed with violations",
    "Failed": "Failed",
    "Stopped": "Stopped",
}
CHECKS = {
    "data_type_check": "Data type",
    "completeness_check": "Completeness",
    "baseline_drift_check": "Baseline drift",
    "missing_column_check": "Missing column",
    "extra_column_check": "Extra column",
    "categorical_values_check": "Categorical values",
    "bias_drift_check": "Bias drift",
    "feature_attribution_drift_check": "Feature attribution drift",
    "GreaterThanThreshold": "Above threshold",
    "LessThanThreshold": "Below threshold",
}


def finite(value: Any) -> float | None:
    """``value`` as a number; ``None`` for what is none, and for the infinities and NaN that JSON writes as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def whole(value: Any) -> int:
    """``value`` as a count; 0 for what is none."""
    return int(finite(value) or 0)


def number(value: Any) -> str:
    """Four significant digits, or a whole number with its thousands apart."""
    found = finite(value)
    if found is None:
        return ABSENT
    if abs(found) >= 1e12 or 0 < abs(found) < 1e-4:
        return f"{found:.3g}"
    if abs(found) >= 1000 or found == int(found):
        return f"{found:,.0f}"
    return f"{found:.4g}"


def short_number(value: Any) -> str:
    """:func:`number` where there is little room: three significant digits, millions and more as ``1.2M``."""
    found = finite(value)
    if found is None or 1e-4 <= abs(found) < 1e6 or found == 0:
        return number(float(f"{found:.3g}") if found is not None and abs(found) < 1000 else found)
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if unit <= abs(found) < 1e15:
            return f"{found / unit:.3g}{letter}"
    mantissa, exponent = f"{found:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def share(value: Any) -> str:
    """A share of 0-1 in per cent. What is not quite 0 % or 100 % is not shown as if it were."""
    found = finite(value)
    if found is None:
        return ABSENT
    if 0 < found < 0.001:
        return "< 0.1 %"
    if 0.999 < found < 1:
        return "> 99.9 %"
    text = f"{100 * found:.1f}"
    return f"{text.removesuffix('.0')} %"


def counted(count: int, noun: str, plural: str = "") -> str:
    """``1 row``, ``2 rows``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def shortened(text: str) -> str:
    """The beginning of a text that may be of any length."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def check_name(kind: str) -> str:
    """A constraint check in words; one that we do not know by its own name."""
    return CHECKS.get(kind, kind)


def window(start: Any, end: Any) -> str:
    """``2026-11-25 10:00 to 11:00 UTC``, from ISO 8601 texts. Without a zone there, there is none here."""
    first, last = _instant(start), _instant(end)
    if first is None or last is None:
        return f"{start or ABSENT} to {end or ABSENT}"
    same_day = first.date() == last.date()
    until = f"{last:%H:%M}" if same_day else _written(last)
    return f"{_written(first)} to {until}{' UTC' if last.tzinfo else ''}"


def moment(value: Any) -> str:
    """The start of a window, short: ``2026-11-25 10:00``, and at midnight the day alone."""
    found = _instant(value)
    return str(value) if found is None else _written(found).removesuffix(" 00:00")


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found


def _written(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
