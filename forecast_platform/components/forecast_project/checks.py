"""The checks of a forecast project: which batch each suite looks at.

Belongs here: the way from a partition to a batch. Does not belong here: what is expected (``quality``), how
checks look in Dagster (``components.expectations``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from forecast_platform.components.check_attributes import UserChecks
from forecast_platform.components.expectations import Suite, build_expectation_checks
from forecast_platform.components.failures import domain_failures, mark_permanent
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.pipeline.checked_rows import TABLES
from forecast_platform.quality import Check, suites

if TYPE_CHECKING:
    from forecast_platform.quality.validation import Batch

    BatchOf = Callable[[ProjectShell, datetime], Batch]
    Asked = tuple[Sequence[Check], BatchOf]


def build_checks(shell: ProjectShell, user_checks: UserChecks) -> list[dg.AssetChecksDefinition]:
    """Every check of the project that looks at one cutoff: ours and the user's, in one step per asset.

    Raises:
        InputError: The user's checks cannot be used.
    """
    asked = _ours()
    taken = {noun: [check.name for checks, _ in of_asset for check in checks] for noun, of_asset in asked.items()}
    for (noun, table), checks in user_checks.by_table(TABLES, taken).items():
        asked.setdefault(noun, []).append((checks, partial(_rows, noun, table)))
    return [_checks(shell, noun, of_asset) for noun, of_asset in asked.items()]


def _ours() -> dict[str, list[Asked]]:
    return {
        "raw_training_data": [
            (suites.raw_training_data.checks(), _raw_training_data),
            (suites.training_rows.checks(), _training_rows),
        ],
        "data_drift": [
            (suites.data_drift.target_checks(), partial(_data_drift, "target")),
            (suites.data_drift.item_checks(), partial(_data_drift, "item")),
            (suites.data_drift.related_checks(), partial(_data_drift, "related")),
        ],
        "predictor": [(suites.predictor.checks(), _predictor)],
        # On the export and not on `forecast`: a bad forecast must be stopped before it is published.
        "exported_forecast": [(suites.exported_forecast.checks(), _exported_forecast)],
        "forecast": [(suites.forecast.checks(), _forecast)],
        "forecast_accuracy": [(suites.forecast_accuracy.checks(), _forecast_accuracy)],
        "athena_tables": [(suites.athena_tables.checks(), _athena_tables)],
    }


def _checks(shell: ProjectShell, noun: str, asked: Sequence[Asked]) -> dg.AssetChecksDefinition:
    """The checks of one asset: questions, each with the way to the batch they are asked of."""
    return build_expectation_checks(
        shell.key(noun),
        [_suite(shell, checks, batch_of) for checks, batch_of in asked],
        partitions_def=shell.partitions,
        failures=domain_failures,
        on_critical_failure=mark_permanent,
    )


def _suite(shell: ProjectShell, checks: Sequence[Check], batch_of: BatchOf) -> Suite:
    def load_batch(context: dg.AssetCheckExecutionContext) -> Batch:
        return batch_of(shell, shell.cutoff(context.partition_key))

    return Suite(checks, load_batch)


def _rows(noun: str, table: str, shell: ProjectShell, cutoff: datetime) -> Batch:
    """What the user's checks look at."""
    from forecast_platform.pipeline.checked_rows import checked_rows
    from forecast_platform.pipeline.training_data_facts import origins
    from forecast_platform.quality.validation import Batch

    workspace = shell.workspace()
    rows = checked_rows(workspace, noun, table, cutoff)
    written = partial(origins, workspace, cutoff) if table == "target" else None
    return Batch(rows, {"cutoff": cutoff, "rows": len(rows)}, origins=written)


def _raw_training_data(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.engine.backtesting import observations_needed
    from forecast_platform.forecast_service.task import task_of
    from forecast_platform.pipeline.inputs import look_at_training_data
    from forecast_platform.pipeline.training_data_facts import data_frequency, observations_at
    from forecast_platform.quality.arrivals.facts import Arrivals

    workspace = shell.workspace()
    data = look_at_training_data(workspace, cutoff)
    observations = observations_at(workspace, cutoff)
    return suites.raw_training_data.batch(
        rows=data.snapshot.rows + data.snapshot.refused_rows,
        refused_rows=data.snapshot.refused_rows,
        refused_files=data.refused_files,
        observations_before_cutoff=data.visible_rows,
        longest_series=data.longest_series,
        horizon_needed=observations_needed(task_of(workspace.parsed_params.params)),
        hours_behind_cutoff=data.behind.total_seconds() / 3600 if data.behind is not None else None,
        max_refused_share=shell.project.max_refused_share,
        max_hours_behind_cutoff=shell.project.max_periods_behind
        * data_frequency(workspace).approximate.total_seconds()
        / 3600,
        problems=data.snapshot.problems,
        arrivals=Arrivals.of(observations) if observations else None,
    )


def _training_rows(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.training_data_facts import data_frequency, observations_at, origins
    from forecast_platform.quality.arrivals.rows import JudgedRows, judged_rows

    workspace = shell.workspace()
    observations = observations_at(workspace, cutoff)
    return suites.training_rows.batch(
        judged_rows(observations) if observations else JudgedRows.none(),
        frequency=str(data_frequency(workspace)),
        origins=partial(origins, workspace, cutoff),
    )


def _data_drift(kind: str, shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.data_drift import kept_drift

    drift = kept_drift(shell.workspace(), cutoff)
    return suites.data_drift.batch(drift.of_kind(kind), drift.summary["note"], str(drift.trained_at))


def _predictor(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.training import accuracy_at_a_glance, last_accuracy

    workspace = shell.workspace()
    glance = accuracy_at_a_glance(workspace, cutoff)
    last = last_accuracy(workspace, cutoff)
    return suites.predictor.batch(
        average_wql=glance.average_wql,
        seasonal_naive_wql=glance.seasonal_naive_wql,
        failed_candidates=glance.failed_candidates,
        last=None
        if last is None
        else suites.predictor.LastPredictor(
            f"the one trained at {last.trained_at}", last.average_wql, last.seasonal_naive_wql
        ),
    )


def _exported_forecast(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.clean_forecast import read_wide_forecast
    from forecast_platform.pipeline.forecast_ranges import forecast_ranges
    from forecast_platform.pipeline.forecasting import require_archived

    workspace = shell.workspace()
    params = workspace.parsed_params.params
    return suites.exported_forecast.batch(
        read_wide_forecast(workspace, require_archived(workspace, cutoff)),
        workspace.frames(cutoff).target,
        forecast_ranges(workspace, cutoff),
        forecast_types=params.forecast_types,
        forecast_dimensions=params.forecast_dimensions,
        horizon=params.horizon,
    )


def _forecast(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.published_bridge import bridges_at

    return suites.forecast.batch(bridges_at(shell.workspace(), cutoff))


def _forecast_accuracy(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.forecast_monitoring import monitor_forecasts

    found = monitor_forecasts(shell.workspace(), cutoff)
    return suites.forecast_accuracy.batch(
        ended=found.ended,
        unfinished=found.unfinished,
        decay=found.decay,
        coverage=found.coverage,
        hits=found.hits,
        bias=found.bias,
        series=found.series,
    )


def _athena_tables(shell: ProjectShell, cutoff: datetime) -> Batch:
    from forecast_platform.pipeline.tables import publish_tables

    # Published once more, so that both counts are of one state also when another run has moved the snapshot on.
    counts = publish_tables(shell.workspace(), cutoff).counts
    return suites.athena_tables.batch((one.table, one.rows_in_table, one.rows_in_files) for one in counts)
