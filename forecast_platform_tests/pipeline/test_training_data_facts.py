"""What a cutoff sees as new is what came since the last one."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.training_data_facts import observations_at, origins
from forecast_platform_tests.small_project import FIRST_DAY, after, small_csv, small_workspace

WEEKLY = CutoffSchedule(Cadence.WEEKLY, after(35), after(90))


def new_days(home: Path, cutoff: datetime, schedule: CutoffSchedule | None = None) -> list[int]:
    workspace = small_workspace(home, **({"schedule": schedule} if schedule else {}))
    read_training_data(workspace, cutoff)
    observations = observations_at(workspace, cutoff)
    assert observations is not None
    stamps = observations.frame.loc[observations.new, "timestamp"].unique()
    return [(pd.Timestamp(stamp) - FIRST_DAY).days for stamp in stamps]


def test_the_last_day_is_new_to_a_daily_cutoff_and_the_last_week_to_a_weekly_one(tmp_path: Path) -> None:
    assert new_days(tmp_path / "daily", after(50)) == [49]
    assert new_days(tmp_path / "weekly", after(49), WEEKLY) == list(range(42, 49))


def test_data_that_ends_before_the_cutoff_is_judged_by_its_own_last_window(tmp_path: Path) -> None:
    assert new_days(tmp_path / "a_day_late", after(61)) == [59]
    assert new_days(tmp_path / "long_ended", after(84), WEEKLY) == list(range(53, 60))
    assert new_days(tmp_path / "hours", after(60) + timedelta(hours=5), CutoffSchedule(Cadence.HOURLY, after(40))) == [
        59
    ]


def test_before_the_first_observation_there_are_none(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path, schedule=CutoffSchedule(Cadence.DAILY, after(-9), after(90)))
    read_training_data(workspace, after(-5))
    assert observations_at(workspace, after(-5)) is None


def test_rows_are_traced_back_to_the_files_of_the_snapshot_that_the_cutoff_saw(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    workspace.bucket.write("train/more.csv", small_csv(first=58, days=1, items=("milk",), header=True))
    read_training_data(workspace, after(60))
    rows = pd.DataFrame({"item_id": ["milk", "milk"], "timestamp": [after(58), after(57)]})
    assert origins(workspace, after(60), rows).to_dict("records") == [
        {"file": "train/more.csv", "line": 2},
        {"file": "train/days.csv", "line": 118},
    ]


@pytest.mark.parametrize("item", ["bread", "milk"])
def test_rows_of_every_item_are_numbered_together(tmp_path: Path, item: str) -> None:
    workspace = small_workspace(tmp_path)
    read_training_data(workspace, after(60))
    observations = observations_at(workspace, after(60))
    assert observations is not None
    (number,) = observations.names.index[observations.names["item_id"] == item]
    assert (observations.frame.loc[observations.series == number, "item_id"] == item).all()
