"""The numbers behind the checks of predictors and forecasts come from what the steps have stored."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from forecast_platform.bucket import layout
from forecast_platform.pipeline.forecast_ranges import forecast_ranges
from forecast_platform.pipeline.published_bridge import bridges_at
from forecast_platform.pipeline.training import accuracy_at_a_glance, last_accuracy
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.small_project import after, run_steps, small_params, small_workspace

FIRST, SECOND = after(48), after(55)
"""Two cutoffs of the weekly retraining grid, which starts with day 41."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The small project after runs at both cutoffs."""
    workspace = small_workspace(tmp_path_factory.mktemp("home"))
    for cutoff in (FIRST, SECOND):
        run_steps(workspace, cutoff)
    return workspace


def test_the_last_predictor_is_that_of_the_grid_cutoff_before(workspace: Workspace) -> None:
    last = last_accuracy(workspace, SECOND + timedelta(days=3))
    assert last == accuracy_at_a_glance(workspace, FIRST)
    assert last.trained_at == FIRST


def test_where_none_was_trained_before_there_is_nothing_to_compare_with(workspace: Workspace) -> None:
    assert last_accuracy(workspace, FIRST) is None
    assert last_accuracy(workspace, after(41)) is None


def test_the_published_forecast_has_one_bridge_row_per_series_and_type(workspace: Workspace) -> None:
    bridges = bridges_at(workspace, SECOND)
    assert bridges is not None
    assert bridges.to_dict("records") == [
        {"item_id": item, "last_observation": "2025-02-24", "bridge_rows": 3, "forecast_types": 3}
        for item in ("bread", "milk")
    ]


def test_of_a_cutoff_that_is_superseded_nothing_is_looked_at(workspace: Workspace) -> None:
    assert bridges_at(workspace, FIRST) is None


def test_a_file_that_somebody_is_replacing_is_not_looked_at(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    run_steps(workspace, FIRST)
    workspace.bucket.write(layout.PUBLISHED_FORECAST, b"something else\n")
    assert bridges_at(workspace, FIRST) is None
    workspace.bucket.delete(layout.PUBLISHED_FORECAST)
    assert bridges_at(workspace, FIRST) is None


def test_the_range_of_a_forecast_is_that_of_the_history_at_the_forecast_frequency(tmp_path: Path) -> None:
    params = small_params()
    params["Predictor"]["FeaturizationConfig"]["ForecastFrequency"] = "2D"
    daily = small_workspace(tmp_path / "daily")
    coarse = small_workspace(tmp_path / "coarse", params)
    for workspace in (daily, coarse):
        run_steps(workspace, FIRST)
    by_day, by_two_days = (forecast_ranges(workspace, FIRST).set_index("item_id") for workspace in (daily, coarse))
    assert list(by_day.columns) == list(by_two_days.columns) == ["lowest", "highest", "lowest_by_sign"]
    middle = (by_day["highest"] + by_day["lowest"]) / 2
    middle_of_two = (by_two_days["highest"] + by_two_days["lowest"]) / 2
    assert (middle_of_two / middle).between(1.8, 2.2).all()
    assert (by_day["lowest_by_sign"] == 0.0).all()
