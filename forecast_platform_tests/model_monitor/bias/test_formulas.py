"""Every bias metric by hand, most of them on the examples of SageMaker's guide."""

from __future__ import annotations

from math import inf, isnan, log, sqrt
from typing import NamedTuple

import numpy as np
import pytest

from forecast_platform.model_monitor.bias.formulas import FORMULAS
from forecast_platform.model_monitor.bias.outcomes import Outcomes

FORMULA = {formula.name: formula for formula in FORMULAS}


class Cells(NamedTuple):
    tn: int = 0
    fp: int = 0
    fn: int = 0
    tp: int = 0


def outcomes(*subgroups: tuple[Cells, Cells]) -> Outcomes:
    """Per subgroup facet a and facet d."""
    return Outcomes(np.array([[[[c.tn, c.fp], [c.fn, c.tp]] for c in pair] for pair in subgroups], dtype=float))


def value(name: str, a: Cells, d: Cells) -> float:
    with np.errstate(invalid="ignore"):
        return float(FORMULA[name].value(outcomes((a, d))))


def test_class_imbalance_is_how_much_more_rows_the_others_have() -> None:
    assert value("CI", Cells(tn=30, tp=40), Cells(fp=10, fn=20)) == 0.4  # (70 - 30) / 100


def test_difference_in_labels_is_that_of_the_observed_shares() -> None:
    # Guide: 70 % of the others and 20 of 50 observed positive.
    assert value("DPL", Cells(tp=70, tn=30), Cells(tp=20, fp=30)) == pytest.approx(0.7 - 0.4)


def test_divergences_are_those_of_the_guides_loans() -> None:
    # Guide, KL: approval of 80 % and 30 %.
    a, d = Cells(tp=80, tn=20), Cells(tp=30, tn=70)
    assert value("KL", a, d) == pytest.approx(0.8 * log(0.8 / 0.3) + 0.2 * log(0.2 / 0.7))
    middle = 0.5 * (0.8 * log(0.8 / 0.55) + 0.2 * log(0.2 / 0.45) + 0.3 * log(0.3 / 0.55) + 0.7 * log(0.7 / 0.45))
    assert value("JS", a, d) == pytest.approx(middle)
    assert value("LP", a, d) == pytest.approx(sqrt(0.5**2 + 0.5**2))
    assert value("TVD", a, d) == pytest.approx(0.5)
    assert value("KS", a, d) == pytest.approx(0.5)


def test_an_outcome_that_only_the_others_have_is_infinitely_divergent() -> None:
    assert value("KL", Cells(tp=1, tn=1), Cells(tp=1)) == inf
    assert value("KL", Cells(tp=1), Cells(tp=1, tn=1)) == pytest.approx(log(2))
    assert value("JS", Cells(tp=1), Cells(tn=1)) == pytest.approx(log(2))
    assert value("TVD", Cells(tp=1), Cells(tn=1)) == 1


def test_conditional_disparity_weighs_the_subgroups_by_their_rows() -> None:
    # Subgroup 1: facet d is 3 of 4 rejections and 1 of 2 acceptances; subgroup 2: 1 of 2 and 1 of 2.
    first = (Cells(tn=1, tp=1), Cells(tn=3, tp=1))
    second = (Cells(tn=1, tp=1), Cells(tn=1, tp=1))
    assert float(FORMULA["CDDL"].value(outcomes(first, second))) == pytest.approx((6 * 0.25 + 4 * 0) / 10)


def test_conditional_disparity_of_predictions_looks_at_the_predicted_outcome() -> None:
    # Facet d is 3 of 4 predicted rejections and 1 of 2 predicted acceptances, the reverse of what was observed.
    group = (Cells(fn=1, fp=1), Cells(fn=3, fp=1))
    assert float(FORMULA["CDDPL"].value(outcomes(group))) == pytest.approx(0.25)
    assert float(FORMULA["CDDL"].value(outcomes(group))) == pytest.approx(-0.25)


def test_a_subgroup_without_rejections_has_a_share_of_0_of_them() -> None:
    both = (Cells(tn=1, tp=1), Cells(tn=1, tp=1))
    accepted = (Cells(tp=1), Cells(tp=1))
    assert float(FORMULA["CDDL"].value(outcomes(both, accepted))) == pytest.approx((4 * 0 + 2 * -0.5) / 6)


def test_disparate_impact_is_that_of_the_guides_loans() -> None:
    a, d = Cells(tp=60, tn=40), Cells(tp=25, tn=25)
    assert value("DI", a, d) == pytest.approx(0.5 / 0.6)
    assert value("DPPL", a, d) == pytest.approx(0.6 - 0.5)


