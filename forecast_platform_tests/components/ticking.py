"""A project whose service is not waited for, on a real instance, with the parts of the daemon that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import dagster as dg

from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.notifications.message import Notification
from forecast_platform.notifications.outbox import Outbox
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.settings import load_settings
from forecast_platform_tests.fakes.deferring_service import DeferringService, Job, Jobs


@dataclass(frozen=True)
class DeferringShell(ProjectShell):
    """A project of which the jobs of ``kinds`` are not waited for.

    Attributes:
        asked: Jobs that the service was asked about.
    """

    kinds: Sequence[str] = ()
    asked: list[Job] = field(default_factory=list)

    @property
    def jobs(self) -> Jobs:
        """What the service works on, below the home of the test."""
        return Jobs(load_settings().home / "jobs")

    @property
    def defers(self) -> bool:
        return True

    def workspace(self) -> Workspace:
        service = DeferringService(load_settings().service_root, self.jobs, self.kinds, self.asked)
        return replace(super().workspace(), service=service)


class Daemon:
    """Evaluates sensors, keeps their cursors, launches a run key once, and runs what was launched.

    Attributes:
        skipped: Why the last tick asked for nothing.
    """

    def __init__(self, shell: DeferringShell, instance: dg.DagsterInstance, definitions: dg.Definitions) -> None:
        self.shell, self.instance, self.definitions = shell, instance, definitions
        self.repository = definitions.get_repository_def()
        self.cursors: dict[str, str | None] = {}
        self.skipped = ""

    def tick(self, sensor_name: str, *, crash_before_saving: bool = False) -> list[dg.RunRequest]:
        """What a sensor asks for and was not asked for before."""
        sensor = self.repository.get_sensor_def(sensor_name)
        context = dg.build_sensor_context(
            instance=self.instance, cursor=self.cursors.get(sensor_name), repository_def=self.repository
        )
        ticked = sensor.evaluate_tick(context)
        assert not any(reaction.error for reaction in ticked.dagster_run_reactions or [])
        self.skipped = ticked.skip_message or ""
        if not crash_before_saving:
            self.cursors[sensor_name] = ticked.cursor
        return [one for one in ticked.run_requests or [] if not self._launched(one)]

    def watch(self) -> list[dg.ExecuteInProcessResult]:
        """A tick of the watch sensor, and the runs that it asks for."""
        return [self.run_request(request) for request in self.tick(self.shell.watch_name)]

    def new_data(self) -> list[dg.ExecuteInProcessResult]:
        """A tick of the data sensor, and the run that it asks for."""
        return [self.run_request(request) for request in self.tick(f"{self.shell.project.name}_new_data")]

    def told(self) -> list[Notification]:
        """What people have been told after both sensors have looked at the ends of runs."""
        for _ in range(4):
            self.tick(f"{self.shell.project.name}_tell_success")
            self.tick(f"{self.shell.project.name}_tell_failure")
        return Outbox(load_settings().outbox).notifications()

    def run_request(self, request: dg.RunRequest, run_id: str | None = None) -> dg.ExecuteInProcessResult:
        """The run that a sensor asked for."""
        tags = {**request.tags, "dagster/run_key": request.run_key or ""}
        return self.run(request.partition_key or "", request.asset_selection, tags, run_id)

    def run(
        self,
        partition: str,
        selection: Sequence[dg.AssetKey] | None = None,
        tags: dict[str, str] | None = None,
        run_id: str | None = None,
    ) -> dg.ExecuteInProcessResult:
        """The project's job, or those assets of it with their checks."""
        job = self.definitions.resolve_job_def(self.shell.job_name)
        return job.execute_in_process(
            instance=self.instance,
            partition_key=partition,
            asset_selection=selection,
            tags=tags,
            run_id=run_id,
            raise_on_error=False,
        )

    def _launched(self, request: dg.RunRequest) -> bool:
        filters = dg.RunsFilter(tags={"dagster/run_key": request.run_key or ""})
        return bool(request.run_key and self.instance.get_runs(filters, limit=1))


def made(result: dg.ExecuteInProcessResult) -> set[str]:
    """Nouns of what a run has materialized."""
    return {event.asset_key.path[-1] for event in result.get_asset_materialization_events() if event.asset_key}
