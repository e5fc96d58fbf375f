"""Which objects a look at the bucket reports: every version at least once, with a cursor that stays small."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from forecast_platform.bucket import StoredObject
from forecast_platform.bucket.changes import Changes, detect_changes

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
SETTLE = timedelta(seconds=30)
OVERLAP = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)


def stored(key: str, modified: datetime, version: str = "1") -> StoredObject:
    return StoredObject(key, 1, modified, version)


def look(listing: list[StoredObject], cursor: str | None, now: datetime = NOW) -> Changes:
    return detect_changes(listing, cursor, now, SETTLE, OVERLAP)


def keys(objects: tuple[StoredObject, ...]) -> list[str]:
    return [found.key for found in objects]


def test_the_first_look_reports_everything_that_has_settled() -> None:
    changes = look([stored("a", NOW - MINUTE), stored("b", NOW - timedelta(days=400))], None)
    assert keys(changes.changed) == ["a", "b"]


def test_the_same_listing_again_reports_nothing() -> None:
    listing = [stored("a", NOW - MINUTE), stored("b", NOW - timedelta(days=400))]
    first = look(listing, None)
    for hours in range(5):
        first = look(listing, first.cursor, NOW + timedelta(hours=hours))
        assert first.changed == ()


def test_an_object_still_being_written_is_reported_when_it_has_settled() -> None:
    listing = [stored("a", NOW - timedelta(seconds=5))]
    first = look(listing, None)
    assert (keys(first.changed), keys(first.unsettled)) == ([], ["a"])
    second = look(listing, first.cursor, NOW + MINUTE)
    assert (keys(second.changed), keys(second.unsettled)) == (["a"], [])


def test_an_overwritten_object_is_reported_again() -> None:
    first = look([stored("a", NOW - MINUTE)], None)
    second = look([stored("a", NOW, "2")], first.cursor, NOW + MINUTE)
    assert keys(second.changed) == ["a"]


def test_two_objects_of_the_same_instant_are_both_reported_though_one_shows_late() -> None:
    """Dagster's `get_s3_keys(since_last_modified=…)` skips equal timestamps (dagster issue 22892)."""
    first = look([stored("a", NOW - MINUTE)], None)
    second = look([stored("a", NOW - MINUTE), stored("b", NOW - MINUTE)], first.cursor)
    assert keys(second.changed) == ["b"]


def test_deleting_the_newest_object_loses_no_later_one() -> None:
    """Dagster's `get_s3_keys(since_key=…)` loses its place when its key is deleted (dagster pull request 5022)."""
    first = look([stored("a", NOW - MINUTE), stored("z", NOW - MINUTE)], None)
    second = look([stored("a", NOW - MINUTE), stored("b", NOW)], first.cursor, NOW + MINUTE)
    assert keys(second.changed) == ["b"]


def test_a_file_moved_in_with_an_old_date_is_reported() -> None:
    old = stored("old", NOW - timedelta(days=30))
    first = look([old], None)
    second = look([old, stored("moved", NOW - timedelta(days=90))], first.cursor, NOW + MINUTE)
    assert "moved" in keys(second.changed)
    third = look([old, stored("moved", NOW - timedelta(days=90))], second.cursor, NOW + 2 * MINUTE)
    assert third.changed == ()


def test_an_object_dated_in_the_future_is_reported_once_it_has_been_seen_unchanged() -> None:
    listing = [stored("future", NOW + timedelta(days=3650)), stored("a", NOW - MINUTE)]
    first = look(listing, None)
    assert keys(first.unsettled) == ["future"]
    second = look(listing, first.cursor, NOW + MINUTE)
    assert keys(second.changed) == ["future"]
    listing.append(stored("b", NOW + MINUTE))
    third = look(listing, second.cursor, NOW + 3 * MINUTE)
    assert keys(third.changed) == ["b"]


