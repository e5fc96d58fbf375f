"""From kept forecasts and uploaded actuals to verdicts: calibrated forecasts pass, a shift is found, as of a cutoff."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from forecast_platform.bucket import layout
from forecast_platform.pipeline.forecast_accuracy import score_forecasts
from forecast_platform.pipeline.forecast_monitoring import decay_at, monitor_forecasts, recent_accuracy
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.training_data import take_snapshot
from forecast_platform_tests.small_project import FIRST_DAY, HORIZON, after, small_params, small_workspace

ITEMS = [f"item {number:02}" for number in range(30)]
FIRST_FORECAST, DAYS = 40, 100
LEVEL, NOISE = 100.0, 10.0
TYPES = {"p10": norm.ppf(0.1), "p50": 0.0, "p90": norm.ppf(0.9)}
PREDICTOR = "small_predictor"


def write_parquet(workspace: Workspace, key: str, frame: pd.DataFrame) -> None:
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    workspace.bucket.write(key, buffer.getvalue())


def normal_losses() -> float:
    """The mean wQL of perfectly calibrated quantiles of normal errors."""
    return float(np.mean([2 * NOISE * norm.pdf(quantile) / LEVEL for quantile in TYPES.values()]))


def project(home: Path, seed: int = 1, shift: float = 0.0, params: dict[str, Any] | None = None) -> Workspace:
    """Sixty days of forecasts made every fifth day; from day 70 on the actuals are ``shift`` higher than forecast."""
    workspace = small_workspace(home, params)
    random = np.random.default_rng(seed)
    days = pd.date_range(FIRST_DAY, periods=DAYS)
    values = LEVEL + random.normal(0, NOISE, (len(ITEMS), DAYS))
    values[:, 70:] += shift
    rows = [
        f"{day:%Y-%m-%d},{values[number, position]:.6f},{item}"
        for number, item in enumerate(ITEMS)
        for position, day in enumerate(days)
    ]
    workspace.bucket.write("train/days.csv", ("\n".join(rows) + "\n").encode())
    take_snapshot(workspace.bucket, workspace.parsed_params.params)
    for first in range(FIRST_FORECAST, DAYS, HORIZON):
        keep_forecast(workspace, first)
    keep_backtest(workspace)
    score_forecasts(workspace, after(DAYS - HORIZON))
    return workspace


def keep_forecast(workspace: Workspace, first: int) -> None:
    types = workspace.parsed_params.params.forecast_types
    long = pd.DataFrame(
        [
            (item, day, label, LEVEL + NOISE * TYPES.get(label, 0.0))
            for item in ITEMS
            for day in pd.date_range(FIRST_DAY, periods=DAYS)[first : first + HORIZON]
            for label in types
        ],
        columns=["item_id", "timestamp", "type", "value"],
    )
    write_parquet(workspace, layout.clean_history(after(first)), long)
    record = {"forecast": "f", "predictor": PREDICTOR, "trained_at": after(40).isoformat(), "inputs": "i", "keys": []}
    workspace.bucket.write(f"{layout.raw_history(after(first))}current.json", json.dumps(record).encode())


def keep_backtest(workspace: Workspace) -> None:
    """Three windows, as good as the forecasts should be."""
    losses = np.array([0.95, 1.0, 1.05])
    rows = [
        (PREDICTOR, "ETS", "COMPUTED", after(20 + 5 * window), after(25 + 5 * window), metric, quantile, value * factor)
        for window, factor in enumerate(losses)
        for metric, quantile, value in [
            *(("wQL", int(label[1:]) / 100, normal_losses()) for label in TYPES),
            ("WAPE", None, NOISE * np.sqrt(2 / np.pi) / LEVEL),
        ]
    ]
    names = ["predictor", "algorithm", "evaluation_type", "window_start", "window_end", "metric", "quantile", "value"]
    write_parquet(workspace, layout.predictor_metrics(after(40)), pd.DataFrame(rows, columns=names))
    window = {"EvaluationType": "SUMMARY", "Metrics": {"AverageWeightedQuantileLoss": normal_losses()}}
    result = {"AlgorithmArn": "arn:aws:forecast:::algorithm/ETS", "TestWindows": [window]}
    answer = {"PredictorEvaluationResults": [result], "IsAutoPredictor": True}
    workspace.bucket.write(layout.predictor_accuracy(after(40)), json.dumps(answer).encode())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_calibrated_forecasts_pass_every_question(tmp_path: Path, seed: int) -> None:
    found = monitor_forecasts(project(tmp_path, seed), after(DAYS))
    assert (found.ended, found.unfinished, found.windows) == (12, 0, 10)
    assert found.decay.judged
    assert found.decay.ratio == pytest.approx(1.0, abs=0.1)
    assert found.coverage.judged
    assert found.hits.judged
    assert not found.decay.decayed
    assert found.coverage.holds
    assert found.hits.holds
    assert found.series["is_off"].sum() == 0


def test_a_shift_of_the_level_is_found_once_windows_with_it_are_complete_and_not_before(tmp_path: Path) -> None:
    workspace = project(tmp_path, shift=25.0)
    assert not monitor_forecasts(workspace, after(70)).decay.decayed, "as of then there was nothing to see"
    found = monitor_forecasts(workspace, after(DAYS))
    assert found.decay.decayed
    assert found.decay.ratio > 2
    assert found.coverage.closed < found.coverage.low
    assert found.hits.closed < found.hits.low
    assert found.series["is_off"].mean() > 0.8


def test_decay_can_be_asked_of_one_predictor(tmp_path: Path) -> None:
    workspace = project(tmp_path, shift=25.0)
    assert decay_at(workspace, after(DAYS), PREDICTOR).decayed
    assert decay_at(workspace, after(DAYS), "another").windows == 0
    assert decay_at(workspace, after(DAYS - 1), PREDICTOR).windows == 5


def test_a_project_that_forecasts_a_mean_alone_is_judged_by_its_bias(tmp_path: Path) -> None:
    params = small_params(Forecast={"ForecastName": "f", "ForecastTypes": ["mean"]})
    calm = monitor_forecasts(project(tmp_path / "calm", params=params), after(DAYS))
    assert calm.bias.judged
    assert calm.bias.holds
    assert not calm.coverage.judged
    assert not calm.hits.judged
    assert calm.decay.ratio == pytest.approx(1.0, abs=0.15), "WAPE against that of the backtest"
    shifted = monitor_forecasts(project(tmp_path / "shifted", shift=40.0, params=params), after(DAYS))
    assert shifted.bias.tracking_signal < 0
    assert shifted.decay.decayed


def test_the_worst_items_and_the_steps_are_those_of_the_judged_windows(tmp_path: Path) -> None:
    details = recent_accuracy(project(tmp_path, shift=10.0), after(DAYS))
    assert details.windows == 10
    assert details.steps["horizon_step"].tolist() == list(range(1, HORIZON + 1))
    assert details.steps["observations"].tolist() == [300] * HORIZON
    assert details.items["loss_share"].sum() == pytest.approx(1.0)
    assert details.items["loss_share"].is_monotonic_decreasing


def test_before_any_window_is_complete_the_newest_are_shown_and_none_is_judged(tmp_path: Path) -> None:
    workspace = project(tmp_path)
    assert monitor_forecasts(workspace, after(FIRST_FORECAST)).windows == 0
    assert recent_accuracy(workspace, after(FIRST_FORECAST)).windows == 1
    empty = monitor_forecasts(small_workspace(tmp_path / "new"), after(50))
    assert (empty.ended, empty.windows, len(empty.series)) == (0, 0, 0)
    assert empty.coverage.holds
