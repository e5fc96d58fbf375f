"""Snapshots: merging, caching, the pointer, cutoffs and hashes."""

from __future__ import annotations

import multiprocessing
import os
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.errors import TransientError
from forecast_platform.training_data import (
    Snapshot,
    current_snapshot,
    data_hash,
    load_frames,
    stored_snapshot,
    take_snapshot,
)
from forecast_platform_tests.training_data.conftest import Project, make_params, rows

_FORK = multiprocessing.get_context("fork")
RELATED = [("item_id", "string"), ("timestamp", "timestamp"), ("price", "float"), ("holiday", "integer")]
METADATA = [("category", "string"), ("item_id", "string")]


def hourly(hours: range, value: float = 1.0, item: str = "A") -> str:
    return rows(*(f"2024-01-01 {hour:02}:00:00,{value},{item}" for hour in hours))


def everything_in(project: Project) -> dict[str, tuple[bytes, str]]:
    """Every object with its bytes and version."""
    return {stored.key: (project.bucket.read(stored.key), stored.version) for stored in project.bucket.list()}


def age(project: Project, prefix: str, seconds: float = 3600) -> None:
    """Make everything below ``prefix`` older."""
    for stored in project.bucket.list(prefix):
        modified = stored.last_modified.timestamp() - seconds
        os.utime(project.root / stored.key, (modified, modified))


def test_a_later_file_corrects_an_earlier_one(project: Project) -> None:
    project.upload("z.csv", hourly(range(4), 1.0), modified=1_000)
    project.upload("a.csv", hourly(range(2, 6), 2.0), modified=2_000)
    snapshot = project.snapshot()
    assert (snapshot.rows, snapshot.superseded) == (6, 2)
    assert project.target()["target"].tolist() == [1, 1, 2, 2, 2, 2]
    project.upload("z.csv", hourly(range(4), 1.0), modified=3_000)
    assert project.target()["target"].tolist() == [1, 1, 1, 1, 2, 2]


def test_files_of_the_same_instant_are_merged_in_the_order_of_their_names(project: Project) -> None:
    project.upload("a.csv", hourly(range(1), 1.0), modified=1_000)
    project.upload("b.csv", hourly(range(1), 2.0), modified=1_000)
    assert project.target()["target"].tolist() == [2]


def test_a_corrected_month_replaces_the_month_whatever_its_day(project: Project) -> None:
    project = project.with_params(frequency="M")
    project.upload("a.csv", rows("2024-01-01 00:00:00,1,A"), modified=1_000)
    project.upload("b.csv", rows("2024-01-31 00:00:00,2,A"), modified=2_000)
    assert project.target()["target"].tolist() == [2]


def test_frames_have_canonical_columns_and_order(project: Project) -> None:
    project = project.with_params(
        domain="RETAIL",
        target=[("store", "string"), ("demand", "float"), ("timestamp", "timestamp"), ("item_id", "string")],
        related=RELATED,
        metadata=METADATA,
    )
    project.upload("a.csv", rows("n,2,2024-01-01 01:00:00,B", "s,3,2024-01-01 00:00:00,A", "n,1,2024-01-01 00:00:00,A"))
    project.upload("x.related.csv", rows("A,2024-01-01 00:00:00,1.5,0", "new,2030-01-01 00:00:00,,1"))
    project.upload("x.metadata.csv", rows("category,item_id", "tools,A", " Toys ,never sold"))
    snapshot = project.snapshot()
    assert (snapshot.refused_rows, snapshot.problems) == (0, ())
    frames = load_frames(project.bucket, snapshot, project.params, None)
    assert_frame_equal(
        frames.target,
        pd.DataFrame(
            {
                "item_id": ["A", "A", "B"],
                "store": ["n", "s", "n"],
                "timestamp": pd.to_datetime(["2024-01-01 00:00", "2024-01-01 00:00", "2024-01-01 01:00"]).astype(
                    "datetime64[ns]"
                ),
                "target": [1.0, 3.0, 2.0],
            }
        ),
    )
    assert frames.related is not None
    assert frames.item_metadata is not None
    assert list(frames.related.columns) == ["item_id", "timestamp", "price", "holiday"]
    assert frames.related["item_id"].tolist() == ["A", "new"]
    assert np.isnan(frames.related["price"][1])
    assert frames.item_metadata.to_dict("list") == {"item_id": ["A", "never sold"], "category": ["tools", " Toys "]}
    assert list(snapshot.tables) == ["target", "related", "item_metadata"]


