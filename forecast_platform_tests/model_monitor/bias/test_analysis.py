"""A bias analysis from rows to analysis.json."""

from __future__ import annotations

import json
from math import isnan
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.bias.analysis import (
    BiasAnalysis,
    BiasConfig,
    BiasMetric,
    Facet,
    analyse_bias,
    analysis_document,
)
from forecast_platform.model_monitor.bias.picking import Picked

WOMEN = Facet("sex", Picked(("f",)))


def people(**columns: list[Any]) -> pd.DataFrame:
    """Four men and four women; of the men three are accepted and predicted to be, of the women one."""
    rows = {
        "sex": ["m", "m", "m", "m", "f", "f", "f", "f"],
        "observed": ["1", "1", "1", "0", "1", "0", "0", "0"],
        "predicted": [1, 1, 1, 0, 0, 1, 0, 0],
        "department": ["x", "x", "y", "y", "x", "x", "y", "y"],
        "score": [9.0, 8.0, 7.0, 1.0, 9.0, 8.0, 2.0, 1.0],
    }
    return pd.DataFrame({**rows, **columns})


def config(**changes: Any) -> BiasConfig:
    settings: dict[str, Any] = {
        "label": "observed",
        "predicted_label": "predicted",
        "positive": Picked(("1",)),
        "facets": [WOMEN],
    }
    return BiasConfig(**{**settings, **changes})


def metric(analysis: BiasAnalysis, name: str, facet: int = 0) -> BiasMetric:
    return next(one for one in analysis.facets[facet].metrics if one.name == name)


def test_columns_that_are_missing_are_all_named() -> None:
    with pytest.raises(InputError) as refused:
        analyse_bias(people(), config(label="y", group_variable="g", features=("z",), facets=[Facet("age", Picked())]))
    assert [problem.where for problem in refused.value.problems] == ["label", "facet", "group_variable", "features"]


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(InputError, match="rows with predictions and ground truth"):
        analyse_bias(people().head(0), config())


def test_a_group_variable_that_tells_everybody_apart_is_refused() -> None:
    many = pd.concat([people()] * 200, ignore_index=True).assign(department=range(1600))
    with pytest.raises(InputError, match="1,600 different values"):
        analyse_bias(many, config(group_variable="department"))


def test_metrics_of_eight_people_are_as_computed_by_hand() -> None:
    found = analyse_bias(people(), config(group_variable="department"))
    assert metric(found, "DPPL").value == 3 / 4 - 1 / 4
    assert metric(found, "DI").value == pytest.approx((1 / 4) / (3 / 4))
    assert metric(found, "AD").value == 1 - 2 / 4
    # Women have in x the one rejection and 1 of 3 acceptances, in y 2 of 3 and 0 of 1.
    assert metric(found, "CDDL").value == pytest.approx((4 * (1 - 1 / 3) + 4 * (2 / 3 - 0)) / 8)


def test_similar_people_need_features() -> None:
    assert (
        metric(analyse_bias(people(), config()), "FT").reason == "no numeric features are named to tell who is similar"
    )
    # The nearest man of the first woman is accepted and she is not; the second is accepted as hers is.
    assert metric(analyse_bias(people(), config(features=("score",))), "FT").value == -1 / 4
    texts = analyse_bias(people(score=["high"] * 8), config(features=("score",)))
    assert metric(texts, "FT").reason == "too few rows of either group have all features as numbers"


@pytest.mark.parametrize(
    ("facet", "reason"),
    [
        (Facet("sex", Picked(("x",))), "no row belongs to the facet"),
        (Facet("sex", Picked(("f", "m"))), "every row belongs to the facet"),
    ],
)
def test_a_facet_of_nobody_or_everybody_has_no_metric_and_says_why(facet: Facet, reason: str) -> None:
    found = analyse_bias(people(), config(facets=[facet]))
    assert {one.reason for one in found.facets[0].metrics} == {reason}
    assert all(isnan(one.value) for one in found.facets[0].metrics)


def test_rows_without_a_facet_or_an_outcome_are_left_out_and_counted() -> None:
    rows = people(sex=["m", "m", "m", None, "f", "f", "f", "f"], observed=["1", "1", "1", "0", "1", "", "0", "0"])
    found = analyse_bias(rows, config()).facets[0]
    assert (found.rows, found.left_out) == (6, 2)


def test_constant_predictions_leave_some_metrics_undefined_and_others_not() -> None:
    found = analyse_bias(people(predicted=[0] * 8), config())
    assert metric(found, "DPPL").value == 0
    assert metric(found, "DI").document() == {
        "name": "DI",
        "description": "Disparate Impact (DI)",
        "value": None,
        "error": "nothing was predicted positive",
    }


def test_an_outcome_can_be_a_number_above_a_threshold() -> None:
    rows = people(observed=[50.0, 60, 70, 10, 80, 20, 5, 7], predicted=[51.0, 49, 70, 10, 80, 20, 5, 7])
    found = analyse_bias(rows, config(positive=Picked(threshold=50.0)))
    assert metric(found, "DPL").value == 2 / 4 - 1 / 4
    assert found.label_value_or_threshold == "(50.0, 80.0]"


def test_the_document_is_as_clarify_writes_it() -> None:
    written = analysis_document(analyse_bias(people(), config(facets=[WOMEN, Facet("score", Picked(threshold=5.0))])))
    assert list(written) == ["version", "pre_training_bias_metrics", "post_training_bias_metrics"]
    post = written["post_training_bias_metrics"]
    assert post["label"] == "observed"
    assert post["label_value_or_threshold"] == "1"
    assert list(post["facets"]) == ["sex", "score"]
    assert post["facets"]["score"][0]["value_or_threshold"] == "(5.0, 9.0]"
    (sex,) = post["facets"]["sex"]
    assert sex["value_or_threshold"] == "f"
    names = [one["name"] for one in sex["metrics"]]
    assert names == ["AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "FT", "GE", "RD", "SD", "TE"]
    assert sex["metrics"][6] == {
        "name": "DPPL",
        "description": "Difference in Positive Proportions in Predicted Labels (DPPL)",
        "value": 0.5,
    }
    before = [one["name"] for one in written["pre_training_bias_metrics"]["facets"]["sex"][0]["metrics"]]
    assert before == ["CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD"]


def test_infinity_is_written_as_text_because_json_has_none() -> None:
    found = analyse_bias(people(predicted=[0, 0, 0, 0, 1, 0, 0, 0]), config())
    assert metric(found, "DI").document()["value"] == "Infinity"
    json.dumps(analysis_document(found), allow_nan=False)


def test_deviations_are_those_of_the_binomial_and_the_same_every_time() -> None:
    random = np.random.default_rng(1)
    rows = pd.DataFrame({name: random.integers(0, 2, 4000) for name in ("sex", "observed", "predicted")})
    settings = config(facets=[Facet("sex", Picked(("1",)))])
    found = metric(analyse_bias(rows, settings), "DPPL")
    assert found.deviation == pytest.approx((0.25 / 2000 * 2) ** 0.5, rel=0.1)
    assert metric(analyse_bias(rows, settings), "DPPL") == found
