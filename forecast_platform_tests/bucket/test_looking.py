"""When a sensor lists, and that a listing of any length ends in time and misses nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from forecast_platform.bucket import StoredObject, looking
from forecast_platform.bucket.changes import OVERLAP, detect_changes
from forecast_platform.bucket.events import News
from forecast_platform.bucket.looking import Look, Watched, look
from forecast_platform.errors import PermanentError

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
SETTLE = timedelta(seconds=3)
TICK = timedelta(seconds=10)


class Folder:
    """Objects by key, and how often they were listed."""

    def __init__(self) -> None:
        self.objects: dict[str, StoredObject] = {}
        self.listed = 0

    def write(self, key: str, when: datetime, version: str = "1") -> None:
        self.objects[key] = StoredObject(key, 1, when, version)

    def watched(self) -> Watched:
        return Watched((f"s3://forecasts/{id(self)}/",), self._scan)

    def _scan(self) -> Iterator[StoredObject]:
        self.listed += 1
        for key in sorted(self.objects):
            yield self.objects[key]


class Bell:
    """Events that somebody rings, or that cannot be read."""

    def __init__(self) -> None:
        self.rings = 0
        self.refusal = ""

    def news(self, since: str, folders: Sequence[str]) -> News:
        if self.refusal:
            raise PermanentError(self.refusal)
        return News(str(self.rings), concerned=since != str(self.rings))


@pytest.fixture
def folder() -> Iterator[Folder]:
    yield Folder()
    looking._UNDER_WAY.clear()


def changed(looked: Look) -> list[str]:
    assert looked.changes is not None
    return [one.key for one in looked.changes.changed]


def cursor(looked: Look) -> str:
    assert looked.changes is not None
    return looked.changes.cursor


def test_without_events_every_look_lists(folder: Folder) -> None:
    folder.write("a", NOW - TICK)
    first = look(folder.watched(), None, None, NOW, SETTLE)
    assert changed(first) == ["a"]
    assert changed(look(folder.watched(), None, cursor(first), NOW + TICK, SETTLE)) == []
    assert folder.listed == 2


def test_with_events_a_folder_is_listed_when_one_rings(folder: Folder) -> None:
    bell = Bell()
    first = look(folder.watched(), bell, None, NOW, SETTLE)
    quiet = look(folder.watched(), bell, cursor(first), NOW + TICK, SETTLE)
    assert (quiet.changes, quiet.note, folder.listed) == (None, "Nothing has happened in the bucket.", 1)
    folder.write("a", NOW)
    bell.rings += 1
    assert changed(look(folder.watched(), bell, cursor(first), NOW + TICK, SETTLE)) == ["a"]


def test_an_event_that_was_lost_costs_ten_minutes_and_nothing_else(folder: Folder) -> None:
    bell = Bell()
    first = look(folder.watched(), bell, None, NOW, SETTLE)
    folder.write("a", NOW)
    assert look(folder.watched(), bell, cursor(first), NOW + timedelta(minutes=9), SETTLE).changes is None
    assert changed(look(folder.watched(), bell, cursor(first), NOW + timedelta(minutes=10), SETTLE)) == ["a"]


def test_what_is_still_being_written_is_looked_at_again_without_another_event(folder: Folder) -> None:
    bell = Bell()
    first = look(folder.watched(), bell, None, NOW, SETTLE)
    folder.write("a", NOW + TICK)
    bell.rings += 1
    second = look(folder.watched(), bell, cursor(first), NOW + TICK, SETTLE)
    assert changed(second) == []
    third = look(folder.watched(), bell, cursor(second), NOW + 2 * TICK, SETTLE)
    assert changed(third) == ["a"]
    assert look(folder.watched(), bell, cursor(third), NOW + 3 * TICK, SETTLE).changes is None


def test_events_that_cannot_be_read_are_told_once_and_the_folder_is_listed(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    bell = Bell()
    bell.refusal = "AWS refused to read the queue: AccessDenied."
    looking._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING):
        first = look(folder.watched(), bell, None, NOW, SETTLE)
        second = look(folder.watched(), bell, cursor(first), NOW + TICK, SETTLE)
    assert second.changes is not None
    assert "events cannot be read: AWS refused to read the queue" in second.note
    assert caplog.text.count("AccessDenied") == 1
    bell.refusal = ""
    third = look(folder.watched(), bell, cursor(second), NOW + 2 * TICK, SETTLE)
    assert third.changes is not None
    assert look(folder.watched(), bell, cursor(third), NOW + 3 * TICK, SETTLE).changes is None


def test_a_listing_that_takes_too_long_goes_on_at_the_next_look(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "BUDGET_SECONDS", 0.0)
    for key in "abc":
        folder.write(key, NOW - TICK)
    notes = [look(folder.watched(), None, None, NOW + number * TICK, SETTLE).note for number in range(3)]
    assert notes[1] == "The bucket is being listed: 2 objects so far; it goes on at the next tick."
    assert changed(look(folder.watched(), None, None, NOW + 3 * TICK, SETTLE)) == ["a", "b", "c"]
    assert folder.listed == 1


def test_what_is_written_behind_a_listing_that_takes_long_is_reported_by_the_next(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "BUDGET_SECONDS", 0.0)
    folder.write("b", NOW - TICK)
    look(folder.watched(), None, None, NOW, SETTLE)
    folder.write("a", NOW)
    folder.write("b", NOW, version="2")
    first = look(folder.watched(), None, None, NOW + 60 * TICK, SETTLE)
    monkeypatch.undo()
    second = look(folder.watched(), None, cursor(first), NOW + 61 * TICK, SETTLE)
    assert (changed(first), changed(second)) == (["b"], ["a", "b"])


def test_after_a_restart_a_listing_starts_over(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "BUDGET_SECONDS", 0.0)
    folder.write("a", NOW - TICK)
    look(folder.watched(), None, None, NOW, SETTLE)
    looking._UNDER_WAY.clear()
    monkeypatch.undo()
    assert changed(look(folder.watched(), None, None, NOW, SETTLE)) == ["a"]
    assert folder.listed == 2


def test_a_listing_that_fails_starts_over(folder: Folder) -> None:
    folder.write("a", NOW - TICK)

    def failing() -> Iterator[StoredObject]:
        yield folder.objects["a"]
        raise PermanentError("denied")

    with pytest.raises(PermanentError):
        look(Watched(folder.watched().folders, failing), None, None, NOW, SETTLE)
    assert changed(look(folder.watched(), None, None, NOW, SETTLE)) == ["a"]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "7", "null", '{"changes": 7}', '{"listed": "x"}'])
def test_a_cursor_that_cannot_be_read_starts_over(folder: Folder, text: str) -> None:
    folder.write("a", NOW - TICK)
    assert changed(look(folder.watched(), Bell(), text, NOW, SETTLE)) == ["a"]


def test_a_cursor_from_before_there_were_events_is_gone_on_with(folder: Folder) -> None:
    folder.write("a", NOW - TICK)
    old = detect_changes(folder.objects.values(), None, NOW, SETTLE, OVERLAP).cursor
    assert json.loads(old)["format"] == 1
    assert changed(look(folder.watched(), None, old, NOW + TICK, SETTLE)) == []
