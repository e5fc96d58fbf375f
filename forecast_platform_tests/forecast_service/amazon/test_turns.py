"""Who may import into the datasets of a group: the lease in the bucket."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.forecast_service.amazon.turns import Owner, Turns

MONDAY, TUESDAY = Owner("forecast", "monday"), Owner("forecast", "tuesday")


def turns(home: Path, is_done: Callable[[str, Owner], bool | None] = lambda group, owner: False) -> Turns:
    return Turns(LocalBucket(home), is_done)


def test_a_turn_is_one_owners_until_it_is_given_back(tmp_path: Path) -> None:
    lease = turns(tmp_path)
    assert lease.is_free("group")
    assert lease.take("group", MONDAY)
    assert (lease.take("group", TUESDAY), lease.is_free("group"), lease.holder("group")) == (False, False, MONDAY)
    lease.give_back("group", TUESDAY)
    assert lease.holder("group") == MONDAY
    lease.give_back("group", MONDAY)
    assert lease.is_free("group")
    assert lease.take("group", TUESDAY)


def test_an_owner_that_was_killed_and_comes_again_has_its_turn_still(tmp_path: Path) -> None:
    assert turns(tmp_path).take("group", MONDAY)
    assert turns(tmp_path).take("group", MONDAY)


def test_a_turn_is_kept_only_by_who_has_it_still(tmp_path: Path) -> None:
    lease = turns(tmp_path)
    assert not lease.keep("group", MONDAY)
    assert lease.take("group", MONDAY)
    assert (lease.keep("group", MONDAY), lease.keep("group", TUESDAY)) == (True, False)
    lease.give_back("group", MONDAY)
    assert not lease.keep("group", MONDAY)


def test_groups_do_not_wait_for_each_other(tmp_path: Path) -> None:
    lease = turns(tmp_path)
    assert lease.take("one", MONDAY)
    assert lease.take("other", TUESDAY)


def test_the_turn_of_an_owner_that_has_ended_is_taken_over(tmp_path: Path) -> None:
    assert turns(tmp_path).take("group", MONDAY)
    ended = turns(tmp_path, lambda group, owner: owner == MONDAY)
    assert ended.is_free("group")
    assert ended.take("group", TUESDAY)


def test_an_owner_that_makes_nothing_loses_its_turn_after_a_while_only(tmp_path: Path) -> None:
    idle = turns(tmp_path, lambda group, owner: None)
    assert idle.take("group", MONDAY)
    assert not idle.take("group", TUESDAY)
    long_ago = time.time() - 3600
    os.utime(tmp_path / "service/turns/group.json", (long_ago, long_ago))
    assert idle.take("group", TUESDAY)


def test_of_many_that_ask_at_once_one_has_the_turn(tmp_path: Path) -> None:
    owners = [Owner("forecast", str(number)) for number in range(24)]
    with ThreadPoolExecutor(24) as pool:
        took = list(pool.map(lambda owner: turns(tmp_path).take("group", owner), owners))
    assert took.count(True) == 1


def test_what_is_remembered_of_a_group_that_is_gone_can_be_forgotten(tmp_path: Path) -> None:
    lease = turns(tmp_path)
    assert lease.take("group", MONDAY)
    lease.forget("group")
    assert lease.holder("group") is None
