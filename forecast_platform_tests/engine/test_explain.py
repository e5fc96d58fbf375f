"""Impact scores: whose, in which direction, and that they add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.explain import AGGREGATE, Explanation, explain
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import forecast
from forecast_platform.engine.shapley import MOST_EXACT
from forecast_platform.engine.training import train
from forecast_platform_tests.engine.series import quiet
from forecast_platform_tests.engine.shop import (
    FIRST_DAY,
    ITEMS,
    PriceSensitive,
    price_sensitive_predictor,
    shop,
    shop_task,
)

FEATURES = ("price", "noise", "taste", "shelf")


def explained(frames: TrainingFrames) -> Explanation:
    return explain(price_sensitive_predictor(frames), frames, quiet, pretrained=[PriceSensitive()])


def of(explanation: Explanation, feature: str, form: str = "Raw") -> pd.Series[float]:
    """The scores of one feature by item."""
    return explanation.scores.set_index("item_id")[f"{feature}-{form}ImpactScore"]


def test_a_high_price_lowers_the_forecast_and_what_nothing_depends_on_has_no_impact() -> None:
    found = explained(shop(price_ahead=14.0))
    assert found.features == FEATURES
    assert (of(found, "price")[list(ITEMS)] < -1).all()
    assert (of(found, "noise")[list(ITEMS)] == 0).all()
    assert (of(found, "shelf")[list(ITEMS)] == 0).all()
    assert (of(explained(shop(price_ahead=7.0)), "price")[list(ITEMS)] > 1).all()


def test_an_attribute_counts_for_the_items_that_are_unlike_most() -> None:
    taste = of(explained(shop()), "taste")
    assert taste["cake"] > 1
    assert taste[["bread", "milk", "tea"]].tolist() == [0.0, 0.0, 0.0]


def test_raw_scores_sum_to_the_difference_between_the_forecast_and_the_typical_one() -> None:
    frames = shop(price_ahead=14.0)
    found = explained(frames)
    raw = sum(of(found, feature)[list(ITEMS)] for feature in FEATURES)
    totals = found.totals.set_index("item_id")
    np.testing.assert_allclose(raw, totals["forecast"] - totals["typical"])
    made = forecast(price_sensitive_predictor(frames), frames, ("mean",), quiet, pretrained=[PriceSensitive()])
    np.testing.assert_allclose(totals["forecast"], made.groupby("item_id")["mean"].sum())


def test_normalized_scores_are_relative_to_the_largest_of_each_item_and_averaged_for_all() -> None:
    found = explained(shop(price_ahead=14.0))
    normalized = found.scores[[f"{feature}-NormalizedImpactScore" for feature in FEATURES]]
    assert normalized.abs().max(axis=1)[1:].tolist() == [1.0] * len(ITEMS)
    assert found.scores["item_id"].tolist() == [AGGREGATE, *ITEMS]
    assert set(found.scores["timestamp"]) == {AGGREGATE}
    np.testing.assert_allclose(normalized.iloc[0], normalized.iloc[1:].mean())
    assert of(found, "price")[[AGGREGATE]].isna().all()


def test_the_same_data_gives_the_same_bits() -> None:
    pd.testing.assert_frame_equal(explained(shop(14.0, 5)).scores, explained(shop(14.0, 5)).scores, check_exact=True)


def test_many_features_are_explained_by_random_orders_which_add_up_as_well() -> None:
    frames = shop(price_ahead=14.0, more_features=5)
    found = explained(frames)
    assert len(found.features) > MOST_EXACT
    exact = explained(shop(price_ahead=14.0))
    totals = found.totals.set_index("item_id")
    raw = sum(of(found, feature)[list(ITEMS)] for feature in found.features)
    np.testing.assert_allclose(raw, totals["forecast"] - totals["typical"])
    assert (of(found, "noise_3")[list(ITEMS)] == 0).all()
    assert of(found, "price")["cake"] == pytest.approx(of(exact, "price")["cake"], rel=0.1)


def test_holidays_are_one_feature_whose_typical_value_is_that_there_are_none() -> None:
    pytest.importorskip("prophet", reason="the extra 'prophet' is not installed")
    days = pd.date_range("2024-01-01", "2024-06-30")
    closed = days.strftime("%m-%d").isin(["01-01", "01-15", "02-19", "05-27", "06-19"])
    target = pd.DataFrame({"item_id": "bread", "timestamp": days, "target": np.where(closed, 2.0, 20.0)})
    frames = TrainingFrames(target)
    asked = shop_task("Prophet", holidays="US")
    found = explain(train(frames, asked, quiet), frames, quiet)
    assert found.features == ("Holiday_US",)
    assert of(found, "Holiday_US")["bread"] < -10


def test_a_predictor_without_candidates_that_look_at_features_says_so() -> None:
    frames = shop()
    found = explain(train(frames, shop_task("SeasonalNaive"), quiet), frames, quiet)
    assert "no candidate that counts in this predictor (SeasonalNaive_" in found.note
    assert (found.scores[[f"{feature}-NormalizedImpactScore" for feature in FEATURES]] == 0).all().all()


def test_a_project_without_features_says_that_there_is_nothing_to_explain() -> None:
    frames = TrainingFrames(shop().target)
    found = explain(train(frames, shop_task("SeasonalNaive"), quiet), frames, quiet)
    assert found.features == ()
    assert "nothing to explain" in found.note


def test_fifty_series_are_shown_and_two_hundred_counted() -> None:
    frames = shop(price_ahead=14.0)
    many = [f"item_{number:03}" for number in range(210)]
    days = pd.date_range(FIRST_DAY, periods=60)
    target = pd.DataFrame({"item_id": np.repeat(many, 60), "timestamp": np.tile(days, 210), "target": 20.0})
    assert frames.related is not None
    plan = frames.related[frames.related["item_id"] == "bread"].drop(columns="item_id")
    related = pd.concat([plan.assign(item_id=item) for item in many])[["item_id", *plan.columns]]
    metadata = pd.DataFrame({"item_id": many, "taste": "plain"})
    found = explained(replace(frames, target=target, related=related, item_metadata=metadata))
    assert (len(found.scores), found.explained, found.series) == (51, 200, 210)
