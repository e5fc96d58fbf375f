"""Violations are those that the service would report, in its words, and nothing that could not be judged is silent."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from forecast_platform.model_monitor.constraints import Constraints, read_constraints, suggest_constraints
from forecast_platform.model_monitor.documents import write_document
from forecast_platform.model_monitor.profile import DatasetProfile
from forecast_platform.model_monitor.statistics import read_statistics
from forecast_platform.model_monitor.violations import Judgement, judge
from forecast_platform_tests.model_monitor.tables import constraints_of, profile, statistics_of

RANDOM = np.random.default_rng(8)
BASELINE = profile(
    {
        "amount": RANDOM.normal(100, 10, size=5_000),
        "visits": [str(number) for number in RANDOM.integers(0, 50, size=5_000)],
        "state": np.array(["AK", "AL", "NY"])[RANDOM.integers(0, 3, size=5_000)],
        "id": [f"id-{number}" for number in range(5_000)],
    }
)


def current(rows: int = 2_000, **columns: Any) -> DatasetProfile:
    """Rows like the baseline's but for ``columns``."""
    random = np.random.default_rng(9)
    table = {
        "amount": random.normal(100, 10, size=rows),
        "visits": [str(number) for number in random.integers(0, 50, size=rows)],
        "state": np.array(["AK", "AL", "NY"])[random.integers(0, 3, size=rows)],
        "id": [f"new-{number}" for number in range(rows)],
    } | columns
    return profile({name: values for name, values in table.items() if values is not None})


def judged(
    now: DatasetProfile, constraints: Constraints | None = None, baseline: DatasetProfile = BASELINE
) -> Judgement:
    return judge(now, constraints or constraints_of(baseline), statistics_of(baseline))


def found(judgement: Judgement) -> list[tuple[str, str]]:
    return [(one.feature_name, one.constraint_check_type) for one in judgement.violations]


def configured(**config: Any) -> Constraints:
    document = suggest_constraints(BASELINE)
    distribution = config.pop("distribution_constraints", {})
    document["monitoring_config"] |= config
    document["monitoring_config"]["distribution_constraints"] |= distribution
    return read_constraints(write_document(document), "constraints.json")


def test_data_like_the_baseline_has_no_violations() -> None:
    assert judged(current()).document() == {"violations": []}


def test_the_baseline_meets_its_own_constraints() -> None:
    assert judged(BASELINE).violations == ()


def test_wrong_types_are_reported_in_the_words_of_the_service() -> None:
    visits = [str(number) for number in range(1_993)] + ["1.5"] * 3 + ["many"] * 4
    [violation, *_] = judged(current(visits=visits)).violations
    assert (violation.feature_name, violation.constraint_check_type) == ("visits", "data_type_check")
    assert violation.description == (
        "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
        "Observed: Only 99.65% of data is Integral."
    )


def test_a_whole_number_is_a_fractional_one_too() -> None:
    assert found(judged(current(amount=[str(number) for number in RANDOM.normal(100, 10, 2_000).round()]))) == []


def test_a_text_feature_that_became_numbers_has_changed_its_type() -> None:
    assert ("id", "data_type_check") in found(judged(current(id=range(2_000))))


def test_missing_values_are_reported_in_the_words_of_the_service() -> None:
    state = [None, "AK", "AL", "NY"] * 500
    judgement = judged(current(state=state))
    assert found(judgement) == [("state", "completeness_check")]
    assert judgement.violations[0].description == "Value: 0.75 does not meet the constraint requirement! "


def test_values_outside_the_domain_are_reported() -> None:
    state = ["AK", "AL", "NY", "AK", "AL", "NY", "AK", "AL", "NY", "TX"] * 200
    judgement = judged(current(state=state))
    assert found(judgement) == [("state", "categorical_values_check")]
    assert judgement.violations[0].description == "Value: 0.9 does not meet the constraint requirement! "


def test_very_many_values_outside_the_domain_are_counted_well_enough() -> None:
    state = [f"town-{number}" for number in range(1_900)] + ["AK"] * 100
    [share] = [
        float(re.findall(r"Value: (\S+) ", one.description)[0])
        for one in judged(current(state=state)).violations
        if one.constraint_check_type == "categorical_values_check"
    ]
    assert share == pytest.approx(0.05, abs=0.002)


def test_a_domain_with_more_values_than_are_counted_one_by_one_is_no_false_alarm() -> None:
    document = suggest_constraints(BASELINE)
    document["features"][-1]["string_constraints"] = {"domains": [f"new-{number}" for number in range(2_000)]}
    judgement = judged(current(), read_constraints(write_document(document), "constraints.json"))
    assert judgement.violations == ()
    assert "id has too many different values to be compared with a domain of 2,000." in judgement.notes


def test_negative_numbers_are_reported_where_there_were_none() -> None:
    visits = ["-1"] * 20 + [str(number % 50) for number in range(1_980)]
    judgement = judged(current(visits=visits))
    assert found(judgement) == [("visits", "data_type_check")]
    assert "Value: 0.99 does not meet the constraint requirement!" in judgement.violations[0].description
    assert "non-negative" in judgement.violations[0].description


def test_missing_and_extra_columns_are_reported_and_named() -> None:
    judgement = judged(current(state=None, city=["x"] * 2_000, zip=["1"] * 2_000))
    missing, extra = judgement.violations
    counts = "Number of columns in current dataset: 5, Number of columns in baseline constraints: 4"
    assert (missing.feature_name, missing.constraint_check_type) == ("Missing columns", "missing_column_check")
    assert missing.description == f"There are missing columns in current dataset. {counts}"
    assert (extra.feature_name, extra.constraint_check_type) == ("Extra columns", "extra_column_check")
    assert extra.description == f"There are extra columns in current dataset. {counts}"
    assert any("state" in note for note in judgement.notes)
    assert any("city, zip" in note for note in judgement.notes)


