"""The answer of GetAccuracyMetrics, as the pipeline reads it."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from forecast_platform.forecast_service.amazon.accuracy import accuracy_document
from forecast_platform.pipeline.training import average_wql, metric_rows

ETS, NPTS = "arn:aws:forecast:::algorithm/ETS", "arn:aws:forecast:::algorithm/NPTS"


def window(kind: str = "SUMMARY", **metrics: Any) -> dict[str, Any]:
    start = datetime(2024, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    losses = [{"Quantile": 0.5, "LossValue": 0.2}, {"Quantile": 0.9, "LossValue": 0.4}]
    return {
        "TestWindowStart": start,
        "TestWindowEnd": datetime(2024, 3, 5, tzinfo=UTC),
        "ItemCount": 2,
        "EvaluationType": kind,
        "Metrics": {"WeightedQuantileLosses": losses, "RMSE": 1.0, **metrics},
    }


def document(*results: dict[str, Any], chosen: str | None = None) -> dict[str, Any]:
    made = accuracy_document({"PredictorEvaluationResults": list(results), "ResponseMetadata": {}}, chosen)
    found: dict[str, Any] = json.loads(json.dumps(made, allow_nan=False))
    assert found == made
    return found


def test_instants_are_text_in_utc_as_everywhere_in_the_platform() -> None:
    made = document({"AlgorithmArn": ETS, "TestWindows": [window()]})
    (found,) = made["PredictorEvaluationResults"][0]["TestWindows"]
    assert (found["TestWindowStart"], found["TestWindowEnd"]) == ("2024-03-01T00:00:00Z", "2024-03-05T00:00:00Z")
    assert set(made) == {"PredictorEvaluationResults"}


def test_the_algorithm_that_auto_ml_chose_comes_first() -> None:
    results = [{"AlgorithmArn": arn, "TestWindows": [window()]} for arn in (ETS, NPTS)]
    made = document(*results, chosen=NPTS)
    assert [one["AlgorithmArn"] for one in made["PredictorEvaluationResults"]] == [NPTS, ETS]


def test_an_auto_predictor_without_an_algorithm_gets_its_name() -> None:
    made = document({"TestWindows": [window()]})
    assert made["PredictorEvaluationResults"][0]["AlgorithmArn"].endswith("/AutoPredictor")


def test_an_average_that_old_predictors_lack_is_that_of_the_quantiles() -> None:
    assert math.isclose(average_wql(document({"TestWindows": [window()]})), 0.3)
    assert average_wql(document({"TestWindows": [window(AverageWeightedQuantileLoss=0.5)]})) == 0.5


def test_what_is_no_number_is_left_out_and_never_zero() -> None:
    errors = [{"ForecastType": "mean", "MAPE": math.nan, "WAPE": 0.1, "RMSE": math.inf}]
    losses = [{"Quantile": 0.5, "LossValue": math.nan}, {"Quantile": 0.9, "LossValue": 0.4}]
    made = document({"TestWindows": [window(ErrorMetrics=errors, WeightedQuantileLosses=losses)]})
    rows = metric_rows("p", made)
    assert dict(zip(rows["metric"], rows["value"], strict=True)) == {"wQL": 0.4, "Average wQL": 0.4, "WAPE": 0.1}


def test_a_predictor_of_which_no_quantile_was_measured_has_no_loss() -> None:
    """Of demand that is zero throughout, or of the mean alone."""
    losses = [{"Quantile": 0.5, "LossValue": math.nan}]
    for nothing in ([], losses):
        made = document({"TestWindows": [window(WeightedQuantileLosses=nothing)]})
        assert math.isnan(average_wql(made))
        assert "Average wQL" not in set(metric_rows("p", made)["metric"])
