"""The sensors that turn the end of a run into a row of ``run_log`` and a notification.

Sensors and not hooks: a run that was killed tells nobody itself, but run monitoring ends it and these see that.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import dagster as dg

from forecast_platform.components.forecast_project.run_tags import PARTITION_TAG, WILL_RETRY_TAG
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.errors import TransientError
from forecast_platform.notifications.message import Notification
from forecast_platform.platform import Platform

_BEARER_OF_SUCCESS = "forecast"
"""The asset without which a successful run is not worth a message."""


def build_run_end_sensors(shell: ProjectShell) -> list[dg.SensorDefinition]:
    """Tell people of every failure, and of every success that published or kept a forecast."""
    name = shell.project.name

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name=f"{name}_tell_success",
        minimum_interval_seconds=10,
        default_status=shell.sensor_status,
        description="Writes the run log and tells people that a forecast is there.",
    )
    def tell_success(context: dg.RunStatusSensorContext) -> None:
        _tell(shell, context)

    @dg.run_failure_sensor(
        name=f"{name}_tell_failure",
        minimum_interval_seconds=10,
        default_status=shell.sensor_status,
        description="Writes the run log and tells people what went wrong and what to do.",
    )
    def tell_failure(context: dg.RunFailureSensorContext) -> None:
        _tell(shell, context)

    return [tell_success, tell_failure]


def _tell(shell: ProjectShell, context: dg.RunStatusSensorContext) -> None:
    # No SkipReason for the others: Dagster fails a tick that skips one run and reacts to another, for ever.
    if concerns(shell, context.dagster_run, context.instance):
        report_run(shell, context.dagster_run, context.instance)


def concerns(shell: ProjectShell, run: dg.DagsterRun, instance: dg.DagsterInstance) -> bool:
    """Whether ``run`` is one that the project reports: of one of its cutoffs, failed for good or with a forecast."""
    if PARTITION_TAG not in run.tags or run.tags.get(WILL_RETRY_TAG) == "true":
        return False
    of_project = belongs_to(shell, run)
    if not of_project or run.status is dg.DagsterRunStatus.FAILURE:
        return of_project
    materialized = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    bearer = shell.key(_BEARER_OF_SUCCESS)
    return any(entry.dagster_event and entry.dagster_event.asset_key == bearer for entry in materialized)


def belongs_to(shell: ProjectShell, run: dg.DagsterRun) -> bool:
    """Whether ``run`` is of the project's job, or of some of its assets."""
    return run.job_name == shell.job_name or any(key.path[0] == shell.project.name for key in run.asset_selection or ())


def report_run(shell: ProjectShell, run: dg.DagsterRun, instance: dg.DagsterInstance) -> Notification:
    """Record the end of ``run`` and tell everyone; telling twice is one message."""
    from forecast_platform.pipeline.run_log import EndedRun, record_run

    record = instance.get_run_record_by_id(run.run_id)
    started = record.start_time if record and record.start_time else None
    ended = record.end_time if record and record.end_time else None
    error = why_it_failed(run, instance) if run.status is dg.DagsterRunStatus.FAILURE else None
    cutoff = shell.cutoff(run.tags[PARTITION_TAG])
    end = EndedRun(run.run_id, cutoff, _utc(started), _utc(ended or started), error)
    return record_run(shell.workspace(), end, Platform().notifiers(shell.notify))


def deliver_due(shell: ProjectShell, log: logging.Logger) -> None:
    """Try again what could not be delivered when its run ended: Dagster reports an end only once."""
    for carrier in Platform().carriers(shell.notify):
        try:
            carrier.deliver_due(shell.project.name)
        except TransientError as error:
            log.warning(f"{carrier.name} is still waiting: {error}")


def why_it_failed(run: dg.DagsterRun, instance: dg.DagsterInstance) -> str:
    """The first thing that failed, in the words of the failure; failed checks say what they saw."""
    stopped_by = _failed_checks(run, instance)
    if stopped_by:
        return "\n".join(stopped_by)
    failures = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    for entry in failures:
        data = entry.dagster_event.step_failure_data if entry.dagster_event else None
        if data is None:
            continue
        if data.user_failure_data and data.user_failure_data.description:
            return f"{entry.step_key}: {data.user_failure_data.description}"
        error = data.error.cause if data.error and data.error.cause else data.error
        if error is not None:
            return f"{entry.step_key}: {error.message.strip()}"
    return "The run's process ended without saying why; it was killed or the machine stopped."


def _failed_checks(run: dg.DagsterRun, instance: dg.DagsterInstance) -> list[str]:
    """What the blocking checks that failed have to say; Dagster's own error only names them."""
    failed = failed_blocking_checks(run.run_id, instance)
    return [f"{one.asset_key.path[-1]}, check {one.check_name}: {one.description}" for one in failed]


def failed_blocking_checks(run_id: str, instance: dg.DagsterInstance) -> list[dg.AssetCheckEvaluation]:
    """The checks that stopped what is downstream of them in a run."""
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [entry.dagster_event.asset_check_evaluation_data for entry in entries if entry.dagster_event]
    return [
        one for one in evaluations if one.blocking and not one.passed and one.severity is dg.AssetCheckSeverity.ERROR
    ]


def _utc(seconds: float | None) -> datetime:
    return datetime.fromtimestamp(seconds or 0.0, UTC).replace(tzinfo=None)