def test_drift_of_numbers_and_of_categories_is_reported_with_distance_and_threshold() -> None:
    state = np.array(["AK", "AL", "NY"])[np.random.default_rng(1).choice(3, size=2_000, p=[0.7, 0.2, 0.1])]
    judgement = judged(current(amount=np.random.default_rng(1).normal(106, 10, size=2_000), state=state))
    assert found(judgement) == [("amount", "baseline_drift_check"), ("state", "baseline_drift_check")]
    by_feature = {one.feature: one for one in judgement.distances}
    for violation in judgement.violations:
        distance, threshold = re.findall(r"distance: (.+) exceeds threshold: (.+)", violation.description)[0]
        assert float(distance) == by_feature[violation.feature_name].distance > float(threshold) == 0.1
    assert not by_feature["visits"].drifted


def test_few_rows_are_no_drift_when_judged_robustly_and_may_be_otherwise() -> None:
    few = current(rows=30)
    simple = configured(distribution_constraints={"comparison_method": "Simple"})
    robust = {one.feature: one.distance for one in judged(few).distances}
    plain = {one.feature: one.distance for one in judged(few, simple).distances}
    assert set(robust.values()) == {0.0}
    assert max(plain.values()) > 0.1


def test_categories_can_be_judged_by_chi_squared() -> None:
    constraints = configured(distribution_constraints={"categorical_drift_method": "ChiSquared"})
    shifted = np.array(["AK", "AL", "NY"])[np.random.default_rng(1).choice(3, size=2_000, p=[0.5, 0.3, 0.2])]
    assert found(judged(current(state=shifted), constraints)) == [("state", "baseline_drift_check")]
    assert found(judged(current(), constraints)) == []


@pytest.mark.parametrize(
    "config", [{"evaluate_constraints": "Disabled"}, {"distribution_constraints": {"perform_comparison": "Disabled"}}]
)
def test_what_is_disabled_is_not_judged(config: dict[str, Any]) -> None:
    assert found(judged(current(amount=np.full(2_000, 500.0)), configured(**config))) == []


def test_a_looser_threshold_of_one_feature_is_its_own() -> None:
    document = suggest_constraints(BASELINE)
    document["features"][2]["monitoringConfigOverrides"] = {"domain_content_threshold": 0.8}
    constraints = read_constraints(write_document(document), "constraints.json")
    assert (
        found(judged(current(state=["AK", "AL", "NY", "AK", "AL", "NY", "AK", "AL", "NY", "TX"] * 200), constraints))
        == []
    )


def test_what_cannot_be_compared_is_said() -> None:
    notes = judged(current()).notes
    assert notes == ("id has too many different values to be compared by category.",)
    judgement = judge(current(), constraints_of(BASELINE), {})
    assert judgement.distances == ()
    assert "amount is not in the baseline's statistics" in judgement.notes[0]


def test_a_column_of_nothing_but_missing_values_is_incomplete_and_not_of_a_wrong_type() -> None:
    assert found(judged(current(amount=[None] * 2_000))) == [("amount", "completeness_check")]


def test_infinities_are_numbers_and_do_not_break_the_comparison() -> None:
    amount = np.random.default_rng(9).normal(100, 10, size=2_000)
    amount[:5] = np.inf
    judgement = judged(current(amount=amount))
    assert found(judgement) == []
    assert "Values of amount that are infinite or too large: 5." in judgement.notes[0]


def test_a_baseline_of_one_value_is_compared_like_any_other() -> None:
    constant = profile({"x": [3.0] * 500})
    assert found(judged(profile({"x": [3.0] * 400}), baseline=constant)) == []
    assert found(judged(profile({"x": [4.0] * 400}), baseline=constant)) == [("x", "baseline_drift_check")]


def test_categories_that_nobody_has_seen_and_are_too_many_to_count_are_as_far_away_as_they_are() -> None:
    """Only what was counted was compared: nothing but rare values was no distance, and one frequent value was all."""
    new = [f"new-{number}" for number in range(3_000)]
    for state in (new, ["AK"] * 3_000 + new):
        simple = configured(distribution_constraints={"comparison_method": "Simple"})
        by_feature = {one.feature: one.distance for one in judged(current(len(state), state=state), simple).distances}
        assert by_feature["state"] == pytest.approx(1 / 3, abs=0.02)


@pytest.mark.parametrize(
    ("feature", "statistics"),
    [
        ("amount", {"inferred_type": "Fractional", "numerical_statistics": {}}),
        ("amount", {"inferred_type": "Fractional", "numerical_statistics": {"distribution": {"kll": {"sketch": {}}}}}),
        (
            "amount",
            {
                "inferred_type": "Fractional",
                "numerical_statistics": {"distribution": {"kll": {"sketch": {"data": [[]]}}}},
            },
        ),
        (
            "state",
            {
                "inferred_type": "String",
                "string_statistics": {"distribution": {"categorical": {"buckets": []}}},
            },
        ),
        ("state", {"inferred_type": "Unknown"}),
    ],
)
def test_a_baseline_without_a_distribution_is_no_baseline_to_compare_with_and_that_is_said(
    feature: str, statistics: dict[str, Any]
) -> None:
    document = {"features": [{"name": feature} | statistics]}
    judgement = judge(current(), constraints_of(BASELINE), read_statistics(write_document(document), "statistics.json"))
    assert judgement.distances == ()
    assert re.search(rf"{feature} has no (numbers|values) in the baseline", " ".join(judgement.notes))
