"""Training and forecasting as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_platform.engine.algorithms import REGISTRY, History, PointForecasts
from forecast_platform.engine.backtesting import observations_needed
from forecast_platform.engine.predictor import forecast, train
from forecast_platform.errors import InputError
from forecast_platform_tests.engine.series import quiet, series, task, weekly_cycle

ELECTRICITY = Path(__file__).resolve().parents[2] / ".." / "shared" / "data/electricity/train/item-demand-time.csv"
NAIVE = {"algorithm": "SeasonalNaive"}
TYPES = ("p10", "p50", "p90", "mean")


def summary(accuracy: dict[str, Any], algorithm: str, window: int = 0) -> dict[str, Any]:
    arn = f"arn:aws:forecast:::algorithm/{algorithm}"
    result = next(one for one in accuracy["PredictorEvaluationResults"] if one["AlgorithmArn"] == arn)
    return dict(result["TestWindows"][window])


def test_all_candidates_are_backtested_and_the_combination_comes_first() -> None:
    predictor = train(series(weekly_cycle(120)), task(backtest_windows=2), quiet)
    results = predictor.accuracy["PredictorEvaluationResults"]
    names = [result["AlgorithmArn"].rpartition("/")[2] for result in results]
    assert names[0] == "AutoPredictor"
    assert {"SeasonalNaive_7", "SeasonalNaive_1", "ETS", "Theta", "MSTL"} < set(names)
    for result in results:
        assert [window["EvaluationType"] for window in result["TestWindows"]] == ["SUMMARY", "COMPUTED", "COMPUTED"]
    assert summary(predictor.accuracy, "AutoPredictor", 1)["TestWindowStart"] == "2024-04-23T00:00:00Z"
    assert summary(predictor.accuracy, "AutoPredictor", 1)["TestWindowEnd"] == "2024-04-29T00:00:00Z"
    assert summary(predictor.accuracy, "AutoPredictor", 2)["TestWindowStart"] == "2024-04-16T00:00:00Z"


def test_reported_metrics_are_those_of_the_forecast_a_user_would_have_got() -> None:
    data = series(weekly_cycle(120))
    reported = summary(train(data, task(**NAIVE), quiet).accuracy, "SeasonalNaive", 1)["Metrics"]
    before, after = data.iloc[:-7], data.iloc[-7:]
    made = forecast(train(before, task(**NAIVE), quiet), before, ("mean",), quiet)
    errors = np.abs(made["mean"].to_numpy() - after["target"].to_numpy())
    assert reported["ErrorMetrics"][0]["WAPE"] == pytest.approx(errors.sum() / after["target"].sum())


def test_the_forecast_begins_after_the_newest_observation_of_any_item_for_all_items() -> None:
    data = pd.concat([series(weekly_cycle(60)), series(weekly_cycle(50, seed=1), "milk")])
    made = forecast(train(data, task(**NAIVE), quiet), data, TYPES, quiet)
    assert list(made.columns) == ["item_id", "timestamp", *TYPES]
    assert made.groupby("item_id")["timestamp"].min().unique().tolist() == [pd.Timestamp("2024-03-01")]
    assert len(made) == 14


def test_weekly_forecasts_fall_on_the_weekday_of_the_data() -> None:
    data = series(np.arange(60.0), start="2023-01-06", frequency="W")
    made = forecast(train(data, task("W", 4, **NAIVE), quiet), data, TYPES, quiet)
    assert set(made["timestamp"].dt.day_name()) == {"Friday"}


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000), st.lists(st.integers(1, 99), min_size=2, max_size=5, unique=True))
def test_quantiles_do_not_cross_and_stay_at_or_above_zero(seed: int, percents: list[int]) -> None:
    data = series(np.maximum(weekly_cycle(40, seed, level=1.0), 0))
    labels = [f"p{percent:02d}" for percent in sorted(percents)]
    values = forecast(train(data, task(**NAIVE), quiet), data, labels, quiet)[labels].to_numpy()
    assert (values >= 0).all()
    assert (np.diff(values, axis=1) >= -1e-9).all()


def test_a_series_that_was_negative_may_be_forecast_negative() -> None:
    data = series(weekly_cycle(60) - 40)
    assert (forecast(train(data, task(**NAIVE), quiet), data, ("p50",), quiet)["p50"] < 0).all()


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
    made = forecast(train(data, task(), quiet), data, TYPES, quiet).set_index("item_id")
    assert made[list(TYPES)].notna().all().all()
    assert (made.loc["zero", list(TYPES)] == 0).all().all()
    assert made.loc["constant", "p50"].to_numpy() == pytest.approx(8.0, abs=0.5)
    assert made.loc["one", "mean"].tolist() == [5.0] * 7
    assert (made.loc["one", "p10"] < made.loc["one", "p90"]).all()


def test_an_item_that_did_not_exist_at_training_is_forecast_by_the_choice_of_the_panel() -> None:
    old = series(weekly_cycle(100))
    predictor = train(old, task(**NAIVE), quiet)
    later = pd.concat([series(weekly_cycle(110)), series(weekly_cycle(30, level=200.0), "late", "2024-03-21")])
    made = forecast(predictor, later, TYPES, quiet).set_index("item_id")
    assert made["timestamp"].min() == pd.Timestamp("2024-04-20")
    assert (made.loc["late", "p50"] > 150).all()
    width = made["p90"] - made["p10"]
    assert width["late"].mean() > 5 * width["bread"].mean()


def test_a_horizon_too_long_for_the_history_says_what_is_there_and_what_is_needed() -> None:
    with pytest.raises(InputError) as caught:
        train(series(np.arange(20.0)), task(horizon=7, backtest_windows=2), quiet)
    assert "20 periods" in str(caught.value)
    assert "at least 21" in str(caught.value)
    assert "Shorten ForecastHorizon" in str(caught.value)


def test_the_shortest_history_that_is_enough_is_enough() -> None:
    shortest = task(horizon=7, backtest_windows=2)
    needed = observations_needed(shortest)
    assert train(series(np.arange(float(needed))), shortest, quiet).details["backtest_windows_used"] == 2


def test_an_algorithm_the_service_lacks_is_refused_with_those_it_has() -> None:
    with pytest.raises(InputError, match=r"no algorithm Prophet[\s\S]*ETS[\s\S]*PerformAutoML"):
        train(series(weekly_cycle(60)), task(algorithm="Prophet"), quiet)


def test_a_failing_candidate_is_reported_and_does_not_sink_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        name, fits_each_series = "Broken", False

        def forecast(self, history: History, horizon: int) -> PointForecasts:
            raise MemoryError("too big")

    for name in ("ETS", "Theta", "MSTL"):
        monkeypatch.delitem(REGISTRY, name)
    monkeypatch.setitem(REGISTRY, "Broken", lambda seasons: [Broken()])
    predictor = train(series(weekly_cycle(60)), task(), quiet)
    assert list(predictor.details["failed_fits"]["Broken"]) == ["MemoryError: too big"]
    assert "Broken" not in predictor.names


def test_accuracy_per_item_has_the_columns_of_the_service() -> None:
    data = pd.concat([series(weekly_cycle(80), 'a,"b\n'), series(weekly_cycle(80, 1), "한글 🍞")]).assign(shop="x")
    table = train(data, task(dimensions=("shop",), backtest_windows=2, **NAIVE), quiet).item_accuracy
    assert list(table.columns) == [
        *("item_id", "shop", "backtest_window", "backtestwindow_start_time", "backtestwindow_end_time"),
        *("wQL[0.1]", "wQL[0.5]", "wQL[0.9]", "Average wQL", "RMSE", "WAPE", "MAPE", "MASE"),
    ]
    assert table.groupby("item_id")["backtest_window"].apply(list).to_dict() == {
        'a,"b\n': ["Computed", "Computed", "Summary"],
        "한글 🍞": ["Computed", "Computed", "Summary"],
    }


def test_progress_counts_up_to_the_total() -> None:
    seen: list[tuple[str, int, int]] = []
    train(series(weekly_cycle(60)), task(**NAIVE), lambda *step: seen.append(step))
    assert seen[-1][1] == seen[-1][2] == len(seen) - 1


@pytest.mark.skipif(not ELECTRICITY.exists(), reason="the electricity data is not beside this checkout")
def test_on_real_electricity_data_the_selection_beats_the_daily_seasonal_naive() -> None:
    data = pd.read_csv(ELECTRICITY, names=["timestamp", "target", "item_id"], parse_dates=["timestamp"])
    recent = data[data["timestamp"] >= data["timestamp"].max() - pd.Timedelta(hours=839)]
    accuracy = train(recent, task("H", 72), quiet).accuracy
    selected, naive = summary(accuracy, "AutoPredictor", 1), summary(accuracy, "SeasonalNaive_24", 1)
    assert selected["Metrics"]["AverageWeightedQuantileLoss"] < naive["Metrics"]["AverageWeightedQuantileLoss"]
    assert selected["ItemCount"] == 3
