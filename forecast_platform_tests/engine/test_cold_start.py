"""Items without history."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.algorithms.contract import LEVELS, Covariates, Integers
from forecast_platform.engine.backtesting import Distributions
from forecast_platform.engine.cold_start import like_similar_items
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import forecast
from forecast_platform.engine.training import train
from forecast_platform_tests.engine.series import quiet, series, task, weekly_cycle

MEDIAN = int(np.flatnonzero(LEVELS == 0.5)[0])


def attributes(*codes: list[int]) -> Covariates:
    """One attribute per argument: the code of each series."""
    table: Integers = np.array(codes, dtype=np.int64)
    return Covariates((), np.empty((0, table.shape[1], 0)), (), tuple("abc"[: len(codes)]), table)


def around(*levels: float) -> Distributions:
    """One step per series, spread by one to either side of its level."""
    return (np.array(levels)[:, None, None] + (2 * LEVELS - 1)).astype(np.float32)


def test_a_new_item_is_like_those_that_share_most_of_its_attributes() -> None:
    known = attributes([0, 0, 1, 1], [5, 6, 5, 6])
    made = like_similar_items(around(10, 20, 30, 40), known, attributes([1], [6]), 1)
    assert made[0, 0, MEDIAN] == pytest.approx(40, abs=0.2)
    made = like_similar_items(around(10, 20, 30, 40), known, attributes([1], [-1]), 1)
    assert made[0, 0, 0] == pytest.approx(29, abs=0.2)
    assert made[0, 0, -1] == pytest.approx(41, abs=0.2)


def test_of_items_about_which_nothing_is_known_the_new_one_is_like_any() -> None:
    made = like_similar_items(around(10, 20, 30), None, None, 2)
    assert made.shape == (2, 1, len(LEVELS))
    assert made[1, 0, MEDIAN] == pytest.approx(20, abs=0.2)
    unlike_any = like_similar_items(around(10, 20, 30), attributes([0, 0, 1]), attributes([-1]), 1)
    np.testing.assert_allclose(unlike_any[0], made[0])


def test_the_distribution_is_as_wide_as_the_similar_items_differ() -> None:
    made = like_similar_items(around(10, 90), None, None, 1)[0, 0]
    assert made[0] < 11
    assert made[-1] > 89
    assert (np.diff(made) >= 0).all()


def catalogue(**categories: str) -> pd.DataFrame:
    return pd.DataFrame({"item_id": list(categories), "category": list(categories.values())})


def test_an_item_of_the_metadata_without_sales_is_forecast_like_its_category() -> None:
    target = pd.concat([series(weekly_cycle(60, seed, level), f"{name}{seed}")
                        for name, level in (("cheap", 20.0), ("dear", 200.0)) for seed in range(3)])  # fmt: skip
    known = {f"{name}{seed}": name for name in ("cheap", "dear") for seed in range(3)}
    frames = TrainingFrames(target, item_metadata=catalogue(**known, new="dear"))
    asked = task(algorithm="SeasonalNaive")
    made = forecast(train(frames, asked, quiet), frames, ("p10", "p50", "p90"), quiet)
    assert made["item_id"].drop_duplicates().tolist() == sorted([*known, "new"])
    new = made[made["item_id"] == "new"]
    assert len(new) == 7
    assert new["p50"].between(185, 215).all()
    assert (new["p10"] < new["p50"]).all()
    assert (new["p50"] < new["p90"]).all()


def test_a_new_item_at_the_time_of_the_forecast_needs_no_new_predictor() -> None:
    frames = TrainingFrames(series(weekly_cycle(60)), item_metadata=catalogue(bread="food"))
    predictor = train(frames, task(algorithm="SeasonalNaive"), quiet)
    later = TrainingFrames(frames.target, item_metadata=catalogue(bread="food", cake="food"))
    made = forecast(predictor, later, ("p50",), quiet).set_index("item_id")["p50"]
    np.testing.assert_allclose(made["cake"], made["bread"], rtol=1e-5)
