"""Logistic and linear regression on standardised numbers and one-hot encoded categories, in plain Python.

Belongs here: the arithmetic. Does not belong here: its file (``linear_document``), fitting (``sklearn_export``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from forecast_platform.errors import Problem
from forecast_platform.params.shapes import one_of, shown
from forecast_platform.serving.payloads import Cell, Prediction, Row
from forecast_platform.serving.refusal import bad_payload

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


@dataclass(frozen=True)
class NumberFeature:
    """Contributes ``coefficient * (value - mean) / scale``.

    Attributes:
        missing: The value that stands for an empty cell; ``None`` = an empty cell is refused.
    """

    name: str
    mean: float
    scale: float
    coefficient: float
    missing: float | None = None

    @property
    def expected(self) -> str:
        """For people: what a cell may hold."""
        return "a number" if self.missing is None else "a number, or nothing"

    def contribution(self, cell: Cell) -> float:
        """Raises ``ValueError`` for a cell that is not :attr:`expected`."""
        return self.coefficient * (self._value(cell) - self.mean) / self.scale

    def _value(self, cell: Cell) -> float:
        if cell is None or cell == "":
            if self.missing is None:
                raise ValueError(cell)
            return self.missing
        if isinstance(cell, bool) or (isinstance(cell, str) and not _NUMBER.fullmatch(cell)):
            raise ValueError(cell)
        value = float(cell)
        if not math.isfinite(value):
            raise ValueError(cell)
        return value


@dataclass(frozen=True)
class CategoryFeature:
    """Contributes the coefficient of its value.

    Attributes:
        coefficients: By value; an empty cell is the value ``""``.
        unknown: Contribution of a value that training has not seen; ``None`` = such a value is refused.
    """

    name: str
    coefficients: Mapping[str, float]
    unknown: float | None = 0.0

    @property
    def expected(self) -> str:
        """For people: what a cell may hold."""
        return "a text" if self.unknown is not None else one_of(map(shown, self.coefficients))

    def contribution(self, cell: Cell) -> float:
        """Raises ``ValueError`` for a cell that is not :attr:`expected`."""
        if isinstance(cell, bool | float):
            raise ValueError(cell)
        found = self.coefficients.get("" if cell is None else str(cell), self.unknown)
        if found is None:
            raise ValueError(cell)
        return found


Feature = NumberFeature | CategoryFeature


@dataclass(frozen=True)
class LinearModel:
    """A sum of contributions and an intercept; of a logistic regression, the probability of the second label.

    Attributes:
        labels: The two labels of a logistic regression; ``None`` = linear regression.
        threshold: From this probability on, the second label is predicted.
    """

    inputs: tuple[Feature, ...]
    intercept: float
    labels: tuple[str | int, str | int] | None = None
    threshold: float = 0.5

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in the order of a row."""
        return tuple(feature.name for feature in self.inputs)

    def predict(self, rows: Sequence[Row]) -> list[Prediction]:
        """One prediction per row. Raises ``RefusedError`` with every cell that cannot be taken."""
        try:
            return [self._prediction(row) for row in rows]
        except (ValueError, OverflowError):
            raise bad_payload(self._problems(rows)) from None

    def _prediction(self, row: Row) -> Prediction:
        total = self._total(row)
        if not math.isfinite(total):
            raise OverflowError(total)
        if self.labels is None:
            return Prediction(total)
        probability = _logistic(total)
        return Prediction(probability, self.labels[probability >= self.threshold])

    def _total(self, row: Row) -> float:
        total = self.intercept
        for feature, cell in zip(self.inputs, row, strict=True):
            total += feature.contribution(cell)
        return total

    def _problems(self, rows: Sequence[Row]) -> list[Problem]:
        problems = []
        for number, row in enumerate(rows, start=1):
            refused = [
                Problem(f"row {number}, {name}", shown(cell), expected) for name, cell, expected in self._bad(row)
            ]
            if not refused and not math.isfinite(self._total(row)):
                refused = [Problem(f"row {number}", "numbers whose sum overflows", "numbers of an ordinary size")]
            problems += refused
        return problems

    def _bad(self, row: Row) -> Iterator[tuple[str, Cell, str]]:
        for feature, cell in zip(self.inputs, row, strict=True):
            try:
                feature.contribution(cell)
            except (ValueError, OverflowError):
                yield feature.name, cell, feature.expected


def _logistic(total: float) -> float:
    """``1 / (1 + exp(-total))`` without overflow."""
    if total >= 0:
        return 1.0 / (1.0 + math.exp(-total))
    power = math.exp(total)
    return power / (1.0 + power)
