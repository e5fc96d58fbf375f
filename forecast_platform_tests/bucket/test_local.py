"""What only a bucket in a directory has: files of other programs, crashes, limits of the operating system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecast_platform.bucket.local import LocalBucket


@pytest.fixture
def local(tmp_path: Path) -> LocalBucket:
    return LocalBucket(tmp_path / "bucket")


def test_files_copied_in_by_hand_are_objects(local: LocalBucket, tmp_path: Path) -> None:
    folder = tmp_path / "bucket" / "train"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_bytes(b"1")
    os.utime(folder / "a.csv", (1_400_000_000, 1_400_000_000))
    (stored,) = local.list("train/")
    assert stored.last_modified == datetime(2014, 5, 13, 16, 53, 20, tzinfo=UTC)
    assert local.read("train/a.csv") == b"1"


def test_hidden_files_temporary_files_and_locks_are_not_listed(local: LocalBucket, tmp_path: Path) -> None:
    local.write("a", b"1")
    (tmp_path / "bucket" / ".DS_Store").write_bytes(b"x")
    (tmp_path / "bucket" / ".a.csv.half-copied").write_bytes(b"x")
    assert [stored.key for stored in local.list()] == ["a"]
    assert (tmp_path / "bucket" / ".tmp").is_dir()


def test_files_that_vanish_during_a_listing_are_skipped(local: LocalBucket) -> None:
    for key in ("a/1", "b/1", "c/1"):
        local.write(key, b"")
    seen = []
    for stored in local.list():
        seen.append(stored.key)
        local.delete("b/1")
    assert seen == ["a/1", "c/1"]


def test_links_to_files_are_followed_and_links_to_folders_are_not(local: LocalBucket, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_bytes(b"12")
    local.write("train/a.csv", b"1")
    (tmp_path / "bucket" / "train" / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    (tmp_path / "bucket" / "train" / "broken.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "bucket" / "train" / "loop").symlink_to(tmp_path / "bucket")
    assert [(stored.key, stored.size) for stored in local.list()] == [("train/a.csv", 1), ("train/link.csv", 2)]


def test_links_out_of_a_confined_folder_are_no_objects(tmp_path: Path) -> None:
    shown = LocalBucket(tmp_path / "bucket", confined=True).below("project/dashboard")
    shown.write("index.html", b"page")
    LocalBucket(tmp_path / "bucket").write("project/params.json", b"secret")
    folder = tmp_path / "bucket" / "project" / "dashboard"
    (folder / "outside.js").symlink_to(tmp_path / "bucket" / "project" / "params.json")
    (folder / "inside.html").symlink_to("index.html")
    (folder / "folder").symlink_to("..")
    assert [stored.key for stored in shown.list()] == ["index.html", "inside.html"]
    assert shown.read("inside.html") == b"page"
    for key in ("outside.js", "folder/params.json"):
        assert shown.head(key) is None
        with pytest.raises(KeyError):
            shown.read(key)


def test_a_confined_bucket_may_itself_be_reached_through_a_link(tmp_path: Path) -> None:
    LocalBucket(tmp_path / "bucket").write("a", b"1")
    (tmp_path / "link").symlink_to(tmp_path / "bucket")
    assert LocalBucket(tmp_path / "link", confined=True).read("a") == b"1"


def test_a_name_too_long_for_the_system_is_told_so(local: LocalBucket) -> None:
    for key in ("train/" + "한" * 100 + ".csv", "/".join(["folder"] * 1000)):
        with pytest.raises(ValueError, match="bytes, more than this file system takes"):
            local.write(key, b"")
        with pytest.raises(ValueError, match="bytes, more than this file system takes"):
            local.read(key)


def test_an_object_cannot_be_a_folder_as_well(local: LocalBucket) -> None:
    local.write("a", b"1")
    local.write("b/c", b"1")
    for refused in (
        lambda: local.write("a/b", b""),
        lambda: local.create("a/b", b""),
        lambda: local.write("b", b""),
        lambda: local.create("b", b""),
    ):
        with pytest.raises(ValueError, match="cannot hold both"):
            refused()


def test_a_folder_in_a_uri_keeps_its_slash(local: LocalBucket, tmp_path: Path) -> None:
    assert local.uri("train/") == f"{tmp_path}/bucket/train/"
    assert local.uri("train/a.csv") == f"{tmp_path}/bucket/train/a.csv"
    assert local.uri() == f"{tmp_path}/bucket"


def test_leftovers_of_killed_processes_are_removed_after_a_day(local: LocalBucket, tmp_path: Path) -> None:
    folder = tmp_path / "bucket" / ".tmp"
    folder.mkdir(parents=True)
    (folder / "old").write_bytes(b"half")
    (folder / "young").write_bytes(b"half")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(folder / "old", (two_days_ago, two_days_ago))
    local.write("a", b"1")
    assert [path.name for path in folder.iterdir()] == ["young"]


_WRITE_FOR_EVER = """
import itertools, pathlib, sys
from forecast_platform.bucket.local import LocalBucket
bucket = LocalBucket(pathlib.Path(sys.argv[1]))
for number in itertools.count():
    bucket.write("object", bytes([number % 256]) * 1_000_000)
    print(number, flush=True)
"""


def test_kill_9_in_the_middle_of_writing_leaves_one_whole_object(local: LocalBucket, tmp_path: Path) -> None:
    for writes in (1, 2, 3):
        with subprocess.Popen(
            [sys.executable, "-c", _WRITE_FOR_EVER, str(tmp_path / "bucket")], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            for _ in range(writes):
                writer.stdout.readline()
            time.sleep(0.001 * writes)
            writer.send_signal(signal.SIGKILL)
        data = local.read("object")
        assert len(data) == 1_000_000
        assert len(set(data)) == 1
        assert [stored.key for stored in local.list()] == ["object"]
    assert local.create("another", b"1")
