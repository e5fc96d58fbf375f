"""Backtest results in Amazon's shapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.accuracy import ScoredWindow, evaluation_result, forecasted_values, item_accuracy
from forecast_platform.engine.algorithms.contract import Floats

NAN = np.nan
SERIES = pd.DataFrame({"item_id": ['a,"b\n', "한글 🍞"], "shop": ["north", "south"]})
METRICS = ["wQL[0.1]", "wQL[0.9]", "Average wQL", "RMSE", "WAPE", "MAPE", "MASE"]


def window(start: str, actual: list[list[float]] | Floats, mean: list[list[float]] | Floats) -> ScoredWindow:
    """Two days from ``start``; p10 and p90 are one below and one above the mean."""
    days = np.datetime64(start, "ns") + np.arange(2) * np.timedelta64(1, "D")
    expected = np.array(mean, dtype=float)
    return ScoredWindow(
        days, np.array(actual, dtype=float), expected, {0.1: expected - 1, 0.9: expected + 1}, np.array([2.0, 4.0])
    )


NEWER = window("2024-01-03", [[10, 20], [4, 4]], [[12, 20], [4, 8]])
OLDER = window("2024-01-01", [[10, 10], [8, 8]], [[10, 10], [8, 8]])


def computed(result: dict[str, Any], index: int) -> dict[str, Any]:
    return dict(result["TestWindows"][index])


def test_every_window_is_computed_and_the_first_entry_is_their_summary() -> None:
    result = evaluation_result("ETS", [NEWER, OLDER])
    assert result["AlgorithmArn"] == "arn:aws:forecast:::algorithm/ETS"
    assert [one["EvaluationType"] for one in result["TestWindows"]] == ["SUMMARY", "COMPUTED", "COMPUTED"]
    assert [(one["TestWindowStart"], one["TestWindowEnd"], one["ItemCount"]) for one in result["TestWindows"]] == [
        ("2024-01-01T00:00:00Z", "2024-01-04T00:00:00Z", 2),
        ("2024-01-03T00:00:00Z", "2024-01-04T00:00:00Z", 2),
        ("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", 2),
    ]


def test_the_metrics_of_a_window_by_hand() -> None:
    metrics = computed(evaluation_result("ETS", [NEWER, OLDER]), 1)["Metrics"]
    (errors,) = metrics["ErrorMetrics"]
    assert errors == {
        "ForecastType": "mean",
        "WAPE": pytest.approx(6 / 38),
        "RMSE": pytest.approx(np.sqrt(20 / 4)),
        "MASE": pytest.approx((1 / 2 + 2 / 4) / 2),
        "MAPE": pytest.approx((0.2 + 0 + 0 + 1) / 4),
    }
    # p10 is off by +1, -1, -1, +3 and p90 by +3, +1, +1, +5.
    losses = {0.1: 2 * (0.9 * 1 + 0.1 * 1 + 0.1 * 1 + 0.9 * 3) / 38, 0.9: 2 * 0.1 * (3 + 1 + 1 + 5) / 38}
    assert metrics["WeightedQuantileLosses"] == [
        {"Quantile": quantile, "LossValue": pytest.approx(losses[quantile])} for quantile in (0.9, 0.1)
    ]
    assert metrics["AverageWeightedQuantileLoss"] == pytest.approx(sum(losses.values()) / 2)
    assert metrics["RMSE"] == errors["RMSE"]
    assert metrics["Coverage"] == pytest.approx(2 / 4)


def test_the_summary_is_the_mean_of_the_windows() -> None:
    summary, newer, older = (computed(evaluation_result("ETS", [NEWER, OLDER]), index)["Metrics"] for index in range(3))
    for name in ("RMSE", "AverageWeightedQuantileLoss", "Coverage"):
        assert summary[name] == pytest.approx((newer[name] + older[name]) / 2)
    for name in ("WAPE", "MASE", "MAPE"):
        of = [one["ErrorMetrics"][0][name] for one in (summary, newer, older)]
        assert of[0] == pytest.approx((of[1] + of[2]) / 2)


def test_a_metric_that_is_undefined_is_left_out_and_never_zero() -> None:
    zeros = window("2024-01-03", [[0, 0], [0, 0]], [[1, 1], [1, 1]])
    errors = computed(evaluation_result("ETS", [zeros]), 1)["Metrics"]["ErrorMetrics"][0]
    assert "MAPE" not in errors
    assert errors["WAPE"] == pytest.approx(4)


def test_accuracy_per_item_has_the_columns_of_the_service_and_a_summary_after_the_windows() -> None:
    table = item_accuracy(SERIES, [NEWER, OLDER])
    assert list(table.columns) == [
        *("item_id", "shop", "backtest_window", "backtestwindow_start_time", "backtestwindow_end_time"),
        *METRICS,
    ]
    times = table[["backtest_window", "backtestwindow_start_time", "backtestwindow_end_time"]]
    assert times[table["item_id"] == "한글 🍞"].to_numpy().tolist() == [
        ["Computed", "2024-01-01T00:00:00", "2024-01-02T00:00:00"],
        ["Computed", "2024-01-03T00:00:00", "2024-01-04T00:00:00"],
        ["Summary", "2024-01-01T00:00:00", "2024-01-04T00:00:00"],
    ]
    by_kind = table.set_index(["item_id", "backtest_window"])[METRICS].groupby(level=[0, 1]).mean()
    for item in SERIES["item_id"]:
        np.testing.assert_allclose(by_kind.loc[(item, "Summary")], by_kind.loc[(item, "Computed")])


def test_metrics_per_item_by_hand() -> None:
    table = item_accuracy(SERIES, [NEWER])
    row = table[(table["item_id"] == "한글 🍞") & (table["backtest_window"] == "Computed")].iloc[0]
    assert row["WAPE"] == pytest.approx(4 / 8)
    assert row["RMSE"] == pytest.approx(np.sqrt(8))
    assert row["MAPE"] == pytest.approx(0.5)
    assert row["MASE"] == pytest.approx(2 / 4)
    assert row["wQL[0.9]"] == pytest.approx(2 * 0.1 * 6 / 8)


def test_a_window_in_which_an_item_was_not_scored_is_not_defined_and_leaves_its_summary_alone() -> None:
    """As in the service's export, which writes ``not defined`` there."""
    gap = window("2024-01-01", [[NAN, NAN], [8, 8]], [[10, 10], [8, 8]])
    table = item_accuracy(SERIES, [NEWER, gap]).set_index(["item_id", "backtestwindow_start_time", "backtest_window"])
    item = SERIES["item_id"][0]
    assert table.loc[(item, "2024-01-01T00:00:00", "Computed"), METRICS].isna().all()
    summary = table.loc[(item, "2024-01-01T00:00:00", "Summary"), METRICS]
    np.testing.assert_allclose(summary, table.loc[(item, "2024-01-03T00:00:00", "Computed"), METRICS])


