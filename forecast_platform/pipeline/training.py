"""The step that trains, or adopts, the predictor of a cutoff and keeps its accuracy in the bucket."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import cutoff_key
from forecast_platform.forecast_service.port import ImportRequest, Progress, Resource
from forecast_platform.metrics.forecast_metrics import predictor_metrics
from forecast_platform.pipeline.backtest_export import keep_backtest
from forecast_platform.pipeline.metric_sending import send_metrics
from forecast_platform.pipeline.retraining import training_cutoff
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.warehouse.tables import PREDICTOR_METRICS_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

_METRIC_COLUMNS = [one.name for one in PREDICTOR_METRICS_COLUMNS]


@dataclass(frozen=True)
class TrainedPredictor:
    """The predictor that forecasts at a cutoff.

    Attributes:
        trained_at: The cutoff of the retraining grid whose data it was trained on.
        accuracy: The GetAccuracyMetrics answer.
        backtest: Keys of the CSV files of its backtest export.
        warnings: For people.
    """

    resource: Resource
    trained_at: datetime
    accuracy: dict[str, Any]
    backtest: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def training_request(workspace: Workspace, cutoff: datetime) -> ImportRequest:
    """The data on which the predictor of ``cutoff`` is trained: what its grid cutoff may see."""
    return workspace.import_request(training_cutoff(workspace, cutoff), workspace.snapshot(cutoff))


def train_predictor(workspace: Workspace, cutoff: datetime, progress: Progress) -> TrainedPredictor:
    """Train the predictor of ``cutoff`` unless it exists, and keep its accuracy and its backtest in the bucket.

    Raises:
        InputError: There is too little data at the grid cutoff.
    """
    request = training_request(workspace, cutoff)
    resource = workspace.service.train_predictor(request, progress)
    accuracy = workspace.service.accuracy_metrics(resource.name)
    _keep_accuracy(workspace, request.cutoff, resource, accuracy)
    backtest = keep_backtest(workspace, request.cutoff, resource.name)
    metrics = predictor_metrics(workspace.project.name, accuracy)
    warnings = send_metrics(workspace, f"predictor/cutoff={cutoff_key(request.cutoff)}", metrics, of=resource.name)
    return TrainedPredictor(resource, request.cutoff, accuracy, backtest, warnings)


def stored_accuracy(workspace: Workspace, cutoff: datetime) -> tuple[dict[str, Any], pd.DataFrame]:
    """The kept accuracy, overall and per item, of the predictor that forecasts at ``cutoff``.

    It stays when the service's predictor is cleaned up.

    Raises:
        KeyError: No predictor has been trained for this cutoff.
    """
    import pandas as pd

    trained_at = training_cutoff(workspace, cutoff)
    accuracy = json.loads(workspace.bucket.read(layout.predictor_accuracy(trained_at)))
    items = workspace.bucket.read(layout.predictor_item_metrics(trained_at))
    return accuracy, pd.read_parquet(io.BytesIO(items))


@dataclass(frozen=True)
class AccuracyAtAGlance:
    """What the checks of a predictor look at; ``None`` = not measured.

    Attributes:
        trained_at: The cutoff of the retraining grid whose data it was trained on.
        seasonal_naive_wql: Of the best seasonal naive candidate.
        failed_candidates: Algorithms that failed on at least one series.
    """

    trained_at: datetime
    average_wql: float | None
    seasonal_naive_wql: float | None
    failed_candidates: int


def accuracy_at_a_glance(workspace: Workspace, cutoff: datetime) -> AccuracyAtAGlance:
    """The kept accuracy of the predictor that forecasts at ``cutoff``.

    Raises:
        KeyError: No predictor has been trained for this cutoff.
    """
    trained_at = training_cutoff(workspace, cutoff)
    accuracy = json.loads(workspace.bucket.read(layout.predictor_accuracy(trained_at)))
    details = json.loads(workspace.bucket.read(layout.predictor_details(trained_at)))
    rows = metric_rows("", accuracy)
    summary = rows[(rows["metric"] == "Average wQL") & (rows["evaluation_type"] == "SUMMARY")]
    naive = summary[summary["algorithm"].str.startswith("SeasonalNaive")]["value"]
    return AccuracyAtAGlance(
        trained_at=trained_at,
        average_wql=average_wql(accuracy),
        seasonal_naive_wql=None if naive.empty else float(naive.min()),
        failed_candidates=len(details.get("failed_fits", {})),
    )


def last_accuracy(workspace: Workspace, cutoff: datetime) -> AccuracyAtAGlance | None:
    """The kept accuracy of the predictor before that of ``cutoff``; ``None`` = none has been trained."""
    before = workspace.project.schedule.cadence.frequency.step(training_cutoff(workspace, cutoff), -1)
    if not workspace.project.schedule.contains(before):
        return None
    try:
        return accuracy_at_a_glance(workspace, before)
    except KeyError:
        return None


def average_wql(accuracy: Mapping[str, Any]) -> float:
    """Average weighted quantile loss of the chosen combination: the first evaluation's summary. NaN = not measured."""
    windows = accuracy["PredictorEvaluationResults"][0]["TestWindows"]
    summary = next((one for one in windows if one["EvaluationType"] == "SUMMARY"), windows[0])
    return float(summary["Metrics"].get("AverageWeightedQuantileLoss", math.nan))


