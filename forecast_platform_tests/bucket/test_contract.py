"""What every implementation of the bucket protocol must do."""

from __future__ import annotations

import io
import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat

import pytest

from forecast_platform.bucket import Bucket
from forecast_platform.bucket.local import LocalBucket

WRITERS = 24
COUNTERS = 4
INCREMENTS = 5


def at_once(bucket: Bucket, workers: int) -> Executor:
    """Writers of one bucket: processes that share its files, or threads that share its server."""
    if isinstance(bucket, LocalBucket):
        return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork"))
    return ThreadPoolExecutor(workers)


def test_what_was_written_is_read_back(bucket: Bucket) -> None:
    bucket.write("a/b.bin", b"\x00\xff")
    assert bucket.read("a/b.bin") == b"\x00\xff"
    with bucket.open("a/b.bin") as stream:
        stream.seek(1, io.SEEK_SET)
        assert stream.read() == b"\xff"


def test_an_empty_object_is_an_object(bucket: Bucket) -> None:
    bucket.write("empty", b"")
    assert bucket.read("empty") == b""
    assert [stored.size for stored in bucket.list()] == [0]
    with bucket.open("empty") as stream:
        assert stream.read() == b""


def test_what_is_missing_is_a_key_error_or_none(bucket: Bucket) -> None:
    assert bucket.head("nothing") is None
    assert list(bucket.list()) == []
    assert list(bucket.list("nothing/")) == []
    with pytest.raises(KeyError):
        bucket.read("nothing")
    with pytest.raises(KeyError):
        bucket.open("no/thing")


def test_a_folder_is_no_object(bucket: Bucket) -> None:
    bucket.write("folder/object", b"1")
    assert bucket.head("folder") is None
    with pytest.raises(KeyError):
        bucket.read("folder")
    bucket.delete("folder")
    assert bucket.read("folder/object") == b"1"


def test_deleting_removes_and_deleting_again_is_no_error(bucket: Bucket) -> None:
    bucket.write("a/b", b"1")
    bucket.delete("a/b")
    bucket.delete("a/b")
    assert list(bucket.list()) == []
    bucket.write("a", b"2")
    assert bucket.read("a") == b"2"


def test_a_listing_entry_tells_size_time_and_version(bucket: Bucket) -> None:
    bucket.write("a", b"123")
    (listed,) = bucket.list()
    assert listed == bucket.head("a")
    assert listed in bucket.scan()
    assert (listed.key, listed.size) == ("a", 3)
    assert abs(datetime.now(UTC) - listed.last_modified) < timedelta(minutes=1)


def test_every_rewrite_with_other_bytes_changes_the_version(bucket: Bucket) -> None:
    versions = set()
    for number in range(50):
        bucket.write("a", b"%03d" % number)
        stored = bucket.head("a")
        assert stored is not None
        versions.add(stored.version)
    assert len(versions) == 50


def test_listings_are_sorted_by_key_over_all_folders(bucket: Bucket) -> None:
    keys = ["a/b/c", "a.b", "a/b.c", "z", "a-b", "B/x", "a/b-c/d", "é", "한글/값", "😀"]
    for key in keys:
        bucket.write(key, b"")
    assert [stored.key for stored in bucket.list()] == sorted(keys)


def test_a_prefix_need_not_end_at_a_folder(bucket: Bucket) -> None:
    for key in ("train/a.csv", "train/ab.csv", "train/b.csv", "trainer"):
        bucket.write(key, b"")
    assert [stored.key for stored in bucket.list("train/a")] == ["train/a.csv", "train/ab.csv"]
    assert [stored.key for stored in bucket.list("train/")] == ["train/a.csv", "train/ab.csv", "train/b.csv"]
    assert len(list(bucket.list("train"))) == 4


@pytest.mark.slow
def test_twelve_thousand_objects_are_all_listed_in_order(bucket: Bucket, request: pytest.FixtureRequest) -> None:
    """The old pipeline made one list call and saw the first 1,000 objects only."""
    if "moto" in request.node.name:
        pytest.skip("moto takes minutes for so many; test_s3 puts them into it directly")
    keys = [f"tmp/part-{number:05}.csv" for number in range(12_000)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bucket.write, keys, repeat(b"x")))
    assert [stored.key for stored in bucket.list("tmp/")] == keys
    assert sorted(stored.key for stored in bucket.scan("tmp/")) == keys


