"""From the values of merged rows to numbers, probabilities and classes.

Belongs here: what a value means, and which rows cannot count. Does not belong here: metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.model_quality.curves import Scores
from forecast_platform.model_monitor.model_quality.labels import MISSING, numbered_labels
from forecast_platform.model_monitor.model_quality.measured import Booleans, Floats, Integers
from forecast_platform.model_monitor.model_quality.merging import EVENT_ID
from forecast_platform.model_monitor.model_quality.problem import Attributes

MOST_CLASSES = 500
"""More than this are numbers taken for labels, not classes: their confusion matrix would not fit on a page."""

_EXAMPLES = 3
_TRUE_AND_FALSE = {"true": "1", "false": "0"}


@dataclass(frozen=True)
class LeftOut:
    """Rows that could not count.

    Attributes:
        column: The one whose value was unusable; a row with several is counted with the first.
        reason: What was wrong, for people.
        examples: The event ids of the first of them.
    """

    column: str
    reason: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Numbers:
    """Rows of a regression: both (rows)."""

    actual: Floats
    predicted: Floats


@dataclass(frozen=True)
class Classes:
    """Rows of a multiclass classification: numbers of ``names``, both (rows)."""

    actual: Integers
    predicted: Integers
    names: tuple[str, ...]


@dataclass(frozen=True)
class Sides:
    """Rows of a binary classification.

    Attributes:
        actual, predicted: (rows), whether it is the positive label.
        scores: ``None`` without probabilities.
        names: Of the negative and the positive label.
    """

    actual: Booleans
    predicted: Booleans
    scores: Scores | None
    names: tuple[str, str]


def numbers(rows: pd.DataFrame, attributes: Attributes) -> tuple[Numbers, tuple[LeftOut, ...]]:
    """The rows of a regression. Raises :class:`InputError` when none is left."""
    columns = {name: _finite(rows[name]) for name in (attributes.ground_truth, str(attributes.inference))}
    usable, left_out = _usable(rows, {name: (np.isfinite(of), "not a finite number") for name, of in columns.items()})
    actual, predicted = (values[usable] for values in columns.values())
    return Numbers(actual, predicted), left_out


def classes(rows: pd.DataFrame, attributes: Attributes) -> tuple[Classes, tuple[LeftOut, ...]]:
    """The rows of a multiclass classification.

    Raises:
        InputError: No row is left, or there are more than :data:`MOST_CLASSES`.
    """
    actual, predicted = attributes.ground_truth, str(attributes.inference)
    codes, names = numbered_labels({name: rows[name] for name in (actual, predicted)})
    usable, left_out = _usable(rows, {name: (of != MISSING, "no label") for name, of in codes.items()})
    if len(names) > MOST_CLASSES:
        found = f"{len(names):,} different labels, such as {', '.join(map(repr, names[:3]))}"
        advice = "Is this a regression?"
        problem = Problem(f"columns {actual} and {predicted}", found, f"at most {MOST_CLASSES} classes", advice)
        raise InputError("These labels are no classes.", [problem])
    return Classes(codes[actual][usable], codes[predicted][usable], names), left_out


def sides(rows: pd.DataFrame, attributes: Attributes) -> tuple[Sides, tuple[LeftOut, ...]]:
    """The rows of a binary classification.

    Raises:
        InputError: No row is left, or there are more than two labels.
    """
    labelled = [attributes.ground_truth, *([attributes.inference] if attributes.inference else [])]
    codes, names = numbered_labels({name: rows[name].replace(_TRUE_AND_FALSE) for name in labelled})
    scores = None if attributes.probability is None else _finite(rows[attributes.probability])
    checks = {name: (of != MISSING, "no label") for name, of in codes.items()}
    if scores is not None and attributes.probability is not None:
        checks[attributes.probability] = (np.isfinite(scores), "not a finite number")
    usable, left_out = _usable(rows, checks)
    both = _two_names(names, attributes)
    positive = [code == names.index(both[1]) if both[1] in names else code < 0 for code in codes.values()]
    if attributes.inference is None and scores is not None:
        positive.append(scores > attributes.probability_threshold)
    actual, predicted = (side[usable] for side in positive)
    return Sides(actual, predicted, None if scores is None else Scores.of(scores[usable], actual), both), left_out


def _two_names(names: tuple[str, ...], attributes: Attributes) -> tuple[str, str]:
    """Of the negative and the positive label; ``names`` are those that occur."""
    positive = attributes.positive_label
    others = [name for name in names if name != positive]
    if len(others) > 1:
        listed = ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
        advice = (
            "If these are probabilities, name their column in probability_attribute. "
            "If the positive label is another, say which. With more classes this is MulticlassClassification."
        )
        where = f"columns {', '.join(filter(None, (attributes.ground_truth, attributes.inference)))}"
        problem = Problem(where, f"the labels {listed}", f"two labels, one of them {positive!r}", advice)
        raise InputError("These labels are not those of a binary classification.", [problem])
    absent = "0" if positive == "1" else f"not {positive}"
    return (others[0] if others else absent), positive


def _finite(column: pd.Series[Any]) -> Floats:
    """NaN where there is no number."""
    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))


def _usable(rows: pd.DataFrame, checks: Mapping[str, tuple[Booleans, str]]) -> tuple[Booleans, tuple[LeftOut, ...]]:
    """Which rows pass every check, and what became of the others."""
    usable = np.ones(len(rows), dtype=bool)
    left_out = []
    for column, (good, reason) in checks.items():
        bad = usable & ~good
        if bad.any():
            examples = rows.loc[bad, EVENT_ID].head(_EXAMPLES).astype(str) if EVENT_ID in rows.columns else ()
            left_out.append(LeftOut(column, reason, int(bad.sum()), tuple(examples)))
        usable &= good
    if not usable.any():
        raise InputError("There is no row to measure.", [_nothing_left(rows, left_out)])
    return usable, tuple(left_out)


def _nothing_left(rows: pd.DataFrame, left_out: list[LeftOut]) -> Problem:
    expected = "predictions whose ground truth has arrived, with a usable value in each column"
    if not len(rows):
        return Problem("merged rows", "none", expected, "Widen the window, or wait for more ground truth.")
    found = "; ".join(f"{one.count:,} with {one.reason} in {one.column}" for one in left_out)
    return Problem("merged rows", found, expected)
