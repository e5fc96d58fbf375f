"""Puts the definitions of one monitor together, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from forecast_platform.components.check_attributes import UserChecks
from forecast_platform.components.model_monitor.assets import build_assets
from forecast_platform.components.model_monitor.checks import build_checks
from forecast_platform.components.model_monitor.jobs import build_baseline_job, build_monitoring_job
from forecast_platform.components.model_monitor.sensors import build_capture_sensor
from forecast_platform.components.model_monitor.shell import MonitorShell
from forecast_platform.model_monitor.monitor import Monitor

NO_CHECKS = UserChecks()


def build_definitions(
    monitor: Monitor, *, owners: Sequence[str] = (), automation: bool = True, checks: UserChecks = NO_CHECKS
) -> dg.Definitions:
    """Assets, checks, jobs and the sensor of ``monitor``.

    Raises:
        InputError: There are checks that cannot be used.
    """
    shell = MonitorShell(monitor, owners, automation)
    baseline, monitoring = build_baseline_job(shell), build_monitoring_job(shell)
    return dg.Definitions(
        assets=build_assets(shell),
        asset_checks=build_checks(shell, checks),
        jobs=[baseline, monitoring],
        sensors=[build_capture_sensor(shell, baseline, monitoring)],
    )
