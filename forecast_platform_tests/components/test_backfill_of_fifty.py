"""Fifty daily cutoffs of the electricity sample in one backfill, by the daemon, as a person launches it in the UI."""

from __future__ import annotations

import io
import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.cutoffs import Cadence, CutoffSchedule, Retrain, cutoff_key
from forecast_platform.samples import generate
from forecast_platform_tests.components.running import deployment, write_project

FIRST = datetime(2025, 10, 11)
CUTOFFS = 50
SCHEDULE = CutoffSchedule(Cadence.DAILY, FIRST)
HOURS = 60 * 60
_LAUNCH = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
_STATUS = "query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
_RUNNING = {"REQUESTED", "CANCELING", "FAILING"}


@pytest.mark.slow
def test_fifty_cutoffs_of_electricity_in_one_backfill(tmp_path: Path) -> None:
    attributes = (
        f'  start: "{FIRST:%Y-%m-%d}"\n  end: "2025-11-30"\n  cadence: daily\n  automation: false\n  preset: fast\n'
    )
    write_project(tmp_path / "defs", "electricity", attributes)
    bucket = LocalBucket(tmp_path / "home" / "bucket").below("electricity")
    for key, data in generate("electricity").items():
        bucket.write(key, data)
    with deployment(tmp_path) as running:
        started = time.monotonic()
        params = {
            "selector": {
                "repositorySelector": {
                    "repositoryName": "__repository__",
                    "repositoryLocationName": "forecast_platform",
                },
                "partitionSetName": "electricity_forecast_partition_set",
            },
            "partitionNames": [f"{FIRST + timedelta(days=day):%Y-%m-%d}" for day in range(CUTOFFS)],
        }
        launched = running.ask(_LAUNCH, params=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched

        def ended() -> str | None:
            backfill = running.ask(_STATUS, id=launched["backfillId"])["partitionBackfillOrError"]
            return None if backfill["status"] in _RUNNING else str(backfill["status"])

        status = running.wait(ended, seconds=HOURS)
        print(f"50 cutoffs in {time.monotonic() - started:.0f} s")
        runs = running.runs("electricity_forecast")
    assert status in ("COMPLETED", "COMPLETED_SUCCESS")
    assert [run["status"] for run in runs] == ["SUCCESS"] * CUTOFFS
    _newest_is_published(bucket)
    _every_forecast_starts_at_its_cutoff(bucket)
    _predictors_are_those_of_the_grid(tmp_path)


def _newest_is_published(bucket: LocalBucket) -> None:
    published = pd.read_csv(io.BytesIO(bucket.read("quicksight/forecast.csv")))
    newest = pd.read_parquet(io.BytesIO(bucket.read(_clean(SCHEDULE.cutoff(CUTOFFS - 1)))))
    assert published["timestamp"].max() == newest["timestamp"].max().strftime("%Y-%m-%d %H:%M:%S")


def _every_forecast_starts_at_its_cutoff(bucket: LocalBucket) -> None:
    for index in range(CUTOFFS):
        cutoff = SCHEDULE.cutoff(index)
        kept = pd.read_parquet(io.BytesIO(bucket.read(_clean(cutoff))))
        assert set(kept.groupby("item_id")["timestamp"].min()) == {pd.Timestamp(cutoff)}
        assert kept["timestamp"].max() == cutoff + timedelta(hours=71)


def _predictors_are_those_of_the_grid(folder: Path) -> None:
    grid = {SCHEDULE.retrain_cutoff(SCHEDULE.cutoff(index), Retrain.WEEKLY) for index in range(CUTOFFS)}
    assert len(grid) == 8
    trained = [json.loads(path.read_text()) for path in _records(folder)]
    assert len(trained) == CUTOFFS
    assert {record["trained_at"] for record in trained} == {cutoff.isoformat() for cutoff in grid}
    assert len({record["predictor"] for record in trained}) == len(grid)


def _records(folder: Path) -> list[Path]:
    return sorted((folder / "home" / "bucket" / "electricity" / "history" / "raw").glob("*/current.json"))


def _clean(cutoff: datetime) -> str:
    return f"history/clean/cutoff={cutoff_key(cutoff)}/forecast.parquet"
