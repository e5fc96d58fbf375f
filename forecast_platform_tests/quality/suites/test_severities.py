"""The names and severities of the checks of a forecast project: their history and what blocks hang on them."""

from __future__ import annotations

import pytest

from forecast_platform.quality import Check
from forecast_platform.quality.suites import (
    athena_tables,
    exported_forecast,
    forecast,
    forecast_accuracy,
    predictor,
    raw_training_data,
    training_rows,
)


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
                "gaps_are_as_before": "warning",
                "items_are_as_before": "warning",
                "volume_is_as_before": "warning",
            },
        ),
        (
            training_rows.checks(),
            {
                "observations_come_once": "critical",
                "observations_are_on_the_grid": "warning",
                "values_are_present": "warning",
                "values_are_within_reach": "warning",
                "values_keep_their_sign": "warning",
            },
        ),
        (
            predictor.checks(),
            {
                "accuracy_is_measured": "critical",
                "beats_seasonal_naive": "warning",
                "as_accurate_as_the_last": "warning",
                "every_candidate_succeeded": "warning",
            },
        ),
        (
            exported_forecast.checks(),
            {
                "every_item_and_step_is_there": "critical",
                "values_are_finite": "critical",
                "quantiles_do_not_cross": "critical",
                "values_are_within_reason": "warning",
                "values_are_not_below_zero": "warning",
            },
        ),
        (forecast.checks(), {"lines_touch": "warning"}),
        (
            forecast_accuracy.checks(),
            {
                "actuals_have_arrived": "info",
                "accuracy_holds": "warning",
                "coverage_is_as_promised": "warning",
                "no_item_is_off": "warning",
                "forecasts_are_unbiased": "warning",
            },
        ),
        (athena_tables.checks(), {"row_counts_agree": "critical"}),
    ],
)
def test_the_names_and_severities_are_fixed(checks: tuple[Check, ...], severities: dict[str, str]) -> None:
    assert {check.name: check.severity for check in checks} == severities
    assert all(check.description.endswith(".") for check in checks)


def test_no_asset_has_more_than_twelve_checks_and_no_two_of_one_name() -> None:
    names = [check.name for check in (*raw_training_data.checks(), *training_rows.checks())]
    assert len(set(names)) == len(names) <= 12
