"""Which candidates are tried on which data."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.candidates import INTERMITTENT, PRESETS, make_plan
from forecast_platform.engine.featurization import build_panel
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.task import ForecastTask
from forecast_platform.errors import InputError
from forecast_platform_tests.engine.fakes import Says
from forecast_platform_tests.engine.series import series, task, weekly_cycle


def planned(data: pd.DataFrame, asked: ForecastTask, *pretrained: Says) -> list[str]:
    """The names of the candidates."""
    plan = make_plan(asked, build_panel(TrainingFrames(data), asked), pretrained)
    return [candidate.name for candidate in (*plan.local, *plan.trained, *plan.pretrained)]


def sparse(item: str) -> pd.DataFrame:
    return series(np.where(np.arange(60) % 3 == 0, 5.0, 0.0), item)


def test_a_larger_preset_tries_more_than_a_smaller_one_on_no_fewer_windows_and_series() -> None:
    for smaller, larger in pairwise([PRESETS["fast"], PRESETS["balanced"], PRESETS["best"]]):
        assert set(smaller.algorithms) < set(larger.algorithms)
        assert smaller.windows <= larger.windows
        assert smaller.windows_of_the_rest <= larger.windows_of_the_rest
        assert smaller.sample <= larger.sample


def test_the_preset_of_the_task_decides() -> None:
    data = series(weekly_cycle(60))
    fast, balanced = planned(data, task(preset="fast")), planned(data, task())
    assert set(fast) < set(balanced)
    assert {"SeasonalNaive_7", "NPTS", "Theta"} < set(fast)
    assert "GBM" not in fast
    assert "GBM" in balanced


def test_models_of_intermittent_demand_are_tried_where_some_series_are_sparse() -> None:
    busy = [series(weekly_cycle(60, seed), f"busy{seed}") for seed in range(10)]
    assert not set(INTERMITTENT) & set(planned(pd.concat(busy), task(preset="fast")))
    assert set(INTERMITTENT) < set(planned(pd.concat([*busy, sparse("spare parts")]), task(preset="fast")))


def test_candidates_that_need_a_season_are_left_out_where_there_is_none() -> None:
    yearly = series(np.arange(30.0), start="1990-01-01", frequency="Y")
    names = planned(yearly, task("Y", 3))
    assert "MSTL" not in names
    assert "SeasonalNaive_1" in names


def test_hourly_data_is_also_looked_at_by_the_hour_of_the_week() -> None:
    hourly = series(weekly_cycle(24 * 20), frequency="H")
    assert "NPTS_week" in planned(hourly, task("H", 24, preset="fast"))
    assert "NPTS_week" not in planned(series(weekly_cycle(60)), task(preset="fast"))


def test_one_algorithm_stands_alone_whatever_the_preset() -> None:
    assert planned(series(weekly_cycle(60)), task(algorithm="ETS", preset="best")) == ["ETS"]


def test_the_callers_own_algorithms_are_candidates_and_can_be_the_only_one() -> None:
    data, own = series(weekly_cycle(60)), Says("Own", 1.0)
    assert "Own" in planned(data, task(preset="fast"), own)
    assert planned(data, task(algorithm="Own"), own) == ["Own"]


def test_an_algorithm_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(InputError, match=r"no algorithm Magic[\s\S]*ETS[\s\S]*PerformAutoML"):
        planned(series(weekly_cycle(60)), task(algorithm="Magic"))


def test_an_algorithm_that_needs_a_season_is_refused_where_there_is_none() -> None:
    with pytest.raises(InputError, match=r"MSTL needs a season[\s\S]*frequency 1?Y"):
        planned(series(np.arange(30.0), start="1990-01-01", frequency="Y"), task("Y", 3, algorithm="MSTL"))
