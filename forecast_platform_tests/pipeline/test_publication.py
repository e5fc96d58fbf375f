from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_platform.bucket import Bucket
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.pipeline.publication import Edition, is_superseded, newest_publication, publish_newest
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket

KEY = "quicksight/forecast.csv"
MONDAY, TUESDAY = (Edition(day, day) for day in (datetime(2025, 11, 3), datetime(2025, 11, 4)))


def test_the_newest_cutoff_is_what_readers_find(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    assert publish_newest(bucket, KEY, MONDAY, b"monday")
    assert publish_newest(bucket, KEY, TUESDAY, b"tuesday")
    assert bucket.read(KEY) == b"tuesday"


def test_an_older_cutoff_never_overwrites_a_newer_one(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    publish_newest(bucket, KEY, TUESDAY, b"tuesday")
    assert not publish_newest(bucket, KEY, MONDAY, b"monday")
    assert bucket.read(KEY) == b"tuesday"
    assert is_superseded(bucket, KEY, MONDAY)
    assert not is_superseded(bucket, KEY, TUESDAY)


def test_a_cutoff_ahead_of_the_data_does_not_keep_later_data_from_being_published(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    christmas = Edition(datetime(2025, 12, 24), data_end=MONDAY.data_end)
    publish_newest(bucket, KEY, MONDAY, b"monday")
    assert publish_newest(bucket, KEY, christmas, b"far ahead")
    assert publish_newest(bucket, KEY, TUESDAY, b"tuesday")
    assert bucket.read(KEY) == b"tuesday"


def test_publishing_the_same_cutoff_again_replaces_it(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    publish_newest(bucket, KEY, MONDAY, b"first")
    assert publish_newest(bucket, KEY, MONDAY, b"corrected")
    assert bucket.read(KEY) == b"corrected"


def test_publishing_what_is_published_writes_nothing(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    publish_newest(bucket, KEY, MONDAY, b"monday")
    before = [(stored.key, stored.version) for stored in bucket.list()]
    assert publish_newest(bucket, KEY, MONDAY, b"monday")
    assert [(stored.key, stored.version) for stored in bucket.list()] == before


def test_a_kill_after_the_claim_leaves_the_previous_publication_and_the_next_run_finishes(tmp_path: Path) -> None:
    bucket = LocalBucket(tmp_path)
    publish_newest(bucket, KEY, MONDAY, b"monday")
    claim_only = InterruptingBucket(bucket, before_write=2, act=_kill)
    with pytest.raises(_Killed):
        publish_newest(claim_only, KEY, TUESDAY, b"tuesday")
    assert bucket.read(KEY) == b"monday"
    newest = newest_publication(bucket, KEY)
    assert newest is not None
    assert newest.edition == TUESDAY
    assert publish_newest(bucket, KEY, TUESDAY, b"tuesday")
    assert bucket.read(KEY) == b"tuesday"


@settings(max_examples=30, deadline=None)
@given(
    order=st.permutations([1, 2, 3]),
    intrusions=st.lists(st.tuples(st.integers(1, 4), st.sampled_from([1, 2, 3])), max_size=3),
)
def test_however_runs_overlap_the_newest_that_published_wins(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], intrusions: list[tuple[int, int]]
) -> None:
    bucket = LocalBucket(tmp_path_factory.mktemp("bucket"))
    for day in order:
        mine: Bucket = bucket
        for before_write, other in intrusions:
            mine = InterruptingBucket(mine, before_write, _publishing(bucket, other))
        publish_newest(mine, KEY, _of(day), f"day {day}".encode())
    newest = newest_publication(bucket, KEY)
    assert newest is not None
    assert newest.edition.cutoff.day == 3
    assert bucket.read(KEY) == b"day 3"


class _Killed(BaseException):
    pass


def _kill() -> None:
    raise _Killed


def _publishing(bucket: Bucket, day: int) -> Callable[[], None]:
    return lambda: _publish(bucket, day)


def _publish(bucket: Bucket, day: int) -> None:
    publish_newest(bucket, KEY, _of(day), f"day {day}".encode())


def _of(day: int) -> Edition:
    return Edition(datetime(2025, 11, day), datetime(2025, 11, day))
