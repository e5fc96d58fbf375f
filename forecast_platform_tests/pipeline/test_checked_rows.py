"""What a user's check sees of each asset."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_platform.errors import InputError
from forecast_platform.pipeline.checked_rows import TABLES, checked_rows
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.small_project import after, run_steps, small_workspace

CUTOFF = after(55)
COLUMNS = {
    ("raw_training_data", "target"): ["item_id", "timestamp", "target"],
    ("exported_forecast", ""): ["item_id", "timestamp", "p10", "p50", "p90"],
    ("cleaned_history", ""): ["item_id", "timestamp", "type", "value"],
    ("forecast_accuracy", ""): ["item_id", "timestamp", "horizon_step", "type", "forecast", "actual", "cutoff"],
    ("predictor", "metrics"): [
        *("algorithm", "evaluation_type", "window_start", "window_end", "metric", "quantile", "value")
    ],
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """After runs at three cutoffs, the newest of which is :data:`CUTOFF`."""
    workspace = small_workspace(tmp_path_factory.mktemp("home"))
    for days in (42, 53, 55):
        run_steps(workspace, after(days))
    return workspace


@pytest.mark.parametrize("table", COLUMNS)
def test_each_table_has_the_columns_that_are_documented(workspace: Workspace, table: tuple[str, str]) -> None:
    rows = checked_rows(workspace, *table, CUTOFF)
    assert list(rows.columns) == COLUMNS[table]
    assert len(rows)


def test_the_target_ends_at_the_cutoff_and_the_forecast_begins_there(workspace: Workspace) -> None:
    assert checked_rows(workspace, "raw_training_data", "target", CUTOFF)["timestamp"].max() == after(54)
    assert checked_rows(workspace, "exported_forecast", "", CUTOFF)["timestamp"].min() == CUTOFF
    assert len(checked_rows(workspace, "raw_training_data", "target", after(42))) == 2 * 42


def test_accuracy_is_that_of_the_last_two_horizons(workspace: Workspace) -> None:
    """Two horizons are ten days: the cutoff of thirteen days ago is not among them."""
    rows = checked_rows(workspace, "forecast_accuracy", "", CUTOFF)
    assert set(rows["cutoff"]) == {after(53), after(55)}


def test_accuracy_is_empty_and_has_its_columns_before_anything_was_compared(workspace: Workspace) -> None:
    rows = checked_rows(workspace, "forecast_accuracy", "", after(41))
    assert len(rows) == 0
    assert list(rows.columns) == COLUMNS["forecast_accuracy", ""]


def test_the_accuracy_of_every_item_is_there(workspace: Workspace) -> None:
    rows = checked_rows(workspace, "predictor", "items", CUTOFF)
    assert {"item_id", "backtest_window", "WAPE", "Average wQL"} <= set(rows.columns)
    assert {"bread", "milk"} <= set(rows["item_id"])


@pytest.mark.parametrize(("table", "files"), [("related", "train/*.related.csv"), ("item_metadata", ".metadata.csv")])
def test_data_that_a_project_does_not_have_is_asked_for(workspace: Workspace, table: str, files: str) -> None:
    with pytest.raises(InputError, match="the project has none") as caught:
        checked_rows(workspace, "raw_training_data", table, CUTOFF)
    assert files in str(caught.value)


def test_every_table_is_documented() -> None:
    page = Path(__file__).parents[2] / "docs/how-to/write-your-own-checks.md"
    if not page.exists():
        pytest.skip("the documentation is not here")
    text = page.read_text("utf-8")
    for asset, tables in TABLES.items():
        assert f"| `{asset}` |" in text, asset
        assert [table for table in tables if table and f"| `{table}` |" not in text] == []
