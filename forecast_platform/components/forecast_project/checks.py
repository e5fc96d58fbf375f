"""The checks of a forecast project: which batch each suite looks at.

Belongs here: the way from a partition to a batch. Does not belong here: what is expected (``quality``), how
checks look in Dagster (``components.expectations``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg

from forecast_platform.components.expectations import Suite, build_expectation_checks
from forecast_platform.components.forecast_project.shell import ProjectShell, domain_failures, mark_permanent
from forecast_platform.quality import Check, suites

if TYPE_CHECKING:
    from forecast_platform.quality.validation import Batch

    BatchOf = Callable[[ProjectShell, datetime], Batch]


def build_checks(shell: ProjectShell) -> list[dg.AssetChecksDefinition]:
    """Every check of the project."""
    return [
        _checks(shell, "raw_training_data", suites.raw_training_data.checks(), _raw_training_data),
        _checks(shell, "predictor", suites.predictor.checks(), _predictor),
        # On the export and not on `forecast`: a bad forecast must be stopped before it is published.
        _checks(shell, "exported_forecast", suites.exported_forecast.checks(), _exported_forecast),
        _checks(shell, "athena_tables", suites.athena_tables.checks(), _athena_tables),
    ]


def _checks(shell: ProjectShell, noun: str, checks: Sequence[Check], batch_of: BatchOf) -> dg.AssetChecksDefinition:
    def load_batch(context: dg.AssetCheckExecutionContext) -> Batch:
        with domain_failures(context):
            return batch_of(shell, shell.cutoff(context.partition_key))

    return build_expectation_checks(
        shell.key(noun),
        [Suite(checks, load_batch)],
        partitions_def=shell.partitions,
        on_critical_failure=mark_permanent,
    )


def _raw_training_data(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.engine.backtesting import observations_needed
    from forecast_platform.forecast_service.task import task_of
    from forecast_platform.pipeline.inputs import look_at_training_data

    workspace = shell.workspace()
    data = look_at_training_data(workspace, cutoff)
    params = workspace.parsed_params.params
    frequency = params.target.frequency or params.frequency
    return suites.raw_training_data.batch(
        rows=data.snapshot.rows + data.snapshot.refused_rows,
        refused_rows=data.snapshot.refused_rows,
        refused_files=data.refused_files,
        observations_before_cutoff=data.visible_rows,
        longest_series=data.longest_series,
        horizon_needed=observations_needed(task_of(params)),
        hours_behind_cutoff=data.behind.total_seconds() / 3600 if data.behind is not None else None,
        max_refused_share=shell.project.max_refused_share,
        max_hours_behind_cutoff=shell.project.max_periods_behind * frequency.approximate.total_seconds() / 3600,
        problems=data.snapshot.problems,
    )


def _predictor(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.training import accuracy_at_a_glance

    glance = accuracy_at_a_glance(shell.workspace(), cutoff)
    return suites.predictor.batch(
        average_wql=glance.average_wql,
        seasonal_naive_wql=glance.seasonal_naive_wql,
        failed_candidates=glance.failed_candidates,
    )


def _exported_forecast(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.clean_forecast import read_wide_forecast
    from forecast_platform.pipeline.forecasting import require_archived

    workspace = shell.workspace()
    params = workspace.parsed_params.params
    return suites.exported_forecast.batch(
        read_wide_forecast(workspace, require_archived(workspace, cutoff)),
        workspace.frames(cutoff).target,
        forecast_types=params.forecast_types,
        forecast_dimensions=params.forecast_dimensions,
        horizon=params.horizon,
    )


def _athena_tables(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.tables import publish_tables

    # Published once more, so that both counts are of one state also when another run has moved the snapshot on.
    counts = publish_tables(shell.workspace(), cutoff).counts
    return suites.athena_tables.batch((one.table, one.rows_in_table, one.rows_in_files) for one in counts)
