"""A metric and how sure it is.

Belongs here: values, standard deviations and their form in statistics.json. Does not belong here: formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

FEWEST_FOR_DEVIATIONS = 200
SAMPLES, SHARE = 5, 0.8

UNDEFINED = "NaN"
"""How a number that does not exist is written: JSON has none, and SageMaker writes this text."""

Measure = Callable[[Integers | None], Mapping[str, float]]
"""Metrics of the rows at these positions, ``None`` = of all; NaN where one is undefined."""


@dataclass(frozen=True)
class Metric:
    """One number about a model.

    Attributes:
        value: NaN where it is undefined: then ``reason`` says why.
        deviation: Its standard deviation; NaN below :data:`FEWEST_FOR_DEVIATIONS` rows.
    """

    value: float
    deviation: float = nan
    reason: str = ""

    def document(self) -> dict[str, Any]:
        """As it stands in statistics.json; ``reason``, which SageMaker does not have, only where there is one."""
        written = {"value": _written(self.value), "standard_deviation": _written(self.deviation)}
        return {**written, "reason": self.reason} if self.reason else written


def with_deviations(count: int, measure: Measure, reasons: Mapping[str, str]) -> dict[str, Metric]:
    """The metrics of ``count`` rows.

    The standard deviation is the population's of the metric over :data:`SAMPLES` samples of 80 % of the rows, drawn
    without replacement (SageMaker's guide: "randomly sampling 80% of the data 5 times"), here with the fixed seed 0.

    Args:
        reasons: Why a metric is undefined where it is.
    """
    values = measure(None)
    samples = [measure(rows) for rows in _samples(count)]
    return {
        name: Metric(
            value=value,
            deviation=float(np.std([sample[name] for sample in samples])) if samples else nan,
            reason=reasons[name] if isnan(value) else "",
        )
        for name, value in values.items()
    }


def ratio(numerator: float, denominator: float) -> float:
    """NaN where there is nothing to divide by."""
    return float(numerator / denominator) if denominator else nan


def _samples(count: int) -> list[Integers]:
    if count < FEWEST_FOR_DEVIATIONS:
        return []
    random = np.random.default_rng(0)
    return [random.choice(count, int(count * SHARE), replace=False, shuffle=False) for _ in range(SAMPLES)]


def _written(number: float) -> float | str:
    return UNDEFINED if isnan(number) else float(number)
