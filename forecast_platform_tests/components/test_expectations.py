"""The checks are real Dagster asset checks: driven by real runs on an ephemeral instance, with Great Expectations."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import dagster as dg
import pandas as pd
import pytest

from forecast_platform.components.expectations import Suite, build_expectation_checks
from forecast_platform.quality import Check, Expectation, Severity
from forecast_platform.quality.validation import Batch

RAW = dg.AssetKey(["shop", "raw"])
PREDICTOR = dg.AssetKey(["shop", "predictor"])
DAYS = dg.DailyPartitionsDefinition(start_date="2025-01-01", end_date="2025-01-05")
GOOD, BAD = "2025-01-01", "2025-01-02"


def small(name: str, severity: Severity) -> Check:
    at_most = Expectation("ExpectColumnMaxToBeBetween", {"column": "value", "max_value": {"$PARAMETER": "limit"}})
    return Check(name, f"The value is small ({severity}).", severity, (at_most,))


CHECKS = (small("blocks", "critical"), small("warns", "warning"), small("tells", "info"))


@dataclass
class Shop:
    """Two assets in a row and checks on the first. The batch of every partition but ``GOOD`` holds a large value."""

    checks: Sequence[Check] = CHECKS
    batch_checks: Sequence[Check] | None = None
    column: str = "value"
    loaded: list[str] = field(default_factory=list)
    critical: list[str] = field(default_factory=list)

    def load_batch(self, context: dg.AssetCheckExecutionContext) -> Batch:
        self.loaded.append(context.partition_key)
        value = 1 if context.partition_key == GOOD else 7
        return Batch(pd.DataFrame({self.column: [value]}), {"limit": 3}, self.batch_checks)

    def definitions(self) -> dg.Definitions:
        @dg.asset(key=RAW, partitions_def=DAYS)
        def raw() -> None: ...

        @dg.asset(key=PREDICTOR, deps=[RAW], partitions_def=DAYS)
        def predictor() -> None: ...

        checks = build_expectation_checks(
            RAW,
            [Suite(self.checks, self.load_batch)],
            partitions_def=DAYS,
            on_critical_failure=lambda context: self.critical.append(context.partition_key),
        )
        return dg.Definitions(assets=[raw, predictor], asset_checks=[checks])

    def run(
        self, instance: dg.DagsterInstance, partition: str, selection: dg.AssetSelection | None = None
    ) -> dg.ExecuteInProcessResult:
        job = dg.define_asset_job("everything", selection or dg.AssetSelection.all())
        definitions = dg.Definitions.merge(self.definitions(), dg.Definitions(jobs=[job]))
        resolved = definitions.resolve_job_def("everything")
        return resolved.execute_in_process(instance=instance, partition_key=partition, raise_on_error=False)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def evaluations(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {evaluation.check_name: evaluation for evaluation in result.get_asset_check_evaluations()}


def materialized(instance: dg.DagsterInstance, asset: dg.AssetKey) -> set[str]:
    return instance.get_materialized_partitions(asset)


def test_good_data_passes_every_check_and_goes_on(instance: dg.DagsterInstance) -> None:
    result = Shop().run(instance, GOOD)
    assert result.success
    assert {name: one.passed for name, one in evaluations(result).items()} == {
        "blocks": True,
        "warns": True,
        "tells": True,
    }
    assert materialized(instance, PREDICTOR) == {GOOD}


def test_a_failed_critical_check_stops_what_is_downstream_for_its_partition_only(instance: dg.DagsterInstance) -> None:
    shop = Shop()
    assert not shop.run(instance, BAD).success
    assert shop.run(instance, GOOD).success
    assert materialized(instance, RAW) == {GOOD, BAD}
    assert materialized(instance, PREDICTOR) == {GOOD}


def test_a_failed_warning_stops_nothing(instance: dg.DagsterInstance) -> None:
    result = Shop(checks=(small("warns", "warning"),)).run(instance, BAD)
    assert result.success
    assert not evaluations(result)["warns"].passed
    assert materialized(instance, PREDICTOR) == {BAD}


def test_severities_become_those_of_dagster(instance: dg.DagsterInstance) -> None:
    found = evaluations(Shop().run(instance, BAD))
    assert {name: (one.passed, one.severity) for name, one in found.items()} == {
        "blocks": (False, dg.AssetCheckSeverity.ERROR),
        "warns": (False, dg.AssetCheckSeverity.WARN),
        "tells": (True, dg.AssetCheckSeverity.WARN),
    }
    assert found["tells"].metadata["as expected"].value is False


def test_only_critical_checks_block() -> None:
    checks = build_expectation_checks(RAW, [Suite(CHECKS, Shop().load_batch)], partitions_def=DAYS)
    assert {spec.name: spec.blocking for spec in checks.check_specs} == {"blocks": True, "warns": False, "tells": False}
    assert {spec.name: spec.description for spec in checks.check_specs}["blocks"] == "The value is small (critical)."


def test_an_evaluation_shows_what_was_observed_against_what_was_expected(instance: dg.DagsterInstance) -> None:
    blocks = evaluations(Shop().run(instance, BAD))["blocks"]
    assert blocks.description == "value maximum value must be less than or equal to 3; observed: 7."
    observed = blocks.metadata["observed"]
    assert isinstance(observed, dg.TableMetadataValue)
    (row,) = observed.records
    assert row.data == {
        "expectation": "value maximum value must be less than or equal to 3",
        "observed": "7",
        "passed": False,
    }
    assert blocks.metadata["expectations"].value == [
        {
            "name": "ExpectColumnMaxToBeBetween",
            "arguments": {"column": "value", "max_value": {"$PARAMETER": "limit"}},
        }
    ]


def test_rows_that_are_not_as_expected_are_a_table(instance: dg.DagsterInstance) -> None:
    each = Expectation("ExpectColumnValuesToBeBetween", {"column": "value", "max_value": 3})
    result = Shop(checks=(Check("small", "Small.", "warning", (each,)),)).run(instance, BAD)
    table = evaluations(result)["small"].metadata["rows not as expected"]
    assert isinstance(table, dg.TableMetadataValue)
    (row,) = table.records
    assert row.data == {"value": 7}


def test_evaluations_are_recorded_per_partition(instance: dg.DagsterInstance) -> None:
    shop = Shop()
    shop.run(instance, GOOD)
    shop.run(instance, BAD)
    key = dg.AssetCheckKey(RAW, "blocks")
    recorded = instance.event_log_storage.get_asset_check_execution_history(check_key=key, limit=10)
    passed = {record.partition: record.evaluation.passed for record in recorded if record.evaluation}
    assert passed == {GOOD: True, BAD: False}


def test_the_batch_is_loaded_once_for_all_checks(instance: dg.DagsterInstance) -> None:
    shop = Shop()
    shop.run(instance, GOOD)
    assert shop.loaded == [GOOD]


def test_checks_can_be_run_without_the_others(instance: dg.DagsterInstance) -> None:
    some = dg.AssetSelection.assets(RAW).without_checks() | dg.AssetSelection.checks(dg.AssetCheckKey(RAW, "warns"))
    result = Shop().run(instance, BAD, some)
    assert result.success
    assert list(evaluations(result)) == ["warns"]


def test_an_expectation_that_cannot_be_evaluated_is_a_failed_step_and_no_evaluation(
    instance: dg.DagsterInstance,
) -> None:
    result = Shop(column="price").run(instance, GOOD)
    assert not result.success
    assert evaluations(result) == {}
    failure = result.failure_data_for_node("shop__raw_checks")
    assert failure is not None
    assert failure.error is not None
    assert 'The column "value" in BatchData does not exist' in failure.error.to_string()
    assert materialized(instance, PREDICTOR) == set()


def test_a_batch_may_bring_its_own_expectations(instance: dg.DagsterInstance) -> None:
    defined = Check("small", "Small.", "critical", ())
    at_most = Expectation("ExpectColumnMaxToBeBetween", {"column": "value", "max_value": 3})
    brought = Check("small", "Small.", "critical", (at_most,))
    assert not evaluations(Shop((defined,), (brought,)).run(instance, BAD))["small"].passed


def test_a_batch_that_brings_other_checks_than_were_defined_is_a_failed_step(instance: dg.DagsterInstance) -> None:
    result = Shop(CHECKS, (small("surprise", "critical"),)).run(instance, GOOD)
    assert not result.success
    assert evaluations(result) == {}


def test_building_checks_is_quiet() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build_expectation_checks(RAW, [Suite(CHECKS, Shop().load_batch)], partitions_def=DAYS)


def test_a_failed_critical_check_is_announced_once_and_a_failed_warning_is_not(instance: dg.DagsterInstance) -> None:
    shop = Shop((small("one", "critical"), small("two", "critical")))
    shop.run(instance, GOOD)
    shop.run(instance, BAD)
    assert shop.critical == [BAD]
    warned = Shop((small("warns", "warning"), small("tells", "info")))
    warned.run(instance, BAD)
    assert warned.critical == []


def test_an_asset_without_partitions_can_have_checks(instance: dg.DagsterInstance) -> None:
    @dg.asset(key=RAW)
    def raw() -> None: ...

    def load_batch(context: dg.AssetCheckExecutionContext) -> Batch:
        return Batch(pd.DataFrame({"value": [1]}), {"limit": context.resources.limit})

    checks = build_expectation_checks(RAW, [Suite(CHECKS, load_batch)], required_resource_keys={"limit"})
    result = dg.materialize([raw, checks], instance=instance, resources={"limit": 3})
    assert all(evaluation.passed for evaluation in result.get_asset_check_evaluations())


def test_defining_checks_imports_neither_great_expectations_nor_pandas() -> None:
    program = """
