"""What an asset shows of results that are not as usual."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from forecast_platform.components.forecast_project import metadata
from forecast_platform.forecast_service.port import Resource
from forecast_platform.pipeline.training import TrainedPredictor
from forecast_platform_tests.small_project import small_params, small_workspace

TRAINED = TrainedPredictor(Resource("shop_1", "predictor", reused=False), datetime(2024, 3, 1), {}, ())


@pytest.mark.parametrize("errors", [[], [{"ForecastType": "mean", "WAPE": 0.1}]])
def test_a_predictor_without_any_quantile_loss_can_be_shown(tmp_path: Path, errors: list[dict[str, Any]]) -> None:
    """Amazon Forecast measures none where it is asked for the mean alone, or demand is zero throughout."""
    window = {"EvaluationType": "SUMMARY", "Metrics": {"WeightedQuantileLosses": [], "ErrorMetrics": errors}}
    evaluation = {"AlgorithmArn": "arn:aws:forecast:::algorithm/NPTS", "TestWindows": [window]}
    trained = replace(TRAINED, accuracy={"PredictorEvaluationResults": [evaluation]})
    shown = metadata.predictor(trained, small_workspace(tmp_path, small_params()))
    table = shown["accuracy"]
    assert isinstance(table, dg.TableMetadataValue)
    assert (shown["average_wql"], len(table.records)) == (None, len(errors))
