"""The experiments of ``benchmarks/choices.py``: that they run, on a panel too small to conclude anything from."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from benchmarks import choices
from benchmarks.accuracy.panels import Panel
from forecast_platform.engine import combination
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.frequency import Frequency
from forecast_platform_tests.engine.series import series, weekly_cycle

HORIZON, ITEMS = 3, 3


@pytest.fixture(scope="module")
def experiment() -> choices.Experiment:
    pytest.importorskip("statsforecast", reason="the dearer candidates are models of statsforecast")
    pytest.importorskip("lightgbm", reason="one of the dearer candidates is made of LightGBM's trees")
    target = pd.concat([series(weekly_cycle(60, seed), f"item{seed}") for seed in range(ITEMS)])
    return choices._experiment(Panel("tiny", TrainingFrames(target), Frequency.parse("D"), HORIZON))


def test_every_algorithm_that_is_compared_is_backtested(experiment: choices.Experiment) -> None:
    found = {experiment.families[name] for name in experiment.backtest.names}
    assert found == {*choices.FAST, *choices.DEARER}
    assert experiment.backtest.actuals.shape == (choices.WINDOWS, ITEMS, HORIZON)


def test_the_newest_window_is_scored(experiment: choices.Experiment) -> None:
    loss, coverage = experiment.score(experiment.usual)
    assert 0 < loss < 0.2
    assert 0 <= coverage <= 1


def test_the_score_of_one_candidate_alone_is_another(experiment: choices.Experiment) -> None:
    assert experiment.score(["SeasonalNaive_1"]) != experiment.score(experiment.usual)


def test_what_is_scored_is_not_seen(experiment: choices.Experiment) -> None:
    values = experiment.history.values.copy()
    values[:, -HORIZON:] = np.nan
    unseen = replace(experiment, history=replace(experiment.history, values=values))
    assert unseen.score(experiment.usual) == experiment.score(experiment.usual)


def test_candidates_are_left_out_and_added_by_the_name_of_their_algorithm(experiment: choices.Experiment) -> None:
    assert "Theta" in experiment.usual
    assert "Theta" not in experiment.without("Theta")
    assert not any(name.startswith("SeasonalNaive") for name in experiment.without("SeasonalNaive"))
    assert set(experiment.with_also("CES")) - set(experiment.usual) == {"CES"}


def test_what_is_changed_is_restored_after_an_error_too() -> None:
    as_it_is = combination.SHARPNESS
    with choices.changed(combination, SHARPNESS=as_it_is + 1):
        assert as_it_is + 1 == combination.SHARPNESS
    assert as_it_is == combination.SHARPNESS
    with pytest.raises(ZeroDivisionError), choices.changed(combination, SHARPNESS=as_it_is + 1):
        raise ZeroDivisionError
    assert as_it_is == combination.SHARPNESS


def test_a_name_that_is_not_there_changes_nothing() -> None:
    module = ModuleType("module")
    with pytest.raises(AttributeError), choices.changed(module, misspelt=1):
        pass
    assert not hasattr(module, "misspelt")