import sys
import dagster as dg
from forecast_platform.components.expectations import Suite, build_expectation_checks
from forecast_platform.quality import suites

assets = [getattr(suites, name).checks() for name in suites.__all__]
days = dg.DailyPartitionsDefinition(start_date="2025-01-01")
for number, checks in enumerate(assets):
    suite = Suite(checks, lambda context: None)
    build_expectation_checks(dg.AssetKey(f"asset_{number}"), [suite], partitions_def=days)
print(bool(assets), [name for name in ("great_expectations", "pandas", "numpy") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True []"


@dataclass
class TwoSuites:
    """One asset without partitions, with two suites that count how often their batch is loaded."""

    broken: bool = False
    loaded: list[str] = field(default_factory=list)

    def run(
        self, instance: dg.DagsterInstance, selection: dg.AssetSelection | None = None
    ) -> dg.ExecuteInProcessResult:
        @dg.asset(key=RAW)
        def raw() -> None: ...

        def load(name: str, column: str) -> Batch:
            self.loaded.append(name)
            return Batch(pd.DataFrame({column: [1]}), {"limit": 3})

        first = Suite(CHECKS, lambda _: load("first", "value"))
        second = Suite([small("second", "warning")], lambda _: load("second", "price" if self.broken else "value"))
        checks = build_expectation_checks(RAW, [first, second])
        job = dg.define_asset_job("everything", selection or dg.AssetSelection.all())
        definitions = dg.Definitions(assets=[raw], asset_checks=[checks], jobs=[job])
        return definitions.resolve_job_def("everything").execute_in_process(instance=instance, raise_on_error=False)


def test_suites_of_one_asset_are_one_step_with_a_batch_each(instance: dg.DagsterInstance) -> None:
    shop = TwoSuites()
    result = shop.run(instance)
    assert set(evaluations(result)) == {"blocks", "warns", "tells", "second"}
    assert shop.loaded == ["first", "second"]
    steps = [event.step_key for event in result.all_events if event.event_type_value == "STEP_START"]
    assert steps == ["shop__raw", "shop__raw_checks"]


def test_a_suite_of_which_no_check_is_selected_loads_nothing(instance: dg.DagsterInstance) -> None:
    shop = TwoSuites()
    result = shop.run(instance, dg.AssetSelection.checks(dg.AssetCheckKey(RAW, "second")))
    assert list(evaluations(result)) == ["second"]
    assert shop.loaded == ["second"]


def test_when_one_suite_cannot_be_evaluated_none_is_half_told(instance: dg.DagsterInstance) -> None:
    result = TwoSuites(broken=True).run(instance)
    assert not result.success
    assert evaluations(result) == {}
