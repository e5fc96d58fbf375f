"""The checks of a predictor pass on a good one and say in words what is wrong with a bad one."""

from __future__ import annotations

import pytest

from forecast_platform.quality.suites import predictor
from forecast_platform.quality.validation import CheckOutcome
from forecast_platform_tests.quality.suites.judging import failed, outcomes


def judge(average: float | None, naive: float | None, failures: int = 0) -> dict[str, CheckOutcome]:
    batch = predictor.batch(average_wql=average, seasonal_naive_wql=naive, failed_candidates=failures)
    return outcomes(batch, predictor.checks())


def test_an_accurate_predictor_passes() -> None:
    assert failed(judge(0.08, 0.12)) == []


def test_seasonal_naive_may_be_the_best_there_is() -> None:
    assert failed(judge(0.12, 0.12)) == []


def test_a_predictor_that_is_worse_than_seasonal_naive_is_reported() -> None:
    found = judge(0.13, 0.12)
    assert failed(found) == ["beats_seasonal_naive"]
    assert "predictor is 0.13, that of seasonal naive 0.12" in found["beats_seasonal_naive"].message


@pytest.mark.parametrize("average", [None, float("nan"), float("inf")])
def test_an_accuracy_that_is_no_number_is_not_measured(average: float | None) -> None:
    assert "accuracy_is_measured" in failed(judge(average, 0.12))


def test_a_service_without_seasonal_naive_is_not_blamed() -> None:
    assert failed(judge(0.08, None)) == []


def test_failed_candidates_are_counted() -> None:
    found = judge(0.08, 0.12, failures=2)
    assert failed(found) == ["every_candidate_succeeded"]
    assert "failed: 2" in found["every_candidate_succeeded"].message
