"""From merged rows to statistics.json: unusable values, labels in many spellings, and the document's form."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.model_quality.problem import PROBLEM_TYPES, Attributes, ProblemType
from forecast_platform.model_monitor.model_quality.quality import measure_quality, statistics_document
from forecast_platform.model_monitor.model_quality.values import LeftOut
from forecast_platform.model_monitor.window import Window

BOTH = Attributes("label", "predicted")
BY_PROBABILITY = Attributes("label", probability="probability")
NOW = datetime(2020, 1, 9, 13)


def rows(**columns: list[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    return frame.assign(event_id=[f"e{number}" for number in range(len(frame))])


def problems(frame: pd.DataFrame, problem_type: ProblemType, attributes: Attributes) -> str:
    with pytest.raises(InputError) as refused:
        measure_quality(frame, problem_type, attributes)
    return str(refused.value)


def test_attributes_that_are_unset_or_absent_are_all_named() -> None:
    attributes = Attributes("truth", probability="score", probability_threshold=float("nan"))
    message = problems(rows(label=[1]), "MulticlassClassification", attributes)
    for setting in ("inference_attribute", "ground_truth_attribute", "probability_attribute", "threshold_attribute"):
        assert setting in message
    assert "'label'" in message


@pytest.mark.parametrize("problem_type", PROBLEM_TYPES)
def test_a_window_without_ground_truth_says_so(problem_type: ProblemType) -> None:
    assert "wait for more ground truth" in problems(rows(label=[], predicted=[]), problem_type, BOTH)


def test_a_window_of_unusable_values_says_what_is_wrong_with_them() -> None:
    message = problems(rows(label=["x", "1"], predicted=[1, None]), "Regression", BOTH)
    assert "1 with not a finite number in label; 1 with not a finite number in predicted" in message


def test_rows_with_unusable_values_are_left_out_and_counted() -> None:
    frame = rows(label=["1", "two", "3", "inf", None], predicted=[1.5, 2.0, None, 4.0, 5.0])
    found = measure_quality(frame, "Regression", BOTH)
    assert found.item_count == 1
    assert found.metrics["mae"].value == 0.5
    assert found.left_out == (
        LeftOut("label", "not a finite number", 3, ("e1", "e3", "e4")),
        LeftOut("predicted", "not a finite number", 1, ("e2",)),
    )


def test_probabilities_taken_for_labels_are_refused_with_the_way_out() -> None:
    message = problems(rows(label=["0", "1"], predicted=[0.31, 0.77]), "BinaryClassification", BOTH)
    assert "probability_attribute" in message


def test_other_labels_than_0_and_1_need_the_positive_one_to_be_named() -> None:
    frame = rows(label=["yes", "no", "no"], predicted=["yes", "yes", "no"])
    assert "'no', 'yes'" in problems(frame, "BinaryClassification", BOTH)
    found = measure_quality(frame, "BinaryClassification", Attributes("label", "predicted", positive_label="yes"))
    assert found.metrics["precision"].value == 0.5
    assert found.confusion_matrix == {"no": {"no": 1, "yes": 1}, "yes": {"no": 0, "yes": 1}}


def test_numbers_taken_for_classes_are_refused() -> None:
    values = np.arange(1000) / 7
    message = problems(rows(label=list(values), predicted=list(values)), "MulticlassClassification", BOTH)
    assert "Is this a regression?" in message


def test_a_number_is_the_same_class_however_it_is_written() -> None:
    frame = rows(label=["2", " 2 ", "2.0", "10", "1", ""], predicted=[2, 2.0, "2", 10, 1.0, 1])
    found = measure_quality(frame, "MulticlassClassification", BOTH)
    assert found.metrics["accuracy"].value == 1
    assert list(found.confusion_matrix) == ["1", "2", "10"]
    assert found.left_out == (LeftOut("label", "no label", 1, ("e5",)),)


def test_codes_with_leading_zeros_are_texts() -> None:
    found = measure_quality(rows(label=["01", "1"], predicted=["01", "01"]), "MulticlassClassification", BOTH)
    assert found.metrics["accuracy"].value == 0.5


@pytest.mark.parametrize("label", [["true", "false"], [True, False], ["1", "0"], [1.0, 0.0]])
def test_true_and_false_are_1_and_0(label: list[Any]) -> None:
    found = measure_quality(rows(label=label, predicted=[1, 0]), "BinaryClassification", BOTH)
    assert found.confusion_matrix == {"0": {"0": 1, "1": 0}, "1": {"0": 0, "1": 1}}


def test_a_probability_above_the_threshold_predicts_the_positive_label() -> None:
    frame = rows(label=["1", "1", "0", "0"], probability=[0.6, 0.5, 0.7, 0.1])
    found = measure_quality(frame, "BinaryClassification", BY_PROBABILITY)
    assert found.confusion_matrix == {"0": {"0": 1, "1": 1}, "1": {"0": 1, "1": 1}}
    strict = Attributes("label", probability="probability", probability_threshold=0.65)
    assert measure_quality(frame, "BinaryClassification", strict).confusion_matrix["1"] == {"0": 2, "1": 0}


def test_with_a_predicted_label_the_probability_is_for_the_curves_only() -> None:
    frame = rows(label=["1", "0"], predicted=["1", "0"], probability=[0.2, 0.1])
    found = measure_quality(frame, "BinaryClassification", Attributes("label", "predicted", "probability"))
    assert found.metrics["accuracy"].value == found.metrics["auc"].value == 1


def test_ground_truth_of_one_class_is_measured_as_far_as_it_goes() -> None:
    found = measure_quality(rows(label=["0", "0"], probability=[0.9, 0.1]), "BinaryClassification", BY_PROBABILITY)
    assert found.metrics["accuracy"].value == 0.5
    assert found.metrics["recall"].document()["value"] == "NaN"
    assert found.confusion_matrix == {"0": {"0": 1, "1": 1}, "1": {"0": 0, "1": 0}}


def test_the_document_of_a_binary_classification_has_the_keys_of_the_guide_in_its_order() -> None:
    found = measure_quality(rows(label=["1", "0"], probability=[0.9, 0.1]), "BinaryClassification", BY_PROBABILITY)
    written = statistics_document(found, NOW, Window(datetime(2020, 1, 1), datetime(2020, 1, 8)))
    assert list(written) == ["version", "dataset", "binary_classification_metrics"]
    assert written["version"] == 0.0
    assert written["dataset"] == {
        "item_count": 2,
        "start_time": "2020-01-01T00:00:00.000Z",
        "end_time": "2020-01-08T00:00:00.000Z",
        "evaluation_time": "2020-01-09T13:00:00.000Z",
    }
    metrics = written["binary_classification_metrics"]
    assert list(metrics)[:4] == ["confusion_matrix", "recall", "precision", "accuracy"]
    assert list(metrics)[10:14] == [
        "false_negative_rate",
        "receiver_operating_characteristic_curve",
        "precision_recall_curve",
        "auc",
    ]
    assert metrics["recall"] == {"value": 1.0, "standard_deviation": "NaN"}
    assert json.loads(json.dumps(written, allow_nan=False)) == written


def test_the_document_of_a_baseline_has_no_window() -> None:
    found = measure_quality(rows(label=[1.0, 2.0], predicted=[1.0, 2.5]), "Regression", BOTH)
    written = statistics_document(found, NOW)
    assert written["dataset"] == {"item_count": 2, "evaluation_time": "2020-01-09T13:00:00.000Z"}
    assert list(written["regression_metrics"]) == ["mae", "mse", "rmse", "r2"]


def test_the_same_rows_give_the_same_bytes() -> None:
    random = np.random.default_rng(2)
    frame = rows(label=list(random.integers(0, 2, 300)), probability=list(random.random(300)))
    made = [
        json.dumps(statistics_document(measure_quality(frame, "BinaryClassification", BY_PROBABILITY), NOW))
        for _ in range(2)
    ]
    assert made[0] == made[1]