def test_a_cutoff_shows_what_had_ended_by_then(project: Project) -> None:
    project.upload("a.csv", hourly(range(6)))
    assert len(project.target(datetime(2024, 1, 1, 3))) == 3
    assert len(project.target(datetime(2024, 1, 1, 3, 59))) == 3
    assert len(project.target(datetime(2024, 1, 1))) == 0
    assert len(project.target(None)) == 6
    assert list(project.target(datetime(2020, 1, 1)).dtypes) == [np.dtype("O"), np.dtype("M8[ns]"), np.dtype("f8")]


def test_a_cutoff_follows_month_ends(project: Project) -> None:
    project = project.with_params(frequency="M")
    project.upload("a.csv", rows("2023-01-31 00:00:00,1,A", "2023-02-28 00:00:00,2,A"))
    assert len(project.target(datetime(2023, 1, 31))) == 0
    assert len(project.target(datetime(2023, 2, 1))) == 1
    assert len(project.target(datetime(2023, 2, 28))) == 1
    assert len(project.target(datetime(2023, 3, 1))) == 2


def test_related_rows_after_the_cutoff_are_kept(project: Project) -> None:
    project = project.with_params(related=RELATED)
    project.upload("a.csv", hourly(range(6)))
    project.upload("x.related.csv", rows("A,2024-01-01 00:00:00,1,0", "A,2024-02-01 00:00:00,2,1"))
    frames = load_frames(project.bucket, project.snapshot(), project.params, datetime(2024, 1, 1, 2))
    assert frames.related is not None
    assert (len(frames.target), len(frames.related)) == (2, 2)
    assert frames.item_metadata is None


def test_a_snapshot_survives_json(project: Project) -> None:
    project.upload("a.csv", hourly(range(3)) + "bad,1,A\n")
    project.upload("notes.txt", "x")
    snapshot = project.snapshot()
    assert Snapshot.from_json(snapshot.to_json()) == snapshot
    assert current_snapshot(project.bucket) == snapshot
    assert stored_snapshot(project.bucket, snapshot.digest) == snapshot
    assert stored_snapshot(project.bucket, "0" * 32) is None
    assert (snapshot.first_timestamp, snapshot.last_timestamp, snapshot.data_end) == (
        datetime(2024, 1, 1, 0),
        datetime(2024, 1, 1, 2),
        datetime(2024, 1, 1, 3),
    )


def test_before_the_first_snapshot_there_is_none(project: Project) -> None:
    assert current_snapshot(project.bucket) is None


class _CountingBucket(LocalBucket):
    """Counts how often uploaded files are opened."""

    opened = 0

    def open(self, key: str):  # type: ignore[no-untyped-def]
        self.opened += key.startswith("train/")
        return super().open(key)


def test_unchanged_files_are_not_opened_again(project: Project) -> None:
    project.upload("a.csv", hourly(range(3)), modified=1_000)
    project.upload("b.csv", hourly(range(3, 6)), modified=2_000)
    bucket = _CountingBucket(project.root)
    first = take_snapshot(bucket, project.params)
    opened = bucket.opened
    before = everything_in(project)
    assert take_snapshot(bucket, project.params) == first
    assert bucket.opened == opened
    assert everything_in(project) == before
    project.upload("c.csv", hourly(range(6, 9)))
    take_snapshot(bucket, project.params)
    assert bucket.opened == opened + 2, "one look for the digest and one for the rows, of the new file only"


