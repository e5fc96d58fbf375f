"""Puts the settings, a project and the engines together: the one place that chooses implementations.

Belongs here: which bucket, service, warehouse and notifiers a setting means. Does not belong here: what is
done with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecast_platform.bucket import Bucket
from forecast_platform.project import Project
from forecast_platform.settings import Settings, load_settings

if TYPE_CHECKING:
    from forecast_platform.engine.executor import Executor
    from forecast_platform.model_monitor.monitor import Monitor
    from forecast_platform.model_monitor.workspace import MonitorWorkspace
    from forecast_platform.notifications.outbox import DeliveredOnce
    from forecast_platform.notifications.port import Notifier
    from forecast_platform.pipeline.workspace import Workspace
    from forecast_platform.warehouse.port import Warehouse


@dataclass(frozen=True)
class Platform:
    """The engines that the settings name. Nothing is opened before it is asked for."""

    settings: Settings = field(default_factory=load_settings)

    def bucket(self, prefix: str = "") -> Bucket:
        """The bucket, or the part of it below ``prefix``."""
        from forecast_platform.bucket.local import LocalBucket

        return LocalBucket(self.settings.bucket_root).below(prefix)

    def workspace(self, project: Project) -> Workspace:
        """Where the steps of ``project`` work."""
        from forecast_platform.forecast_service.local import LocalForecastService
        from forecast_platform.pipeline.workspace import Workspace

        return Workspace(
            project=project,
            bucket=self.bucket(project.prefix),
            service=LocalForecastService(self.settings.service_root, self.executor, self.settings.pretrained),
            warehouse=self.warehouse({project.name: project}),
        )

    def monitor_workspace(self, monitor: Monitor) -> MonitorWorkspace:
        """Where the steps of ``monitor`` work."""
        from forecast_platform.model_monitor.workspace import MonitorWorkspace

        return MonitorWorkspace(monitor, self.bucket(monitor.prefix), self.warehouse({monitor.name: monitor}))

    def executor(self) -> Executor:
        """Where models of single series are fitted: a Ray cluster if the settings name one, else this machine."""
        if self.settings.ray_address is not None:
            from forecast_platform.engine.executor_ray import RayExecutor

            return RayExecutor(self.settings.ray_address)
        from forecast_platform.engine.executor import LocalExecutor

        return LocalExecutor()

    def warehouse(self, projects: Mapping[str, Project | Monitor]) -> Warehouse:
        """The tables of ``projects`` and monitors: one database each, named like it."""
        from forecast_platform.warehouse.duckdb_warehouse import DuckDbWarehouse

        return DuckDbWarehouse(self.settings.warehouse_root, lambda name: self.bucket(projects[name].prefix))

    def notifiers(self, recipients: Sequence[str] = ()) -> list[Notifier]:
        """Where notifications go: always the outbox, and mail when a server is set and someone is named."""
        from forecast_platform.notifications.outbox import Outbox

        mail = self.mail(recipients)
        return [Outbox(self.settings.outbox), *([mail] if mail else [])]

    def mail(self, recipients: Sequence[str]) -> DeliveredOnce | None:
        """Mail to ``recipients``; ``None`` when no server is set or nobody is named."""
        from forecast_platform.notifications.outbox import DeliveredOnce
        from forecast_platform.notifications.smtp import SmtpNotifier

        if not self.settings.smtp or not recipients:
            return None
        return DeliveredOnce(SmtpNotifier(self.settings.smtp, recipients), self.settings.mailed)
