"""Pauses between two looks, on a clock that only sleeping moves."""

from __future__ import annotations

import random

import pytest

from forecast_platform.aws.polling import DeadlineError, Polling, wait_for


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def _polling(clock: Clock, deadline: float | None = None) -> Polling:
    return Polling(deadline=deadline, sleep=clock.sleep, clock=lambda: clock.now, jitter=random.Random(1))


def _after(looks: int) -> list[str | None]:
    return [None] * looks + ["done"]


def test_what_is_there_already_is_not_waited_for() -> None:
    clock = Clock()
    assert wait_for(lambda: "done", _polling(clock)) == "done"
    assert clock.pauses == []


def test_pauses_grow_from_ten_seconds_to_two_minutes_and_are_jittered() -> None:
    clock, answers = Clock(), iter(_after(12))
    assert wait_for(lambda: next(answers), _polling(clock)) == "done"
    assert 8 <= clock.pauses[0] <= 12
    assert all(96 <= pause <= 144 for pause in clock.pauses[8:])
    assert len(set(clock.pauses)) == len(clock.pauses)


def test_two_that_wait_do_not_look_in_step() -> None:
    one, other = Clock(), Clock()
    wait_for(iter(_after(3)).__next__, Polling(sleep=one.sleep))
    wait_for(iter(_after(3)).__next__, Polling(sleep=other.sleep))
    assert one.pauses != other.pauses


def test_what_never_comes_is_given_up_at_the_deadline_and_looked_for_once_more_then() -> None:
    clock = Clock()
    looks: list[float] = []
    with pytest.raises(DeadlineError):
        wait_for(lambda: looks.append(clock.now), _polling(clock, deadline=100))
    assert looks[-1] == pytest.approx(100)
