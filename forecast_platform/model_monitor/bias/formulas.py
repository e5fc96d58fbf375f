"""The bias metrics of SageMaker Clarify that follow from counts.

Belongs here: one formula per metric. Does not belong here: the fliptest, which needs the features (``fliptest``).

Source: SageMaker developer guide, "Measure Pre-training Bias" and "Measure Post-training Data and Model Bias"; for
names, and where that guide contradicts it, the open-source library smclarify, which wrote the baselines people have:
there TE is FN/FP of facet d less that of facet a (the guide also prints FP/FN, a less d). Unlike smclarify, 0/0 is
undefined and not 0, and labels that occur in one facet only count in KL, JS, LP, TVD and KS, as their definitions say.

Formulas take arrays of counts, so that a thousand bootstrap samples cost little more than one. x/0 is infinite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from forecast_platform.model_monitor.bias.outcomes import Group, Outcomes
from forecast_platform.model_monitor.model_quality.measured import Floats

PRE_TRAINING, POST_TRAINING = "pre_training_bias_metrics", "post_training_bias_metrics"

_ALL_SAME = "all outcomes are the same, or there is no group_variable"
_NO_PREDICTED_POSITIVE = "a group has no predicted positive to compare with"
_NO_PREDICTED_NEGATIVE = "a group has no predicted negative to compare with"


@dataclass(frozen=True)
class Formula:
    """One metric.

    Attributes:
        stage: Section of the analysis.
        value: Of counts with any leading axes; NaN where undefined.
        undefined: Why it is, when both groups have rows.
        fair: The value that means no bias.
    """

    name: str
    description: str
    stage: str
    value: Callable[[Outcomes], Floats]
    undefined: str = ""
    fair: float = 0.0


def class_imbalance(outcomes: Outcomes) -> Floats:
    """CI = (na − nd) / (na + nd)."""
    return _divided(outcomes.a.rows - outcomes.d.rows, outcomes.a.rows + outcomes.d.rows)


def difference_in_labels(outcomes: Outcomes) -> Floats:
    """DPL = na(1)/na − nd(1)/nd."""
    return _share_observed(outcomes.a) - _share_observed(outcomes.d)


def kullback_leibler(outcomes: Outcomes) -> Floats:
    """KL = Σ Pa(y) ln(Pa(y)/Pd(y)), in nats; infinite when facet a has a label that facet d lacks."""
    return _divergence(*_distributions(outcomes))


def jensen_shannon(outcomes: Outcomes) -> Floats:
    """JS = ½ [KL(Pa‖P) + KL(Pd‖P)] with P = ½ (Pa + Pd)."""
    a, d = _distributions(outcomes)
    middle = (a + d) / 2
    return (_divergence(a, middle) + _divergence(d, middle)) / 2


def euclidean_norm(outcomes: Outcomes) -> Floats:
    """LP = √ Σ (Pa(y) − Pd(y))²."""
    a, d = _distributions(outcomes)
    return np.asarray(np.sqrt(np.square(a - d).sum(axis=-1)))


def total_variation(outcomes: Outcomes) -> Floats:
    """TVD = ½ Σ |Pa(y) − Pd(y)|."""
    a, d = _distributions(outcomes)
    return np.asarray(np.abs(a - d).sum(axis=-1) / 2)


def kolmogorov_smirnov(outcomes: Outcomes) -> Floats:
    """KS = max |Pa(y) − Pd(y)|."""
    a, d = _distributions(outcomes)
    return np.asarray(np.abs(a - d).max(axis=-1))


def conditional_disparity_observed(outcomes: Outcomes) -> Floats:
    """CDDL = Σ ni DDi / n over the subgroups i, with DD = nd(0)/n(0) − nd(1)/n(1)."""
    return _conditional_disparity(outcomes.counts.sum(axis=-1))


def conditional_disparity_predicted(outcomes: Outcomes) -> Floats:
    """CDDPL: as CDDL, of the predicted outcomes."""
    return _conditional_disparity(outcomes.counts.sum(axis=-2))


def difference_in_predictions(outcomes: Outcomes) -> Floats:
    """DPPL = n'a(1)/na − n'd(1)/nd."""
    return _share_predicted(outcomes.a) - _share_predicted(outcomes.d)


def disparate_impact(outcomes: Outcomes) -> Floats:
    """DI = (n'd(1)/nd) / (n'a(1)/na)."""
    return _divided(_share_predicted(outcomes.d), _share_predicted(outcomes.a))


def conditional_acceptance(outcomes: Outcomes) -> Floats:
    """DCA (DCAcc) = na(1)/n'a(1) − nd(1)/n'd(1)."""
    a, d = outcomes.a, outcomes.d
    return _divided(a.positive, a.said_positive) - _divided(d.positive, d.said_positive)


def conditional_rejection(outcomes: Outcomes) -> Floats:
    """DCR = nd(0)/n'd(0) − na(0)/n'a(0)."""
    a, d = outcomes.a, outcomes.d
    return _divided(d.negative, d.said_negative) - _divided(a.negative, a.said_negative)


def recall_difference(outcomes: Outcomes) -> Floats:
    """RD = TPa/(TPa + FNa) − TPd/(TPd + FNd)."""
    return _divided(outcomes.a.tp, outcomes.a.positive) - _divided(outcomes.d.tp, outcomes.d.positive)


def specificity_difference(outcomes: Outcomes) -> Floats:
    """SD = TNd/(TNd + FPd) − TNa/(TNa + FPa)."""
    return _divided(outcomes.d.tn, outcomes.d.negative) - _divided(outcomes.a.tn, outcomes.a.negative)


def acceptance_rates(outcomes: Outcomes) -> Floats:
    """DAR = TPa/(TPa + FPa) − TPd/(TPd + FPd)."""
    return _divided(outcomes.a.tp, outcomes.a.said_positive) - _divided(outcomes.d.tp, outcomes.d.said_positive)


def rejection_rates(outcomes: Outcomes) -> Floats:
    """DRR = TNd/(TNd + FNd) − TNa/(TNa + FNa)."""
    return _divided(outcomes.d.tn, outcomes.d.said_negative) - _divided(outcomes.a.tn, outcomes.a.said_negative)


def accuracy_difference(outcomes: Outcomes) -> Floats:
    """AD = (TPa + TNa)/na − (TPd + TNd)/nd."""
    a, d = outcomes.a, outcomes.d
    return _divided(a.tp + a.tn, a.rows) - _divided(d.tp + d.tn, d.rows)


def treatment_equality(outcomes: Outcomes) -> Floats:
    """TE = FNd/FPd − FNa/FPa."""
    return _divided(outcomes.d.fn, outcomes.d.fp) - _divided(outcomes.a.fn, outcomes.a.fp)


def generalized_entropy(outcomes: Outcomes) -> Floats:
    """GE = 1/(2n) Σ [(b/b̄)² − 1] with the benefit b = y' − y + 1: 2 for FP, 1 for TP and TN, 0 for FN."""
    a, d = outcomes.a, outcomes.d
    rows, false_positive = a.rows + d.rows, a.fp + d.fp
    right = a.tp + a.tn + d.tp + d.tn
    mean = _divided(right + 2 * false_positive, rows)
    return (_divided(_divided(right + 4 * false_positive, rows), mean**2) - 1) / 2