def test_the_same_bytes_uploaded_again_give_the_same_snapshot(project: Project) -> None:
    project.upload("a.csv", hourly(range(3)), modified=1_000)
    first = project.snapshot()
    project.upload("a.csv", hourly(range(3)), modified=9_000)
    assert project.snapshot() == first


def test_another_schema_reads_the_same_files_again(project: Project) -> None:
    project.upload("a.csv", hourly(range(3)))
    first = project.snapshot()
    daily = project.with_params(frequency="D").snapshot()
    assert (first.rows, daily.rows, daily.refused_rows) == (3, 1, 2)
    assert first.digest != daily.digest


def test_snapshots_are_the_same_bytes_in_every_bucket(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "other", LocalBucket(tmp_path / "other"), project.params)
    for one in (project, other):
        one.upload("a.csv", hourly(range(3)) + "bad,1,A\n", modified=1_000)
        one.upload("b.csv", hourly(range(2, 9), item="B"), modified=2_000)
    assert project.snapshot() == other.snapshot()
    for stored in other.bucket.list("parsed/objects/"):
        assert project.bucket.read(stored.key) == other.bucket.read(stored.key)
    for key in other.snapshot().tables.values():
        assert project.bucket.read(key) == other.bucket.read(key)


def test_rows_are_stored_by_time_so_that_a_cutoff_skips_row_groups(project: Project) -> None:
    project.upload("a.csv", hourly(range(5), item="B") + hourly(range(5), item="A"))
    snapshot = project.snapshot()
    with project.bucket.open(snapshot.tables["target"]) as stream:
        table = pq.read_table(stream)
    assert table.column("timestamp").to_pylist() == sorted(table.column("timestamp").to_pylist())
    assert table.column("item_id").to_pylist() == ["A", "B"] * 5


def test_old_snapshots_go_but_the_newest_three_stay(project: Project) -> None:
    taken = []
    for hour in range(6):
        project.upload("a.csv", hourly(range(hour + 1)))
        taken.append(project.snapshot().digest)
        age(project, "parsed/snapshots/")
        age(project, "parsed/objects/")
    kept = [digest for digest in taken if stored_snapshot(project.bucket, digest)]
    assert kept == taken[-3:]
    assert len(list(project.bucket.list("parsed/snapshots/"))) == 6
    assert len(list(project.bucket.list("parsed/objects/"))) == 6


def test_a_snapshot_that_comes_back_becomes_the_newest(project: Project) -> None:
    project.upload("a.csv", hourly(range(1)))
    first = project.snapshot()
    for hours in (2, 3, 1, 4, 5):
        age(project, "parsed/snapshots/")
        project.upload("a.csv", hourly(range(hours)))
        project.snapshot()
    assert stored_snapshot(project.bucket, first.digest) == first


def test_a_removed_snapshot_says_that_reading_again_helps(project: Project) -> None:
    project.upload("a.csv", hourly(range(1)))
    snapshot = project.snapshot()
    project.bucket.delete(snapshot.tables["target"])
    with pytest.raises(TransientError, match="Read the training data again"):
        load_frames(project.bucket, snapshot, project.params, None)


class _KilledError(BaseException):
    """Stands for kill -9: nothing after it runs."""


class _KilledBucket(LocalBucket):
    """Dies at its n-th write."""

    writes_left = 0

    def _spend(self) -> None:
        if self.writes_left == 0:
            raise _KilledError
        self.writes_left -= 1

    def write(self, key: str, data: bytes) -> None:
        self._spend()
        super().write(key, data)

    def create(self, key: str, data: bytes) -> bool:
        self._spend()
        return super().create(key, data)

    def compare_and_swap(self, key: str, data: bytes, version: str | None) -> bool:
        self._spend()
        return super().compare_and_swap(key, data, version)


