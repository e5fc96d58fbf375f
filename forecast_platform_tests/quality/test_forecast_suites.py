"""The checks of a forecast project pass on good batches and say in words what is wrong with bad ones."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pandas as pd
import pytest

from forecast_platform.errors import Problem
from forecast_platform.quality import Check
from forecast_platform.quality.forecast_suites import (
    athena_tables_batch,
    athena_tables_checks,
    forecast_batch,
    forecast_checks,
    predictor_batch,
    predictor_checks,
    raw_training_data_batch,
    raw_training_data_checks,
)
from forecast_platform.quality.validation import Batch, CheckOutcome, validate

TYPES = ("p90", "p10", "mean", "p5")


def outcomes(batch: Batch, checks: Sequence[Check]) -> dict[str, CheckOutcome]:
    return validate(batch.frame, batch.checks or checks, batch.parameters)


def failed(found: dict[str, CheckOutcome]) -> list[str]:
    return [name for name, outcome in found.items() if not outcome.passed]


@pytest.mark.parametrize(
    ("checks", "severities"),
    [
        (
            raw_training_data_checks(),
            {
                "rows_are_readable": "critical",
                "files_are_readable": "critical",
                "history_is_long_enough": "critical",
                "data_reaches_the_cutoff": "warning",
            },
        ),
        (
            predictor_checks(),
            {
                "accuracy_is_measured": "critical",
                "beats_seasonal_naive": "warning",
                "every_candidate_succeeded": "warning",
            },
        ),
        (
            forecast_checks(),
            {
                "every_item_and_step_is_there": "critical",
                "values_are_finite": "critical",
                "quantiles_do_not_cross": "critical",
            },
        ),
        (athena_tables_checks(), {"row_counts_agree": "critical"}),
    ],
)
def test_the_names_and_severities_are_fixed(checks: tuple[Check, ...], severities: dict[str, str]) -> None:
    assert {check.name: check.severity for check in checks} == severities
    assert all(check.description.endswith(".") for check in checks)


class TestRawTrainingData:
    @staticmethod
    def judge(
        *, refused_rows: int = 0, longest_series: int = 8016, hours: float | None = 0.0, allowed: float = 0.0
    ) -> dict[str, CheckOutcome]:
        batch = raw_training_data_batch(
            rows=24048,
            refused_rows=refused_rows,
            refused_files=0,
            observations_before_cutoff=24048 - refused_rows,
            longest_series=longest_series,
            horizon_needed=144,
            hours_behind_cutoff=hours,
            max_refused_share=allowed,
            max_hours_behind_cutoff=24.0,
        )
        return outcomes(batch, raw_training_data_checks())

    def test_good_data_passes(self) -> None:
        assert failed(self.judge()) == []

    def test_one_refused_row_is_too_many_by_default(self) -> None:
        found = self.judge(refused_rows=1)
        assert failed(found) == ["rows_are_readable"]
        assert found["rows_are_readable"].message == "1 of 24048 rows (0.00%) were refused; allowed: 0.00%."

    def test_the_message_names_file_line_and_reason_of_refused_rows(self) -> None:
        problem = Problem("train/a.csv, line 17, column demand", "'{twelve}'", "a number")
        batch = raw_training_data_batch(
            rows=10,
            refused_rows=1,
            refused_files=0,
            observations_before_cutoff=9,
            longest_series=9,
            horizon_needed=1,
            hours_behind_cutoff=0.0,
            max_refused_share=0.0,
            max_hours_behind_cutoff=1.0,
            problems=[problem],
        )
        assert outcomes(batch, raw_training_data_checks())["rows_are_readable"].message == (
            "1 of 10 rows (10.00%) were refused; allowed: 0.00%.\n"
            "- train/a.csv, line 17, column demand: found '{twelve}'; expected a number."
        )

    def test_a_share_may_be_allowed(self) -> None:
        assert failed(self.judge(refused_rows=240, allowed=0.01)) == []
        assert failed(self.judge(refused_rows=241, allowed=0.01)) == ["rows_are_readable"]

    def test_a_short_history_fails_and_says_what_is_needed(self) -> None:
        found = self.judge(longest_series=143)
        assert failed(found) == ["history_is_long_enough"]
        assert "143 periods before the cutoff; needed: 144" in found["history_is_long_enough"].message

    def test_data_that_ends_early_is_reported_with_the_hours(self) -> None:
        found = self.judge(hours=24.5)
        assert failed(found) == ["data_reaches_the_cutoff"]
        assert "to the cutoff: 24.5 (" in found["data_reaches_the_cutoff"].message
        assert failed(self.judge(hours=24.0)) == []

    def test_no_data_before_the_cutoff_fails_without_an_exception(self) -> None:
        assert failed(self.judge(longest_series=0, hours=None)) == ["history_is_long_enough", "data_reaches_the_cutoff"]

    def test_an_empty_folder_has_no_refused_rows(self) -> None:
        batch = raw_training_data_batch(
            rows=0,
            refused_rows=0,
            refused_files=0,
            observations_before_cutoff=0,
            longest_series=0,
            horizon_needed=1,
            hours_behind_cutoff=None,
            max_refused_share=0.0,
            max_hours_behind_cutoff=0.0,
        )
        assert outcomes(batch, raw_training_data_checks())["rows_are_readable"].passed


class TestPredictor:
    @staticmethod
    def judge(average: float | None, naive: float | None, failures: int = 0) -> dict[str, CheckOutcome]:
        batch = predictor_batch(average_wql=average, seasonal_naive_wql=naive, failed_candidates=failures)
        return outcomes(batch, predictor_checks())

    def test_an_accurate_predictor_passes(self) -> None:
        assert failed(self.judge(0.08, 0.12)) == []

    def test_seasonal_naive_may_be_the_best_there_is(self) -> None:
        assert failed(self.judge(0.12, 0.12)) == []

    def test_a_predictor_that_is_worse_than_seasonal_naive_is_reported(self) -> None:
        found = self.judge(0.13, 0.12)
        assert failed(found) == ["beats_seasonal_naive"]
        assert "predictor is 0.13, that of seasonal naive 0.12" in found["beats_seasonal_naive"].message

    @pytest.mark.parametrize("average", [None, float("nan"), float("inf")])
    def test_an_accuracy_that_is_no_number_is_not_measured(self, average: float | None) -> None:
        assert "accuracy_is_measured" in failed(self.judge(average, 0.12))

    def test_a_service_without_seasonal_naive_is_not_blamed(self) -> None:
        assert failed(self.judge(0.08, None)) == []

    def test_failed_candidates_are_counted(self) -> None:
        found = self.judge(0.08, 0.12, failures=2)
        assert failed(found) == ["every_candidate_succeeded"]
        assert "failed: 2" in found["every_candidate_succeeded"].message


class TestForecast:
    @staticmethod
    def forecast() -> pd.DataFrame:
        timestamps = pd.date_range("2025-12-01", periods=3, freq="h")
        rows = [
            {"item_id": item, "store": store, "timestamp": at, "p90": 9.0, "p10": 1.0, "mean": 50.0, "p5": 0.5}
            for item in ("toys, 장난감", "food")
            for store in ("one", "two")
            for at in timestamps
        ]
        return pd.DataFrame(rows)

    @staticmethod
    def judge(
        forecast: pd.DataFrame, target: pd.DataFrame | None = None, types: Sequence[str] = TYPES
    ) -> dict[str, CheckOutcome]:
        history = TestForecast.forecast() if target is None else target
        batch = forecast_batch(forecast, history, forecast_types=types, forecast_dimensions=["store"], horizon=3)
        return outcomes(batch, forecast_checks())

    def test_a_complete_forecast_passes_whatever_the_order_of_its_types(self) -> None:
        assert failed(self.judge(self.forecast())) == []

    def test_a_mean_may_lie_anywhere(self) -> None:
        assert self.judge(self.forecast().assign(mean=-1e9))["quantiles_do_not_cross"].passed

    def test_a_missing_step_fails_and_shows_the_rows_of_its_series(self) -> None:
        outcome = self.judge(self.forecast().drop(index=4))["every_item_and_step_is_there"]
        assert not outcome.passed
        assert {(row["item_id"], row["store"]) for row in outcome.examples} == {("toys, 장난감", "two")}

    def test_a_step_too_many_does_not_make_up_for_a_missing_one(self) -> None:
        frame = self.forecast()
        frame.loc[4, "store"] = "one"
        frame.loc[4, "timestamp"] += pd.Timedelta(days=1)
        assert failed(self.judge(frame)) == ["every_item_and_step_is_there"]

    def test_a_step_that_comes_twice_fails(self) -> None:
        frame = self.forecast()
        frame.loc[4, "timestamp"] = frame.loc[3, "timestamp"]
        assert failed(self.judge(frame)) == ["every_item_and_step_is_there"]

    def test_a_missing_series_is_named(self) -> None:
        outcome = self.judge(self.forecast().query("item_id != 'food' or store != 'two'"))[
            "every_item_and_step_is_there"
        ]
        assert not outcome.passed
        assert outcome.message == (
            "9 rows of 3 series; expected: 12 rows, 3 steps of each of 4 series. "
            "Series without a forecast: 'food' / 'two'."
        )

    def test_many_missing_series_are_counted(self) -> None:
        target = pd.DataFrame({"item_id": [f"item_{number}" for number in range(9)], "store": "one"})
        outcome = self.judge(self.forecast(), target)["every_item_and_step_is_there"]
        assert "'item_4' / 'one' and 4 more" in outcome.message

    def test_an_empty_forecast_fails_without_an_exception(self) -> None:
        assert failed(self.judge(self.forecast().head(0))) == ["every_item_and_step_is_there"]

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
    def test_a_value_that_is_not_finite_fails_and_its_row_is_shown(self, value: float) -> None:
        frame = self.forecast()
        frame.loc[7, "mean"] = value
        found = self.judge(frame)
        assert failed(found) == ["values_are_finite"]
        assert found["values_are_finite"].examples[0]["mean"] == str(value)
        assert "mean values must" in found["values_are_finite"].message

    def test_the_largest_number_is_finite(self) -> None:
        assert self.judge(self.forecast().assign(mean=sys.float_info.max))["values_are_finite"].passed

    def test_quantiles_that_cross_fail_also_across_one_that_is_missing(self) -> None:
        frame = self.forecast()
        frame.loc[2, "p5"] = 1.5
        found = self.judge(frame)
        assert failed(found) == ["quantiles_do_not_cross"]
        assert (
            "Values in p10 must always be greater than or equal to those in p5"
            in found["quantiles_do_not_cross"].message
        )

    @pytest.mark.parametrize("types", [("p50",), ("mean",)])
    def test_one_quantile_or_none_cannot_cross(self, types: tuple[str, ...]) -> None:
        frame = self.forecast().rename(columns={"p90": "p50"})
        assert failed(self.judge(frame, types=types)) == []


class TestAthenaTables:
    def test_tables_that_agree_with_their_files_pass(self) -> None:
        assert (
            failed(outcomes(athena_tables_batch([("train", 5, 5), ("forecast", 0, 0)]), athena_tables_checks())) == []
        )

    def test_a_table_that_shows_fewer_rows_than_its_files_is_named(self) -> None:
        batch = athena_tables_batch([("train", 5, 5), ("forecast", 719, 720)])
        outcome = outcomes(batch, athena_tables_checks())["row_counts_agree"]
        assert not outcome.passed
        assert outcome.message == "Rows by SQL and in the files: train 5 and 5, forecast 719 and 720."
        assert outcome.examples == [{"table": "forecast", "rows_in_table": 719, "rows_in_files": 720}]