FORMULAS = (
    Formula(
        "CDDL",
        "Conditional Demographic Disparity in Labels (CDDL)",
        PRE_TRAINING,
        conditional_disparity_observed,
        _ALL_SAME,
    ),
    Formula("CI", "Class Imbalance (CI)", PRE_TRAINING, class_imbalance),
    Formula("DPL", "Difference in Positive Proportions in Labels (DPL)", PRE_TRAINING, difference_in_labels),
    Formula("JS", "Jensen-Shannon Divergence (JS)", PRE_TRAINING, jensen_shannon),
    Formula("KL", "Kullback-Liebler Divergence (KL)", PRE_TRAINING, kullback_leibler),
    Formula("KS", "Kolmogorov-Smirnov Distance (KS)", PRE_TRAINING, kolmogorov_smirnov),
    Formula("LP", "L-p Norm (LP)", PRE_TRAINING, euclidean_norm),
    Formula("TVD", "Total Variation Distance (TVD)", PRE_TRAINING, total_variation),
    Formula("AD", "Accuracy Difference (AD)", POST_TRAINING, accuracy_difference),
    Formula(
        "CDDPL",
        "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
        POST_TRAINING,
        conditional_disparity_predicted,
        _ALL_SAME,
    ),
    Formula("DAR", "Difference in Acceptance Rates (DAR)", POST_TRAINING, acceptance_rates, _NO_PREDICTED_POSITIVE),
    Formula(
        "DCA",
        "Difference in Conditional Acceptance (DCA)",
        POST_TRAINING,
        conditional_acceptance,
        _NO_PREDICTED_POSITIVE,
    ),
    Formula(
        "DCR", "Difference in Conditional Rejection (DCR)", POST_TRAINING, conditional_rejection, _NO_PREDICTED_NEGATIVE
    ),
    Formula("DI", "Disparate Impact (DI)", POST_TRAINING, disparate_impact, "nothing was predicted positive", fair=1.0),
    Formula(
        "DPPL",
        "Difference in Positive Proportions in Predicted Labels (DPPL)",
        POST_TRAINING,
        difference_in_predictions,
    ),
    Formula("DRR", "Difference in Rejection Rates (DRR)", POST_TRAINING, rejection_rates, _NO_PREDICTED_NEGATIVE),
    Formula(
        "GE", "Generalized Entropy (GE)", POST_TRAINING, generalized_entropy, "all predictions are false negatives"
    ),
    Formula("RD", "Recall Difference (RD)", POST_TRAINING, recall_difference, "a group has no positive label"),
    Formula(
        "SD", "Specificity Difference (SD)", POST_TRAINING, specificity_difference, "a group has no negative label"
    ),
    Formula(
        "TE",
        "Treatment Equality (TE)",
        POST_TRAINING,
        treatment_equality,
        "a group has no false positive to compare with",
    ),
)
"""By stage and name, in which order analyses list them."""


def _conditional_disparity(counts: Floats) -> Floats:
    """Args: counts: (… × subgroups × facet × outcome). A subgroup that lacks an outcome has a share of 0 of it."""
    totals = counts.sum(axis=-2)
    shares = counts[..., 1, :] / np.maximum(totals, 1)
    disparity = shares[..., 0] - shares[..., 1]
    weights = _divided(totals.sum(axis=-1), totals.sum(axis=(-1, -2))[..., None])
    both = (totals.sum(axis=-2) > 0).all(axis=-1)
    return np.where(both, (weights * disparity).sum(axis=-1), np.nan)


def _distributions(outcomes: Outcomes) -> tuple[Floats, Floats]:
    """P(y) of facet a and d: (… × 2)."""
    both = []
    for group in (outcomes.a, outcomes.d):
        positive = _share_observed(group)
        both.append(np.stack([1 - positive, positive], axis=-1))
    return both[0], both[1]


def _divergence(one: Floats, other: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(one == 0, 0.0, one * np.log(one / other))
    return np.asarray(terms.sum(axis=-1))


def _share_observed(group: Group) -> Floats:
    return _divided(group.positive, group.rows)


def _share_predicted(group: Group) -> Floats:
    return _divided(group.said_positive, group.rows)


def _divided(numerator: Floats, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.divide(numerator, denominator))
