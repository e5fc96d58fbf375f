"""Who is in the sensitive group, and which outcome is positive.

Belongs here: the meaning of ``value_or_threshold``. Does not belong here: counting (``outcomes``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.model_monitor.model_quality.labels import MISSING, label_text, numbered_labels
from forecast_platform.model_monitor.model_quality.measured import Integers

CONTINUOUS_SHARE = 0.05
"""From this share of different values on, whole numbers are continuous; Clarify's constant."""

_INTERVAL = re.compile(r"\(\s*([^,()\[\]]+?)\s*,[^,()\[\]]*\]")


@dataclass(frozen=True)
class Picked:
    """Values of a column: those listed, or all numbers above a threshold.

    Attributes:
        values: As text, see ``model_quality.labels``; empty when there is a threshold.
        threshold: A lower bound that is not included itself, as in Clarify; ``None`` when there are values.
    """

    values: tuple[str, ...] = ()
    threshold: float | None = None

    def of(self, column: pd.Series[Any]) -> Integers:
        """Per row 1 for picked, 0 for not, :data:`MISSING` where there is no value."""
        if self.threshold is not None:
            numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
            return np.where(np.isnan(numbers), MISSING, numbers > self.threshold).astype(np.int64)
        codes, names = numbered_labels({"": column})
        picked = np.array([*(int(name in self.values) for name in names), MISSING], dtype=np.int64)
        return np.asarray(picked[codes[""]])

    @property
    def text(self) -> str:
        """As ``facet_value`` of a violation: ``40`` or ``a,b``."""
        return ",".join(self.values) if self.threshold is None else label_text(self.threshold)

    def text_in(self, column: pd.Series[Any]) -> str:
        """As ``value_or_threshold`` of an analysis: the values, or the interval up to the largest number there is."""
        if self.threshold is None:
            return self.text
        return f"({float(self.threshold)}, {float(pd.to_numeric(column, errors='coerce').max())}]"


def pick(values: Sequence[Any], column: pd.Series[Any]) -> Picked:
    """What ``value_or_threshold: values`` means for ``column``.

    A single number is a threshold where the column is continuous: more than two different numbers, and either some are
    no whole numbers or at least :data:`CONTINUOUS_SHARE` of them differ (Clarify's rule, but for the two values of a
    flag, which are never a range). Ask once, of the baseline: whole numbers can change sides with the number of rows.
    """
    numbers = pd.to_numeric(column, errors="coerce").dropna()
    if len(values) == 1 and _is_number(values[0]) and len(numbers) == column.notna().sum() and _is_continuous(numbers):
        return Picked(threshold=float(values[0]))
    return Picked(values=tuple(label_text(value) for value in values))


def parse_picked(text: str) -> Picked:
    """What an analysis or a violation says was picked: ``1``, ``a,b`` or the interval ``(40.0, 90.0]``."""
    interval = _INTERVAL.fullmatch(text.strip())
    if interval and _is_number(interval.group(1)):
        return Picked(threshold=float(interval.group(1)))
    return Picked(values=tuple(label_text(value) for value in text.split(",")))


def _is_continuous(numbers: pd.Series[Any]) -> bool:
    different = numbers.unique()
    if len(different) <= 2:
        return False
    return bool((different % 1 != 0).any()) or len(different) >= CONTINUOUS_SHARE * len(numbers)


def _is_number(value: Any) -> bool:
    try:
        return bool(np.isfinite(float(value)))
    except (TypeError, ValueError):
        return False
