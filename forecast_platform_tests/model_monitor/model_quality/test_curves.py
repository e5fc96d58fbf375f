"""ROC and precision-recall curves: by hand, thinned, and as scikit-learn has them."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from sklearn import metrics as reference

from forecast_platform.model_monitor.model_quality.curves import MOST_POINTS, Scores


def test_curves_of_four_rows_are_as_computed_by_hand() -> None:
    scores = Scores.of(np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, True, False, False]))
    assert scores.roc_curve() == {
        "false_positive_rates": [0.0, 0.0, 0.5, 1.0, 1.0],
        "true_positive_rates": [0.0, 0.5, 1.0, 1.0, 1.0],
    }
    assert scores.precision_recall_curve() == {
        "precisions": [1.0, 1.0, 2 / 3, 0.5],
        "recalls": [0.0, 0.5, 1.0, 1.0],
    }
    assert scores.area_under_roc() == 0.875  # Of the four pairs, three are in order and one is a tie.


def test_curves_that_need_both_classes_are_empty_with_one() -> None:
    only_positive = Scores.of(np.array([0.9, 0.8]), np.array([True, True]))
    assert only_positive.roc_curve() == {"false_positive_rates": [], "true_positive_rates": []}
    assert only_positive.precision_recall_curve() == {"precisions": [1.0, 1.0, 1.0], "recalls": [0.0, 0.5, 1.0]}
    assert isnan(only_positive.area_under_roc())
    only_negative = Scores.of(np.array([0.9, 0.8]), np.array([False, False]))
    assert only_negative.precision_recall_curve() == {"precisions": [], "recalls": []}


def test_every_point_is_one_that_scikit_learn_has() -> None:
    random = np.random.default_rng(8)
    scores, positive = random.random(5000), random.random(5000) < 0.4
    curve = Scores.of(scores, positive).roc_curve()
    false, true, _ = reference.roc_curve(positive, scores, drop_intermediate=False)
    known = set(zip(false.round(12), true.round(12), strict=True))
    drawn = list(zip(curve["false_positive_rates"], curve["true_positive_rates"], strict=True))
    assert {(round(x, 12), round(y, 12)) for x, y in drawn} <= known
    assert len(drawn) == MOST_POINTS + 1
    assert drawn[0] == (0, 0)
    assert drawn[-1] == (1, 1)
    precision, recall, _ = reference.precision_recall_curve(positive, scores)
    pairs = Scores.of(scores, positive).precision_recall_curve()
    assert pairs["recalls"][1:] == pytest.approx(np.sort(pairs["recalls"][1:]))
    assert {round(one, 12) for one in pairs["precisions"]} <= set(precision.round(12))
    assert {round(one, 12) for one in pairs["recalls"]} <= set(recall.round(12))
