"""Earlier forecasts against actuals that come in time, late, corrected, or not at all."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast_platform.bucket import layout
from forecast_platform.pipeline.accuracy_store import read_comparisons, signatures
from forecast_platform.pipeline.forecast_accuracy import ScoredForecasts, live_accuracy, score_forecasts
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.training_data import take_snapshot
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket
from forecast_platform_tests.fakes.remembering_bucket import RememberingBucket
from forecast_platform_tests.small_project import (
    FIRST_DAY,
    HORIZON,
    ITEMS,
    after,
    run_steps,
    small_csv,
    small_workspace,
    tree,
    value,
)

LATER = after(89)
"""A cutoff without a forecast of its own."""
WIDTHS = {"p10": -2.0, "p50": 0.5, "p90": 3.0}


def keep_forecast(workspace: Workspace, days: int, items: Sequence[str] = ITEMS) -> None:
    """A cleaned forecast made after ``days`` days: half a unit too high."""
    rows = [
        (item, FIRST_DAY + timedelta(days=day), label, value(item, day) + width)
        for item in items
        for day in range(days, days + HORIZON)
        for label, width in WIDTHS.items()
    ]
    buffer = io.BytesIO()
    pd.DataFrame(rows, columns=["item_id", "timestamp", "type", "value"]).to_parquet(buffer, index=False)
    workspace.bucket.write(layout.clean_history(after(days)), buffer.getvalue())


def upload(workspace: Workspace, data: bytes, name: str = "train/days.csv") -> None:
    workspace.bucket.write(name, data)
    take_snapshot(workspace.bucket, workspace.parsed_params.params)


def without(day: int, item: str | None = None) -> bytes:
    """Sixty days but one, of one item or of all."""
    gone = f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d},"
    kept = [
        line
        for line in small_csv().decode().splitlines()
        if not (line.startswith(gone) and (item is None or line.endswith(f",{item}")))
    ]
    return ("\n".join(kept) + "\n").encode()


def table(workspace: Workspace) -> pd.DataFrame:
    """The table by cutoff, by days after the first."""
    rows = read_comparisons(workspace.bucket, workspace.parsed_params.params).rows
    return rows.set_index((rows["window_start"] - pd.Timestamp(FIRST_DAY)).dt.days)


def days_of(scored: ScoredForecasts) -> list[int]:
    return [(cutoff - FIRST_DAY).days for cutoff in scored.compared]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Sixty days of data, forecasts made after 40, 41 … 60 days, all compared."""
    workspace = small_workspace(tmp_path)
    upload(workspace, small_csv())
    for days in range(40, 61):
        keep_forecast(workspace, days)
    score_forecasts(workspace, LATER)
    return workspace


def test_each_window_is_measured_and_provisional_until_its_actuals_are_there(workspace: Workspace) -> None:
    rows = table(workspace)
    assert rows.index.tolist() == list(range(40, 61))
    assert rows.loc[55, "completeness"] == 1.0
    assert rows["provisional"].tolist() == [False] * 16 + [True] * 5
    assert rows.loc[[56, 58, 60], "completeness"].tolist() == [0.8, 0.4, 0.0]
    assert rows.loc[40, "bias"] == pytest.approx(0.5 * 2 * HORIZON / rows.loc[40, "absolute_actual"])
    assert rows.loc[60, ["wql", "wape", "coverage"]].isna().all()
    assert rows.loc[60, "expected"] == 2 * HORIZON


def test_actuals_that_arrive_are_compared_and_only_their_windows(workspace: Workspace) -> None:
    upload(workspace, small_csv(days=62))
    assert days_of(score_forecasts(workspace, LATER)) == [56, 57, 58, 59, 60]
    assert table(workspace)["provisional"].tolist() == [False] * 18 + [True] * 3


def test_where_nothing_has_changed_nothing_is_read_but_one_table_and_two_pointers(workspace: Workspace) -> None:
    remembering = RememberingBucket(workspace.bucket)
    scored = score_forecasts(replace(workspace, bucket=remembering), LATER)
    assert scored.compared == ()
    assert len(scored.by_cutoff) == 20
    allowed = (layout.PARAMS, layout.FORECAST_ACCURACY_BY_CUTOFF, layout.SNAPSHOT)
    assert {key for key in remembering.read_keys if not key.endswith("/snapshot.json")} == set(allowed)
    assert remembering.changes == 0


