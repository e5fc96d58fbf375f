"""Bias against its baseline."""

from __future__ import annotations

import json
from math import inf
from typing import Any

import numpy as np
import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.bias.analysis import (
    BiasAnalysis,
    BiasConfig,
    Facet,
    analyse_bias,
    analysis_document,
)
from forecast_platform.model_monitor.bias.drift import (
    BiasVerdict,
    bias_violations_document,
    check_bias,
    read_bias_constraints,
)
from forecast_platform.model_monitor.bias.picking import Picked


def analysis(share_of_others: float, share_of_members: float, people: int = 100) -> BiasAnalysis:
    """Half of the people are members; these shares of them are predicted positive, and rightly so."""
    half = people // 2
    accepted = [
        *(number < share_of_others * half for number in range(half)),
        *(number < share_of_members * half for number in range(half)),
    ]
    label = [int(one) for one in accepted]
    rows = pd.DataFrame({"member": ["no"] * half + ["yes"] * half, "label": label, "predicted": label})
    return analyse_bias(rows, BiasConfig("label", "predicted", Picked(("1",)), [Facet("member", Picked(("yes",)))]))


def check(current: BiasAnalysis, baseline: BiasAnalysis, confidence: float | None = None) -> BiasVerdict:
    data = json.dumps(analysis_document(baseline)).encode()
    return check_bias(current, read_bias_constraints(data, "constraints.json"), confidence)


def names(verdict: BiasVerdict) -> list[str]:
    return [violation["metric_name"] for violation in verdict.violations]


def problems(document: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        read_bias_constraints(json.dumps(document).encode(), "constraints.json")
    return [str(problem) for problem in refused.value.problems]


def facets(**found: Any) -> dict[str, Any]:
    return {"post_training_bias_metrics": {"label": "y", "facets": found, "label_value_or_threshold": "1"}}


def test_everything_that_is_wrong_in_an_edited_baseline_is_told_at_once() -> None:
    metrics = [
        {"name": "DPLL", "value": 0.1},
        {"name": "DI", "value": "high"},
        {"name": "AD", "value": [1]},
        {"value": 1},
        3,
    ]
    found = problems(facets(age=[{"metrics": metrics}], sex={"value_or_threshold": "f"}))
    assert len(found) == 7
    assert "age[0].value_or_threshold: found nothing; expected a text" in "".join(found)
    assert 'metrics[0].name: found "DPLL"; expected one of CDDL' in "".join(found)
    assert "facets.sex" in found[-1]


def test_a_file_of_something_else_is_refused() -> None:
    assert "post_training_bias_metrics" in problems({"features": []})[0]


def test_a_baseline_that_says_other_groups_is_refused() -> None:
    constraints = read_bias_constraints(
        json.dumps(facets(member=[{"value_or_threshold": "no", "metrics": []}])).encode(), "c"
    )
    with pytest.raises(InputError, match=r"no facet member yes; expected one of its facets, which are: member no"):
        check_bias(analysis(0.5, 0.5), constraints)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_a_confidence_is_between_0_and_1(confidence: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        check(analysis(0.5, 0.5), analysis(0.5, 0.5), confidence)


def test_a_baseline_meets_its_own_constraints() -> None:
    assert check(analysis(0.6, 0.4), analysis(0.6, 0.4)) == BiasVerdict((), ())


def test_the_guides_rule_is_the_distance_from_0_on_either_side() -> None:
    # "Bias Drift Violations": a baseline of 0.2 is not violated by 0.1, but by -0.3.
    assert names(check(analysis(0.6, 0.5), analysis(0.6, 0.4))) == []
    assert "DPPL" in names(check(analysis(0.3, 0.6), analysis(0.6, 0.4)))


def test_disparate_impact_is_judged_by_its_distance_from_1() -> None:
    assert "DI" not in names(
        check(analysis(0.5, 0.5), analysis(0.5, 0.4))
    )  # 1 is fair, though further from 0 than 0.8.
    assert "DI" in names(check(analysis(0.5, 0.2), analysis(0.5, 0.4)))


def test_violations_have_the_form_of_sagemaker() -> None:
    written = bias_violations_document(check(analysis(0.8, 0.4), analysis(0.6, 0.4)))
    assert written["version"] == "1.0"
    assert {
        "facet": "member",
        "facet_value": "yes",
        "metric_name": "DPPL",
        "constraint_check_type": "bias_drift_check",
        "description": "Value 0.4 does not meet the constraint requirement",
    } in written["violations"]


def test_an_infinite_metric_is_worse_than_any_number_and_nothing_is_worse_than_it() -> None:
    assert "DI" in names(check(analysis(0.0, 0.4), analysis(0.6, 0.4)))
    assert "DI" not in names(check(analysis(0.2, 0.9), analysis(0.0, 0.4)))
    data = json.dumps(analysis_document(analysis(0.0, 0.4))).encode()
    assert read_bias_constraints(data, "c").facets[0].values["DI"] == inf


def test_what_is_undefined_now_is_no_violation_and_is_named() -> None:
    verdict = check(analysis(0.0, 0.0), analysis(0.6, 0.4))
    assert ("member", "yes", "DI", "nothing was predicted positive") in verdict.unchecked
    assert "DI" not in names(verdict)


def test_with_confidence_a_few_people_do_not_alarm_and_many_do() -> None:
    baseline = analysis(0.5, 0.45)
    assert "DPPL" in names(check(analysis(0.5, 0.4, people=40), baseline))
    assert names(check(analysis(0.5, 0.4, people=40), baseline, confidence=0.95)) == []
    assert "DPPL" in names(check(analysis(0.5, 0.4, people=40_000), baseline, confidence=0.95))


def test_without_a_change_an_alarm_with_confidence_is_rare() -> None:
    random = np.random.default_rng(12)
    settings = BiasConfig("label", "predicted", Picked(("1",)), [Facet("member", Picked(("1",)))])

    def drawn(people: int) -> BiasAnalysis:
        rows = {name: random.random(people) < 0.5 for name in ("member", "label", "predicted")}
        return analyse_bias(pd.DataFrame(rows), settings)

    baseline = drawn(100_000)
    alarms = sum("DPPL" in names(check(drawn(100), baseline, confidence=0.95)) for _ in range(100))
    assert alarms <= 12


def test_the_names_of_older_and_newer_guides_are_the_same_metric() -> None:
    entry = {"value_or_threshold": "yes", "metrics": [{"name": "DCAcc", "value": 0.1}, {"name": "DCR", "value": None}]}
    found = read_bias_constraints(json.dumps(facets(member=[entry])).encode(), "c")
    assert found.facets[0].values == {"DCA": 0.1}
    assert found.positive == Picked(("1",))


def test_a_threshold_is_the_same_facet_though_the_largest_number_is_another() -> None:
    entry = {"value_or_threshold": "(40.0, 90.0]", "metrics": [{"name": "DPPL", "value": 0.0}]}
    constraints = read_bias_constraints(json.dumps(facets(age=[entry])).encode(), "c")
    rows = pd.DataFrame({"age": [30, 35, 50, 55], "label": [1, 0, 1, 0], "predicted": [1, 1, 0, 0]})
    config = BiasConfig("label", "predicted", Picked(("1",)), [constraints.facets[0].facet])
    verdict = check_bias(analyse_bias(rows, config), constraints)
    assert [(one["facet_value"], one["metric_name"]) for one in verdict.violations] == [("40", "DPPL")]
