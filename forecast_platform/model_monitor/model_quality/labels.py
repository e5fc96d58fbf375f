"""When two values are the same label.

Belongs here: how labels are spelled, compared and ordered. Does not belong here: which of them is positive.

A label is text, and a number is the same label however it is written: ``1``, ``1.0`` and ``"1"`` are one, because a
model that answers JSON writes numbers and ground truth is CSV. ``01`` is another: it is a code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.model_monitor.model_quality.measured import Integers

MISSING = -1

_WHOLE = re.compile(r"([+-]?\d+)\.0*")


def label_text(value: Any) -> str:
    """The label as text; empty for none."""
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    text = str(value).strip()
    whole = _WHOLE.fullmatch(text)
    return whole.group(1) if whole else text


def numbered_labels(columns: Mapping[str, pd.Series[Any]]) -> tuple[dict[str, Integers], tuple[str, ...]]:
    """Per row of each column the number of its label, :data:`MISSING` for none; and the labels of all, in order."""
    factored = {name: pd.factorize(column) for name, column in columns.items()}
    spelled = {name: [label_text(value) for value in values] for name, (_, values) in factored.items()}
    names = sorted({label for labels in spelled.values() for label in labels if label}, key=_in_order)
    number = {label: index for index, label in enumerate(names)}
    codes = {}
    for name, (code, _) in factored.items():
        meaning = np.array([*(number.get(label, MISSING) for label in spelled[name]), MISSING], dtype=np.int64)
        codes[name] = meaning[code]
    return codes, tuple(names)


def _in_order(label: str) -> tuple[bool, float, str]:
    """Numbers by size, then texts."""
    try:
        return False, float(label), label
    except ValueError:
        return True, 0.0, label
