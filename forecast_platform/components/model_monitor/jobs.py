"""The jobs of a monitor: learning the baseline, and one execution. Does not belong here: when they run."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from forecast_platform.components.model_monitor.shell import MonitorShell


def build_baseline_job(shell: MonitorShell) -> UnresolvedAssetJobDefinition:
    """Learn from the baseline dataset what to expect."""
    return dg.define_asset_job(
        f"{shell.monitor.name}_baseline",
        selection=dg.AssetSelection.assets(shell.key("baseline")),
        executor_def=dg.in_process_executor,
        description="Statistics and suggested constraints of the baseline dataset.",
    )


def build_monitoring_job(shell: MonitorShell) -> UnresolvedAssetJobDefinition:
    """Every report of one window. In process: a step in a process of its own costs more than most of them."""
    nouns = ["captured_data", *shell.report_assets, "monitoring_index"]
    return dg.define_asset_job(
        shell.job_name,
        selection=dg.AssetSelection.assets(*map(shell.key, nouns)),
        executor_def=dg.in_process_executor,
        description="What was captured in one window, judged by the baseline: reports, violations and metrics.",
    )
