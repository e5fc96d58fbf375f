"""Tuning: what is tried, on which windows it is judged, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS
from forecast_platform.engine.featurization import Panel, build_panel
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import Predictor
from forecast_platform.engine.task import ForecastTask, Range
from forecast_platform.engine.training import train
from forecast_platform.engine.tuning import Trial, default_ranges, tune
from forecast_platform.errors import InputError, PermanentError
from forecast_platform_tests.engine.series import quiet, series, task, weekly_cycle

# Cheap, and it can be tuned when ranges are asked for.
NPTS = {"algorithm": "NPTS", "preset": "fast"}
KERNEL = Range("exp_kernel_weights", 0.001, 2.0, "logarithmic")


def panel_of(values: Any, asked: ForecastTask) -> Panel:
    return build_panel(TrainingFrames(series(values)), asked)


def tuned(values: Any, ranges: tuple[Range, ...], **changes: Any) -> tuple[dict[str, str], list[Trial]]:
    asked = task(**{**NPTS, **changes})
    return tune(panel_of(values, asked), asked, ranges, quiet)


def losses(trials: list[Trial]) -> list[float]:
    return [trial.loss for trial in trials if trial.loss is not None]


def level_shift() -> Any:
    """A series whose level has moved, so that old values mislead."""
    noise = np.random.default_rng(1).normal(0, 1, 120)
    return np.where(np.arange(120) < 80, 10.0, 60.0) + noise


def test_the_winner_is_the_trial_of_the_least_loss_and_beats_what_holds_without_tuning() -> None:
    best, trials = tuned(level_shift(), (KERNEL,))
    winner = min(trials, key=lambda trial: trial.loss or 0.0)
    assert best == winner.hyperparameters
    assert trials[0].hyperparameters == {}
    assert losses(trials)[0] > min(losses(trials))
    assert float(best["exp_kernel_weights"]) > 0.01


@pytest.mark.parametrize(("preset", "count"), [("fast", 5), ("balanced", 10), ("best", 25)])
def test_the_preset_says_how_many_trials_there_are(preset: str, count: int) -> None:
    seen: list[tuple[str, int, int]] = []
    asked = task(algorithm="NPTS", preset=preset)
    tune(panel_of(weekly_cycle(60), asked), asked, (KERNEL,), lambda *progress: seen.append(progress))
    assert seen == [("tuning NPTS", done, count) for done in range(1, count + 1)]


def test_tuning_again_gives_the_same_trials() -> None:
    ranges = (KERNEL, Range("context_length", 10, 60), Range("kernel_type", choices=("exponential", "uniform")))
    assert tuned(weekly_cycle(90), ranges) == tuned(weekly_cycle(90), ranges)


def test_values_stay_in_the_ranges_that_were_asked_for() -> None:
    ranges = (Range("exp_kernel_weights", 0.5, 0.9, "reverse_logarithmic"), Range("context_length", 20, 25))
    _, trials = tuned(weekly_cycle(90), ranges, preset="balanced")
    for trial in trials:
        assert 0.5 <= float(trial.hyperparameters["exp_kernel_weights"]) <= 0.9
        assert 20 <= int(trial.hyperparameters["context_length"]) <= 25


def test_written_hyperparameters_are_kept_and_are_tried_first_when_they_are_in_range() -> None:
    written = {"kernel_type": "exponential", "exp_kernel_weights": "0.5"}
    best, trials = tuned(weekly_cycle(90), (KERNEL,), hyperparameters=written)
    assert trials[0].hyperparameters == written
    assert best["kernel_type"] == "exponential"


def test_the_reported_windows_take_no_part_in_the_choice() -> None:
    spoilt = weekly_cycle(90)
    spoilt[-14:] = 1e6
    changes = {"backtest_windows": 2}
    assert tuned(weekly_cycle(90), (KERNEL,), **changes)[1] == tuned(spoilt, (KERNEL,), **changes)[1]


@pytest.mark.parametrize("metric", ["WAPE", "RMSE", "MASE", "MAPE"])
def test_the_optimization_metric_is_what_counts(metric: str) -> None:
    quantile_losses = losses(tuned(weekly_cycle(90), (KERNEL,))[1])
    assert losses(tuned(weekly_cycle(90), (KERNEL,), optimization_metric=metric)[1]) != quantile_losses


def test_the_predictor_has_the_winners_values_and_tells_of_every_trial() -> None:
    predictor = train(TrainingFrames(series(level_shift())), task(**NPTS, tune=(KERNEL,)), quiet)
    trials = predictor.details["trials"]
    best = min(trials, key=lambda trial: trial["loss"])
    assert predictor.task.hyperparameters == best["hyperparameters"]
    assert [sorted(trial) for trial in trials] == [["failure", "hyperparameters", "loss"]] * 5
    assert json.loads(json.dumps(trials)) == trials


def test_without_tuning_nothing_is_tried() -> None:
    assert "trials" not in train(TrainingFrames(series(weekly_cycle(60))), task(**NPTS), quiet).details


def test_a_trial_that_fails_is_reported_and_does_not_sink_the_others() -> None:
    pytest.importorskip("torch", reason="Deep_AR_Plus is the extra neural")
    small = {"epochs": "1", "num_cells": "4", "context_length": "7"}
    asked = task(algorithm="Deep_AR_Plus", preset="fast", hyperparameters=small)
    ranges = (Range("likelihood", choices=("beta", "gaussian")),)
    best, trials = tune(panel_of(weekly_cycle(400), asked), asked, ranges, quiet)
    failed = [trial for trial in trials if trial.loss is None]
    assert {trial.hyperparameters["likelihood"] for trial in failed} == {"beta"}
    assert all("numbers from 0 to 1" in str(trial.failure) for trial in failed)
    assert best["likelihood"] == "gaussian"


def test_when_every_trial_fails_their_reasons_are_said() -> None:
    with pytest.raises(PermanentError, match=r"Every trial of tuning NPTS failed\. ArithmeticError: the MAPE of"):
        tuned(np.zeros(90), (KERNEL,), optimization_metric="MAPE")


def test_a_history_without_room_before_the_backtest_windows_cannot_be_tuned_on() -> None:
    with pytest.raises(InputError, match="21 periods of D in the longest series; expected at least 28"):
        tuned(weekly_cycle(21), (KERNEL,), backtest_windows=2)
    assert len(tuned(weekly_cycle(28), (KERNEL,), backtest_windows=2)[1]) == 5


def test_a_task_with_ranges_survives_json() -> None:
    ranges = (KERNEL, Range("kernel_type", choices=("exponential",)))
    for asked in (task(**NPTS, tune=ranges), task(**NPTS, tune=())):
        assert ForecastTask.from_json(json.loads(json.dumps(asked.to_json()))) == asked


def test_what_is_written_is_not_tuned_unless_asked_for() -> None:
    names = [one.name for one in default_ranges("Deep_AR_Plus", {"num_cells": "40"})]
    assert names == ["context_length", "learning_rate", "num_layers"]


def scored(predictor: Predictor) -> Mapping[str, Any]:
    return dict(predictor.accuracy["PredictorEvaluationResults"][0]["TestWindows"][0]["Metrics"])


def test_gbm_is_tuned_within_its_documented_ranges() -> None:
    pytest.importorskip("lightgbm", reason="GBM needs LightGBM")
    panel = pd.concat([series(weekly_cycle(120, seed), f"item {seed}") for seed in range(4)])
    predictor = train(TrainingFrames(panel), task(algorithm="GBM", preset="fast", tune=()), quiet)
    known = {parameter.name: parameter for parameter in HYPERPARAMETERS["GBM"]}
    trials = predictor.details["trials"]
    assert [trial["failure"] for trial in trials] == [None] * 5
    for trial in trials[1:]:
        assert trial["hyperparameters"].keys() == {name for name, one in known.items() if one.tuned}
        for name, text in trial["hyperparameters"].items():
            low, high = known[name].tuned or (0, 0)
            assert low <= known[name].read(text) <= high
    assert np.isfinite(scored(predictor)["AverageWeightedQuantileLoss"])
