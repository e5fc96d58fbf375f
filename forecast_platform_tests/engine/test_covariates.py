"""What models may see besides the target: related time series, item metadata, holidays, items without history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.engine.algorithms.contract import Covariates, History
from forecast_platform.engine.covariates import FeatureGaps
from forecast_platform.engine.featurization import Panel, build_panel
from forecast_platform.engine.filling import FILL_WINDOW
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.task import RelatedFilling
from forecast_platform_tests.engine.series import series, task

INSTRUMENTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "related_series"
_ = np.nan
FIVE_DAYS = series([1, 2, 3, 4, 5])
"""2024-01-01 to 2024-01-05; with a horizon of three, the future is 2024-01-06 to 2024-01-08."""


def related(values: list[float], item: str = "bread", start: str = "2024-01-01", name: str = "price") -> pd.DataFrame:
    """One related series; a gap has no row."""
    return series(values, item, start).rename(columns={"target": name}).dropna()


def panel(related: pd.DataFrame | None = None, metadata: pd.DataFrame | None = None, **changes: Any) -> Panel:
    """The panel of five days of bread and milk, with a horizon of three."""
    target = changes.pop("target", pd.concat([FIVE_DAYS, FIVE_DAYS.assign(item_id="milk")]))
    return build_panel(TrainingFrames(target, related, metadata), task(horizon=changes.pop("horizon", 3), **changes))


def covariates(of: Panel | History) -> Covariates:
    """The covariates, which are there."""
    assert of.covariates is not None
    return of.covariates


def values(built: Panel, item: str = "bread", feature: int = 0) -> list[float]:
    """A feature of an item over the history and the horizon."""
    return [float(value) for value in covariates(built).values[feature, list(built.series["item_id"]).index(item)]]


def filled(numbers: list[float], start: str = "2024-01-01", **methods: Any) -> list[float]:
    """The feature of bread over eight days, known ahead or not, once it is filled."""
    found = panel(
        related(numbers, start=start), target=FIVE_DAYS, related_fillings=(RelatedFilling("price", **methods),)
    )
    return values(found)


def test_related_series_are_aligned_with_the_history_and_the_horizon() -> None:
    prices = pd.concat([related([1, 2, 3, 4, 5, 6, 7, 8]), related([9] * 8, "milk")])
    assert values(panel(prices)) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert values(panel(prices), "milk") == [9] * 8


def test_values_before_the_history_and_after_the_horizon_are_left_out() -> None:
    assert values(panel(related([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], start="2023-12-31"))) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_of_two_values_in_one_period_the_latest_counts_also_when_it_stands_first() -> None:
    prices = pd.concat([related([7] * 8, start="2024-01-01 18:00"), related([3] * 8, start="2024-01-01 09:00")])
    assert values(panel(prices)) == [7] * 8


def test_gaps_of_related_series_stay_gaps_unless_asked_otherwise() -> None:
    np.testing.assert_array_equal(values(panel(related([_, 2, _, 4, 5, 6, 7, 8]))), [_, 2, _, 4, 5, 6, 7, 8])


@pytest.mark.parametrize(
    ("method", "middle", "back", "future"),
    [
        ("zero", 0, 0, 0),
        ("value", 10, 20, 30),
        ("median", 3, 5, 5),
        ("mean", 3, 4, 4),
        ("min", 1, 1, 1),
        ("max", 5, 6, 6),
    ],
)
def test_gaps_in_the_middle_at_the_end_and_in_the_future_are_filled_by_the_method_asked_for(
    method: str, middle: float, back: float, future: float
) -> None:
    methods = {"middlefill": method, "backfill": method, "futurefill": method}
    fixed = {"middlefill_value": 10, "backfill_value": 20, "futurefill_value": 30}
    # Of 2023-12-30: 5 and 1 lie before the history and are seen by the statistics all the same.
    got = filled([5, 1, _, 6, _, _, _], start="2023-12-30", **methods, **fixed)
    assert got == [middle, 6, back, back, back, future, future, future]


def test_each_kind_of_gap_has_a_method_of_its_own() -> None:
    got = filled([_, 2, _, 4], middlefill="zero", futurefill="max")
    np.testing.assert_array_equal(got, [_, 2, 0, 4, _, 4, 4, 4])


def test_a_gap_before_a_value_of_the_future_is_in_the_middle_and_one_within_the_future_is_not() -> None:
    got = filled([1, _, _, _, _, 6, _, 8], middlefill="zero", backfill="max", futurefill="value", futurefill_value=7)
    assert got == [1, 0, 0, 0, 0, 6, 7, 8]


def test_nothing_is_filled_before_the_first_value() -> None:
    everything = {"middlefill": "zero", "backfill": "zero", "futurefill": "zero"}
    np.testing.assert_array_equal(filled([_, _, 3], **everything), [_, _, 3, 0, 0, 0, 0, 0])


def test_statistics_of_the_future_see_the_most_recent_entries_of_the_history() -> None:
    old, recent = [1000.0] * 9, [1.0] * FILL_WINDOW
    days = series(old + recent)
    found = panel(related(old + recent), target=days, related_fillings=(RelatedFilling("price", futurefill="max"),))
    assert values(found)[-3:] == [1, 1, 1]


def test_a_series_without_any_value_has_only_the_fixed_values_of_the_future() -> None:
    prices = related([1] * 8)
    zero = panel(prices, related_fillings=(RelatedFilling("price", "zero", "zero", "zero"),))
    np.testing.assert_array_equal(values(zero, "milk"), [_, _, _, _, _, 0, 0, 0])
    mean = panel(prices, related_fillings=(RelatedFilling("price", "mean", "mean", "mean"),))
    np.testing.assert_array_equal(values(mean, "milk"), [_] * 8)


def test_a_feature_is_known_ahead_when_the_series_that_have_it_have_it_over_the_whole_horizon() -> None:
    ahead, today, partly = related([1] * 8), related([1] * 5), related([1] * 7)
    for prices, known in ((ahead, True), (today, False), (partly, False)):
        assert covariates(panel(prices)).known_ahead == (known,)
    future = panel(today, related_fillings=(RelatedFilling("price", futurefill="zero"),))
    assert covariates(future).known_ahead == (True,)


def test_the_future_of_a_feature_that_is_not_known_ahead_is_not_seen() -> None:
    np.testing.assert_array_equal(values(panel(related([1] * 7))), [1] * 5 + [_] * 3)


def test_a_few_series_without_a_future_do_not_make_a_feature_unknown() -> None:
    items = [f"item {number:02d}" for number in range(40)]
    target = pd.concat([FIVE_DAYS.assign(item_id=item) for item in items])
    prices = pd.concat([related([1] * (5 if item == items[0] else 8), item) for item in items])
    assert covariates(panel(prices, target=target)).known_ahead == (True,)


def test_a_feature_without_a_dimension_of_the_forecast_holds_for_all_its_values() -> None:
    target = pd.concat(
        [FIVE_DAYS.assign(shop="a"), FIVE_DAYS.assign(shop="b"), FIVE_DAYS.assign(item_id="milk", shop="a")]
    )
    by_item = pd.concat([related([1] * 8), related([2] * 8, "milk")])
    found = panel(by_item, target=target, dimensions=("shop",))
    assert covariates(found).values[0, :, 0].tolist() == [1, 1, 2]
    by_shop = pd.concat([related([1] * 8).assign(shop="a"), related([2] * 8).assign(shop="b")])
    found = panel(by_shop, target=target, dimensions=("shop",))
    np.testing.assert_array_equal(covariates(found).values[0, :, 0], [1, 2, _])


def test_attributes_are_codes_of_the_sorted_texts_and_minus_one_where_there_is_none() -> None:
    metadata = pd.DataFrame(
        {"item_id": ["milk", "bread", "cheese"], "brand": ["Zig", "Ace", "Mid"], "color": ["white", None, ""]}
    )
    found = covariates(panel(None, metadata))
    assert (found.attribute_names, found.categories) == (("brand", "color"), (("Ace", "Mid", "Zig"), ("white",)))
    assert found.attributes.tolist() == [[0, 2], [-1, 0]]
    assert (found.names, found.values.shape) == ((), (0, 2, 8))


def test_an_item_that_is_not_in_the_metadata_has_unknown_attributes() -> None:
    found = panel(None, pd.DataFrame({"item_id": ["milk"], "brand": ["Zig"]}))
    assert covariates(found).attributes.tolist() == [[-1, 0]]


def test_there_are_no_covariates_where_there_is_only_a_target() -> None:
    found = panel()
    assert (found.covariates, found.gaps, len(found.cold), found.cold_covariates) == (None, (), 0, None)
    assert found.cold_history(3).values.shape == (0, 5)


def test_an_item_of_the_metadata_without_history_is_cold_and_has_its_covariates() -> None:
    metadata = pd.DataFrame({"item_id": ["milk", "bread", "ale", "tea"], "kind": ["drink", "food", "drink", "drink"]})
    target = pd.concat([FIVE_DAYS, FIVE_DAYS.assign(item_id="milk"), series([_, _], "tea")])
    prices = pd.concat([related([1] * 8), related([2] * 8, "milk"), related([3] * 8, "tea")])
    found = panel(prices, metadata, target=target)
    assert (list(found.series["item_id"]), list(found.cold["item_id"])) == (["bread", "milk"], ["ale", "tea"])
    history = found.cold_history(3)
    np.testing.assert_array_equal(history.values, np.full((2, 5), _))
    assert covariates(history).attributes.tolist() == [[0, 0]]
    assert covariates(found).attributes.tolist() == [[1, 0]]
    np.testing.assert_array_equal(covariates(history).values[0], [[_] * 8, [3] * 8])


def test_a_cold_item_has_the_dimensions_that_the_related_series_name() -> None:
    target = FIVE_DAYS.assign(shop="a")
    metadata = pd.DataFrame({"item_id": ["bread", "tea"], "kind": ["food", "drink"]})
    by_shop = pd.concat([related([1] * 8, "tea").assign(shop=shop) for shop in ("b", "a")])
    found = panel(by_shop, metadata, target=target, dimensions=("shop",))
    assert found.cold.to_dict("list") == {"item_id": ["tea", "tea"], "shop": ["a", "b"]}
    for without in (None, related([1] * 8, "tea")):
        assert panel(without, metadata, target=target, dimensions=("shop",)).cold.empty


def test_what_is_missing_of_a_feature_is_counted_from_the_first_observation_on() -> None:
    target = pd.concat([FIVE_DAYS, series([3, 4, 5], "milk", "2024-01-03"), FIVE_DAYS.assign(item_id="tea")])
    prices = pd.concat([related([1, _, 1, 1, 1, 1, _, _]), related([1, 1, 1, 1, 1, 1], "milk", "2024-01-04")])
    assert panel(prices, target=target).gaps == (FeatureGaps("price", series_without=1, history=2, horizon=6),)
    assert panel(pd.concat([related([1] * 8), related([1] * 8, "milk")])).gaps == ()


def test_a_panel_of_some_series_has_their_covariates() -> None:
    prices = pd.concat([related([1] * 8), related([2] * 8, "milk")])
    metadata = pd.DataFrame({"item_id": ["bread", "milk"], "kind": ["food", "drink"]})
    some = panel(prices, metadata, holidays="US").rows(np.array([1]))
    assert (list(some.series["item_id"]), values(some, "milk")) == (["milk"], [2] * 8)
    assert covariates(some).attributes.tolist() == [[0]]
    assert covariates(panel(prices, metadata).history(3).rows(np.array([1]))).attributes.tolist() == [[0]]


def test_a_shorter_horizon_is_cut_and_a_longer_one_is_refused() -> None:
    found = panel(related([1] * 8))
    assert covariates(found.history(1)).values.shape == (1, 2, 6)
    with pytest.raises(ValueError, match="horizon of 3, not of 4"):
        found.history(4)


def test_holidays_are_features_of_every_series_beside_the_related_ones() -> None:
    days = pd.concat([series([1] * 5, start="2024-12-20"), series([1] * 5, "milk", "2024-12-20")])
    alone = covariates(panel(target=days, holidays="US"))
    assert alone.names == ("holiday", "day_before_holiday")
    assert alone.values[0].tolist() == [[0, 0, 0, 0, 0, 1, 0, 0]] * 2
    both = covariates(panel(related([1] * 8, start="2024-12-20"), target=days, holidays="US"))
    assert both.names == ("price", "holiday", "day_before_holiday")
    assert both.known_ahead == (True, True, True)
    np.testing.assert_array_equal(both.values[1:], alone.values)


def test_the_instruments_have_a_year_of_known_features_and_three_kinds() -> None:
    if not INSTRUMENTS.is_dir():
        pytest.skip("the instruments' data is not beside this checkout")
    names = {"Timestamp": "timestamp", "Model_ID": "item_id", "Order_Quantity": "target"}
    target, related = (
        pd.read_csv(INSTRUMENTS / f"instrument_{kind}.csv", parse_dates=["Timestamp"]).rename(columns=names)
        for kind in ("TTS", "RTS")
    )
    metadata = pd.read_csv(INSTRUMENTS / "instrument_IM.csv").rename(columns=names)
    found = build_panel(TrainingFrames(target, related, metadata), task("M", 12))
    assert (found.values.shape, found.gaps, len(found.cold)) == ((20, 639), (), 0)
    features = covariates(found)
    assert (features.names, features.known_ahead) == (("Loss_Rate", "Customer_Request"), (True, True))
    assert features.categories == (("Drums", "Guitar", "Piano"),)
    assert np.bincount(features.attributes[0]).tolist() == [4, 8, 8]
    one = related[related["item_id"] == "Piano_7"].sort_values("timestamp")
    assert values(found, "Piano_7") == one["Loss_Rate"].tolist()
