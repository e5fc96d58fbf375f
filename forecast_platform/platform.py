"""Puts the settings, a project and the engines together: the one place that chooses implementations.

Belongs here: which bucket, service, warehouse and notifiers a setting means. Does not belong here: what is
done with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecast_platform.bucket import Bucket
from forecast_platform.errors import InputError, Problem
from forecast_platform.project import Project
from forecast_platform.settings import Settings, load_settings

if TYPE_CHECKING:
    from forecast_platform.bucket.events import BucketEvents
    from forecast_platform.engine.executor import Executor
    from forecast_platform.forecast_service.port import ForecastService
    from forecast_platform.metrics.port import MetricSink
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
        if self.settings.aws is not None:
            from forecast_platform.bucket.s3 import S3Bucket

            aws = self.settings.aws
            return S3Bucket(aws.bucket, aws.prefix, kms_key_arn=aws.kms_key_arn).below(prefix)
        from forecast_platform.bucket.local import LocalBucket

        return LocalBucket(self.settings.bucket_root).below(prefix)

    def shown_bucket(self) -> Bucket:
        """The bucket as the web server may show it: links that lead out of a folder are not followed."""
        if self.settings.aws is not None:
            return self.bucket()
        from forecast_platform.bucket.local import LocalBucket

        return LocalBucket(self.settings.bucket_root, confined=True)

    def events(self) -> BucketEvents | None:
        """What is told of changes in the bucket; ``None`` = nothing, and it is listed at every tick."""
        if self.settings.aws is None or self.settings.aws.events_queue_url is None:
            return None
        from forecast_platform.bucket.events import BucketEvents

        return BucketEvents(self.settings.aws.events_queue_url, self.settings.bucket_events)

    def workspace(self, project: Project) -> Workspace:
        """Where the steps of ``project`` work."""
        from forecast_platform.pipeline.workspace import Workspace

        return Workspace(
            project=project,
            bucket=self.bucket(project.prefix),
            service=self.service(project),
            warehouse=self.warehouse({project.name: project}),
            metrics=self.metrics(),
        )

    def service(self, project: Project) -> ForecastService:
        """Who trains and forecasts for ``project``.

        Raises:
            InputError: The project asks for a service that this environment does not have.
        """
        if project.service == "amazon_forecast":
            from forecast_platform.forecast_service.amazon import AmazonForecastService

            if self.settings.aws is None:
                raise InputError(
                    f"Project {project.name} cannot run here.",
                    [Problem("service", "amazon_forecast", "local, or the setting FORECAST_PLATFORM_ENV=aws")],
                )
            return AmazonForecastService(self.bucket(project.prefix), self.settings.aws)
        from forecast_platform.forecast_service.local import LocalForecastService

        return LocalForecastService(self.settings.service_root, self.executor, self.settings.pretrained)

    def defers(self, project: Project) -> bool:
        """Whether the service of ``project`` says that a job is under way instead of waiting for it."""
        return project.service != "local" and self.settings.aws is not None and self.settings.aws.deferred

    def monitor_workspace(self, monitor: Monitor) -> MonitorWorkspace:
        """Where the steps of ``monitor`` work."""
        from forecast_platform.model_monitor.workspace import MonitorWorkspace

        return MonitorWorkspace(
            monitor, self.bucket(monitor.prefix), self.warehouse({monitor.name: monitor}), self.metrics()
        )

    def metrics(self) -> MetricSink | None:
        """Where metrics go besides the tables; ``None`` = nowhere."""
        if self.settings.aws is None or not self.settings.aws.cloudwatch:
            return None
        from forecast_platform.metrics.cloudwatch import CloudWatchMetrics

        return CloudWatchMetrics()

    def executor(self) -> Executor:
        """Where models of single series are fitted: a Ray cluster if the settings name one, else this machine."""
        if self.settings.ray_address is not None:
            from forecast_platform.engine.executor_ray import RayExecutor

            return RayExecutor(self.settings.ray_address)
        from forecast_platform.engine.executor import LocalExecutor

        return LocalExecutor()

    def warehouse(self, projects: Mapping[str, Project | Monitor]) -> Warehouse:
        """The tables of ``projects`` and monitors: one database each, named like it."""
        if self.settings.aws is not None:
            from forecast_platform.warehouse.athena import AthenaWarehouse

            return AthenaWarehouse(self.settings.aws, lambda name: self.bucket(projects[name].prefix))
        from forecast_platform.warehouse.duckdb_warehouse import DuckDbWarehouse

        return DuckDbWarehouse(self.settings.warehouse_root, lambda name: self.bucket(projects[name].prefix))

    def notifiers(self, recipients: Sequence[str] = ()) -> list[Notifier]:
        """Where notifications go: always the outbox, and every other carrier that is set up."""
        from forecast_platform.notifications.outbox import Outbox

        return [Outbox(self.settings.outbox), *self.carriers(recipients)]

    def carriers(self, recipients: Sequence[str]) -> list[DeliveredOnce]:
        """Mail to ``recipients`` when a server is set and somebody is named, and the topic when one is set."""
        from forecast_platform.notifications.outbox import DeliveredOnce

        found = []
        if self.settings.smtp and recipients:
            from forecast_platform.notifications.smtp import SmtpNotifier

            found.append(DeliveredOnce(SmtpNotifier(self.settings.smtp, recipients), self.settings.mailed))
        if self.settings.aws is not None and self.settings.aws.topic_arn:
            from forecast_platform.notifications.sns import SnsNotifier

            found.append(DeliveredOnce(SnsNotifier(self.settings.aws.topic_arn), self.settings.told_topic))
        return found
