"""What kind of problem a model solves, and which columns hold its answers.

Belongs here: the vocabulary of ``ModelQualityAppSpecification`` and ``EndpointInput``. Does not belong here: metrics.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

from forecast_platform.errors import InputError, Problem

ProblemType = Literal["Regression", "BinaryClassification", "MulticlassClassification"]
PROBLEM_TYPES: tuple[ProblemType, ...] = get_args(ProblemType)

SECTIONS: dict[ProblemType, str] = {
    "Regression": "regression",
    "BinaryClassification": "binary_classification",
    "MulticlassClassification": "multiclass_classification",
}
"""What the keys of the documents start with: ``regression_metrics``, ``regression_constraints``."""


@dataclass(frozen=True)
class Attributes:
    """Columns of the merged rows, named after the settings of SageMaker.

    Attributes:
        ground_truth: ``ground_truth_attribute``: the label or number that was observed.
        inference: ``inference_attribute``: the label or number that was predicted. A binary problem can do without
            when there is a probability.
        probability: ``probability_attribute``: of the positive label; binary problems only. With it there are curves.
        probability_threshold: ``probability_threshold_attribute``: a probability above it predicts the positive label
            where there is no ``inference``.
        positive_label: Of a binary problem. SageMaker knows ``1`` only.
    """

    ground_truth: str
    inference: str | None = None
    probability: str | None = None
    probability_threshold: float = 0.5
    positive_label: str = "1"

    def check(self, problem_type: ProblemType, columns: Collection[str]) -> None:
        """Raise :class:`InputError` with all that is missing for ``problem_type`` among ``columns``."""
        problems = [*self.problems(problem_type), *self._absent(columns)]
        if problems:
            raise InputError(f"The quality of this model cannot be measured ({problem_type}).", problems)

    def problems(self, problem_type: ProblemType) -> Iterator[Problem]:
        """What is missing or wrong for ``problem_type``, whatever the columns."""
        if not isfinite(self.probability_threshold):
            yield Problem("probability_threshold_attribute", str(self.probability_threshold), "a number")
        if problem_type == "BinaryClassification":
            if self.inference is None and self.probability is None:
                expected = "the column of the predicted label, or probability_attribute"
                yield Problem("inference_attribute", "nothing", expected)
        elif self.inference is None:
            yield Problem("inference_attribute", "nothing", "the column of what the model predicted")

    def _absent(self, columns: Collection[str]) -> Iterator[Problem]:
        named = {
            "ground_truth_attribute": self.ground_truth,
            "inference_attribute": self.inference,
            "probability_attribute": self.probability,
        }
        for setting, column in named.items():
            if column is not None and column not in columns:
                yield Problem(setting, repr(column), f"one of the columns {', '.join(map(repr, columns))}")
