"""Metrics of a binary classification.

Belongs here: what follows from the four cells of the confusion matrix. Does not belong here: other thresholds
(``curves``), what a label looks like (``values``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

import numpy as np

from forecast_platform.model_monitor.model_quality.curves import Scores
from forecast_platform.model_monitor.model_quality.measured import Booleans, Integers, Metric, ratio, with_deviations

BEST_CONSTANT = "best_constant_classifier"

_NO_POSITIVE = "the ground truth has no positive label"
_NO_NEGATIVE = "the ground truth has no negative label"
_REASONS = {
    "recall": _NO_POSITIVE,
    "precision": "nothing was predicted positive",
    "true_positive_rate": _NO_POSITIVE,
    "true_negative_rate": _NO_NEGATIVE,
    "false_positive_rate": _NO_NEGATIVE,
    "false_negative_rate": _NO_POSITIVE,
    **dict.fromkeys(("f0_5", "f1", "f2"), "no label is positive, neither predicted nor observed"),
    f"recall_{BEST_CONSTANT}": _NO_POSITIVE,
}
_NO_SCORES = "there is no probability (probability_attribute)"
_ONE_CLASS = "the ground truth has only one class"


@dataclass(frozen=True)
class Outcomes:
    """The cells of a confusion matrix."""

    true_negatives: int
    false_positives: int
    false_negatives: int
    true_positives: int

    @property
    def rows(self) -> int:
        """All of them."""
        return self.true_negatives + self.false_positives + self.false_negatives + self.true_positives

    def all_positive(self) -> Outcomes:
        """The outcomes if the positive label had always been predicted."""
        negatives = self.true_negatives + self.false_positives
        return Outcomes(0, negatives, 0, self.false_negatives + self.true_positives)

    def recall(self) -> float:
        """TP / (TP + FN), also called the true positive rate."""
        return ratio(self.true_positives, self.true_positives + self.false_negatives)

    def precision(self) -> float:
        """TP / (TP + FP)."""
        return ratio(self.true_positives, self.true_positives + self.false_positives)

    def specificity(self) -> float:
        """TN / (TN + FP), also called the true negative rate."""
        return ratio(self.true_negatives, self.true_negatives + self.false_positives)

    def accuracy(self) -> float:
        """(TP + TN) / rows."""
        return ratio(self.true_positives + self.true_negatives, self.rows)

    def f_score(self, beta: float) -> float:
        """(1 + β²) TP / ((1 + β²) TP + β² FN + FP)."""
        hits = (1 + beta**2) * self.true_positives
        return ratio(hits, hits + beta**2 * self.false_negatives + self.false_positives)


def binary_metrics(actual: Booleans, predicted: Booleans, scores: Scores | None) -> dict[str, Metric]:
    """All metrics in the order of SageMaker's guide ("Model quality metrics").

    The best constant classifier always answers with the positive label: that is what the guide's example shows, and
    of the two constant answers the one with the better recall and F scores.

    Args:
        actual: (rows), whether the label is positive; at least one.
        predicted: The same of the prediction.
        scores: Of the same rows; ``None`` = there are none.
    """
    cells = 2 * actual.astype(np.int64) + predicted

    def measure(rows: Integers | None) -> Mapping[str, float]:
        counts = np.bincount(cells if rows is None else cells[rows], minlength=4)
        area = nan if scores is None else scores.area_under_roc(rows)
        return _values(Outcomes(*counts.tolist()), area)

    reasons = {**_REASONS, "auc": _NO_SCORES if scores is None else _ONE_CLASS}
    return with_deviations(len(cells), measure, reasons)


def _values(outcomes: Outcomes, area: float) -> dict[str, float]:
    constant = outcomes.all_positive()
    recall, specificity = outcomes.recall(), outcomes.specificity()
    return {
        "recall": recall,
        "precision": outcomes.precision(),
        "accuracy": outcomes.accuracy(),
        f"recall_{BEST_CONSTANT}": constant.recall(),
        f"precision_{BEST_CONSTANT}": constant.precision(),
        f"accuracy_{BEST_CONSTANT}": constant.accuracy(),
        "true_positive_rate": recall,
        "true_negative_rate": specificity,
        "false_positive_rate": 1 - specificity,
        "false_negative_rate": 1 - recall,
        "auc": area,
        "f0_5": outcomes.f_score(0.5),
        "f1": outcomes.f_score(1),
        "f2": outcomes.f_score(2),
        f"f0_5_{BEST_CONSTANT}": constant.f_score(0.5),
        f"f1_{BEST_CONSTANT}": constant.f_score(1),
        f"f2_{BEST_CONSTANT}": constant.f_score(2),
    }
