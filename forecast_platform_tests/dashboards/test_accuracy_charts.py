"""Pictures of how earlier forecasts did."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast_platform.dashboards.accuracy_charts import accuracy_over_time_chart, error_by_step_chart
from forecast_platform.dashboards.drawing import MAX_BYTES

PNG = b"\x89PNG\r\n\x1a\n"


def rows(count: int, retrained_every: int = 7) -> pd.DataFrame:
    """A table by cutoff of ``count`` days, the last two provisional."""
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "window_start": pd.date_range("2025-01-01", periods=count),
            "predictor": [f"predictor {day // retrained_every}" for day in range(count)],
            "provisional": [day >= count - 2 for day in range(count)],
            "wql": random.uniform(0.1, 0.2, count),
            "wape": random.uniform(0.2, 0.4, count),
            "coverage": random.uniform(0.6, 1.0, count),
            "backtest_wql": np.repeat(0.15, count),
        }
    )


@pytest.mark.parametrize(("count", "every"), [(1, 7), (15, 7), (400, 7), (400, 1)])
def test_accuracy_over_time_fits_into_the_metadata(count: int, every: int) -> None:
    picture = accuracy_over_time_chart(rows(count, every), 0.8)
    assert picture.startswith(PNG)
    assert len(picture) <= MAX_BYTES


def test_the_same_rows_give_the_same_picture_and_marks_change_it() -> None:
    assert accuracy_over_time_chart(rows(15), 0.8) == accuracy_over_time_chart(rows(15), 0.8)
    assert accuracy_over_time_chart(rows(15), 0.8) != accuracy_over_time_chart(rows(15, retrained_every=99), 0.8)
    final = rows(15).assign(provisional=False)
    assert accuracy_over_time_chart(rows(15), 0.8) != accuracy_over_time_chart(final, 0.8)


@pytest.mark.parametrize(
    "shown",
    [
        rows(5).drop(columns=["wql", "coverage", "backtest_wql"]),
        rows(5).assign(coverage=np.nan, backtest_wql=np.nan),
        rows(5).assign(wql=np.nan, wape=np.nan, coverage=np.nan),
        rows(5).head(0),
    ],
    ids=["a mean alone", "no interval and no backtest", "nothing measured", "no rows"],
)
def test_what_is_not_measured_is_not_drawn(shown: pd.DataFrame) -> None:
    assert accuracy_over_time_chart(shown, float("nan")).startswith(PNG)


def test_errors_by_step_are_drawn_as_far_as_they_are_there() -> None:
    steps = pd.DataFrame({"horizon_step": range(1, 501), "wql": 0.1, "coverage": 0.8})
    for shown in (steps, steps.drop(columns=["wql", "coverage"]).assign(wape=0.2), steps.assign(wql=np.nan).head(1)):
        picture = error_by_step_chart(shown, 0.8)
        assert picture.startswith(PNG)
        assert len(picture) <= MAX_BYTES
