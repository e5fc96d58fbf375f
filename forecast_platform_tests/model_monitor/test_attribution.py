"""Feature attributions: by hand, on models with known answers, and against their baseline."""

from __future__ import annotations

import json
from math import isnan, log2
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.attribution import (
    Attribution,
    LabelDrift,
    attribution_violations_document,
    compare_attributions,
    explanations_document,
    global_attributions,
    ndcg,
    read_attributions,
    typical_row,
)

TRAINING = {"SAT score": 0.70, "GPA": 0.50, "Class rank": 0.05}
LIVE = {"SAT score": 0.10, "GPA": 0.20, "Class rank": 0.70}


def problems(document: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        read_attributions(json.dumps(document).encode(), "constraints.json")
    return [str(problem) for problem in refused.value.problems]


def test_everything_that_is_wrong_in_an_edited_baseline_is_told_at_once() -> None:
    labels = {"label0": {"global_shap_values": {"age": "much", "income": None}}, "label1": {}, "label2": 3}
    found = "".join(problems({"explanations": {"kernel_shap": labels}}))
    for place in ("label0.global_shap_values.age", "global_shap_values.income", "label1.global", "kernel_shap.label2"):
        assert place in found


@pytest.mark.parametrize("document", [{}, {"explanations": {}}, {"explanations": {"kernel_shap": {}}}])
def test_a_file_without_attributions_is_refused(document: Any) -> None:
    assert "kernel_shap" in problems(document)[0]


def test_rows_and_a_baseline_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        global_attributions(lambda rows: rows["a"], pd.DataFrame({"a": [], "b": []}), {"a": 1})
    assert [problem.where for problem in refused.value.problems] == ["baseline row, b", "rows to explain"]


@pytest.mark.parametrize("answers", [[1.0], [[[1.0]], [[2.0]]], [1.0, float("nan")]])
def test_a_model_that_answers_something_else_is_refused(answers: Any) -> None:
    with pytest.raises(InputError, match="a finite number per row and label, for 2 rows"):
        global_attributions(lambda rows: answers, pd.DataFrame({"a": [1, 2]}), {"a": 0})


def test_attributions_of_other_features_or_labels_are_not_compared() -> None:
    with pytest.raises(InputError) as refused:
        ndcg({"age": 1.0, "gone": 2.0}, {"age": 1.0, "new": 2.0})
    assert [problem.where for problem in refused.value.problems] == ["feature gone", "feature new"]
    with pytest.raises(InputError, match="label1"):
        compare_attributions({"label1": {"a": 1.0}}, {"label0": Attribution({"a": 1.0}, 0.0)})


def test_the_example_of_the_guide_has_an_ndcg_of_069() -> None:
    expected = (0.05 + 0.50 / log2(3) + 0.70 / 2) / (0.70 + 0.50 / log2(3) + 0.05 / 2)
    assert ndcg(TRAINING, LIVE) == pytest.approx(expected)
    assert round(ndcg(TRAINING, LIVE), 2) == 0.69


def test_the_same_ranking_has_an_ndcg_of_1_whatever_the_numbers_and_their_sign() -> None:
    assert ndcg(TRAINING, {"Class rank": 0.0, "GPA": -0.1, "SAT score": 0.2}) == pytest.approx(1)


def test_ndcg_is_that_of_scikit_learn_also_with_equal_attributions() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        gains, scores = random.random(8), random.integers(0, 4, 8).astype(float)
        names = [f"f{number}" for number in range(8)]
        found = ndcg(dict(zip(names, gains, strict=True)), dict(zip(names, scores, strict=True)))
        assert found == pytest.approx(ndcg_score([gains], [scores]))


def test_a_baseline_in_which_nothing_mattered_has_no_ndcg_and_says_why() -> None:
    (drift,) = compare_attributions({"label0": {"a": 0.0}}, {"label0": Attribution({"a": 1.0}, 0.0)})
    assert isnan(drift.ndcg)
    assert drift.reason == "no feature mattered in the baseline"
    assert not drift.has_drifted


def test_violations_have_the_form_of_sagemaker() -> None:
    drifts = (LabelDrift("label0", 0.7639720923277322), LabelDrift("label1", 0.9), LabelDrift("label2", 1.0))
    assert attribution_violations_document(drifts) == {
        "version": "1.0",
        "violations": [
            {
                "label": "label0",
                "metric_name": "shap",
                "constraint_check_type": "feature_attribution_drift_check",
                "description": "Feature attribution drift 0.7639720923277322 exceeds threshold 0.9",
            }
        ],
    }


def test_attributions_of_two_features_are_as_computed_by_hand() -> None:
    def product(rows: pd.DataFrame) -> Any:
        return rows["a"] * rows["b"]

    # Of a=2, b=3 against 0, 0 either feature alone adds nothing and both add 6: 3 each. Of a=0: nothing.
    found = global_attributions(product, pd.DataFrame({"a": [2, 0], "b": [3, 5]}), {"a": 0, "b": 0})
    assert found == {"label0": Attribution({"a": 1.5, "b": 1.5}, 0.0)}


@pytest.mark.parametrize("features", [3, 12])
def test_attributions_of_a_linear_model_are_its_coefficients_times_the_distances(features: int) -> None:
    random = np.random.default_rng(4)
    rows = pd.DataFrame(random.normal(size=(20, features)), columns=[f"f{number}" for number in range(features)])
    weights = random.normal(size=features)
    usual = dict.fromkeys(rows.columns, 0.5)
    found = global_attributions(lambda asked: asked.to_numpy() @ weights, rows, usual)["label0"]
    np.testing.assert_allclose(list(found.values.values()), (np.abs(rows - 0.5) * np.abs(weights)).mean())
    assert found.expected == pytest.approx(0.5 * weights.sum())


def test_each_label_of_a_model_has_its_own_attributions_and_texts_are_features_too() -> None:
    def answers(rows: pd.DataFrame) -> Any:
        is_red = (rows["colour"] == "red").to_numpy(dtype=float)
        return np.column_stack([is_red, rows["size"]])

    rows = pd.DataFrame({"colour": ["red", "blue"], "size": [1.0, 3.0]})
    found = global_attributions(answers, rows, {"colour": "blue", "size": 1.0})
    assert found["label0"].values == {"colour": 0.5, "size": 0.0}
    assert found["label1"].values == {"colour": 0.0, "size": 1.0}


def test_sampled_attributions_are_the_same_every_time_and_differ_between_seeds() -> None:
    rows = pd.DataFrame(np.random.default_rng(5).normal(size=(10, 9)))
    usual = dict.fromkeys(rows.columns, 0.0)

    def peak(asked: pd.DataFrame) -> Any:
        return asked.max(axis=1)

    once, again, other = (global_attributions(peak, rows, usual, seed) for seed in (0, 0, 1))
    assert once == again
    assert once != other


def test_what_is_written_is_read_back() -> None:
    found = {"label0": Attribution({"age": 0.5, "income": 0.25}, 0.1)}
    written = explanations_document(found)
    assert written["explanations"] == {
        "kernel_shap": {"label0": {"global_shap_values": {"age": 0.5, "income": 0.25}, "expected_value": 0.1}}
    }
    baseline = read_attributions(json.dumps(written).encode(), "constraints.json")
    assert compare_attributions(baseline, found) == (LabelDrift("label0", 1.0),)


def test_a_typical_row_has_the_means_and_the_most_frequent_texts() -> None:
    rows = pd.DataFrame(
        {"age": [20, 40, None], "sex": ["m", "f", None], "is_new": [True, True, False], "empty": [None, None, None]}
    )
    assert typical_row(rows) == {"age": 30.0, "sex": "f", "is_new": True, "empty": None}


def test_a_model_that_turns_to_another_feature_is_a_violation() -> None:
    rows = pd.DataFrame(np.random.default_rng(6).normal(size=(50, 3)), columns=["a", "b", "c"])
    usual = typical_row(rows)
    before = global_attributions(lambda asked: asked.to_numpy() @ [10.0, 1.0, 0.1], rows, usual)
    after = global_attributions(lambda asked: asked.to_numpy() @ [0.1, 1.0, 10.0], rows, usual)
    baseline = read_attributions(json.dumps(explanations_document(before)).encode(), "constraints.json")
    assert [drift.has_drifted for drift in compare_attributions(baseline, before)] == [False]
    assert [drift.has_drifted for drift in compare_attributions(baseline, after)] == [True]
