"""What is remembered of assets that wait for a job: in the bucket, one object per cutoff, asset and run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from forecast_platform.bucket import Bucket
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import PermanentError
from forecast_platform.pipeline.waiting import MAX_REPEATS, Wait, cutoffs_that_wait, forget, remember, waits_at
from forecast_platform_tests.small_project import after

WAIT = Wait(
    "predictor", after(48), "predictor", "arn:one", "CREATE_PENDING", "run-1", ("forecast", "predictor"), {"tag": "1"}
)


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return LocalBucket(tmp_path)


def test_what_is_remembered_comes_back_as_it_was(bucket: Bucket) -> None:
    remember(bucket, WAIT, [], None)
    assert waits_at(bucket, WAIT.cutoff) == [WAIT]
    assert cutoffs_that_wait(bucket) == [WAIT.cutoff]
    forget(bucket, [WAIT])
    assert waits_at(bucket, WAIT.cutoff) == []
    assert cutoffs_that_wait(bucket) == []


def test_a_new_wait_takes_the_place_of_what_its_run_has_seen_and_of_nothing_else(bucket: Bucket) -> None:
    other = replace(WAIT, run_id="run-2")
    for wait in (WAIT, other):
        remember(bucket, wait, [], None)
    newer = replace(WAIT, run_id="run-3", name="arn:two")
    remember(bucket, newer, [WAIT], None)
    assert waits_at(bucket, WAIT.cutoff) == [other, newer]


def test_cutoffs_are_in_the_order_of_time(bucket: Bucket) -> None:
    for days in (50, 9, 120):
        remember(bucket, replace(WAIT, cutoff=after(days)), [], None)
    assert cutoffs_that_wait(bucket) == [after(9), after(50), after(120)]


def test_a_job_that_is_under_way_after_each_end_is_an_error_in_the_end(bucket: Bucket) -> None:
    wait = WAIT
    remember(bucket, wait, [], None)
    for number in range(MAX_REPEATS):
        before, wait = waits_at(bucket, WAIT.cutoff), replace(WAIT, run_id=f"again-{number}")
        remember(bucket, wait, before, went_on_with=before[0].key)
    with pytest.raises(PermanentError, match="Does somebody delete it"):
        remember(bucket, replace(WAIT, run_id="last"), waits_at(bucket, WAIT.cutoff), went_on_with=wait.key)


def test_what_there_is_no_room_for_may_be_tried_as_often_as_it_takes(bucket: Bucket) -> None:
    wait = replace(WAIT, begun=False)
    remember(bucket, wait, [], None)
    for number in range(3 * MAX_REPEATS):
        before = waits_at(bucket, WAIT.cutoff)
        remember(bucket, replace(wait, run_id=f"again-{number}"), before, went_on_with=before[0].key)
    assert [one.repeats for one in waits_at(bucket, WAIT.cutoff)] == [0]
