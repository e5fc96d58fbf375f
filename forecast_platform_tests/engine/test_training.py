"""Training: what a predictor learns, reports and repeats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.backtesting import observations_needed
from forecast_platform.engine.candidates import PRESETS
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import Predictor, forecast
from forecast_platform.engine.training import train
from forecast_platform.errors import InputError, PermanentError
from forecast_platform_tests.engine.fakes import Raises, Says, Watches
from forecast_platform_tests.engine.series import quiet, series, task, weekly_cycle

ELECTRICITY = Path(__file__).resolve().parents[2] / ".." / "shared" / "data/electricity/train/item-demand-time.csv"
FAST: dict[str, Any] = {"preset": "fast"}
NAIVE: dict[str, Any] = {"algorithm": "SeasonalNaive", "preset": "fast"}


def panel(count: int, days: int = 80) -> pd.DataFrame:
    return pd.concat([series(weekly_cycle(days, seed, 20 + seed), f"item{seed:03}") for seed in range(count)])


def trained(data: pd.DataFrame, *pretrained: Says | Raises | Watches, **changes: Any) -> Predictor:
    return train(TrainingFrames(data), task(**changes), quiet, pretrained=pretrained)


def evaluated(predictor: Predictor) -> list[str]:
    """The names of the evaluation results, in their order."""
    return [one["AlgorithmArn"].rpartition("/")[2] for one in predictor.accuracy["PredictorEvaluationResults"]]


def metrics(predictor: Predictor, algorithm: str, window: int = 0) -> dict[str, Any]:
    index = evaluated(predictor).index(algorithm)
    return dict(predictor.accuracy["PredictorEvaluationResults"][index]["TestWindows"][window]["Metrics"])


def test_all_candidates_are_backtested_and_the_combination_comes_first() -> None:
    predictor = trained(panel(3), backtest_windows=2, **FAST)
    names = evaluated(predictor)
    assert names[0] == "AutoPredictor"
    assert {"SeasonalNaive_7", "SeasonalNaive_1", "NPTS", "Theta"} < set(names)
    assert set(names[1:]) == set(predictor.panel.names)
    for result in predictor.accuracy["PredictorEvaluationResults"]:
        assert [window["EvaluationType"] for window in result["TestWindows"]] == ["SUMMARY", "COMPUTED", "COMPUTED"]
        assert [window["TestWindowStart"] for window in result["TestWindows"]] == [
            "2024-03-07T00:00:00Z",
            "2024-03-14T00:00:00Z",
            "2024-03-07T00:00:00Z",
        ]


def test_weights_add_up_to_one_for_every_series() -> None:
    predictor = trained(panel(4), **FAST)
    assert predictor.weights.shape == (4, len(predictor.panel.names))
    np.testing.assert_allclose(predictor.weights.sum(axis=1), 1, rtol=1e-6)
    assert sum(predictor.details["mean_weight"].values()) == pytest.approx(1, abs=0.01)


def test_training_twice_gives_the_same_predictor_bit_for_bit() -> None:
    first, second = (trained(panel(3), backtest_windows=2, **FAST) for _ in range(2))
    assert first.weights.tobytes() == second.weights.tobytes()
    assert first.offsets.tobytes() == second.offsets.tobytes()
    assert first.panel.names == second.panel.names
    assert first.panel.errors.shape.tobytes() == second.panel.errors.shape.tobytes()
    assert (first.accuracy, first.details) == (second.accuracy, second.details)
    pd.testing.assert_frame_equal(first.item_accuracy, second.item_accuracy, check_exact=True)
    pd.testing.assert_frame_equal(first.forecasted_values, second.forecasted_values, check_exact=True)


def test_the_order_of_the_rows_does_not_matter() -> None:
    data = panel(3)
    shuffled = data.sample(frac=1, random_state=1)
    assert trained(shuffled, **FAST).weights.tobytes() == trained(data, **FAST).weights.tobytes()


def test_what_is_reported_is_what_a_user_would_have_got_then() -> None:
    """The newest window, forecast by a predictor that was trained before it on the same windows."""
    data = panel(3, days=77)
    reported = trained(data, Says("Own", 25.0), algorithm="Own", preset="fast").forecasted_values
    before = data[data["timestamp"] < "2024-03-11"]
    then = train(TrainingFrames(before), task(algorithm="Own", preset="fast"), quiet, pretrained=[Says("Own", 25.0)])
    made = forecast(then, TrainingFrames(before), ("p10", "p90"), quiet, pretrained=[Says("Own", 25.0)])
    assert made["timestamp"].tolist() == reported["timestamp"].tolist()
    width = (made["p90"] - made["p10"]).mean()
    assert (reported["p90"] - reported["p10"]).mean() == pytest.approx(width, rel=0.25)


def test_actuals_of_a_window_do_not_change_what_is_reported_as_forecast_in_it() -> None:
    data = panel(3)
    other = data.copy()
    other.loc[other["timestamp"] >= "2024-03-14", "target"] *= 1.7
    columns = ["item_id", "timestamp", "mean", "p10", "p50", "p90"]
    honest, changed = (trained(one, **NAIVE).forecasted_values[columns] for one in (data, other))
    pd.testing.assert_frame_equal(honest, changed)


def test_reported_errors_are_those_of_the_reported_forecasts() -> None:
    predictor = trained(panel(3), **NAIVE)
    values = predictor.forecasted_values
    errors = (values["mean"] - values["target_value"]).abs().sum() / values["target_value"].sum()
    assert metrics(predictor, "SeasonalNaive", 1)["ErrorMetrics"][0]["WAPE"] == pytest.approx(errors)


def test_series_outside_of_the_sample_are_learnt_about_as_well() -> None:
    sample = PRESETS["fast"].sample
    data = panel(sample + 30, days=40)
    predictor = trained(data, **NAIVE)
    assert len(predictor.series) == len(predictor.weights) == len(predictor.offsets) == sample + 30
    assert predictor.series["item_id"].is_monotonic_increasing
    np.testing.assert_allclose(predictor.weights.sum(axis=1), 1, rtol=1e-5)
    assert set(predictor.item_accuracy["item_id"]) == set(data["item_id"])
    assert predictor.accuracy["PredictorEvaluationResults"][0]["TestWindows"][0]["ItemCount"] == sample + 30
    offsets = predictor.offsets[..., -1] - predictor.offsets[..., 0]
    assert (offsets > 0).all()
    assert offsets.max() < 10 * offsets.min()
    inside = predictor.forecasted_values.eval("p10 <= target_value <= p90")
    assert 0.7 < inside.mean() < 0.93


def test_the_legacy_automl_uses_the_best_algorithm_alone() -> None:
    data = panel(3)
    predictor = trained(data, Says("Wrong", 500.0), single=True, **FAST)
    best = predictor.panel.names[0]
    assert evaluated(predictor)[0] == best
    assert evaluated(predictor).count(best) == 1
    assert predictor.details["mean_weight"] == {best: 1.0}
    assert "Wrong" in evaluated(predictor)


def test_one_algorithm_that_was_asked_for_has_its_own_name_in_the_report() -> None:
    assert evaluated(trained(panel(2), algorithm="HoltWinters", preset="fast"))[0] == "HoltWinters"
    assert evaluated(trained(panel(2), algorithm="Theta", preset="fast")) == ["Theta"]


def test_a_failing_candidate_is_reported_and_does_not_sink_the_run() -> None:
    predictor = trained(panel(2), Raises(), **FAST)
    assert list(predictor.details["failed_fits"]["Raises"]) == ["MemoryError: too big"]
    assert "Raises" not in predictor.panel.names
    assert "Raises" not in evaluated(predictor)


def test_when_every_algorithm_fails_the_reasons_are_told() -> None:
    with pytest.raises(PermanentError, match=r"Every algorithm failed\. Raises: MemoryError: too big"):
        trained(panel(2), Raises(), algorithm="Raises")


def test_a_horizon_too_long_for_the_history_says_what_is_there_and_what_is_needed() -> None:
    with pytest.raises(InputError, match=r"20 periods[\s\S]*at least 21[\s\S]*Shorten ForecastHorizon"):
        trained(series(np.arange(20.0)), horizon=7, backtest_windows=2, **NAIVE)


def test_the_shortest_history_that_is_enough_is_enough() -> None:
    needed = observations_needed(task(horizon=7, backtest_windows=2))
    assert trained(series(np.arange(float(needed))), horizon=7, backtest_windows=2, **FAST).details[
        "backtest_windows_used"
    ] == 2  # fmt: skip


def test_windows_without_anything_observed_are_an_error_that_says_so() -> None:
    from forecast_platform.engine.task import Filling

    data = pd.concat([series(weekly_cycle(60)), series([1.0], "other", "2024-03-20")])
    with pytest.raises(InputError, match="nothing to compare forecasts with"):
        trained(data, filling=Filling(middlefill="nan", backfill="nan"), **NAIVE)


def test_details_say_what_a_person_asks() -> None:
    data = pd.concat([panel(2), series([np.nan] * 3, "empty")])
    details = trained(data, **FAST).details
    assert (details["series"], details["series_without_values"], details["periods"]) == (2, 1, 80)
    assert (details["backtest_windows_reported"], details["items_without_history"]) == (1, 0)
    assert details["backtest_windows_used"] == 1 + PRESETS["fast"].windows
    assert set(details["mean_weight"]) <= set(details["relative_loss"])


def test_progress_counts_up_to_the_total() -> None:
    seen: list[tuple[str, int, int]] = []
    train(TrainingFrames(panel(200, days=40)), task(**NAIVE), lambda *step: seen.append(step))
    assert {what for what, _, _ in seen} == {"backtesting"}
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[-1][1:] == (200, 200)


@pytest.mark.skipif(not ELECTRICITY.exists(), reason="the electricity data is not beside this checkout")
def test_on_real_electricity_data_the_combination_beats_the_daily_seasonal_naive() -> None:
    data = pd.read_csv(ELECTRICITY, names=["timestamp", "target", "item_id"], parse_dates=["timestamp"])
    recent = data[data["timestamp"] >= data["timestamp"].max() - pd.Timedelta(hours=839)]
    predictor = train(TrainingFrames(recent), task("H", 72, preset="fast"), quiet)
    name = "AverageWeightedQuantileLoss"
    assert metrics(predictor, "AutoPredictor", 1)[name] < metrics(predictor, "SeasonalNaive_24", 1)[name]
