"""What a run sends to where people watch metrics, and that a forecast never waits for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from forecast_platform.bucket import layout
from forecast_platform.errors import TransientError
from forecast_platform.pipeline.data_drift import watch_data
from forecast_platform.pipeline.forecast_accuracy import score_forecasts
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.training import train_predictor
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.fakes.metric_sinks import RememberingSink
from forecast_platform_tests.small_project import DAYS, HORIZON, TYPES, after, quiet, run_steps, small_workspace

FIRST, LATER = after(DAYS - HORIZON), after(DAYS)


@pytest.fixture
def sink() -> RememberingSink:
    return RememberingSink()


@pytest.fixture
def workspace(tmp_path: Path, sink: RememberingSink) -> Workspace:
    return replace(small_workspace(tmp_path), metrics=sink)


def measure_again(workspace: Workspace, cutoff: datetime) -> list[str]:
    """Warnings of the steps that measure something."""
    steps = (watch_data(workspace, cutoff), train_predictor(workspace, cutoff, quiet))
    return [warning for step in (*steps, score_forecasts(workspace, cutoff)) for warning in step.warnings]


def names(sink: RememberingSink) -> dict[str, int]:
    """How often each metric of the project was sent; those of the old pipeline have no project."""
    return Counter(one.name for one in sink.metrics if one.dimensions.get("Project") == "small")


def test_without_a_sink_nothing_is_kept_of_it(workspace: Workspace) -> None:
    without = replace(workspace, metrics=None)
    read_training_data(without, FIRST)
    train_predictor(without, FIRST, quiet)
    assert list(workspace.bucket.list(layout.SENT_METRICS)) == []


def test_a_sink_that_fails_costs_no_forecast_and_gets_every_number_once_later(
    workspace: Workspace, sink: RememberingSink
) -> None:
    sink.failing = TransientError("throttled")
    run_steps(workspace, FIRST)
    assert workspace.bucket.head(layout.PUBLISHED_FORECAST) is not None
    [warning] = train_predictor(workspace, FIRST, quiet).warnings
    assert warning.startswith("The metrics of predictor/cutoff=2025-02-")
    sink.failing = None
    run_steps(workspace, LATER)
    candidates = 4
    measured = ("RMSE", "WAPE", "MASE", "MAPE", "AverageWeightedQuantileLoss")
    live = ("ForecastWQL", "ForecastWAPE", "ForecastMASE", "ForecastBias", "ForecastCoverage")
    assert names(sink) == {
        "WQL": candidates * len(TYPES),
        **dict.fromkeys(measured, candidates),
        **dict.fromkeys(live, 1),
        "DataDrift": 2,
    }
    sent = len(sink.put_calls)
    assert measure_again(workspace, LATER) == []
    assert len(sink.put_calls) == sent
    assert {namespace for namespace, _ in sink.put_calls} == {"FORECAST"}