@pytest.mark.parametrize("day", [41, 50])
def test_a_late_actual_re_opens_exactly_the_windows_it_lies_in_however_old(tmp_path: Path, day: int) -> None:
    late, in_time = small_workspace(tmp_path / "late"), small_workspace(tmp_path / "in time")
    upload(in_time, small_csv())
    upload(late, without(day, "milk"))
    windows = [days for days in range(40, 61) if days <= day < days + HORIZON]
    for workspace in (late, in_time):
        for days in range(40, 61):
            keep_forecast(workspace, days)
        score_forecasts(workspace, LATER)
    assert table(late).loc[windows, "provisional"].all()
    assert (table(late).loc[windows, "completeness"] == 0.9).all()

    upload(late, small_csv())
    remembering = RememberingBucket(late.bucket)
    assert days_of(score_forecasts(replace(late, bucket=remembering), LATER)) == windows
    read = [key for key in remembering.read_keys if key.startswith(layout.CLEAN_HISTORY)]
    assert read == [layout.clean_history(after(days)) for days in windows]
    assert not table(late).loc[windows, "provisional"].any()
    same = [name for name in table(late) if name != "mase"]
    pd.testing.assert_frame_equal(table(late)[same], table(in_time)[same])


def test_a_correction_that_is_taken_back_gives_what_there_was_before(workspace: Workspace) -> None:
    before = tree(Path(workspace.bucket.uri("metrics/")))
    upload(workspace, small_csv().replace(b"2025-02-18,", b"2025-02-18,1", 1))
    assert days_of(score_forecasts(workspace, LATER)) == [44, 45, 46, 47, 48]
    assert tree(Path(workspace.bucket.uri("metrics/"))) != before
    upload(workspace, small_csv())
    score_forecasts(workspace, LATER)
    assert tree(Path(workspace.bucket.uri("metrics/"))) == before


def test_rows_whose_actuals_were_taken_out_of_the_data_are_gone(workspace: Workspace) -> None:
    assert workspace.bucket.head(layout.forecast_accuracy(after(57))) is not None
    upload(workspace, small_csv(days=50))
    score_forecasts(workspace, LATER)
    assert workspace.bucket.head(layout.forecast_accuracy(after(57))) is None
    assert table(workspace).loc[57, "observations"] == 0
    assert live_accuracy(workspace)["cutoff"].max() == after(49)


def test_a_forecast_that_was_made_anew_is_compared_again(workspace: Workspace) -> None:
    keep_forecast(workspace, 45, items=("bread",))
    assert days_of(score_forecasts(workspace, LATER)) == [45]
    assert table(workspace).loc[45, "items"] == 1


def test_a_forecast_that_is_not_kept_any_more_has_no_row(workspace: Workspace) -> None:
    workspace.bucket.delete(layout.clean_history(after(45)))
    upload(workspace, small_csv(days=61))
    score_forecasts(workspace, LATER)
    assert 45 not in table(workspace).index


