"""Metrics of a classification with several classes.

Belongs here: averages over the classes of a confusion matrix. Does not belong here: what a label looks like
(``values``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_platform.model_monitor.model_quality.binary import BEST_CONSTANT
from forecast_platform.model_monitor.model_quality.measured import Floats, Integers, Metric, with_deviations


def confusion_matrix(actual: Integers, predicted: Integers, classes: int) -> Integers:
    """(actual class × predicted class), from the numbers of the classes, both (rows)."""
    counts = np.bincount(actual * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def multiclass_metrics(actual: Integers, predicted: Integers, classes: int) -> dict[str, Metric]:
    """All metrics in the order of SageMaker's guide ("Model quality metrics").

    Weighted = the mean over the classes, each with the weight of its share of the ground truth; a class that is never
    predicted has precision 0. The best constant classifier always answers with the most frequent class of the ground
    truth, which maximises each of these metrics. (The guide's example prints those of the rarer of its two classes.)

    Args:
        actual: (rows), the number of the class; at least one.
        predicted: The same of the prediction.
    """
    most_frequent = int(np.bincount(actual, minlength=classes).argmax())

    def measure(rows: Integers | None) -> dict[str, float]:
        true, said = (actual, predicted) if rows is None else (actual[rows], predicted[rows])
        matrix = confusion_matrix(true, said, classes)
        constant = np.zeros_like(matrix)
        constant[:, most_frequent] = matrix.sum(axis=1)
        best = {f"{name}_{BEST_CONSTANT}": value for name, value in _values(constant).items()}
        return _values(matrix) | best

    return with_deviations(len(actual), measure, {})


def _values(matrix: Integers) -> dict[str, float]:
    hits, observed, predicted = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    weights = observed / matrix.sum()
    return {
        "accuracy": float(hits.sum() / matrix.sum()),
        "weighted_recall": float(weights @ _quotients(hits, observed)),
        "weighted_precision": float(weights @ _quotients(hits, predicted)),
        **{
            f"weighted_{name}": float(weights @ _quotients((1 + square) * hits, square * observed + predicted))
            for name, square in (("f0_5", 0.25), ("f1", 1.0), ("f2", 4.0))
        },
    }


def _quotients(hits: npt.ArrayLike, of: npt.ArrayLike) -> Floats:
    """0 where there is nothing to divide by, for then there are no hits either."""
    return np.asarray(hits) / np.maximum(of, 1)
