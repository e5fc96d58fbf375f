"""The names and severities of the checks of a forecast project: their history and what blocks hang on them."""

from __future__ import annotations

import pytest

from forecast_platform.quality import Check
from forecast_platform.quality.suites import athena_tables, exported_forecast, predictor, raw_training_data


@pytest.mark.parametrize(
    ("checks", "severities"),
    [
        (
            raw_training_data.checks(),
            {
                "rows_are_readable": "critical",
                "files_are_readable": "critical",
                "history_is_long_enough": "critical",
                "data_reaches_the_cutoff": "warning",
            },
        ),
        (
            predictor.checks(),
            {
                "accuracy_is_measured": "critical",
                "beats_seasonal_naive": "warning",
                "every_candidate_succeeded": "warning",
            },
        ),
        (
            exported_forecast.checks(),
            {
                "every_item_and_step_is_there": "critical",
                "values_are_finite": "critical",
                "quantiles_do_not_cross": "critical",
            },
        ),
        (athena_tables.checks(), {"row_counts_agree": "critical"}),
    ],
)
def test_the_names_and_severities_are_fixed(checks: tuple[Check, ...], severities: dict[str, str]) -> None:
    assert {check.name: check.severity for check in checks} == severities
    assert all(check.description.endswith(".") for check in checks)
