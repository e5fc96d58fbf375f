"""Scenarios: which values they change, what is forecast then, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.explain import explain
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import Predictor, forecast
from forecast_platform.engine.training import train
from forecast_platform.engine.what_if import Condition, Scenario, Transformation, WhatIf, apply, check, what_if
from forecast_platform.errors import InputError
from forecast_platform_tests.engine.series import quiet
from forecast_platform_tests.engine.shop import (
    FIRST_FORECAST,
    HORIZON,
    ITEMS,
    PriceSensitive,
    price_sensitive_predictor,
    shop,
    shop_task,
)

TYPES = ("p10", "p50", "mean")
DEARER = Transformation("price", "MULTIPLY", 1.25)


def compared(scenario: Scenario, frames: TrainingFrames, predictor: Predictor | None = None) -> WhatIf:
    predictor = predictor or price_sensitive_predictor(frames)
    baseline = forecast(predictor, frames, TYPES, quiet, pretrained=[PriceSensitive()])
    return what_if(predictor, frames, scenario, baseline, quiet, pretrained=[PriceSensitive()])


def changed(*transformations: Transformation) -> pd.DataFrame:
    """The rows of the plan within the horizon."""
    related = apply(Scenario(transformations), shop(), FIRST_FORECAST)[0].related
    assert related is not None
    return related[related["timestamp"] >= FIRST_FORECAST]


def replacement(price: float = 8.0, item: str = "cake", days: int = 2) -> pd.DataFrame:
    timestamps = pd.date_range(FIRST_FORECAST, periods=days)
    return pd.DataFrame({"item_id": item, "timestamp": timestamps, "price": price})


def test_a_price_rise_lowers_the_forecast_of_every_item_and_step() -> None:
    found = compared(Scenario((DEARER,)), shop())
    assert list(found.table.columns) == [
        *("item_id", "timestamp", "p10", "p10_what_if", "p10_difference"),
        *("p50", "p50_what_if", "p50_difference", "mean", "mean_what_if", "mean_difference"),
    ]
    assert len(found.table) == len(ITEMS) * HORIZON
    assert (found.table["p50_difference"] < -1).all()
    difference = found.table["mean_what_if"] - found.table["mean"]
    np.testing.assert_array_equal(found.table["mean_difference"], difference)
    assert (found.changed_values, found.notes) == ((len(ITEMS) * HORIZON,), ())


def test_the_past_of_the_plan_stays_as_it_was() -> None:
    before = shop().related
    after = apply(Scenario((DEARER,)), shop(), FIRST_FORECAST)[0].related
    assert before is not None
    assert after is not None
    past = before["timestamp"] < FIRST_FORECAST
    pd.testing.assert_frame_equal(before[past], after[past])


@pytest.mark.parametrize(
    ("operation", "value", "price"), [("ADD", 2, 12), ("SUBTRACT", 2, 8), ("MULTIPLY", 2, 20), ("DIVIDE", 2, 5)]
)
def test_every_operation_does_what_it_says(operation: str, value: float, price: float) -> None:
    assert set(changed(Transformation("price", operation, value))["price"]) == {price}


def test_transformations_are_applied_in_their_order_and_see_what_earlier_ones_did() -> None:
    twice = (Transformation("price", "ADD", 2), Transformation("price", "MULTIPLY", 2))
    assert set(changed(*twice)["price"]) == {24.0}
    only_if_dear = Transformation("price", "SUBTRACT", 1, (Condition("price", "GREATER_THAN", "11"),))
    assert set(changed(twice[0], only_if_dear)["price"]) == {11.0}


@pytest.mark.parametrize(
    ("condition", "items", "days"),
    [
        (Condition("item_id", "EQUALS", "cake"), {"cake"}, 5),
        (Condition("item_id", "NOT_EQUALS", "cake"), {"bread", "milk", "tea"}, 5),
        (Condition("shelf", "EQUALS", "3"), {"milk", "tea"}, 5),
        (Condition("Taste", "NOT_EQUALS", "sweet"), {"bread", "milk", "tea"}, 5),
        (Condition("timestamp", "LESS_THAN", "2024-03-03"), set(ITEMS), 2),
        (Condition("timestamp", "GREATER_THAN", "2024-03-03 00:00:00"), set(ITEMS), 2),
        (Condition("timestamp", "EQUALS", "2024-03-03T00:00:00Z"), set(ITEMS), 1),
        (Condition("price", "EQUALS", "10"), set(ITEMS), 5),
        (Condition("price", "LESS_THAN", "10"), set(), 0),
    ],
)
def test_conditions_choose_rows_by_any_column(condition: Condition, items: set[str], days: int) -> None:
    rows = changed(Transformation("price", "ADD", 1, (condition,)))
    rows = rows[rows["price"] == 11]
    assert set(rows["item_id"]) == items
    assert len(rows) == len(items) * days


def test_all_conditions_must_be_fulfilled() -> None:
    conditions = (Condition("taste", "EQUALS", "plain"), Condition("timestamp", "EQUALS", "2024-03-01"))
    rows = changed(Transformation("price", "ADD", 1, conditions))
    assert (rows["price"] == 11).sum() == 3


def test_a_missing_value_fulfils_no_condition() -> None:
    frames = shop()
    assert frames.item_metadata is not None
    frames = replace(frames, item_metadata=frames.item_metadata.iloc[:2])
    scenario = Scenario((Transformation("price", "ADD", 1, (Condition("taste", "NOT_EQUALS", "sweet"),)),))
    assert apply(scenario, frames, FIRST_FORECAST)[1] == (HORIZON,)


def test_a_replacement_changes_its_rows_and_leaves_all_others() -> None:
    found = compared(Scenario(replacement=replacement()), shop())
    assert found.changed_values == (2,)
    assert set(found.table.loc[found.table["mean_difference"] != 0, "item_id"]) == {"cake"}
    of_cake = found.table[found.table["item_id"] == "cake"]["mean_difference"].to_numpy()
    assert (of_cake[:2] > 1).all()
    # The other days' distributions become a little wider or narrower with the level of the whole forecast.
    assert (np.abs(of_cake[2:]) < 0.5).all()


def test_a_missing_value_in_a_replacement_leaves_the_value_of_the_plan() -> None:
    rows = replacement().assign(noise=[np.nan, 3.0])
    related = apply(Scenario(replacement=rows), shop(), FIRST_FORECAST)[0].related
    plan = shop().related
    assert related is not None
    assert plan is not None
    both = [frame.set_index(["item_id", "timestamp"]).loc["cake", "noise"] for frame in (related, plan)]
    assert both[0].iloc[-5] == both[1].iloc[-5]
    assert both[0].iloc[-4] == 3.0
    assert list(related.columns) == list(plan.columns)


def test_everything_that_is_wrong_with_transformations_is_told_at_once() -> None:
    scenario = Scenario(
        (
            Transformation("prize", "MULTIPLY", 1.1, where="a"),
            Transformation("price", "MULTIPLE", 1.1, where="b"),
            Transformation("price", "DIVIDE", 0, where="c"),
            Transformation("price", "ADD", 1, (Condition("tast", "EQUALS", "sweet"),), where="d"),
            Transformation("price", "ADD", 1, (Condition("price", "LESS_THAN", "cheap"),), where="e"),
            Transformation("price", "ADD", 1, (Condition("taste", "LESS_THAN", "sweet"),), where="f"),
            Transformation("price", "ADD", 1, (Condition("timestamp", "LESS_THAN", "soon"),), where="g"),
            Transformation("price", "ADD", 1, (Condition("price", "LESS", "1"),), where="h"),
            Transformation("price", "ADD", 1, (Condition("price", "EQUALS", "1"),) * 11, where="i"),
            Transformation("price", "ADD", float("nan"), where="j"),
        )
    )
    with pytest.raises(InputError) as caught:
        compared(scenario, shop())
    told = [str(problem) for problem in caught.value.problems]
    assert [line.split(":")[0] for line in told] == [
        "a.Action.AttributeName",
        "b.Action.Operation",
        "c.Action.Value",
        "d.TimeSeriesConditions[0].AttributeName",
        "e.TimeSeriesConditions[0].AttributeValue",
        "f.TimeSeriesConditions[0].Condition",
        "g.TimeSeriesConditions[0].AttributeValue",
        "h.TimeSeriesConditions[0].Condition",
        "i.TimeSeriesConditions",
        "j.Action.Value",
    ]
    assert "Did you mean 'price'?" in told[0]
    assert "Did you mean 'MULTIPLY'?" in told[1]
    assert "Did you mean 'taste'?" in told[3]


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        (Scenario(), "found neither"),
        (Scenario((DEARER,), replacement()), "found both"),
        (Scenario((DEARER,) * 31), "found 31 transformations"),
        (Scenario(replacement=replacement().drop(columns="price")), "found no feature"),
        (Scenario(replacement=replacement().drop(columns="item_id")), "rows without item_id"),
        (Scenario(replacement=replacement().rename(columns={"price": "prise"})), "Did you mean 'price'?"),
        (Scenario(replacement=replacement(item="cakes")), "found item_id 'cakes'"),
        (Scenario(replacement=pd.concat([replacement()] * 2)), "more than once"),
    ],
)
def test_a_scenario_that_cannot_be_meant_is_refused(scenario: Scenario, says: str) -> None:
    assert says in "\n".join(map(str, check(scenario, shop())))


def test_a_project_without_related_time_series_has_nothing_to_change() -> None:
    problems = check(Scenario((DEARER,)), TrainingFrames(shop().target))
    assert "Add a RELATED_TIME_SERIES dataset" in str(problems[0])


def test_a_predictor_that_does_not_look_at_related_series_says_that_nothing_can_change() -> None:
    frames = shop()
    found = compared(Scenario((DEARER,)), frames, train(frames, shop_task("SeasonalNaive"), quiet))
    assert (found.table["mean_difference"] == 0).all()
    assert "no candidate that counts in this predictor (SeasonalNaive_" in found.notes[0]


def test_a_transformation_whose_conditions_no_row_fulfils_is_named() -> None:
    nobody = Transformation("price", "ADD", 1, (Condition("item_id", "EQUALS", "wine"),), where="second")
    found = compared(Scenario((DEARER, nobody)), shop())
    assert found.changed_values == (20, 0)
    assert [note.partition(" ")[0] for note in found.notes] == ["second"]


def test_what_gbm_has_learnt_of_prices_shows_in_a_scenario_and_in_the_impacts() -> None:
    pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    frames = shop(price_ahead=8.0)
    predictor = train(frames, shop_task("GBM"), quiet)
    dearer = compared(Scenario((DEARER,)), frames, predictor).table.groupby("item_id")["p50_difference"].sum()
    assert (dearer < -5).all()
    explanation = explain(predictor, frames, quiet)
    overall = explanation.scores.iloc[0]
    assert overall["price-NormalizedImpactScore"] == 1.0
    assert abs(overall["noise-NormalizedImpactScore"]) < 0.1
    totals, detailed = explanation.totals, explanation.scores.iloc[1:]
    raw = detailed[[f"{name}-RawImpactScore" for name in explanation.features]].sum(axis=1).to_numpy()
    np.testing.assert_allclose(raw, totals["forecast"] - totals["typical"], rtol=1e-6)
