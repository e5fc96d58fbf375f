"""Puts the definitions of one project together, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from forecast_platform.components.forecast_project.assets import build_assets
from forecast_platform.components.forecast_project.checks import build_checks
from forecast_platform.components.forecast_project.jobs import build_cleanup_job, build_forecast_job
from forecast_platform.components.forecast_project.run_end import build_run_end_sensors
from forecast_platform.components.forecast_project.sensors import build_data_sensor
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.project import Project


def build_definitions(
    project: Project, *, owners: Sequence[str] = (), notify: Sequence[str] = (), automation: bool = True
) -> dg.Definitions:
    """Assets, checks, jobs and sensors of ``project``."""
    shell = ProjectShell(project, owners, notify, automation)
    job = build_forecast_job(shell)
    return dg.Definitions(
        assets=build_assets(shell),
        asset_checks=build_checks(shell),
        jobs=[job, build_cleanup_job(shell)],
        sensors=[build_data_sensor(shell, job), *build_run_end_sensors(shell)],
    )
