"""Metrics of a binary classification: the guide's example, by hand, and as scikit-learn has them."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from sklearn import metrics as reference

from forecast_platform.model_monitor.model_quality.binary import binary_metrics
from forecast_platform.model_monitor.model_quality.curves import Scores
from forecast_platform.model_monitor.model_quality.measured import Booleans, Metric


def values(found: dict[str, Metric]) -> dict[str, float]:
    return {name: metric.value for name, metric in found.items()}


def labels(text: str) -> Booleans:
    return np.array([letter == "1" for letter in text])


def test_metrics_are_those_of_the_example_in_the_guide() -> None:
    # "Model quality metrics": confusion matrix 0: {0: 1, 1: 2}, 1: {0: 0, 1: 1}.
    found = values(binary_metrics(labels("0001"), labels("0111"), None))
    del found["auc"]
    assert found == pytest.approx(
        {
            "recall": 1.0,
            "precision": 0.3333333333333333,
            "accuracy": 0.5,
            "recall_best_constant_classifier": 1.0,
            "precision_best_constant_classifier": 0.25,
            "accuracy_best_constant_classifier": 0.25,
            "true_positive_rate": 1.0,
            "true_negative_rate": 0.33333333333333337,
            "false_positive_rate": 0.6666666666666666,
            "false_negative_rate": 0.0,
            "f0_5": 0.3846153846153846,
            "f1": 0.5,
            "f2": 0.7142857142857143,
            "f0_5_best_constant_classifier": 0.29411764705882354,
            "f1_best_constant_classifier": 0.4,
            "f2_best_constant_classifier": 0.625,
        }
    )


def test_what_is_undefined_without_positive_labels_says_why_instead_of_0() -> None:
    found = binary_metrics(labels("000"), labels("000"), None)
    undefined = {name: metric.reason for name, metric in found.items() if isnan(metric.value)}
    assert undefined["recall"] == "the ground truth has no positive label"
    assert undefined["precision"] == "nothing was predicted positive"
    assert undefined["f1"] == "no label is positive, neither predicted nor observed"
    assert undefined["auc"] == "there is no probability (probability_attribute)"
    assert found["accuracy"].value == found["true_negative_rate"].value == 1
    assert found["false_positive_rate"].value == 0


def test_what_is_undefined_without_negative_labels_says_why() -> None:
    scores = Scores.of(np.array([0.2, 0.9]), labels("11"))
    found = binary_metrics(labels("11"), labels("01"), scores)
    assert found["recall"].value == 0.5
    assert found["false_positive_rate"].reason == "the ground truth has no negative label"
    assert found["auc"].reason == "the ground truth has only one class"


def test_metrics_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(4)
    actual, scores = random.random(2000) < 0.3, random.random(2000).round(2)
    predicted = scores > 0.5
    found = values(binary_metrics(actual, predicted, Scores.of(scores, actual)))
    constant = np.ones(2000, dtype=bool)
    expected = {
        "recall": reference.recall_score(actual, predicted),
        "precision": reference.precision_score(actual, predicted),
        "accuracy": reference.accuracy_score(actual, predicted),
        "true_negative_rate": reference.recall_score(~actual, ~predicted),
        "auc": reference.roc_auc_score(actual, scores),
        "precision_best_constant_classifier": reference.precision_score(actual, constant),
        **{
            f"{name}{suffix}": reference.fbeta_score(actual, said, beta=beta)
            for name, beta in (("f0_5", 0.5), ("f1", 1), ("f2", 2))
            for suffix, said in (("", predicted), ("_best_constant_classifier", constant))
        },
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_the_deviation_of_the_area_is_that_of_the_area_of_samples() -> None:
    draw = np.random.default_rng(6)
    actual, scores = draw.random(500) < 0.5, draw.random(500)
    random = np.random.default_rng(0)
    samples = [random.choice(500, 400, replace=False, shuffle=False) for _ in range(5)]
    expected = np.std([reference.roc_auc_score(actual[rows], scores[rows]) for rows in samples])
    found = binary_metrics(actual, scores > 0.5, Scores.of(scores, actual))
    assert found["auc"].deviation == pytest.approx(expected)
