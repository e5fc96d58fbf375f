"""What every definition of a monitor shares. Belongs here: its keys, partitions and workspace. Not: definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from forecast_platform.components.partitions import cutoff_of, partitions_of
from forecast_platform.model_monitor.monitor import Monitor
from forecast_platform.model_monitor.window import Window
from forecast_platform.platform import Platform

if TYPE_CHECKING:
    from forecast_platform.model_monitor.workspace import MonitorWorkspace

REPORT_ASSETS = {
    "DataQuality": "monitoring_report",
    "ModelQuality": "model_quality_report",
    "ModelBias": "bias_report",
    "ModelExplainability": "attribution_report",
}
"""The asset of each monitoring type."""


@dataclass(frozen=True)
class MonitorShell:
    """A monitor as Dagster sees it.

    Attributes:
        owners: Of every asset.
        automation: Whether the sensor runs without being switched on.
    """

    monitor: Monitor
    owners: Sequence[str] = ()
    automation: bool = True

    @property
    def partitions(self) -> dg.TimeWindowPartitionsDefinition:
        return partitions_of(self.monitor.schedule)

    @property
    def sensor_status(self) -> dg.DefaultSensorStatus:
        return dg.DefaultSensorStatus.RUNNING if self.automation else dg.DefaultSensorStatus.STOPPED

    @property
    def job_name(self) -> str:
        return f"{self.monitor.name}_monitoring"

    @property
    def report_assets(self) -> list[str]:
        """The report of every monitoring type that the monitor has."""
        return [REPORT_ASSETS[kind] for kind in self.monitor.kinds]

    def key(self, noun: str) -> dg.AssetKey:
        """The key of the monitor's asset ``noun``."""
        return dg.AssetKey([self.monitor.name, noun])

    def window(self, partition_key: str) -> Window:
        """The window of a partition."""
        return self.monitor.window(cutoff_of(self.monitor.schedule, partition_key))

    def workspace(self) -> MonitorWorkspace:
        """Where the steps work; opened anew for every step."""
        return Platform().monitor_workspace(self.monitor)