def test_an_item_that_was_never_scored_is_not_reported() -> None:
    never = window("2024-01-01", [[NAN, NAN], [8, 8]], [[10, 10], [8, 8]])
    assert item_accuracy(SERIES, [never])["item_id"].unique().tolist() == ["한글 🍞"]


def test_forecasted_values_have_the_columns_of_the_service_and_a_row_per_item_and_step() -> None:
    table = forecasted_values(SERIES, [NEWER, OLDER])
    assert list(table.columns) == [
        *("item_id", "timestamp", "target_value", "backtestwindow_start_time", "backtestwindow_end_time"),
        *("shop", "mean", "p10", "p90"),
    ]
    assert len(table) == 2 * 2 * 2
    second = table[(table["item_id"] == SERIES["item_id"][0]) & (table["timestamp"] == "2024-01-04")]
    assert second.to_numpy().tolist() == [
        [
            *(SERIES["item_id"][0], pd.Timestamp("2024-01-04"), 20.0),
            *("2024-01-03T00:00:00", "2024-01-04T00:00:00", "north", 20.0, 19.0, 21.0),
        ]
    ]


def test_steps_without_an_actual_are_kept_and_those_without_a_forecast_are_not() -> None:
    made = window("2024-01-01", [[NAN, 5], [8, 8]], [[10, 10], [NAN, NAN]])
    table = forecasted_values(SERIES, [made])
    assert table["item_id"].unique().tolist() == [SERIES["item_id"][0]]
    assert table["target_value"].isna().tolist() == [True, False]


def test_quantiles_have_the_labels_of_the_forecast() -> None:
    made = window("2024-01-01", [[1, 1], [1, 1]], [[1, 1], [1, 1]])
    named = ScoredWindow(made.timestamps, made.actual, made.mean, {0.01: made.mean, 0.57: made.mean}, made.scale)
    assert list(forecasted_values(SERIES, [named]).columns)[-2:] == ["p1", "p57"]
