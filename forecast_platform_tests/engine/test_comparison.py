"""A forecast beside its actuals: the measures by hand, pooled, and in the corners."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.comparison import ComparedForecast, compare, pooled, seasonal_scale
from forecast_platform.engine.forecast_types import ForecastTypes
from forecast_platform.engine.task import ForecastTask
from forecast_platform.frequency import Frequency

DAYS = pd.date_range("2025-03-01", periods=2)


def long_forecast(**values: dict[str, list[float]]) -> pd.DataFrame:
    """``item={"p10": [1.0, 2.0]}``: a value per day."""
    rows = [
        (item, day, label, number)
        for item, types in values.items()
        for label, numbers in types.items()
        for day, number in zip(DAYS, numbers, strict=True)
    ]
    return pd.DataFrame(rows, columns=["item_id", "timestamp", "type", "value"])


def observed(**values: list[float]) -> pd.DataFrame:
    rows = [
        (item, day, number)
        for item, numbers in values.items()
        for day, number in zip(DAYS, numbers, strict=False)
        if not np.isnan(number)
    ]
    return pd.DataFrame(rows, columns=["item_id", "timestamp", "target"])


def scales(**values: float) -> pd.DataFrame:
    return pd.DataFrame({"item_id": list(values), "mase_scale": list(values.values())})


FORECAST = long_forecast(
    bread={"p10": [8.0, 14.0], "p50": [12.0, 16.0], "p90": [15.0, 18.0]},
    milk={"p10": [0.0, 9.0], "p50": [1.0, 10.0], "p90": [2.0, 11.0]},
)
ACTUALS = observed(bread=[10.0, 20.0], milk=[0.0])


@pytest.fixture
def compared() -> ComparedForecast:
    return compare(FORECAST, ACTUALS, ["item_id"], scales(bread=2.0, milk=0.5))


def test_the_measures_of_everything_by_hand(compared: ComparedForecast) -> None:
    found = compared.overall()
    assert (found["expected"], found["observations"], found["absolute_actual"]) == (4, 3, 30.0)
    assert found["wape"] == pytest.approx((2 + 4 + 1) / 30)
    assert found["wql_p50"] == pytest.approx(found["wape"])
    # p90: 15 for 10, 18 for 20, 2 for 0
    assert found["wql_p90"] == pytest.approx(2 * (0.1 * 5 + 0.9 * 2 + 0.1 * 2) / 30)
    assert found["wql"] == pytest.approx((found["wql_p10"] + found["wql_p50"] + found["wql_p90"]) / 3)
    assert found["bias"] == pytest.approx((2 - 4 + 1) / 30)
    assert found["mase"] == pytest.approx((3 / 2 + 1 / 0.5) / 2)
    assert (found["share_below"], found["share_above"]) == (pytest.approx(2 / 3), pytest.approx(1 / 3))
    assert found["coverage"] == pytest.approx(2 / 3)
    assert found["on_bound"] == pytest.approx(1 / 3), "milk is 0, as its p10"
    assert [found[f"hit_rate_p{level}"] for level in (10, 50, 90)] == pytest.approx([1 / 3, 2 / 3, 2 / 3])


def test_a_step_and_a_series_have_the_measures_of_their_own_points(compared: ComparedForecast) -> None:
    steps, series = compared.by_step(), compared.by_series()
    assert steps["horizon_step"].tolist() == [1, 2]
    assert steps["observations"].tolist() == [2, 1]
    assert steps["wape"].tolist() == pytest.approx([3 / 10, 4 / 20])
    assert steps["mase"].tolist() == pytest.approx([(2 / 2 + 1 / 0.5) / 2, 4 / 2])
    assert series["item_id"].tolist() == ["bread", "milk"]
    assert series["wape"].tolist() == pytest.approx([6 / 30, 1.0])
    assert series["mase"].tolist() == pytest.approx([1.5, 2.0])


def test_pooling_steps_gives_the_measures_of_everything(compared: ComparedForecast) -> None:
    names = [name for name in compared.types.measures if name != "mase"]
    whole = pooled(compared.by_step().assign(all="all"), ["all"], names).iloc[0]
    assert {name: whole[name] for name in names} == pytest.approx({name: compared.overall()[name] for name in names})


def test_pooling_leaves_out_what_was_not_observed_and_weighs_no_zeros() -> None:
    nothing = compare(FORECAST, observed(bread=[float("nan")]), ["item_id"], scales()).by_series()
    zeros = compare(FORECAST, observed(bread=[0.0], milk=[0.0]), ["item_id"], scales()).by_series()
    found = pooled(pd.concat([nothing, zeros]), ["item_id"], ForecastTypes(("p10", "p50", "p90")).measures)
    assert found["observations"].tolist() == [1, 1]
    assert found["wape"].tolist() == [12.0, 1.0], "of nothing but zeros, the errors alone"
    assert pooled(nothing, ["item_id"], ["wape", "coverage"])["wape"].isna().all()


def test_nothing_observed_measures_nothing(compared: ComparedForecast) -> None:
    empty = compare(FORECAST, ACTUALS.head(0), ["item_id"], scales())
    assert empty.observed_series == 0
    found = empty.overall()
    assert found["observations"] == 0
    assert np.isnan(
        [found[name] for name in found if name not in ("expected", "observations", "absolute_actual")]
    ).all()


def test_actuals_of_other_items_and_other_times_do_not_count() -> None:
    others = pd.concat(
        [ACTUALS, observed(cheese=[1.0]), ACTUALS.assign(timestamp=ACTUALS["timestamp"] + pd.Timedelta(9, "D"))]
    )
    shifted = ACTUALS.assign(timestamp=ACTUALS["timestamp"] + pd.Timedelta(1, "h"))
    assert compare(FORECAST, pd.concat([others, shifted]), ["item_id"], scales()).overall()["observations"] == 3


def test_series_are_told_apart_by_their_dimensions() -> None:
    forecast = pd.concat([FORECAST.assign(store=store) for store in ("one", "two")])
    actuals = ACTUALS.assign(store="two")
    series = compare(forecast, actuals, ["item_id", "store"], scales().assign(store=[])).by_series()
    assert series.loc[series["observations"] > 0, "store"].unique().tolist() == ["two"]


def test_the_long_rows_carry_their_step_and_their_actual(compared: ComparedForecast) -> None:
    rows = compared.rows[compared.rows["actual"].notna()]
    assert len(rows) == 9
    assert rows.loc[rows["timestamp"] == DAYS[1], ["horizon_step", "actual"]].drop_duplicates().values.tolist() == [
        [2, 20]
    ]


@pytest.mark.parametrize(
    ("labels", "point", "intervals", "missing"),
    [
        (("p90", "p10", "p50"), "p50", (("p10", "p90"),), ()),
        (("mean", "p10", "p90"), "mean", (("p10", "p90"),), ("wql_p50",)),
        (("p25", "p10", "p90", "p75", "mean"), "mean", (("p10", "p90"), ("p25", "p75")), ()),
        (("mean",), "mean", (), ("wql", "coverage", "on_bound")),
        (("p30",), "p30", (), ("coverage",)),
    ],
)
def test_what_is_measured_depends_on_what_is_forecast(
    labels: tuple[str, ...], point: str, intervals: tuple[Any, ...], missing: tuple[str, ...]
) -> None:
    types = ForecastTypes(labels)
    assert (types.point, types.intervals) == (point, intervals)
    assert set(missing).isdisjoint(types.measures)
    forecast = long_forecast(bread={label: [10.0, 20.0] for label in labels})
    found = compare(forecast, ACTUALS, ["item_id"], scales()).overall()
    assert list(found) == list(types.measures)


def test_the_scale_is_the_seasonal_error_before_the_window_as_in_a_backtest() -> None:
    day = Frequency(1, "D")
    task = ForecastTask(frequency=day, data_frequency=day, horizon=2)
    days = pd.date_range("2025-01-01", periods=21)
    values = np.arange(21.0)
    target = pd.DataFrame({"item_id": "bread", "timestamp": days, "target": values})
    assert seasonal_scale(target, task, days[14])["mase_scale"].tolist() == [7.0]
    assert seasonal_scale(target, task, days[0]).empty