def _keep_accuracy(workspace: Workspace, trained_at: datetime, predictor: Resource, accuracy: dict[str, Any]) -> None:
    from forecast_platform.warehouse.parquet_rows import from_frame

    items = io.BytesIO()
    workspace.service.item_accuracy(predictor.name).to_parquet(items, index=False)
    table = from_frame(metric_rows(predictor.name, accuracy), PREDICTOR_METRICS_COLUMNS)
    bucket = workspace.bucket
    bucket.write(layout.predictor_item_metrics(trained_at), items.getvalue())
    bucket.write(layout.predictor_accuracy(trained_at), _json(accuracy))
    bucket.write(layout.predictor_details(trained_at), _json(predictor.details))
    bucket.write(layout.predictor_metrics(trained_at), table)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, indent=1, sort_keys=True).encode()


def metric_rows(predictor: str, accuracy: dict[str, Any]) -> pd.DataFrame:
    """The GetAccuracyMetrics answer as rows: one metric of one algorithm in one backtest window each."""
    import pandas as pd

    rows = []
    for evaluation in accuracy["PredictorEvaluationResults"]:
        algorithm = evaluation["AlgorithmArn"].rpartition("/")[2]
        for window in evaluation["TestWindows"]:
            for metric, quantile, value in _window_metrics(window["Metrics"]):
                rows.append(
                    {
                        "predictor": predictor,
                        "algorithm": algorithm,
                        "evaluation_type": window["EvaluationType"],
                        "window_start": window.get("TestWindowStart"),
                        "window_end": window.get("TestWindowEnd"),
                        "metric": metric,
                        "quantile": quantile,
                        "value": value,
                    }
                )
    frame = pd.DataFrame(rows, columns=_METRIC_COLUMNS)
    for column in ("window_start", "window_end"):
        frame[column] = pd.to_datetime(frame[column], utc=True).dt.tz_localize(None)
    return frame.astype({"quantile": "float64", "value": "float64"})


def _window_metrics(metrics: dict[str, Any]) -> list[tuple[str, float | None, float | None]]:
    found: list[tuple[str, float | None, float | None]] = [
        ("wQL", loss["Quantile"], loss["LossValue"]) for loss in metrics.get("WeightedQuantileLosses", [])
    ]
    if "AverageWeightedQuantileLoss" in metrics:
        found.append(("Average wQL", None, metrics["AverageWeightedQuantileLoss"]))
    for errors in metrics.get("ErrorMetrics", []):
        found.extend((name, None, errors[name]) for name in ("WAPE", "RMSE", "MASE", "MAPE") if name in errors)
    return found