def test_below_a_prefix_keys_are_relative_to_it(bucket: Bucket) -> None:
    project = bucket.below("team/project")
    project.write("train/a.csv", b"1")
    assert bucket.read("team/project/train/a.csv") == b"1"
    assert [stored.key for stored in project.list()] == ["train/a.csv"]
    assert project.uri("train/a.csv") == bucket.uri("team/project/train/a.csv")
    assert project.below("").read("train/a.csv") == b"1"


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "../a", "a/../b", "a/./b", "a//b", "a\\b", "a\nb", "a\0b", ".", "..", "a/.hidden", "a\x85b"]
)
def test_keys_that_could_escape_or_hide_are_refused(bucket: Bucket, key: str) -> None:
    for refused in (
        lambda: bucket.write(key, b""),
        lambda: bucket.create(key, b""),
        lambda: bucket.read(key),
        lambda: bucket.head(key),
        lambda: bucket.delete(key),
        lambda: bucket.compare_and_swap(key, b"", None),
    ):
        with pytest.raises(ValueError, match="key"):
            refused()


@pytest.mark.parametrize("prefix", ["../", "/", "a/../", "a//b"])
def test_prefixes_that_could_escape_are_refused(bucket: Bucket, prefix: str) -> None:
    with pytest.raises(ValueError, match="key"):
        list(bucket.list(prefix))
    with pytest.raises(ValueError, match="key"):
        bucket.below(prefix)


@pytest.mark.parametrize(
    "key", ["한글/데이터 2024.csv", "😀.csv", "a b'\"=;$(x)*?.csv", "DROP TABLE train;--.csv", "é/é"]
)
def test_any_other_name_works(bucket: Bucket, key: str) -> None:
    assert bucket.create(key, b"1")
    assert bucket.read(key) == b"1"
    assert [stored.key for stored in bucket.list()] == [key]


def test_create_never_replaces(bucket: Bucket) -> None:
    assert bucket.create("a", b"1")
    assert not bucket.create("a", b"2")
    assert bucket.read("a") == b"1"


def test_compare_and_swap_replaces_the_version_it_was_told_only(bucket: Bucket) -> None:
    assert bucket.compare_and_swap("a", b"1", None)
    assert not bucket.compare_and_swap("a", b"2", None)
    first = bucket.head("a")
    assert first is not None
    assert bucket.compare_and_swap("a", b"2", first.version)
    assert not bucket.compare_and_swap("a", b"3", first.version)
    assert bucket.read("a") == b"2"
    bucket.delete("a")
    assert not bucket.compare_and_swap("a", b"4", first.version)


def _create(bucket: Bucket, number: int) -> bool:
    return bucket.create("race", b"%d" % number * 1000)


def test_of_many_that_create_at_once_exactly_one_wins(bucket: Bucket) -> None:
    with at_once(bucket, WRITERS) as pool:
        won = list(pool.map(partial(_create, bucket), range(WRITERS)))
    assert won.count(True) == 1
    assert bucket.read("race") == b"%d" % won.index(True) * 1000


def _swap(bucket: Bucket, version: str, number: int) -> bool:
    return bucket.compare_and_swap("race", b"%d" % number, version)


def test_of_many_that_replace_the_same_version_at_once_exactly_one_wins(bucket: Bucket) -> None:
    bucket.write("race", b"before")
    before = bucket.head("race")
    assert before is not None
    with at_once(bucket, WRITERS) as pool:
        won = list(pool.map(partial(_swap, bucket, before.version), range(WRITERS)))
    assert won.count(True) == 1
    assert bucket.read("race") == b"%d" % won.index(True)


def _count_up(bucket: Bucket) -> None:
    for _ in range(INCREMENTS):
        while True:
            found = bucket.head("counter")
            assert found is not None
            value = int(bucket.read("counter"))
            if bucket.compare_and_swap("counter", b"%d" % (value + 1), found.version):
                break


def test_a_counter_raised_by_many_loses_no_increment(bucket: Bucket) -> None:
    bucket.write("counter", b"0")
    with at_once(bucket, COUNTERS) as pool:
        list(pool.map(_count_up, [bucket] * COUNTERS))
    assert bucket.read("counter") == b"%d" % (COUNTERS * INCREMENTS)


def _churn(bucket: Bucket, number: int) -> None:
    for _ in range(10):
        bucket.write(f"shared/{number}", b"x")
        bucket.delete(f"shared/{number}")
    bucket.write(f"shared/{number}", b"last")


def test_writers_and_deleters_of_one_folder_do_not_disturb_each_other(bucket: Bucket) -> None:
    with at_once(bucket, 4) as pool:
        working = [pool.submit(_churn, bucket, number) for number in range(4)]
        while not all(one.done() for one in working):
            list(bucket.list())
        for one in working:
            one.result()
    assert [bucket.read(stored.key) for stored in bucket.list("shared/")] == [b"last"] * 4
