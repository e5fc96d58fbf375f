"""Constraints are suggested as the service suggests them, and used as they were edited."""

from __future__ import annotations

import json
from typing import Any

import pytest

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.constraints import MonitoringConfig, read_constraints, suggest_constraints
from forecast_platform.model_monitor.documents import write_document
from forecast_platform.model_monitor.profile import DatasetProfile
from forecast_platform_tests.model_monitor.tables import constraints_of, profile

BASELINE = profile(
    {
        "age": ["30", "41", None, "52"],
        "change": ["-1.5", "2", "0", "1"],
        "state": ["AK", "AL", "AK", "NY"],
        "empty": [None, None, None, None],
        "id": ["a", "b", "c", "d"],
    }
)


def edited(**changes: Any) -> bytes:
    return json.dumps(suggest_constraints(BASELINE) | changes).encode()


def test_the_suggestion_has_the_documented_schema_and_the_thresholds_of_generated_files() -> None:
    document = suggest_constraints(BASELINE)
    assert document["version"] == 0.0
    assert document["features"][:4] == [
        {
            "name": "age",
            "inferred_type": "Integral",
            "completeness": 0.75,
            "num_constraints": {"is_non_negative": True},
        },
        {
            "name": "change",
            "inferred_type": "Fractional",
            "completeness": 1.0,
            "num_constraints": {"is_non_negative": False},
        },
        {
            "name": "state",
            "inferred_type": "String",
            "completeness": 1.0,
            "string_constraints": {"domains": ["AK", "AL", "NY"]},
        },
        {"name": "empty", "inferred_type": "Unknown", "completeness": 0.0},
    ]
    assert document["monitoring_config"] == {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Enabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 1.0,
        "distribution_constraints": {
            "perform_comparison": "Enabled",
            "comparison_threshold": 0.1,
            "comparison_method": "Robust",
            "categorical_comparison_threshold": 0.1,
            "categorical_drift_method": "LInfinity",
        },
    }


@pytest.mark.parametrize("rows", [DatasetProfile(), DatasetProfile(3, ())])
def test_nothing_is_suggested_from_an_empty_baseline(rows: DatasetProfile) -> None:
    with pytest.raises(InputError, match="at least one row"):
        suggest_constraints(rows)


def test_many_categories_have_no_domain() -> None:
    many = profile({"id": [f"id-{number}" for number in range(500)]})
    assert "string_constraints" not in suggest_constraints(many)["features"][0]


def test_the_suggestion_is_read_as_it_was_written() -> None:
    constraints = constraints_of(BASELINE)
    assert [one.name for one in constraints.features] == ["age", "change", "state", "empty", "id"]
    assert constraints.config == MonitoringConfig()
    assert constraints.features[0].completeness == 0.75
    assert constraints.features[2].domain == ("AK", "AL", "NY")
    assert constraints.notes == ()


def test_a_feature_overrides_the_configuration_of_all() -> None:
    document = suggest_constraints(BASELINE)
    document["monitoring_config"]["distribution_constraints"]["comparison_threshold"] = 0.3
    document["features"][1]["monitoringConfigOverrides"] = {
        "datatype_check_threshold": 0.5,
        "distribution_constraints": {"comparison_method": "Simple"},
    }
    read = read_constraints(write_document(document), "constraints.json")
    assert read.config.datatype_check_threshold == 1.0
    overridden = read.features[1].config
    assert (overridden.datatype_check_threshold, overridden.comparison_method) == (0.5, "Simple")
    assert overridden.comparison_threshold == 0.3


def test_files_of_2019_are_understood() -> None:
    config = {"distribution_constraints": {"enable_comparisons": False, "min_domain_mass": 0.9}}
    read = read_constraints(edited(monitoring_config=config), "constraints.json")
    assert read.config.perform_comparison is False
    assert read.config.domain_content_threshold == 0.9


def test_one_threshold_that_is_written_alone_holds_for_categories_too() -> None:
    config = {"distribution_constraints": {"comparison_threshold": 0.25}}
    read = read_constraints(edited(monitoring_config=config), "constraints.json")
    assert read.config.categorical_comparison_threshold == 0.25


def test_a_constraint_that_is_not_known_is_said_to_have_no_effect_and_the_nearest_is_named() -> None:
    document = suggest_constraints(BASELINE)
    document["features"][0]["num_constraints"] = {"is_nonnegative": True, "maximum": 90}
    read = read_constraints(write_document(document), "constraints.json")
    assert read.notes == (
        "constraints.json: $.features[0].num_constraints.is_nonnegative is not known here and has no effect. "
        "Did you mean is_non_negative?",
        "constraints.json: $.features[0].num_constraints.maximum is not known here and has no effect.",
    )


def test_everything_that_is_wrong_is_said_at_once_with_its_place() -> None:
    features = [
        {"name": "a", "inferred_type": "Integer"},
        {"name": "b", "completeness": "high"},
        {"name": "b", "completeness": 1.5},
        {"inferred_type": "String", "string_constraints": {"domains": "x"}},
        "c",
    ]
    config = {
        "evaluate_constraints": True,
        "datatype_check_threshold": -1,
        "distribution_constraints": {"comparison_method": "robust", "categorical_drift_method": "chi"},
    }
    with pytest.raises(InputError) as error:
        read_constraints(edited(features=features, monitoring_config=config), "constraints.json")
    text = str(error.value)
    for place in (
        "$.features[0].inferred_type: found",
        "$.features[1].completeness",
        "$.features[2].completeness",
        "$.features[2].name: found 'b'",
        "$.features[3].name: found nothing",
        "$.features[3].string_constraints.domains",
        "$.features[4]",
        "$.monitoring_config.evaluate_constraints",
        "$.monitoring_config.datatype_check_threshold",
        "$.monitoring_config.distribution_constraints.comparison_method",
        "$.monitoring_config.distribution_constraints.categorical_drift_method",
    ):
        assert place in text, place
    assert "Did you mean Robust?" in text
    assert "Did you mean Integral?" in text


@pytest.mark.parametrize("data", [b"", b"3", b'{"features": {}}', b'{"features": [', b"\xfe\xff"])
def test_what_are_no_constraints_at_all_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(InputError, match=r"constraints\.json"):
        read_constraints(data, "constraints.json")


def test_domains_may_hold_numbers_and_truth_values_as_they_are_written() -> None:
    features = [{"name": "code", "inferred_type": "Integral", "string_constraints": {"domains": [1, "2", True]}}]
    read = read_constraints(edited(features=features), "constraints.json")
    assert read.features[0].domain == ("1", "2", "true")
