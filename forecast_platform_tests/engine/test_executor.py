"""Dealing chunks to this process and to others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.executor import CHUNK, LocalExecutor, chunks_of
from forecast_platform_tests.engine.working import (
    KillsItsWorker,
    LeavesATrace,
    Refuses,
    SaysWhatItSees,
    Sums,
    WhoWorks,
    WorksInPlace,
    chunks,
    numbered,
    trained_and_forecast,
)

PROCESSES = 2


@pytest.fixture(scope="module")
def processes() -> Iterator[LocalExecutor]:
    """Two processes that start for any work."""
    with LocalExecutor(PROCESSES, seconds_that_pay=0) as executor:
        yield executor


def test_a_history_is_cut_into_chunks_with_what_is_known_of_their_series() -> None:
    history = numbered(2 * CHUNK + 3)
    cut = chunks_of(history)
    assert [len(chunk.values) for chunk in cut] == [CHUNK, CHUNK, 3]
    last = cut[2]
    assert np.array_equal(last.values, history.values[-3:])
    assert last.seasons == history.seasons
    assert last.covariates is not None
    assert history.covariates is not None
    assert np.array_equal(last.covariates.values, history.covariates.values[:, -3:])
    assert np.array_equal(last.covariates.attributes, history.covariates.attributes[:, -3:])
    assert np.shares_memory(last.values, history.values)


@pytest.mark.parametrize("jobs", [1, PROCESSES])
def test_nothing_to_do_is_done_at_once(jobs: int) -> None:
    with LocalExecutor(jobs, seconds_that_pay=0) as executor:
        assert list(executor.map(Sums(), [])) == []


def test_answers_come_in_the_order_of_the_chunks_whoever_makes_them(processes: LocalExecutor, tmp_path: Path) -> None:
    given = chunks(12)
    assert list(LocalExecutor(1).map(LeavesATrace(tmp_path), given)) == [2 * number for number in range(12)]
    assert list(processes.map(LeavesATrace(tmp_path), given)) == [2 * number for number in range(12)]


def test_work_that_is_soon_done_stays_in_this_process() -> None:
    with LocalExecutor(PROCESSES) as executor:
        assert set(executor.map(WhoWorks(), chunks(5))) == {os.getpid()}


def test_work_that_takes_long_is_shared_by_processes(processes: LocalExecutor) -> None:
    first, *others = processes.map(WhoWorks(), chunks(30))
    assert first == os.getpid()
    assert len(set(others)) == PROCESSES
    assert first not in others


def test_another_process_gets_the_chunk_and_all_of_its_covariates_as_they_are(processes: LocalExecutor) -> None:
    given = chunks(3)
    for chunk, seen in zip(given, processes.map(SaysWhatItSees(), given), strict=True):
        assert np.array_equal(seen.values, chunk.values)
        assert seen.covariates is not None
        assert chunk.covariates is not None
        assert np.array_equal(seen.covariates.values, chunk.covariates.values)
        assert np.array_equal(seen.covariates.attributes, chunk.covariates.attributes)
        assert seen.covariates.categories == chunk.covariates.categories


def test_another_process_may_work_in_place_and_nobody_else_sees_it(processes: LocalExecutor) -> None:
    given = chunks(4)
    before = [chunk.values.copy() for chunk in given]
    answers = list(processes.map(WorksInPlace(), given))
    assert all(np.array_equal(answer, values + 1) for answer, values in zip(answers, before, strict=True))
    assert all(np.array_equal(chunk.values, values) for chunk, values in zip(given[1:], before[1:], strict=True))


def test_two_processes_give_the_same_bits_as_one(processes: LocalExecutor) -> None:
    given = chunks(40)
    alone, shared = LocalExecutor(1).map(Sums(), given), processes.map(Sums(), given)
    assert all(np.array_equal(one, other) for one, other in zip(alone, shared, strict=True))


def test_two_processes_give_the_same_predictor_and_forecast_as_one() -> None:
    alone, accuracy = trained_and_forecast(lambda: LocalExecutor(1))
    shared, same_accuracy = trained_and_forecast(lambda: LocalExecutor(PROCESSES, seconds_that_pay=0))
    pd.testing.assert_frame_equal(shared, alone, check_exact=True)
    assert same_accuracy == accuracy


def test_a_killed_process_does_not_lose_the_job(tmp_path: Path) -> None:
    work = KillsItsWorker(home=os.getpid(), folder=tmp_path, deaths=1, row=8)
    given = chunks(12)
    with LocalExecutor(PROCESSES, seconds_that_pay=0) as executor:
        answers = list(executor.map(work, given))
        assert list(tmp_path.iterdir()) != []
        assert all(np.array_equal(answer, Sums()(chunk)) for answer, chunk in zip(answers, given, strict=True))
        # It goes on in this process, for later work too.
        assert set(executor.map(WhoWorks(), given)) == {os.getpid()}


@pytest.mark.parametrize("executor", [lambda: LocalExecutor(1), lambda: LocalExecutor(PROCESSES, 0)])
def test_what_the_work_raises_is_raised_here(executor: Callable[[], LocalExecutor]) -> None:
    with executor() as running:
        answers: Any = running.map(Refuses(), chunks(6))
        next(answers)
        next(answers)
        with pytest.raises(LookupError, match="this chunk is refused"):
            next(answers)


def test_one_process_works_on_a_chunk_when_its_answer_is_asked_for(tmp_path: Path) -> None:
    answers = LocalExecutor(1).map(LeavesATrace(tmp_path), chunks(20))
    next(answers)
    assert len(list(tmp_path.iterdir())) == 1
    next(answers)
    assert len(list(tmp_path.iterdir())) == 2


def test_processes_work_a_few_chunks_ahead_and_not_on_all_of_them(processes: LocalExecutor, tmp_path: Path) -> None:
    answers = processes.map(LeavesATrace(tmp_path), chunks(60))
    for _ in range(4):
        next(answers)
    # Long enough for far more chunks than these.
    time.sleep(0.5)
    assert 4 <= len(list(tmp_path.iterdir())) <= 4 + 2 * PROCESSES + 1
    assert len(list(answers)) == 56