def test_a_kill_before_any_write_leaves_the_old_snapshot_and_another_try_ends_well(
    project: Project, tmp_path: Path
) -> None:
    files = {"a.csv": hourly(range(3)) + "bad,1,A\n", "b.csv": hourly(range(3, 6))}
    undisturbed = Project(tmp_path / "undisturbed", LocalBucket(tmp_path / "undisturbed"), project.params)
    for number, (name, content) in enumerate(files.items()):
        undisturbed.upload(name, content, modified=1_000 + number)
    expected = undisturbed.snapshot()
    for survived in range(8):
        root = tmp_path / f"killed-{survived}"
        killed = Project(root, LocalBucket(root), project.params)
        killed.upload("a.csv", hourly(range(1)), modified=500)
        before = killed.snapshot()
        for number, (name, content) in enumerate(files.items()):
            killed.upload(name, content, modified=1_000 + number)
        bucket = _KilledBucket(root)
        bucket.writes_left = survived
        with pytest.raises(_KilledError):
            take_snapshot(bucket, project.params)
        assert current_snapshot(killed.bucket) == before
        assert len(load_frames(killed.bucket, before, killed.params, None).target) == 1
        assert killed.snapshot() == expected
        assert killed.bucket.read(expected.tables["target"]) == undisturbed.bucket.read(expected.tables["target"])


def _take_again_and_again(root: Path, until: float, failed: object) -> None:
    bucket, params = LocalBucket(root), make_params()
    while time.monotonic() < until:
        snapshot = take_snapshot(bucket, params)
        current = current_snapshot(bucket)
        if current is None or len(load_frames(bucket, snapshot, params, None).target) != snapshot.rows:
            failed.put(snapshot.digest)  # type: ignore[attr-defined]
            return


def test_two_processes_at_once_point_to_complete_snapshots_only_and_end_with_the_newest(project: Project) -> None:
    project.upload("0.csv", hourly(range(1)))
    failed = _FORK.Queue()
    until = time.monotonic() + 2
    workers = [_FORK.Process(target=_take_again_and_again, args=(project.root, until, failed)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for hour in range(1, 20):
        project.upload(f"{hour}.csv", hourly(range(hour, hour + 1)))
        time.sleep(0.05)
    for worker in workers:
        worker.join(20)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert failed.empty()
    newest = current_snapshot(project.bucket)
    assert newest is not None
    assert newest.rows == 20
    assert newest == project.snapshot()


def frames_of(values: list[float], items: list[str]) -> TrainingFrames:
    timestamps = pd.date_range("2024-01-01", periods=len(values), freq="h")
    return TrainingFrames(pd.DataFrame({"item_id": items, "timestamp": timestamps, "target": values}))


def test_the_hash_of_data_is_the_same_on_every_machine() -> None:
    frames = frames_of([1.0, float("nan"), -0.0], ["A", "한글", "A"])
    assert data_hash(frames) == "3230e7cb68da09628818b9e30c3c7ce29ea51733da2669fdcb80c868db399a88"


def test_the_hash_of_data_does_not_depend_on_the_layout_in_memory() -> None:
    frames = frames_of([1.0, 2.0, float("nan")], ["A", "B", "A"])
    other = TrainingFrames(frames.target.astype({"item_id": "category"}).iloc[[0, 1, 2]].copy())
    strided = TrainingFrames(pd.concat([frames.target[:1], frames.target[1:]]))
    assert data_hash(frames) == data_hash(other) == data_hash(strided)


@pytest.mark.parametrize(
    "other",
    [
        frames_of([1.0, 2.5], ["A", "B"]),
        frames_of([1.0, 2.0], ["A", "A"]),
        frames_of([1.0], ["A"]),
        frames_of([1.0, 2.0], ["AB", ""]),
        TrainingFrames(frames_of([1.0, 2.0], ["A", "B"]).target, item_metadata=pd.DataFrame({"item_id": ["A"]})),
    ],
)
def test_the_hash_of_other_data_differs(other: TrainingFrames) -> None:
    assert data_hash(frames_of([1.0, 2.0], ["A", "B"])) != data_hash(other)
