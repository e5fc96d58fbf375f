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


def judge_change(now: tuple[float, float | None], before: tuple[float | None, float | None]) -> CheckOutcome:
    """``now`` and ``before``: average wQL of the predictor and of seasonal naive."""
    last = predictor.LastPredictor("the one trained at 2025-12-01", *before)
    batch = predictor.batch(average_wql=now[0], seasonal_naive_wql=now[1], failed_candidates=0, last=last)
    return outcomes(batch, predictor.checks())["as_accurate_as_the_last"]


def test_a_predictor_that_is_much_less_accurate_than_the_last_is_reported_with_both() -> None:
    outcome = judge_change((0.13, 0.2), (0.1, 0.2))
    assert not outcome.passed
    assert outcome.message == (
        "The average wQL of the predictor is 0.13 (lower is better). That of the one trained at 2025-12-01 was 0.1. "
        "It is 1.3 times as large, after what seasonal naive changed by itself; allowed: 1.25 times."
    )


def test_a_little_less_accurate_may_be_chance() -> None:
    assert judge_change((0.12, 0.2), (0.1, 0.2)).passed


def test_a_period_that_was_harder_for_seasonal_naive_too_is_forgiven() -> None:
    assert judge_change((0.2, 0.4), (0.1, 0.2)).passed


def test_a_predictor_that_keeps_its_loss_is_not_blamed_for_an_easier_period() -> None:
    assert judge_change((0.1, 0.1), (0.1, 0.2)).passed


def test_without_seasonal_naive_the_losses_themselves_are_compared() -> None:
    assert not judge_change((0.2, None), (0.1, None)).passed


@pytest.mark.parametrize("last", [None, float("nan"), 0.0])
def test_nothing_to_compare_with_passes(last: float | None) -> None:
    outcome = judge_change((0.2, 0.3), (last, 0.3))
    assert outcome.passed
    assert outcome.message.endswith("says nothing to compare with.")


def test_the_first_predictor_passes_and_says_so() -> None:
    outcome = judge(0.08, 0.12)["as_accurate_as_the_last"]
    assert outcome.passed
    assert outcome.message.endswith("There is no earlier predictor to compare with.")
