"""A real backtest export of Amazon Forecast: what it says of the rules that ours follows.

Made by the service for hourly counts of bicycles, in the older form without Average wQL, MAPE and MASE. Rows are in it
three times.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.accuracy import ScoredWindow, item_accuracy

EXPORT = Path(__file__).resolve().parents[3] / "shared/data/forecast_exports/bike_backtest_accuracies.csv"
pytestmark = pytest.mark.skipif(not EXPORT.exists(), reason="the export is not beside this checkout")

METRICS = ["wQL[0.65]", "wQL[0.9]", "RMSE", "WAPE"]
TIMES = ["backtestwindow_start_time", "backtestwindow_end_time"]
KEYS = ["item_id", "backtest_window", *TIMES]


@pytest.fixture(scope="module")
def amazons() -> pd.DataFrame:
    """The rows, each once."""
    return pd.read_csv(EXPORT, na_values=["not defined"], dtype={"item_id": str}).drop_duplicates(KEYS)


@pytest.fixture(scope="module")
def ours(amazons: pd.DataFrame) -> pd.DataFrame:
    """Our table of a few of its items and all of its windows, with forecasts of our own."""
    random = np.random.default_rng(0)
    items = pd.DataFrame({"item_id": sorted(amazons["item_id"].unique())[:5]})
    windows = []
    for day in range(5):
        hours = np.datetime64("2017-06-19", "ns") + (np.arange(24) + 24 * day) * np.timedelta64(1, "h")
        actual, forecast = random.poisson(3.0, (2, 5, 24)).astype(float)
        windows.append(ScoredWindow(hours, actual, forecast, {0.65: forecast, 0.9: forecast + 1}, np.ones(5)))
    windows[2].actual[1] = np.nan
    return item_accuracy(items, windows)


def test_its_columns_are_ours_in_our_order(amazons: pd.DataFrame, ours: pd.DataFrame) -> None:
    newer = ["Average wQL", "MAPE", "MASE"]
    assert [column for column in ours.columns if column not in newer] == list(amazons.columns)


def test_its_windows_are_written_as_ours_and_end_with_their_last_step(
    amazons: pd.DataFrame, ours: pd.DataFrame
) -> None:
    def windows(table: pd.DataFrame) -> set[tuple[str, ...]]:
        return set(table[["backtest_window", *TIMES]].itertuples(index=False, name=None))

    assert windows(amazons) == windows(ours)


@pytest.mark.parametrize("whose", ["amazons", "ours"])
def test_a_summary_is_the_mean_of_the_windows_that_are_defined(whose: str, request: pytest.FixtureRequest) -> None:
    table: pd.DataFrame = request.getfixturevalue(whose)
    computed = table[table["backtest_window"] == "Computed"]
    summary = table[table["backtest_window"] == "Summary"].set_index("item_id")[METRICS]
    assert (computed.groupby("item_id").size() == 5).all()
    np.testing.assert_allclose(summary, computed.groupby("item_id")[METRICS].mean().loc[summary.index], rtol=1e-12)


@pytest.mark.parametrize("whose", ["amazons", "ours"])
def test_a_window_that_is_not_defined_is_so_in_every_metric(whose: str, request: pytest.FixtureRequest) -> None:
    table: pd.DataFrame = request.getfixturevalue(whose)
    missing = table[METRICS].isna()
    assert missing.any(axis=1).any()
    assert (missing.any(axis=1) == missing.all(axis=1)).all()
    assert (table.loc[missing.all(axis=1), "backtest_window"] == "Computed").all()


def test_losses_are_not_negative_and_relative_ones_may_exceed_one(amazons: pd.DataFrame) -> None:
    assert (amazons[METRICS].min() >= 0).all()
    assert amazons["wQL[0.9]"].max() > 1
