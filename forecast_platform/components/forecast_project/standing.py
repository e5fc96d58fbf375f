"""The standing checks of a project in Dagster: what there is and what has failed, asked of the instance.

Belongs here: the way from Dagster's partitions and runs to the domain, when the checks run. Does not belong here: what
is expected (``quality.suites.standing``). ``FreshnessPolicy`` cannot do this: it looks at the newest materialization of
any partition, so that a backfill of last month makes today's missing forecast look fresh.
"""

# No postponed annotations in this file: Dagster takes the annotation of ``context`` as it is.
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value

from forecast_platform.components.expectations import check_result, check_specs
from forecast_platform.components.failures import domain_failures
from forecast_platform.components.forecast_project.run_end import belongs_to, why_it_failed
from forecast_platform.components.forecast_project.run_tags import PARTITION_TAG
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.cutoffs import Cadence
from forecast_platform.quality.answers import EXAMPLES
from forecast_platform.quality.suites import standing
from forecast_platform.quality.suites.standing import FailedCutoff, Forecasts
from forecast_platform.quality.validation import CheckOutcome

ASSET = "forecast"
"""What the checks belong to: the thing that people wait for."""


def build_standing_checks(shell: ProjectShell, assets: Collection[dg.AssetKey]) -> dg.AssetChecksDefinition:
    """Both checks, without partitions: their answer is about the project, not about one cutoff.

    Args:
        assets: All assets of the project; any may have failed.
    """

    @dg.multi_asset_check(
        # Not the name of the job: Dagster keeps steps and jobs in one space of names.
        name=f"{shell.key(ASSET).to_python_identifier()}_standing_checks",
        specs=check_specs(shell.key(ASSET), standing.checks(), None),
        can_subset=True,
        # After everything else that can run: in the project's job they look back at the whole run.
        op_tags={"dagster/priority": "-1"},
    )
    def standing_checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        selected = {key.name for key in context.selected_asset_check_keys}
        now = datetime.now(UTC).replace(tzinfo=None)
        with domain_failures(context):
            outcomes = standing_outcomes(shell, context.instance, assets, now)
        for check in standing.checks():
            if check.name in selected:
                yield check_result(shell.key(ASSET), check, outcomes[check.name])

    return standing_checks


def build_standing_job(shell: ProjectShell, checks: dg.AssetChecksDefinition) -> UnresolvedAssetJobDefinition:
    """The standing checks alone, so that they also speak when nothing else runs."""
    return dg.define_asset_job(
        f"{shell.project.name}_standing_checks",
        selection=dg.AssetSelection.checks(*checks.check_keys),
        executor_def=dg.in_process_executor,
        description="Is the forecast that should be there, there? Is a cutoff left failed?",
    )


def build_standing_schedule(shell: ProjectShell, job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Every day, of an hourly project every hour, at the minute at which a forecast is late."""
    schedule = shell.project.schedule
    tolerance = _tolerance(shell)
    due = schedule.cutoff(0) + tolerance if tolerance is not None else schedule.cutoff(1)
    hour = "*" if schedule.cadence is Cadence.HOURLY else str(due.hour)
    return dg.ScheduleDefinition(
        name=f"{shell.project.name}_standing_checks_schedule",
        job=job,
        cron_schedule=f"{due.minute} {hour} * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING if shell.automation else dg.DefaultScheduleStatus.STOPPED,
        description="Runs the standing checks also when no data comes.",
    )


def standing_outcomes(
    shell: ProjectShell, instance: dg.DagsterInstance, assets: Collection[dg.AssetKey], now: datetime
) -> dict[str, CheckOutcome]:
    """The answers of both checks at ``now`` (naive, UTC), by the name of the check."""
    from forecast_platform.pipeline.waiting import cutoffs_that_wait
    from forecast_platform.training_data import current_snapshot

    bucket = shell.workspace().bucket
    partitions = {asset: _partitions(shell, instance, asset) for asset in assets}
    snapshot = current_snapshot(bucket)
    expected = standing.expected_partition(
        shell.project.schedule,
        _forecasts(shell, partitions[shell.key(ASSET)], cutoffs_that_wait(bucket) if shell.defers else ()),
        now=now,
        data_end=snapshot.data_end if snapshot else None,
        tolerance=_tolerance(shell),
    )
    failed = standing.left_failed(_failed_cutoffs(shell, instance, partitions))
    return {standing.EXPECTED.name: expected, standing.LEFT_FAILED.name: failed}


@dataclass(frozen=True)
class _Partitions:
    """Partition keys of one asset.

    Attributes:
        there: Ever materialized.
        failed: Those whose last run failed.
        under_way: Those whose run has not ended.
    """

    there: Collection[str] = ()
    failed: Collection[str] = ()
    under_way: Collection[str] = ()


def _tolerance(shell: ProjectShell) -> timedelta | None:
    hours = shell.project.max_hours_late
    return None if hours is None else timedelta(hours=hours)


def _partitions(shell: ProjectShell, instance: dg.DagsterInstance, asset: dg.AssetKey) -> _Partitions:
    """What Dagster knows of the asset's partitions.

    From its status cache: ``get_status_by_partition`` looks up one key after the other, which for three years of hours
    took two seconds an asset.
    """
    windows = shell.partitions
    known = get_and_update_asset_status_cache_value(instance, asset, windows)
    if known is None:
        return _Partitions()
    under_way = set(known.deserialize_in_progress_partition_subsets(windows).get_partition_keys())
    failed = set(known.deserialize_failed_partition_subsets(windows).get_partition_keys())
    there = known.deserialize_materialized_partition_subsets(windows).get_partition_keys()
    return _Partitions(list(there), failed - under_way, under_way)


def _forecasts(shell: ProjectShell, partitions: _Partitions, waiting: Sequence[datetime]) -> Forecasts:
    newest = max(map(shell.cutoff, partitions.there), default=None)
    return Forecasts(newest, frozenset([*map(shell.cutoff, partitions.under_way), *waiting]))


def _failed_cutoffs(
    shell: ProjectShell, instance: dg.DagsterInstance, partitions: Mapping[dg.AssetKey, _Partitions]
) -> Sequence[FailedCutoff]:
    """The newest first; those that are shown with the run that failed."""
    failed: dict[str, list[str]] = {}
    for asset, of_asset in partitions.items():
        for key in of_asset.failed:
            failed.setdefault(key, []).append(asset.path[-1])
    newest_first = sorted(failed, key=shell.cutoff, reverse=True)
    shown = [_with_run(shell, instance, key, failed[key]) for key in newest_first[:EXAMPLES]]
    return shown + [FailedCutoff(shell.cutoff(key), tuple(failed[key])) for key in newest_first[EXAMPLES:]]


def _with_run(shell: ProjectShell, instance: dg.DagsterInstance, key: str, assets: Sequence[str]) -> FailedCutoff:
    filters = dg.RunsFilter(tags={PARTITION_TAG: key}, statuses=[dg.DagsterRunStatus.FAILURE])
    for record in instance.get_run_records(filters, limit=EXAMPLES):
        run = record.dagster_run
        if belongs_to(shell, run):
            ended = datetime.fromtimestamp(record.end_time, UTC).replace(tzinfo=None) if record.end_time else None
            return FailedCutoff(shell.cutoff(key), tuple(assets), run.run_id, ended, why_it_failed(run, instance))
    return FailedCutoff(shell.cutoff(key), tuple(assets))
