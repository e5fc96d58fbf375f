"""Puts the definitions of one project together, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from forecast_platform.components.check_attributes import UserChecks
from forecast_platform.components.forecast_project.assets import build_assets
from forecast_platform.components.forecast_project.checks import build_checks
from forecast_platform.components.forecast_project.jobs import build_cleanup_job, build_forecast_job
from forecast_platform.components.forecast_project.run_end import build_run_end_sensors
from forecast_platform.components.forecast_project.sensors import build_data_sensor
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.components.forecast_project.standing import (
    build_standing_checks,
    build_standing_job,
    build_standing_schedule,
)
from forecast_platform.components.forecast_project.watch import build_watch_sensor
from forecast_platform.project import Project

NO_CHECKS = UserChecks()


def build_definitions(
    project: Project,
    *,
    owners: Sequence[str] = (),
    notify: Sequence[str] = (),
    automation: bool = True,
    checks: UserChecks = NO_CHECKS,
) -> dg.Definitions:
    """Assets, checks, jobs, schedules and sensors of ``project``.

    Raises:
        InputError: There are checks that cannot be used.
    """
    return definitions_of(ProjectShell(project, owners, notify, automation), checks)


def definitions_of(shell: ProjectShell, checks: UserChecks = NO_CHECKS) -> dg.Definitions:
    """Everything that Dagster knows of a project, as its shell says.

    Raises:
        InputError: There are checks that cannot be used.
    """
    job = build_forecast_job(shell)
    assets = build_assets(shell)
    standing = build_standing_checks(shell, [key for asset in assets for key in asset.keys])
    standing_job = build_standing_job(shell, standing)
    watch = [build_watch_sensor(shell, job, assets)] if shell.defers else []
    return dg.Definitions(
        assets=assets,
        asset_checks=[*build_checks(shell, checks), standing],
        jobs=[job, standing_job, build_cleanup_job(shell)],
        schedules=[build_standing_schedule(shell, standing_job)],
        sensors=[build_data_sensor(shell, job), *watch, *build_run_end_sensors(shell)],
    )
