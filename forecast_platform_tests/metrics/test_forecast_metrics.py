"""Names and dimensions, which dashboards and alarms of people hold on to."""

from __future__ import annotations

import math
from typing import Any

from forecast_platform.metrics.forecast_metrics import drift_metric, live_metrics, predictor_metrics

ARN = "arn:aws:forecast:::algorithm/"


def window(kind: str, rmse: float) -> dict[str, Any]:
    metrics = {
        "RMSE": rmse,
        "WeightedQuantileLosses": [{"Quantile": 0.1, "LossValue": 0.2}, {"Quantile": 0.5, "LossValue": None}],
        "AverageWeightedQuantileLoss": 0.2,
        "ErrorMetrics": [{"ForecastType": "mean", "WAPE": 0.3, "RMSE": rmse, "MASE": 0.9, "MAPE": None}],
    }
    return {"EvaluationType": kind, "ItemCount": 2, "Metrics": metrics}


ACCURACY = {
    "PredictorEvaluationResults": [
        {"AlgorithmArn": f"{ARN}CNN-QR", "TestWindows": [window("SUMMARY", 5.0), window("COMPUTED", 7.0)]},
        {"AlgorithmArn": f"{ARN}NPTS", "TestWindows": [window("COMPUTED", 9.0)]},
    ]
}


def test_dashboards_of_the_old_pipeline_find_their_metrics() -> None:
    metrics = list(predictor_metrics("shop", ACCURACY))
    old = [(one.name, dict(one.dimensions), one.value) for one in metrics if "Project" not in one.dimensions]
    assert old == [
        ("WQL", {"Algorithm": f"{ARN}CNN-QR", "Quantile": "0.1"}, 0.2),
        ("RMSE", {"Algorithm": f"{ARN}CNN-QR"}, 5.0),
        ("WQL", {"Algorithm": f"{ARN}NPTS", "Quantile": "0.1"}, 0.2),
        ("RMSE", {"Algorithm": f"{ARN}NPTS"}, 9.0),
    ]


def test_every_metric_is_there_by_project_and_algorithm_and_what_was_not_measured_is_not() -> None:
    shared = {"Project": "shop", "Algorithm": "CNN-QR"}
    metrics = [one for one in predictor_metrics("shop", ACCURACY) if one.dimensions.items() >= shared.items()]
    assert [(one.name, one.value) for one in metrics] == [
        ("WQL", 0.2),
        ("WAPE", 0.3),
        ("RMSE", 5.0),
        ("MASE", 0.9),
        ("AverageWeightedQuantileLoss", 0.2),
    ]


def test_an_answer_without_error_metrics_still_has_its_rmse() -> None:
    metrics = {"RMSE": 4.0, "WeightedQuantileLosses": []}
    windows = [{"EvaluationType": "SUMMARY", "Metrics": metrics}]
    accuracy = {"PredictorEvaluationResults": [{"AlgorithmArn": f"{ARN}ETS", "TestWindows": windows}]}
    assert {one.value for one in predictor_metrics("shop", accuracy)} == {4.0}


def test_accuracy_against_actuals_and_drift_have_names_of_their_own() -> None:
    measures = {"cutoff": "2025-01-01", "wql": 0.1, "wape": 0.2, "mase": math.nan, "bias": -0.05}
    assert [(one.name, one.value, one.dimensions) for one in live_metrics("shop", measures)] == [
        ("ForecastWQL", 0.1, {"Project": "shop"}),
        ("ForecastWAPE", 0.2, {"Project": "shop"}),
        ("ForecastBias", -0.05, {"Project": "shop"}),
    ]
    assert drift_metric("shop", "demand", 0.3).dimensions == {"Project": "shop", "Feature": "demand"}