def test_an_item_that_is_gone_is_waited_for_one_window_longer(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    keep_forecast(workspace, 50)
    for days, provisional in ((55, True), (59, True), (60, False)):
        upload(workspace, small_csv(days=50) + small_csv(first=50, days=days - 50, items=("bread",)))
        score_forecasts(workspace, LATER)
        assert table(workspace).loc[50, "provisional"] == provisional, days
    assert table(workspace).loc[50, "completeness"] == 0.5


def test_a_few_actuals_that_never_come_do_not_keep_a_window_open(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    items = tuple(f"item {number}" for number in range(20))
    for days in (40, 41):
        keep_forecast_of_constants(workspace, days, items)
    full = "".join(
        f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d},10,{item}\n"
        for item in items
        for day in range(60)
        if (item, day) not in {(items[0], 42), (items[0], 44), *((one, 45) for one in items[:10])}
    )
    upload(workspace, full.encode())
    score_forecasts(workspace, LATER)
    assert table(workspace)["completeness"].round(2).tolist() == [0.98, 0.88]
    assert table(workspace)["provisional"].tolist() == [False, True]


def keep_forecast_of_constants(workspace: Workspace, days: int, items: Sequence[str]) -> None:
    rows = [
        (item, FIRST_DAY + timedelta(days=day), label, 10.0 + width)
        for item in items
        for day in range(days, days + HORIZON)
        for label, width in WIDTHS.items()
    ]
    buffer = io.BytesIO()
    pd.DataFrame(rows, columns=["item_id", "timestamp", "type", "value"]).to_parquet(buffer, index=False)
    workspace.bucket.write(layout.clean_history(after(days)), buffer.getvalue())


def test_mase_stays_measured_on_what_was_known_when_the_forecast_was_made(workspace: Workspace) -> None:
    scale = pd.read_parquet(io.BytesIO(workspace.bucket.read(layout.forecast_accuracy_by_item(after(45)))))[
        "mase_scale"
    ]
    upload(workspace, small_csv().replace(b"2025-01-20,", b"2025-01-20,9"))
    assert days_of(score_forecasts(workspace, LATER)) == []
    upload(workspace, small_csv().replace(b"2025-01-20,", b"2025-01-20,9").replace(b"2025-02-16,", b"2025-02-16,1", 1))
    assert 45 in days_of(score_forecasts(workspace, LATER))
    again = pd.read_parquet(io.BytesIO(workspace.bucket.read(layout.forecast_accuracy_by_item(after(45)))))[
        "mase_scale"
    ]
    assert again.tolist() == scale.tolist()


def test_a_look_at_late_actuals_killed_at_any_change_and_started_again_ends_like_an_undisturbed_one(
    tmp_path: Path,
) -> None:
    def prepared(home: Path) -> Workspace:
        workspace = small_workspace(home)
        upload(workspace, without(47))
        for days in (45, 58):
            keep_forecast(workspace, days)
        score_forecasts(workspace, LATER)
        upload(workspace, small_csv())
        keep_forecast(workspace, 58, items=("bread",))
        return workspace

    undisturbed = prepared(tmp_path / "undisturbed")
    counting = InterruptingBucket(undisturbed.bucket, before_write=0, act=lambda: None)
    score_forecasts(replace(undisturbed, bucket=counting), LATER)
    expected = tree(Path(undisturbed.bucket.uri("metrics/")))
    assert counting.changes > 7
    for change in range(1, counting.changes + 1):
        workspace = prepared(tmp_path / str(change))
        killing = InterruptingBucket(workspace.bucket, change, lambda: os.kill(os.getpid(), signal.SIGKILL))
        assert _fork(replace(workspace, bucket=killing)) == -signal.SIGKILL
        score_forecasts(workspace, LATER)
        assert tree(Path(workspace.bucket.uri("metrics/"))) == expected, f"killed at change {change}"


def test_two_runs_that_see_different_data_at_once_leave_nothing_that_is_not_made_right_by_the_next(
    tmp_path: Path,
) -> None:
    def prepared(home: Path, data: bytes) -> Workspace:
        workspace = small_workspace(home)
        upload(workspace, data)
        for days in (45, 47):
            keep_forecast(workspace, days)
        return workspace

    alone = prepared(tmp_path / "alone", small_csv())
    counting = InterruptingBucket(alone.bucket, before_write=0, act=lambda: None)
    score_forecasts(replace(alone, bucket=counting), LATER)
    expected = signatures(table(alone).drop(columns="mase"))
    for change in range(1, counting.changes + 1):
        workspace = prepared(tmp_path / str(change), without(48, "milk"))

        def overtake(ours: Workspace = workspace) -> None:
            upload(ours, small_csv())
            score_forecasts(ours, LATER)

        score_forecasts(replace(workspace, bucket=InterruptingBucket(workspace.bucket, change, overtake)), LATER)
        score_forecasts(workspace, LATER)
        assert signatures(table(workspace).drop(columns="mase")) == expected, f"overtaken at change {change}"


def _fork(workspace: Workspace) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        score_forecasts(workspace, LATER)
    finally:
        os._exit(1)


def test_a_forecast_is_shown_beside_the_backtest_of_the_predictor_that_made_it(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    for days in (48, 49):
        run_steps(workspace, after(days))
    rows = table(workspace)
    assert rows["trained_at"].unique().tolist() == ["2025-02-18T00-00-00Z"]
    metrics = _metrics(workspace, after(48))
    windows = metrics[(metrics["evaluation_type"] == "COMPUTED") & (metrics["metric"] == "Average wQL")]
    assert rows["predictor"].unique().tolist() == windows["predictor"].unique().tolist()
    assert rows["backtest_wql"].tolist() == pytest.approx([windows["value"].iloc[0]] * 2)
    assert rows["backtest_windows"].tolist() == [1, 1]

    workspace.bucket.delete(layout.predictor_metrics(after(48)))
    keep_forecast(workspace, 49)
    score_forecasts(workspace, LATER)
    assert table(workspace)["backtest_wql"].notna().tolist() == [True, False], "not known any more"


def _metrics(workspace: Workspace, cutoff: datetime) -> Any:
    return pd.read_parquet(io.BytesIO(workspace.bucket.read(layout.predictor_metrics(cutoff))))
