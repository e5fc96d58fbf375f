"""``kill -9`` of the process that runs, and what the next run makes of what is left."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from forecast_platform_tests.fakes.aws_peer import AwsPeer
from forecast_platform_tests.forecast_service.amazon.account import project_bucket, service
from forecast_platform_tests.forecast_service.amazon.killed_runs import Moment, run_until

CREATES = [
    ("CreateDataset", 2),
    ("CreateDatasetGroup", 2),
    ("CreateDatasetImportJob", 3),
    ("CreatePredictor", 1),
    ("CreatePredictorBacktestExportJob", 1),
    ("CreateForecast", 1),
    ("CreateForecastExportJob", 1),
]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


def finished(tmp_path: Path) -> dict[str, Any]:
    """What a run that is not killed gives."""
    result = tmp_path / "result.json"
    assert run_until(Moment(), environment(), result) == 0
    found: dict[str, Any] = json.loads(result.read_text())
    return found


def assert_all_was_made_once(peer: AwsPeer) -> None:
    created = peer.created()
    assert set(created.values()) == {1}
    assert {operation: [one for one, _ in created].count(operation) for operation, _ in CREATES} == dict(CREATES)
    assert len(service().resources("shop")) == 4


@pytest.mark.slow
@pytest.mark.parametrize(("operation", "number"), CREATES)
def test_a_kill_after_any_create_call_leads_to_no_second_one(
    peer: AwsPeer, tmp_path: Path, operation: str, number: int
) -> None:
    assert run_until(Moment(number, operation), environment(), tmp_path / "none") == -9
    finished(tmp_path)
    assert_all_was_made_once(peer)


@pytest.mark.slow
def test_runs_that_are_killed_one_moment_later_each_get_to_the_end(peer: AwsPeer, tmp_path: Path) -> None:
    """Every call and every change of the bucket is a moment; what one run has left is what the next one finds."""
    undisturbed = finished(tmp_path)
    peer.reset()
    for stored in list((bucket := project_bucket()).list()):
        bucket.delete(stored.key)
    result, kills = tmp_path / "killed.json", 0
    while (code := run_until(Moment(kills + 1), environment(), result)) != 0:
        assert code == -9
        kills += 1
        assert kills < 500
    assert kills > 20
    assert_all_was_made_once(peer)
    found = json.loads(result.read_text())
    assert (found["names"], found["accuracy"], found["rows"]) == tuple(undisturbed[key] for key in found)
