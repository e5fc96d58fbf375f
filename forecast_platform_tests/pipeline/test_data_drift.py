"""The step that looks for drift: what it compares, what it keeps, and that nothing to compare is no fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import Retrain
from forecast_platform.errors import InputError
from forecast_platform.pipeline.data_drift import kept_drift
from forecast_platform.pipeline.drift_measuring import ITEM, RELATED, TARGET, measure_drift
from forecast_platform.pipeline.tables import publish_tables
from forecast_platform.pipeline.training import training_cutoff
from forecast_platform_tests.pipeline.drifting_project import (
    DAYS,
    ITEMS,
    days_csv,
    drifting_workspace,
    related_csv,
    related_params,
    watch,
)
from forecast_platform_tests.small_project import after, run_steps, small_workspace, tree


def test_before_the_first_predictor_there_is_nothing_to_compare(tmp_path: Path) -> None:
    drift = watch(drifting_workspace(tmp_path), after(217)).drift
    assert drift.trained_at is None
    assert drift.rows.empty
    assert drift.summary["note"] == "No predictor has been trained before this cutoff."


def test_no_data_since_training_is_no_drift_and_says_so(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path, retrain=Retrain.ALWAYS)
    workspace.bucket.write("train/days.csv", days_csv(days=217))
    drift = watch(workspace, after(224)).drift
    assert drift.rows.empty
    assert drift.summary["note"] == "No data has come since the predictor was trained."


def test_a_cutoff_that_trains_anew_is_compared_with_the_predictor_before(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path, retrain=Retrain.ALWAYS)
    drift = watch(workspace, after(238)).drift
    assert training_cutoff(workspace, after(238)) == after(238)
    assert drift.trained_at == after(231)
    assert drift.summary["periods_since_training"] == 7
    assert drift.summary["window_start"] == f"{after(231):%Y-%m-%dT%H:%M:%S}"
    assert drift.summary["window_end"] == f"{after(238):%Y-%m-%dT%H:%M:%S}"


def test_quiet_data_has_not_drifted_and_a_jump_has(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path, retrain=Retrain.MONTHLY)
    quiet, jumped = watch(workspace, after(280)).drift, watch(workspace, after(301)).drift
    assert not quiet.rows["drifted"].any()
    assert len(quiet.of_kind(TARGET)) == 1
    assert sorted(quiet.of_kind(ITEM)["item_id"]) == sorted(f"item {number}" for number in range(ITEMS))
    assert jumped.of_kind(TARGET)["drifted"].all()


def test_related_series_are_compared_too(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path, related_params(), retrain=Retrain.MONTHLY)
    workspace.bucket.write("train/days.related.csv", related_csv())
    related = watch(workspace, after(294)).drift.of_kind(RELATED).set_index("feature")
    assert related["drifted"].to_dict() == {"price": True, "promotion": False}
    assert related["method"].to_dict() == {"price": "LInfinity", "promotion": "categorical LInfinity"}


def test_what_comes_after_the_cutoff_changes_nothing(tmp_path: Path) -> None:
    all_data, until_then = drifting_workspace(tmp_path / "all"), drifting_workspace(tmp_path / "until")
    until_then.bucket.write("train/days.csv", days_csv(days=294))
    for workspace in (all_data, until_then):
        watch(workspace, after(294))
    assert _monitoring(tmp_path / "all") == _monitoring(tmp_path / "until")


def test_looking_twice_writes_the_same_bytes(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path)
    watch(workspace, after(294))
    before = _monitoring(tmp_path)
    watch(workspace, after(294))
    assert _monitoring(tmp_path) == before
    json.loads(workspace.bucket.read(layout.data_drift_summary(after(294))))


def test_what_was_kept_is_read_again_and_what_was_not_says_what_to_do(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path)
    drift = watch(workspace, after(294)).drift
    kept = kept_drift(workspace, after(294))
    assert kept.summary == drift.summary
    assert kept.trained_at == drift.trained_at
    assert kept.rows["distance"].tolist() == drift.rows["distance"].tolist()
    with pytest.raises(InputError, match="Materialize data_drift"):
        kept_drift(workspace, after(301))


def test_an_item_that_is_new_or_gone_has_a_row_without_numbers(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path, retrain=Retrain.MONTHLY)
    workspace.bucket.write("train/new.csv", f"{after(291):%Y-%m-%d},5.0,new\n".encode())
    items = watch(workspace, after(294)).drift.of_kind(ITEM).set_index("item_id")
    assert items.loc["new", "reference_points"] == 0
    assert items.loc["new", ["distance", "threshold", "psi"]].isna().all()
    assert not items.loc["new", "drifted"]


def test_a_predictor_that_has_seen_none_of_the_data_is_said_so(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path)
    workspace.bucket.write("train/days.csv", days_csv(first=230))
    watch(workspace, after(252))
    assert measure_drift(workspace, after(252), after(224)).summary["note"] == (
        "None of the data was there when the predictor was trained."
    )


def test_sql_reads_the_table_of_every_cutoff(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    for days in (41, 45, 50):
        run_steps(workspace, after(days))
    publish_tables(workspace, after(50))
    counts = workspace.warehouse.query(
        "SELECT cutoff, kind, count(*), count(item_id) FROM data_drift GROUP BY 1, 2 ORDER BY 1, 2", "small"
    )
    assert [tuple(row) for row in counts.rows] == [
        ("2025-02-15T00-00-00Z", "item", 2, 2),
        ("2025-02-15T00-00-00Z", "target", 1, 0),
        ("2025-02-20T00-00-00Z", "item", 2, 2),
        ("2025-02-20T00-00-00Z", "target", 1, 0),
    ]


def test_all_days_are_in_the_calendar_of_the_tests() -> None:
    assert days_csv().count(b"\n") == ITEMS * DAYS


def _monitoring(folder: Path) -> dict[str, bytes]:
    return {key: data for key, data in tree(folder).items() if "/monitoring/drift/cutoff=2025-10-22" in key}
