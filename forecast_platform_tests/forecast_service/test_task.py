"""What the parameters mean to the engine."""

from __future__ import annotations

import json

from forecast_platform.engine.task import Filling, ForecastTask
from forecast_platform.forecast_service.task import task_of
from forecast_platform_tests.forecast_service.requests import params


def test_the_defaults_of_the_api_are_those_of_the_engine() -> None:
    task = task_of(params(None))
    assert (task.algorithm, task.quantiles, task.dimensions) == (None, (0.1, 0.5, 0.9), ("store",))
    assert (task.backtest_windows, task.backtest_window_offset, task.filling) == (1, 5, Filling())


def test_evaluation_and_filling_of_the_target_are_taken_over() -> None:
    methods = {"aggregation": "avg", "middlefill": "value", "middlefill_value": "2.5", "backfill": "nan"}
    pipeline = [{"FeaturizationMethodName": "filling", "FeaturizationMethodParameters": methods}]
    task = task_of(
        params(
            EvaluationParameters={"NumberOfBacktestWindows": 3, "BackTestWindowOffset": 10},
            FeaturizationConfig={
                "ForecastFrequency": "D",
                "Featurizations": [{"AttributeName": "demand", "FeaturizationPipeline": pipeline}],
            },
        )
    )
    assert (task.backtest_windows, task.backtest_window_offset) == (3, 10)
    assert task.filling == Filling("avg", "value", "nan", 2.5)


def test_a_task_survives_json() -> None:
    task = task_of(params(None))
    assert ForecastTask.from_json(json.loads(json.dumps(task.to_json()))) == task
