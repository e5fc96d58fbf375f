"""The backtest in the bucket: written once, complete, and of the present predictor only."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from forecast_platform.bucket import layout
from forecast_platform.pipeline.training import train_predictor
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.small_project import HORIZON, ITEMS, after, quiet, small_workspace

CUTOFF = after(60)
TRAINED_AT = after(55)
"""The last cutoff of the weekly grid, which begins on day 41."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    from forecast_platform.pipeline.inputs import read_training_data

    made = small_workspace(tmp_path)
    read_training_data(made, CUTOFF)
    return made


def train(workspace: Workspace) -> tuple[str, ...]:
    return train_predictor(workspace, CUTOFF, quiet).backtest


def objects(workspace: Workspace) -> dict[str, bytes]:
    """Everything below ``backtest/``."""
    return {stored.key: workspace.bucket.read(stored.key) for stored in workspace.bucket.list(layout.BACKTEST)}


def tables(keys: tuple[str, ...]) -> list[str]:
    """The folders that hold the keys."""
    return [key.removeprefix(layout.backtest(TRAINED_AT)).split("/")[0] for key in keys]


def test_a_new_predictor_brings_its_backtest_in_two_folders(workspace: Workspace) -> None:
    keys = train(workspace)
    assert tables(keys) == ["forecasted-values", "accuracy-metrics-values"]
    assert set(objects(workspace)) == {*keys, layout.backtest_pointer(TRAINED_AT)}
    values = list(csv.DictReader(io.StringIO(objects(workspace)[keys[0]].decode())))
    assert len(values) == len(ITEMS) * HORIZON
    assert {row["item_id"] for row in values} == set(ITEMS)
    assert all(float(row["p10"]) <= float(row["p50"]) <= float(row["p90"]) for row in values)


def test_a_predictor_whose_backtest_is_there_is_not_exported_again(workspace: Workspace) -> None:
    keys = train(workspace)
    written = [(stored.key, stored.last_modified) for stored in workspace.bucket.list(layout.BACKTEST)]
    assert train(workspace) == keys
    assert [(stored.key, stored.last_modified) for stored in workspace.bucket.list(layout.BACKTEST)] == written


@pytest.mark.parametrize("lost", ["the pointer", "a table"])
def test_what_a_kill_left_incomplete_is_written_again(workspace: Workspace, lost: str) -> None:
    keys, before = train(workspace), objects(workspace)
    workspace.bucket.delete(keys[0] if lost == "a table" else layout.backtest_pointer(TRAINED_AT))
    train(workspace)
    assert objects(workspace) == before


def test_another_predictor_of_the_same_cutoff_takes_the_place_of_the_first(workspace: Workspace) -> None:
    first = train(workspace)
    other = replace(workspace, project=replace(workspace.project, preset="fast"))
    second = train(other)
    assert not set(first) & set(second)
    assert set(objects(workspace)) == {*second, layout.backtest_pointer(TRAINED_AT)}


def test_what_a_kill_left_of_an_earlier_predictor_is_removed(workspace: Workspace) -> None:
    keys = train(workspace)
    left = f"{layout.backtest(TRAINED_AT)}forecasted-values/small_20250101T0000_0000000000_part0.csv"
    workspace.bucket.write(left, b"item_id\n")
    train(workspace)
    assert set(objects(workspace)) == {*keys, layout.backtest_pointer(TRAINED_AT)}


def test_the_backtest_of_another_cutoff_stays(workspace: Workspace) -> None:
    earlier = layout.backtest(after(47)) + "forecasted-values/f_part0.csv"
    workspace.bucket.write(earlier, b"item_id\n")
    train(workspace)
    assert earlier in objects(workspace)