def test_a_clock_that_is_set_back_loses_nothing() -> None:
    first = look([stored("a", NOW - MINUTE)], None)
    yesterday = NOW - timedelta(days=1)
    late = [stored("a", NOW - MINUTE), stored("b", yesterday)]
    second = look(late, first.cursor, yesterday + MINUTE)
    assert "b" in keys(second.changed)


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "[]", "{}", '{"format": 99}', "null", '"train/a.csv"', '{"format": 1, "watermark": "x"}']
)
def test_a_cursor_that_cannot_be_read_starts_over(cursor: str) -> None:
    assert keys(look([stored("a", NOW - MINUTE)], cursor).changed) == ["a"]


def test_other_settings_between_two_looks_lose_and_repeat_nothing() -> None:
    listing = [stored("a", NOW - MINUTE), stored("b", NOW - timedelta(hours=5))]
    cursor = look(listing, None).cursor
    for overlap in (timedelta(days=1), timedelta(0), timedelta(hours=1)):
        changes = detect_changes(listing, cursor, NOW + MINUTE, SETTLE, overlap)
        assert changes.changed == ()
        cursor = changes.cursor


def test_ten_thousand_old_objects_take_no_room_in_the_cursor() -> None:
    old = [stored(f"train/{number}.csv", NOW - timedelta(days=2)) for number in range(10_000)]
    assert len(look([*old, stored("new", NOW - MINUTE)], None).cursor) < 400


class Uploads(RuleBasedStateMachine):
    """People upload, replace, move in and delete files while a sensor looks at the folder and sometimes crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.objects: dict[str, StoredObject] = {}
        self.since: dict[tuple[str, str], datetime] = {}
        self.reported: set[tuple[str, str]] = set()
        self.cursor: str | None = None
        self.writes = 0

    @initialize(seconds=st.integers(0, 100))
    def start(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(seconds=st.sampled_from([0, 1, 10, 29, 30, 31, 600, 700, 100_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(
        key=st.sampled_from("abcdef"),
        age=st.sampled_from([0, 0, 0, 1, 29, 30, 31, 600, 629, 630, 631, 1_000_000, -5, -40, -700, -1_000_000]),
    )
    def write(self, key: str, age: int) -> None:
        self.writes += 1
        version = str(self.writes)
        self.objects[key] = stored(key, self.now - timedelta(seconds=age), version)
        self.since[key, version] = self.now

    @rule(key=st.sampled_from("abcdef"))
    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    @rule(crash=st.sampled_from([None, None, "before acting", "before saving the cursor"]))
    def look(self, crash: str | None) -> None:
        changes = detect_changes(sorted(self.objects.values()), self.cursor, self.now, SETTLE, OVERLAP)
        assert not set(changes.changed) & set(changes.unsettled)
        if crash == "before acting":
            return
        self.reported |= {(found.key, found.version) for found in changes.changed}
        if crash is None:
            self.cursor = changes.cursor
            self._check_size(changes)

    def _check_size(self, changes: Changes) -> None:
        held = json.loads(changes.cursor)
        inside = [found for found in self.objects.values() if found.last_modified > self.now - SETTLE - OVERLAP]
        assert len(held["recent"]) + len(held["unsettled"]) <= len(inside)

    @rule()
    def two_quiet_looks_report_everything_that_is_there(self) -> None:
        for _ in range(2):
            self.now += SETTLE
            self.look(None)
        assert {(found.key, found.version) for found in self.objects.values()} <= self.reported

    @rule()
    def once_reported_nothing_is_repeated_by_a_quiet_bucket(self) -> None:
        self.two_quiet_looks_report_everything_that_is_there()
        changes = detect_changes(sorted(self.objects.values()), self.cursor, self.now + MINUTE, SETTLE, OVERLAP)
        assert changes.changed == ()

    @invariant()
    def reports_are_of_versions_that_existed(self) -> None:
        assert self.reported <= set(self.since)


Uploads.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestUploads = Uploads.TestCase


def test_a_version_that_returns_with_a_newer_date_is_reported() -> None:
    old = stored("a", NOW - timedelta(days=1))
    first = look([old], None)
    again = look([replace(old, last_modified=NOW)], first.cursor, NOW + MINUTE)
    assert keys(again.changed) == ["a"]
