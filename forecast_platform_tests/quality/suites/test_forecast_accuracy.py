"""The checks of forecasts against actuals pass on good ones, warn in words of bad ones, and judge nothing too early."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from forecast_platform.quality.calibration import ShareVerdict
from forecast_platform.quality.forecast_monitoring import Bias, Decay
from forecast_platform.quality.suites import forecast_accuracy
from forecast_platform.quality.validation import CheckOutcome
from forecast_platform_tests.quality.suites.judging import failed, outcomes

NAN = float("nan")
NOT_JUDGED = ShareVerdict(NAN, NAN, NAN, NAN, NAN, 0, NAN, 0)
SERIES = pd.DataFrame(
    {
        "item_id": ["bread", "milk"],
        "store": ["one", "two"],
        "observations": [70.0, 70.0],
        "closed": [56.0, 55.0],
        "opened": [56.0, 55.0],
        "p_value": [1.0, 0.9],
        "is_off": [False, False],
    }
)


def judge(**changes: Any) -> dict[str, CheckOutcome]:
    facts: dict[str, Any] = {
        "ended": 12,
        "unfinished": 0,
        "decay": Decay(5, 1.05, 1.6),
        "coverage": ShareVerdict(0.8, 0.79, 0.79, 0.7, 0.9, 140, 90.0, 10),
        "hits": ShareVerdict(0.5, 0.52, 0.52, 0.35, 0.65, 140, 90.0, 10),
        "bias": Bias(0, NAN, NAN, NAN),
        "series": SERIES,
    }
    return outcomes(forecast_accuracy.batch(**facts | changes), forecast_accuracy.checks())


def test_forecasts_that_keep_their_promise_pass_and_say_so_with_numbers() -> None:
    found = judge()
    assert failed(found) == []
    assert found["accuracy_holds"].message == (
        "Over 5 complete windows the loss is 1.05 times that of the backtests; with so few or so many windows, up to "
        "1.6 times is chance or tolerated."
    )
    assert found["coverage_is_as_promised"].message == (
        "79.0% of 140 actuals are inside the interval that promises 80%; expected: 70.0% to 90.0%, as errors that go "
        "together leave 90 independent observations in 10 windows."
    )


def test_nothing_to_compare_passes_and_says_so() -> None:
    nothing = Decay(0, NAN, NAN)
    found = judge(decay=nothing, coverage=NOT_JUDGED, hits=NOT_JUDGED, series=SERIES.head(0))
    assert failed(found) == []
    assert found["accuracy_holds"].message.startswith("Nothing to compare yet")
    for name in ("coverage_is_as_promised", "no_item_is_off", "forecasts_are_unbiased"):
        assert found[name].message.startswith("Nothing to judge"), name


def test_too_little_to_judge_shows_what_there_is() -> None:
    few = ShareVerdict(0.8, 0.2, 0.2, NAN, NAN, 10, NAN, 1)
    found = judge(decay=Decay(1, 3.0, NAN), coverage=few)
    assert failed(found) == []
    assert "3 times" in found["accuracy_holds"].message
    assert "not judged yet" in found["accuracy_holds"].message
    assert found["coverage_is_as_promised"].message.startswith("20.0% of 10 actuals")


def test_decay_is_warned_of() -> None:
    found = judge(decay=Decay(5, 2.1, 1.6))
    assert failed(found) == ["accuracy_holds"]
    assert "2.1 times" in found["accuracy_holds"].message


@pytest.mark.parametrize(
    "coverage",
    [ShareVerdict(0.8, 0.6, 0.6, 0.7, 0.9, 140, 90.0, 10), ShareVerdict(0.8, 0.99, 0.97, 0.7, 0.9, 140, 90.0, 10)],
    ids=["too narrow", "too wide"],
)
def test_coverage_outside_its_band_is_warned_of(coverage: ShareVerdict) -> None:
    assert failed(judge(coverage=coverage)) == ["coverage_is_as_promised"]


def test_values_on_a_bound_do_not_make_an_interval_too_wide() -> None:
    found = judge(coverage=ShareVerdict(0.8, 0.99, 0.75, 0.7, 0.9, 140, 90.0, 10))
    assert failed(found) == []
    assert "(75.0% without those on a bound)" in found["coverage_is_as_promised"].message


def test_items_that_are_off_are_named_the_worst_first() -> None:
    off = SERIES.assign(closed=[14.0, 7.0], p_value=[1e-6, 1e-9], is_off=True)
    found = judge(series=off)
    assert failed(found) == ["no_item_is_off"]
    assert [row["item_id"] for row in found["no_item_is_off"].examples] == list(off["item_id"][::-1])
    assert found["no_item_is_off"].message == (
        "Items whose coverage is not the promised 80%: 2 of 2. milk / two (10% of 70), bread / one (20% of 70)"
    )
    many = pd.concat([off] * 4)
    assert judge(series=many)["no_item_is_off"].message.endswith(" and 3 more")


def test_a_median_that_is_too_low_is_warned_of_by_its_hits_and_a_mean_by_its_bias() -> None:
    found = judge(hits=ShareVerdict(0.5, 0.2, 0.2, 0.35, 0.65, 140, 90.0, 10))
    assert failed(found) == ["forecasts_are_unbiased"]
    found = judge(hits=NOT_JUDGED, bias=Bias(10, -0.2, 0.08, -10.0))
    assert failed(found) == ["forecasts_are_unbiased"]
    assert found["forecasts_are_unbiased"].message == (
        "Over 10 complete windows forecasts are -20.0% of the actuals off on the whole; tracking signal -10.0; "
        "allowed: 8.0% either way."
    )
    assert failed(judge(hits=NOT_JUDGED, bias=Bias(10, 0.02, 0.08, 4.0))) == []


def test_missing_actuals_are_a_fact_and_no_fault() -> None:
    (check,) = (one for one in forecast_accuracy.checks() if one.name == "actuals_have_arrived")
    assert check.severity == "info"
    assert "3 of 12 windows" in judge(unfinished=3)["actuals_have_arrived"].message
