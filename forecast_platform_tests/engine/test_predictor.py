"""Forecasting with a trained predictor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import Predictor, forecast
from forecast_platform.engine.training import train
from forecast_platform.errors import PermanentError
from forecast_platform_tests.engine.fakes import Raises, Says
from forecast_platform_tests.engine.series import quiet, series, task, weekly_cycle

FAST: dict[str, Any] = {"preset": "fast"}
NAIVE: dict[str, Any] = {"algorithm": "SeasonalNaive", "preset": "fast"}
TYPES = ("p10", "p50", "p90", "mean")


def trained(data: pd.DataFrame, *pretrained: Says | Raises, **changes: Any) -> Predictor:
    return train(TrainingFrames(data), task(**changes), quiet, pretrained=pretrained)


def made(data: pd.DataFrame, labels: tuple[str, ...] = TYPES, **changes: Any) -> pd.DataFrame:
    """The forecast of a predictor that was trained on the same data."""
    return forecast(trained(data, **changes), TrainingFrames(data), labels, quiet)


def test_the_forecast_begins_after_the_newest_observation_of_any_item_for_all_items() -> None:
    data = pd.concat([series(weekly_cycle(60)), series(weekly_cycle(50, seed=1), "milk")])
    table = made(data, **NAIVE)
    assert list(table.columns) == ["item_id", "timestamp", *TYPES]
    assert table.groupby("item_id")["timestamp"].min().unique().tolist() == [pd.Timestamp("2024-03-01")]
    assert len(table) == 14


def test_only_the_types_that_were_asked_for_are_forecast_in_their_order() -> None:
    table = made(series(weekly_cycle(60)), ("p90", "mean", "p5", "p90"), **NAIVE)
    assert list(table.columns) == ["item_id", "timestamp", "p90", "mean", "p5"]


def test_weekly_forecasts_fall_on_the_weekday_of_the_data() -> None:
    data = series(np.arange(60.0), start="2023-01-06", frequency="W")
    table = forecast(train(TrainingFrames(data), task("W", 4, **NAIVE), quiet), TrainingFrames(data), TYPES, quiet)
    assert set(table["timestamp"].dt.day_name()) == {"Friday"}


def test_forecasting_twice_gives_the_same_numbers_bit_for_bit() -> None:
    data = pd.concat([series(weekly_cycle(70, seed), f"item{seed}") for seed in range(3)])
    pd.testing.assert_frame_equal(made(data, **FAST), made(data, **FAST), check_exact=True)


@settings(deadline=None, max_examples=8)
@given(
    st.integers(0, 1000),
    st.sampled_from([0.3, 1.0, 1e4]),
    st.lists(st.integers(1, 99), min_size=2, max_size=5, unique=True),
)
def test_quantiles_do_not_cross_and_stay_at_or_above_zero(seed: int, level: float, percents: list[int]) -> None:
    random = np.random.default_rng(seed)
    data = pd.concat(
        [
            series(random.poisson(level, 45).astype(float), "counts"),
            series(random.lognormal(0, 1, 45) * level, "amounts"),
            series(np.where(random.random(45) < 0.2, level, 0), "sparse"),
        ]
    )
    labels = tuple(f"p{percent}" for percent in sorted(percents))
    values = made(data, labels, **FAST)[list(labels)].to_numpy()
    assert (values >= 0).all()
    assert (np.diff(values, axis=1) >= -1e-9 * level).all()


def test_a_series_that_was_negative_may_be_forecast_negative() -> None:
    assert (made(series(weekly_cycle(60) - 40), ("p50",), **FAST)["p50"] < 0).all()


def test_the_mean_lies_within_the_distribution_and_near_the_median_of_symmetric_errors() -> None:
    table = made(series(weekly_cycle(90)), ("p1", "p50", "p99", "mean"), **FAST)
    assert (table["mean"] > table["p1"]).all()
    assert (table["mean"] < table["p99"]).all()
    np.testing.assert_allclose(table["mean"], table["p50"], rtol=0.05)


def test_short_constant_and_zero_series_get_forecasts_beside_a_long_one() -> None:
    data = pd.concat(
        [
            series(weekly_cycle(120), "long"),
            series([5.0], "one", "2024-04-29"),
            series([3.0, 4.0], "two", "2024-04-28"),
            series([0.0] * 120, "zero"),
            series([8.0] * 120, "constant"),
        ]
    )
    table = made(data, **FAST).set_index("item_id")
    assert table[list(TYPES)].notna().all().all()
    assert table.loc["zero", ["p10", "p50"]].abs().max().max() < 0.01
    assert table.loc["zero", "p90"].max() < 1
    assert table.loc["constant", "p50"].to_numpy() == pytest.approx(8.0, abs=0.5)
    assert table.loc["one", "p50"].to_numpy() == pytest.approx(5.0, rel=0.3)
    assert (table.loc["one", "p10"] < table.loc["one", "p90"]).all()


def test_a_series_that_no_candidate_can_forecast_keeps_its_last_value() -> None:
    data = pd.concat([series(weekly_cycle(60)), series([7.0, 9.0], "new", "2024-02-28")])
    table = made(data, algorithm="Theta", **FAST).set_index("item_id")
    assert table.loc["new", "p50"].to_numpy() == pytest.approx(9.0, rel=0.2)
    assert (table.loc["new", "p10"] < table.loc["new", "p90"]).all()


def test_an_item_that_did_not_exist_at_training_is_forecast_as_the_panel_is_at_its_own_level() -> None:
    predictor = trained(series(weekly_cycle(100)), **NAIVE)
    later = pd.concat([series(weekly_cycle(110)), series(weekly_cycle(30, level=200.0), "late", "2024-03-21")])
    table = forecast(predictor, TrainingFrames(later), TYPES, quiet).set_index("item_id")
    assert table["timestamp"].min() == pd.Timestamp("2024-04-20")
    assert (table.loc["late", "p50"] > 150).all()
    width = table["p90"] - table["p10"]
    assert (width.groupby(level=0).mean() > 0).all()


def test_a_series_keeps_what_was_learnt_of_it_when_others_come_and_go() -> None:
    noisy, calm = series(weekly_cycle(80, level=60.0), "noisy"), series(50 + weekly_cycle(80, 1) / 100, "calm")
    noisy["target"] += np.random.default_rng(3).normal(0, 10, 80)
    predictor = trained(pd.concat([noisy, calm]), **NAIVE)
    both = forecast(predictor, TrainingFrames(pd.concat([noisy, calm])), ("p90",), quiet).set_index("item_id")
    newer = series(weekly_cycle(80, 2), "brand new")
    table = forecast(predictor, TrainingFrames(pd.concat([newer, noisy])), ("p90",), quiet).set_index("item_id")
    np.testing.assert_allclose(table.loc["noisy", "p90"], both.loc["noisy", "p90"], rtol=1e-9)


def test_dimensions_tell_series_apart() -> None:
    north, south = (series(weekly_cycle(60, 0, level)).assign(shop=shop) for shop, level in (("n", 20.0), ("s", 90.0)))
    table = made(pd.concat([north, south]), dimensions=("shop",), **NAIVE)
    assert list(table.columns[:3]) == ["item_id", "shop", "timestamp"]
    medians = table.groupby("shop")["p50"].mean()
    assert medians["s"] - medians["n"] == pytest.approx(70, abs=3)


def test_the_quantiles_of_a_model_of_distributions_are_taken_as_they_are_when_it_stands_alone() -> None:
    from forecast_platform.engine.algorithms.contract import LEVELS
    from forecast_platform.engine.algorithms.npts import Npts
    from forecast_platform.engine.featurization import build_panel

    frames = TrainingFrames(series(weekly_cycle(100)))
    asked = task(algorithm="NPTS")
    predictor = train(frames, asked, quiet)
    assert predictor.panel.modelled
    answer = Npts().forecast(build_panel(frames, asked).history(7), 7)
    assert answer.quantiles is not None
    table = forecast(predictor, frames, ("p10", "p90"), quiet)
    for label, level in (("p10", 0.1), ("p90", 0.9)):
        expected = answer.quantiles[0, :, int(np.abs(LEVELS - level).argmin())]
        np.testing.assert_allclose(table[label], expected, rtol=1e-6)


def test_modelled_quantiles_are_cut_at_zero_as_well() -> None:
    data = series(weekly_cycle(60, level=6.0))
    says = Says("Wide", 3.0, spread=20.0)
    predictor = trained(data, says, algorithm="Wide")
    table = forecast(predictor, TrainingFrames(data), ("p10", "p50", "p90"), quiet, pretrained=[says])
    assert (table["p10"] == 0).all()
    np.testing.assert_allclose(table["p90"], 3 + 20 * 0.4, rtol=1e-6)


def test_a_candidate_that_counts_and_is_not_there_any_more_is_named() -> None:
    data = series(weekly_cycle(60))
    predictor = trained(data, Says("Own", 22.0), algorithm="Own")
    predictor = replace(predictor, task=replace(predictor.task, algorithm=None, preset="fast"))
    with pytest.raises(PermanentError, match="counts on Own, which is not available now"):
        forecast(predictor, TrainingFrames(data), TYPES, quiet)


def test_an_algorithm_that_fails_when_forecasting_leaves_the_others() -> None:
    data = pd.concat([series(weekly_cycle(80, seed), f"item{seed}") for seed in range(3)])
    predictor = trained(data, Says("Own", 21.0), **FAST)
    weights = np.full_like(predictor.weights, 0.0)
    weights[:, predictor.panel.names.index("Own")] = 0.5
    weights[:, predictor.panel.names.index("Theta")] = 0.5
    predictor = replace(predictor, weights=weights)
    table = forecast(predictor, TrainingFrames(data), TYPES, quiet, pretrained=[Raises("Own")])
    assert table[list(TYPES)].notna().all().all()


def test_progress_counts_up_to_the_total() -> None:
    data = pd.concat([series(weekly_cycle(30, seed), f"item{seed:03}") for seed in range(200)])
    seen: list[tuple[str, int, int]] = []
    forecast(trained(data, **NAIVE), TrainingFrames(data), TYPES, lambda *step: seen.append(step))
    assert seen[-1] == ("forecasting", 200, 200)


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_the_unit_of_the_target_does_not_matter(factor: float) -> None:
    random = np.random.default_rng(0)
    values = {
        "bread": weekly_cycle(80),
        "rare": random.poisson(0.3, 80).astype(float),
        "closed": np.zeros(80),
        "constant": np.full(80, 3.0),
        "cycle": np.resize([0.1, 0.7, 0.3, 5.1, 0.2, 0.0, 0.0], 80),
    }
    data = pd.concat([series(of_item, item) for item, of_item in values.items()])
    labels = ["p10", "p50", "p90"]
    expected = made(data, tuple(labels), **FAST)[labels]
    other = made(data.assign(target=data["target"] * factor), tuple(labels), **FAST)[labels] / factor
    pd.testing.assert_frame_equal(other, expected, rtol=1e-3, atol=1e-6)