def test_conditional_acceptance_is_that_of_the_guides_example() -> None:
    # Predicted positive: 60 of 100 and 30 of 50; observed: 70 and 20.
    a, d = Cells(tp=60, fn=10, tn=30), Cells(tp=20, fp=10, tn=20)
    assert value("DCA", a, d) == pytest.approx(70 / 60 - 20 / 30)


def test_conditional_rejection_is_that_of_the_guides_example() -> None:
    # Predicted negative: 60 of 100 and 30 of 50; observed: 50 and 40.
    a, d = Cells(tn=50, fn=10, tp=40), Cells(tn=30, fp=10, tp=10)
    assert value("DCR", a, d) == pytest.approx(40 / 30 - 50 / 60)


def test_specificity_and_recall_differences_are_those_of_the_guides_matrices() -> None:
    a, d = Cells(tn=20, fn=5, fp=10, tp=65), Cells(tn=18, fn=7, fp=5, tp=20)
    assert value("SD", a, d) == pytest.approx(18 / 23 - 20 / 30)
    assert value("RD", a, d) == pytest.approx(65 / 70 - 20 / 27)


def test_acceptance_and_rejection_rates_are_those_of_the_guides_examples() -> None:
    assert value("DAR", Cells(tp=35, fp=35), Cells(tp=40, fp=60)) == pytest.approx(0.10)
    assert value("DRR", Cells(tn=80, fn=20), Cells(tn=40, fn=10)) == pytest.approx(0.0)


def test_treatment_equality_compares_false_negatives_per_false_positive() -> None:
    # Guide: 8 and 6 of 100 wrongly denied and approved, against 5 and 2 of 50, at the same accuracy.
    a, d = Cells(fn=8, fp=6, tp=40, tn=46), Cells(fn=5, fp=2, tp=20, tn=23)
    assert value("TE", a, d) == pytest.approx(5 / 2 - 8 / 6)
    assert value("AD", a, d) == pytest.approx(0.0)


def test_accuracy_difference_is_that_of_the_shares_of_right_predictions() -> None:
    assert value("AD", Cells(tp=3, tn=1), Cells(tp=1, fn=1)) == 0.5


def test_generalized_entropy_is_0_when_all_is_right_and_grows_with_unequal_benefits() -> None:
    assert value("GE", Cells(tp=2), Cells(tn=2)) == 0
    # Benefits 2, 0, 1, 1 with mean 1: (4 + 0 + 1 + 1 - 4) / 8.
    assert value("GE", Cells(fp=1, fn=1), Cells(tp=1, tn=1)) == 0.25


@pytest.mark.parametrize(
    ("name", "a", "d"),
    [
        ("DI", Cells(tn=3), Cells(tn=3)),
        ("DCA", Cells(tn=3), Cells(tp=1)),
        ("DCA", Cells(fn=3), Cells(fn=1)),
        ("DCR", Cells(tp=3), Cells(tn=1)),
        ("RD", Cells(tn=3), Cells(tp=1)),
        ("SD", Cells(tn=3), Cells(tp=1)),
        ("DAR", Cells(tn=3), Cells(tp=1)),
        ("DRR", Cells(tp=3), Cells(tn=1)),
        ("TE", Cells(tp=3), Cells(fn=1, fp=1)),
        ("GE", Cells(fn=3), Cells(fn=1)),
        ("CDDL", Cells(tp=3), Cells(tp=1)),
    ],
)
def test_nothing_divided_by_nothing_is_undefined_and_has_a_reason(name: str, a: Cells, d: Cells) -> None:
    assert isnan(value(name, a, d))
    assert FORMULA[name].undefined


def test_something_divided_by_nothing_is_infinite() -> None:
    assert value("DI", Cells(tn=3), Cells(tp=1)) == inf
    assert value("TE", Cells(fn=1), Cells(fn=1, fp=1)) == -inf


def test_several_counts_at_once_give_the_numbers_of_each() -> None:
    pairs = [(Cells(5, 3, 2, 9), Cells(4, 4, 1, 7)), (Cells(8, 2, 6, 3), Cells(1, 2, 3, 4))]
    together = Outcomes(np.stack([outcomes(pair).counts for pair in pairs]))
    for formula in FORMULAS:
        expected = [float(formula.value(outcomes(pair))) for pair in pairs]
        np.testing.assert_allclose(formula.value(together), expected)
