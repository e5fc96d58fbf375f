"""Metrics of a multiclass classification: the guide's example, by hand, and as scikit-learn has them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from forecast_platform.model_monitor.model_quality.multiclass import confusion_matrix, multiclass_metrics


def test_metrics_are_those_of_the_example_in_the_guide() -> None:
    # "Model quality metrics": confusion matrix 0: {0: 1180, 1: 510}, 1: {0: 268, 1: 138}.
    cells = ((0, 0, 1180), (0, 1, 510), (1, 0, 268), (1, 1, 138))
    actual = np.concatenate([np.full(count, of) for of, _, count in cells])
    predicted = np.concatenate([np.full(count, said) for _, said, count in cells])
    found = {name: metric.value for name, metric in multiclass_metrics(actual, predicted, 2).items()}
    expected = {
        "accuracy": 0.6288167938931297,
        "weighted_recall": 0.6288167938931297,
        "weighted_precision": 0.6983172269629505,
        "weighted_f0_5": 0.6803947317178771,
        "weighted_f1": 0.6571162346664904,
        "weighted_f2": 0.6384024354394601,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert list(found) == [*expected, *(f"{name}_best_constant_classifier" for name in expected)]


def test_the_best_constant_classifier_answers_with_the_most_frequent_class() -> None:
    found = multiclass_metrics(np.array([0, 1, 1, 2, 2, 2, 2, 2]), np.array([0, 0, 1, 1, 2, 2, 0, 2]), 3)
    assert found["accuracy_best_constant_classifier"].value == 5 / 8
    assert found["weighted_precision_best_constant_classifier"].value == (5 / 8) ** 2
    assert found["weighted_f1_best_constant_classifier"].value == pytest.approx(5 / 8 * (2 * 5 / (5 + 8)))


def test_the_confusion_matrix_has_the_ground_truth_in_its_rows() -> None:
    assert confusion_matrix(np.array([0, 0, 2]), np.array([1, 1, 0]), 3).tolist() == [[0, 2, 0], [0, 0, 0], [1, 0, 0]]


def test_metrics_are_those_of_scikit_learn_even_when_a_class_is_never_predicted() -> None:
    random = np.random.default_rng(9)
    actual, predicted = random.integers(0, 5, 3000), random.integers(0, 4, 3000)
    found = {name: metric.value for name, metric in multiclass_metrics(actual, predicted, 5).items()}
    weighted = {"average": "weighted", "zero_division": 0}
    expected = {
        "accuracy": reference.accuracy_score(actual, predicted),
        "weighted_recall": reference.recall_score(actual, predicted, **weighted),
        "weighted_precision": reference.precision_score(actual, predicted, **weighted),
        "weighted_f0_5": reference.fbeta_score(actual, predicted, beta=0.5, **weighted),
        "weighted_f1": reference.f1_score(actual, predicted, **weighted),
        "weighted_f2": reference.fbeta_score(actual, predicted, beta=2, **weighted),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
