"""When the data says when to train: at once, not too often, once for ever, and the same in any order."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import Retrain
from forecast_platform.errors import InputError
from forecast_platform.pipeline.forecasting import export_forecast, is_exported
from forecast_platform.pipeline.inputs import import_data, read_training_data
from forecast_platform.pipeline.retraining import Decision, predictor_before, stored_decision, training_cutoff
from forecast_platform.pipeline.training import train_predictor
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket
from forecast_platform_tests.pipeline.drifting_project import (
    DAYS,
    cutoffs,
    days_csv,
    drifting_workspace,
    watch,
)
from forecast_platform_tests.small_project import after, quiet, run_steps, small_project, small_workspace

JUMPED = after(294)
"""The first cutoff that sees the jump, for a week."""


def decided(workspace: Workspace) -> dict[str, bytes]:
    return {one.key: workspace.bucket.read(one.key) for one in workspace.bucket.list(layout.RETRAINING)}


def reasons(workspace: Workspace, last: int = DAYS) -> list[str]:
    found = [stored_decision(workspace, cutoff) for cutoff in cutoffs(last)]
    return [one.reason for one in found if one is not None]


def test_drifted_data_retrains_at_once_and_not_again_during_the_cooldown(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path)
    for cutoff in cutoffs():
        watch(workspace, cutoff)
    by_cutoff = {one: stored_decision(workspace, one) for one in cutoffs()}
    assert reasons(workspace)[:3] == ["first", "cooldown", "cooldown"]
    trained = [one for one, decision in by_cutoff.items() if decision and decision.trained_at == one]
    assert trained[0] == after(217)
    assert trained[1] == JUMPED
    at = cutoffs().index(JUMPED)
    assert reasons(workspace)[at - 1 : at + 3] == ["kept", "drift", "cooldown", "cooldown"]
    assert [training_cutoff(workspace, one) for one in cutoffs()[at : at + 3]] == [JUMPED] * 3


def test_a_decision_says_why(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path)
    watched = watch(workspace, JUMPED)
    assert watched.decision == stored_decision(workspace, JUMPED)
    facts = watched.decision.facts if watched.decision else {}
    assert facts["together"][0]["feature"] == "target_value"
    assert facts["together"][0]["distance"] > facts["together"][0]["threshold"]
    assert facts["items"].endswith(" of 12")


def test_data_that_stays_as_it_was_is_trained_on_once(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path)
    workspace.bucket.write("train/days.csv", days_csv(jump=1.0))
    watch(workspace, cutoffs()[-1])
    assert set(reasons(workspace)) == {"first", "cooldown", "kept"}
    assert training_cutoff(workspace, cutoffs()[-1]) == after(217)


def test_a_backfill_in_any_order_decides_the_same(tmp_path: Path) -> None:
    forward, backward = drifting_workspace(tmp_path / "forward"), drifting_workspace(tmp_path / "backward")
    for cutoff in cutoffs(301):
        watch(forward, cutoff)
    for cutoff in reversed(cutoffs(301)):
        watch(backward, cutoff)
    assert len(decided(forward)) == len(cutoffs(301))
    assert decided(backward) == decided(forward)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 needs POSIX")
def test_a_run_killed_at_any_decision_and_started_again_decides_the_same(tmp_path: Path) -> None:
    undisturbed = drifting_workspace(tmp_path / "undisturbed")
    counting = InterruptingBucket(undisturbed.bucket, before_write=0, act=lambda: None)
    watch(replace(undisturbed, bucket=counting), after(301))
    for change in range(3, counting.changes + 1, 4):
        workspace = drifting_workspace(tmp_path / str(change))
        assert _watch_and_be_killed(workspace, after(301), change) == -signal.SIGKILL
        watch(workspace, after(301))
        assert decided(workspace) == decided(undisturbed), f"killed at change {change}"


def _watch_and_be_killed(workspace: Workspace, cutoff: datetime, change: int) -> int:
    killing = InterruptingBucket(workspace.bucket, change, lambda: os.kill(os.getpid(), signal.SIGKILL))
    child = os.fork()
    if not child:
        try:
            watch(replace(workspace, bucket=killing), cutoff)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_was_decided_stays_when_the_past_is_corrected(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path)
    watch(workspace, JUMPED)
    before = decided(workspace)
    workspace.bucket.write("train/days.csv", days_csv(jump=1.0))
    watched = watch(workspace, JUMPED)
    assert decided(workspace) == before
    assert watched.decision is not None
    assert watched.decision.reason == "drift"
    assert not watched.drift.rows["drifted"].any(), "the report is of the data as it is"


def test_two_runs_that_decide_at_once_agree(tmp_path: Path) -> None:
    first = drifting_workspace(tmp_path)
    other = Decision(after(217), after(217), "first", {"by": "another run"})

    def overtake() -> None:
        first.bucket.create(layout.retraining_decision(after(217)), other.to_json())

    read_training_data(first, after(217))
    watched = watch(replace(first, bucket=InterruptingBucket(first.bucket, 4, overtake)), after(217))
    assert watched.decision == other


def test_readers_do_not_decide(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path)
    read_training_data(workspace, JUMPED)
    import_data(workspace, JUMPED)
    for step in (train_predictor, export_forecast):
        with pytest.raises(InputError, match="Materialize data_drift for this partition first"):
            step(workspace, JUMPED, quiet)
    assert not is_exported(workspace, JUMPED)
    assert decided(workspace) == {}


def test_cutoffs_with_too_little_data_to_train_on_are_each_for_themselves(tmp_path: Path) -> None:
    workspace = drifting_workspace(tmp_path)
    workspace.bucket.write("train/days.csv", days_csv(first=220))
    watch(workspace, after(252))
    assert reasons(workspace) == ["early", "early", "first", "cooldown", "cooldown", "kept"]
    assert predictor_before(workspace, after(231)) is None
    assert predictor_before(workspace, after(238)) == after(231)


@pytest.mark.parametrize("retrain", [one for one in Retrain if not one.follows_data])
def test_the_calendar_decides_as_ever_and_writes_nothing(tmp_path: Path, retrain: Retrain) -> None:
    workspace = drifting_workspace(tmp_path, retrain=retrain)
    grid = workspace.project.schedule
    for cutoff in cutoffs(238):
        assert watch(workspace, cutoff).decision is None
        assert training_cutoff(workspace, cutoff) == grid.retrain_cutoff(cutoff, retrain)
    assert decided(workspace) == {}


def test_the_job_forecasts_with_the_predictor_that_was_decided_on(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path, retrain=Retrain.ON_DRIFT)
    for days in (43, 44):
        run_steps(workspace, after(days))
    exported = export_forecast(workspace, after(44), quiet)
    assert exported.trained_at == after(41)
    assert exported.reused


def test_decayed_forecasts_retrain(tmp_path: Path) -> None:
    """The backtest of seasonal naive knew quiet data; then it turns wild."""
    workspace = drifting_workspace(tmp_path, retrain=Retrain.ON_DECAY)
    workspace.bucket.write("train/days.csv", _turning_wild(day=217))
    for cutoff in cutoffs(245):
        run_steps(workspace, cutoff)
    assert reasons(workspace) == ["first", "cooldown", "cooldown", "decay", "cooldown"]
    decision = stored_decision(workspace, after(238))
    assert decision is not None
    assert decision.facts["ratio"] > decision.facts["limit"]


def _turning_wild(day: int) -> bytes:
    lines = []
    for item in ("bread", "milk"):
        for number in range(DAYS):
            value = 20 + 5 * (number % 7) + (number * 37 % 11) / 4 + (30 * (number * 53 % 5) if number >= day else 0)
            lines.append(f"{after(number):%Y-%m-%d},{value:.2f},{item}")
    return ("\n".join(lines) + "\n").encode()


@pytest.mark.parametrize("cooldown", [0, -1])
def test_a_cooldown_of_no_cutoff_is_refused(cooldown: int) -> None:
    with pytest.raises(InputError, match="retrain_cooldown"):
        small_project(retrain_cooldown=cooldown)


def test_a_decision_reads_back() -> None:
    facts: dict[str, Any] = {"items": "1 of 2", "together": [{"distance": 0.5}]}
    decision = Decision(after(50), after(43), "kept", facts)
    assert Decision.from_json(decision.to_json()) == decision
    assert f"{after(50):%Y-%m-%dT%H:%M:%S}".encode() in decision.to_json()
