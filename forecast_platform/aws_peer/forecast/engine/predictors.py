"""Predictors: training them, and what is known of their accuracy.

Belongs here: from Describe documents to the local service and back. Does not belong here: forecasts (``forecasts``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast_platform.aws_peer.forecast.engine import parameters
from forecast_platform.aws_peer.forecast.engine.context import Context, no_progress
from forecast_platform.aws_peer.forecast.engine.documents import Datasets, Document, resource_of
from forecast_platform.aws_peer.forecast.engine.requests import Origin, import_request, project_of
from forecast_platform.engine.accuracy import COVERAGE
from forecast_platform.forecast_service.local import artefacts
from forecast_platform.forecast_service.local.export import backtest_rows

if TYPE_CHECKING:
    import pandas as pd

_MOST_EXECUTIONS = 5
"""Algorithms that PredictorExecutionDetails has room for."""


def train(context: Context, predictor: Document, datasets: Datasets) -> dict[str, Any]:
    """Train a predictor; gives what its Describe answer says afterwards.

    Raises:
        InputError: The parameters are wrong, or the data is too short for them.
        PermanentError: Every algorithm failed.
    """
    arn = predictor["PredictorArn"]
    document = parameters.training_document(predictor, datasets)
    params = parameters.parse(document, predictor["PredictorName"])
    project = project_of(resource_of(arn))
    request = import_request(context.keeper, datasets, project, params, context.preset)
    trained = context.service.train_predictor(request, no_progress)
    origin = Origin(project, request.cutoff, request.data_hash, document)
    context.keeper.keep(arn, {"predictor": trained.name, "origin": origin.to_json()})
    gaps = trained.details.get("incomplete_features")
    message = {"Message": " ".join(gaps)} if gaps else {}
    return message | (_legacy_answer(context, document["Predictor"], trained.name) if "Predictor" in document else {})


def accuracy(context: Context, predictor: Document) -> dict[str, Any]:
    """The GetAccuracyMetrics answer; instants are seconds since 1970, as on the wire.

    Raises:
        PermanentError: The predictor is not there.
    """
    record = context.keeper.record(predictor["PredictorArn"])
    answer = dict(_accuracy(context, record["predictor"]))
    document = record["origin"]["document"]
    strategy = document.get("Predictor", {}).get("AutoMLOverrideStrategy")
    answer["PredictorEvaluationResults"] = [_as_amazon_reports(one) for one in answer["PredictorEvaluationResults"]]
    return answer | ({"AutoMLOverrideStrategy": strategy} if strategy else {})


def backtest_tables(context: Context, predictor: Document) -> dict[str, pd.DataFrame]:
    """The two tables of a backtest export, by their folders.

    Raises:
        PermanentError: The predictor is not there.
    """
    name = context.keeper.record(predictor["PredictorArn"])["predictor"]
    folder = context.stored("predictor", name).folder
    return {
        "forecasted-values/": backtest_rows(artefacts.read_forecasted_values(folder)),
        "accuracy-metrics-values/": backtest_rows(artefacts.read_item_accuracy(folder)),
    }


def _legacy_answer(context: Context, asked: Document, name: str) -> dict[str, Any]:
    results = _accuracy(context, name)["PredictorEvaluationResults"]
    answer: dict[str, Any] = {
        "PredictorExecutionDetails": {"PredictorExecutions": [_execution(one) for one in results[:_MOST_EXECUTIONS]]}
    }
    if asked.get("PerformAutoML"):
        answer["AutoMLAlgorithmArns"] = [results[0]["AlgorithmArn"]]
    if asked.get("PerformHPO"):
        answer["TrainingParameters"] = context.predictor(name).task.hyperparameters
    return answer


def _execution(result: Document) -> dict[str, Any]:
    windows = [
        {
            "TestWindowStart": _seconds(window["TestWindowStart"]),
            "TestWindowEnd": _seconds(window["TestWindowEnd"]),
            "Status": "ACTIVE",
        }
        for window in result["TestWindows"]
        if window["EvaluationType"] == "COMPUTED"
    ]
    return {"AlgorithmArn": result["AlgorithmArn"], "TestWindows": windows}


def _accuracy(context: Context, name: str) -> dict[str, Any]:
    return artefacts.read_accuracy(context.stored("predictor", name).folder)


def _as_amazon_reports(result: Document) -> dict[str, Any]:
    """Without the coverage, which its answer has no place for."""
    windows = []
    for window in result["TestWindows"]:
        metrics = {name: value for name, value in window["Metrics"].items() if name != COVERAGE}
        bounds = {name: _seconds(window[name]) for name in ("TestWindowStart", "TestWindowEnd")}
        windows.append({**window, **bounds, "Metrics": metrics})
    return {**result, "TestWindows": windows}


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()
