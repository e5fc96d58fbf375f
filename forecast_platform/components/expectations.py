"""Turns checks into Dagster asset checks: the only place that knows both.

Belongs here: how a check, its severity and its outcome look in Dagster. Does not belong here: what is checked
(``quality``), where a batch comes from (the component types).
"""

# No postponed annotations in this file: Dagster takes the annotation of ``context`` as it is.
import warnings
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import dagster as dg

from forecast_platform.errors import PermanentError
from forecast_platform.quality import Check
from forecast_platform.quality.validation import Batch, CheckOutcome, plain, validate_batch

LoadBatch = Callable[[dg.AssetCheckExecutionContext], Batch]
Failures = Callable[[dg.AssetCheckExecutionContext], AbstractContextManager[None]]


def _as_they_are(_: dg.AssetCheckExecutionContext) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class Suite:
    """Questions that are asked of the same batch.

    Attributes:
        checks: Their names, descriptions and severities; also their expectations unless the batch brings its own.
        load_batch: Called in the step, once, and only when one of the checks is selected.
    """

    checks: Sequence[Check]
    load_batch: LoadBatch


def build_expectation_checks(
    asset: dg.AssetKey,
    suites: Sequence[Suite],
    *,
    partitions_def: dg.PartitionsDefinition[Any] | None = None,
    failures: Failures = _as_they_are,
    on_critical_failure: Callable[[dg.AssetCheckExecutionContext], None] | None = None,
    required_resource_keys: AbstractSet[str] = frozenset(),
    retry_policy: dg.RetryPolicy | None = None,
    pool: str | None = None,
) -> dg.AssetChecksDefinition:
    """One step that loads each suite's batch of a partition once and answers the selected checks on it.

    A critical check blocks what is downstream in the same run and fails as an error, a warning warns, an info
    check always passes and only shows what it saw. An exception, of a ``load_batch`` or of Great Expectations, is
    a failed step and says nothing about the data.

    Args:
        asset: What the checks belong to.
        suites: No two checks of them have the same name.
        partitions_def: That of the asset.
        failures: Around the loading and the evaluation: turns the domain's errors into Dagster's.
        on_critical_failure: Called in the step, once, when a critical check has failed.
        required_resource_keys: Resources that a ``load_batch`` finds in ``context.resources``.
    """

    @dg.multi_asset_check(
        name=f"{asset.to_python_identifier()}_checks",
        specs=check_specs(asset, [check for suite in suites for check in suite.checks], partitions_def),
        can_subset=True,
        required_resource_keys=set(required_resource_keys),
        retry_policy=retry_policy,
        pool=pool,
    )
    def expectation_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        selected = {key.name for key in context.selected_asset_check_keys}
        with failures(context):
            # All answers before the first result: a suite that cannot be evaluated leaves none half told.
            answered = [pair for suite in suites for pair in _answers(context, suite, selected)]
        if on_critical_failure and any(one.severity == "critical" and not outcome.passed for one, outcome in answered):
            on_critical_failure(context)
        for check, outcome in answered:
            yield check_result(asset, check, outcome)

    return expectation_checks


def _answers(
    context: dg.AssetCheckExecutionContext, suite: Suite, selected: AbstractSet[str]
) -> list[tuple[Check, CheckOutcome]]:
    if not any(check.name in selected for check in suite.checks):
        return []
    batch = suite.load_batch(context)
    asked = [check for check in _defined(suite.checks, batch) if check.name in selected]
    outcomes = validate_batch(batch, asked)
    return [(check, outcomes[check.name]) for check in asked]


def check_specs(
    asset: dg.AssetKey, checks: Sequence[Check], partitions_def: dg.PartitionsDefinition[Any] | None
) -> list[dg.AssetCheckSpec]:
    """One spec per question."""
    with warnings.catch_warnings():
        # Dagster 1.13 calls the partitions of a check spec a preview. Drop this when it no longer does.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            dg.AssetCheckSpec(
                check.name,
                asset=asset,
                description=check.description,
                blocking=check.severity == "critical",
                metadata={"severity": check.severity},
                partitions_def=partitions_def,
            )
            for check in checks
        ]


def _defined(checks: Sequence[Check], batch: Batch) -> Sequence[Check]:
    """The checks with the expectations of this batch.

    Raises:
        PermanentError: The batch brings other checks than those that were defined.
    """
    if batch.checks is None:
        return checks
    defined, brought = ({(check.name, check.severity) for check in those} for those in (checks, batch.checks))
    if defined != brought:
        raise PermanentError(f"The batch brings the checks {sorted(brought)}; defined are {sorted(defined)}.")
    return batch.checks


def check_result(asset: dg.AssetKey, check: Check, outcome: CheckOutcome) -> dg.AssetCheckResult:
    """How the outcome of a check looks in Dagster."""
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check.name,
        passed=outcome.passed or check.severity == "info",
        severity=dg.AssetCheckSeverity.ERROR if check.severity == "critical" else dg.AssetCheckSeverity.WARN,
        description=outcome.message,
        metadata=_metadata(check, outcome),
    )


def _metadata(check: Check, outcome: CheckOutcome) -> dict[str, Any]:
    expectations = [{"name": one.name, "arguments": one.arguments} for one in check.expectations]
    metadata: dict[str, Any] = {
        "as expected": outcome.passed,
        "expectations": dg.MetadataValue.json(expectations),
    }
    if outcome.observed:
        metadata["observed"] = _table(outcome.observed)
    if outcome.examples:
        metadata["rows not as expected"] = _table(outcome.examples)
    return metadata


def _table(rows: list[dict[str, Any]]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table([dg.TableRecord({name: plain(value) for name, value in row.items()}) for row in rows])
