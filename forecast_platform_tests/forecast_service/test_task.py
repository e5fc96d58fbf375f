"""What the parameters mean to the engine."""

from __future__ import annotations

import json

from forecast_platform.engine.task import Alignment, Filling, ForecastTask, Range, RelatedFilling
from forecast_platform.forecast_service.task import task_of
from forecast_platform.params import parse_params
from forecast_platform_tests.forecast_service.requests import params
from forecast_platform_tests.params.documents import auto, legacy


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


def test_fills_of_related_series_are_taken_over_and_have_no_defaults() -> None:
    price = RelatedFilling("price", middlefill="median", backfill="mean", futurefill="value", futurefill_value=3.0)
    assert task_of(parse_params(json.dumps(legacy())).params).related_fillings == (price,)
    promotion = RelatedFilling("promotion", futurefill="zero")
    assert task_of(parse_params(json.dumps(auto())).params).related_fillings == (promotion,)


def test_holidays_and_the_alignment_are_taken_over() -> None:
    task = task_of(parse_params(json.dumps(auto())).params)
    assert (task.holidays, task.alignment) == ("DE", Alignment(month=3, day_of_month=3, day_of_week=6, hour=0))
    assert task_of(params(None)).holidays is None


def test_training_parameters_and_the_legacy_automl_are_taken_over() -> None:
    assert task_of(parse_params(json.dumps(legacy())).params).hyperparameters["epochs"] == "100"
    assert (task_of(params(None)).single, task_of(params("ETS")).single) == (True, False)


def test_hyperparameters_that_the_algorithm_does_not_have_are_left_out() -> None:
    document = legacy()
    document["Predictor"]["TrainingParameters"] = {"epochs": "7", "mini_batch_size": "64"}
    assert task_of(parse_params(json.dumps(document)).params).hyperparameters == {"epochs": "7"}


def test_ranges_to_tune_in_are_taken_over_and_the_documented_ones_hold_without() -> None:
    document = legacy()
    assert task_of(parse_params(json.dumps(document)).params).tune == (
        Range("likelihood", choices=("gaussian", "student-T")),
        Range("learning_rate", 1e-5, 0.1, "logarithmic"),
        Range("epochs", 10, 100),
    )
    del document["Predictor"]["HPOConfig"]
    assert task_of(parse_params(json.dumps(document)).params).tune == ()
    document["Predictor"]["PerformHPO"] = False
    assert task_of(parse_params(json.dumps(document)).params).tune is None


def test_a_task_survives_json() -> None:
    for task in (task_of(params(None)), task_of(parse_params(json.dumps(legacy())).params)):
        assert ForecastTask.from_json(json.loads(json.dumps(task.to_json()))) == task
