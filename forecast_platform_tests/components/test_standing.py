"""The standing checks on a real instance: runs that fail, are repaired, are under way, and clocks that go on."""

# No postponed annotations in this file: Dagster takes the annotation of `context` as it is.

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.test_utils import freeze_time

from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.components.forecast_project.standing import (
    ASSET,
    build_standing_checks,
    build_standing_job,
    build_standing_schedule,
    standing_outcomes,
)
from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.quality.validation import CheckOutcome
from forecast_platform.training_data import take_snapshot
from forecast_platform_tests.small_project import DAYS, after, small_project

EARLIER, NEWEST = "2025-02-20", "2025-03-01"
DATA_ENDS = after(DAYS)
EXPECTED, LEFT_FAILED = "expected_partition_is_there", "no_partition_is_left_failed"


@dataclass
class Deployment:
    """Two assets of the small project, in a row and quick, on an instance: the checks look at runs and not at work."""

    shell: ProjectShell
    instance: dg.DagsterInstance
    broken: set[str] = field(default_factory=set)

    def definitions(self) -> dg.Definitions:
        shell = self.shell

        @dg.asset(key=shell.key("predictor"), partitions_def=shell.partitions)
        def predictor(context: dg.AssetExecutionContext) -> None:
            if context.partition_key in self.broken:
                raise dg.Failure("the disk is full", allow_retries=False)

        @dg.asset(key=shell.key("forecast"), deps=[predictor], partitions_def=shell.partitions)
        def forecast() -> None: ...

        @dg.asset(key=shell.key("dashboard"), deps=[forecast], partitions_def=shell.partitions)
        def dashboard() -> None: ...

        assets = [predictor, forecast, dashboard]
        keys = [asset.key for asset in assets]
        checks = build_standing_checks(shell, keys)
        job = dg.define_asset_job(shell.job_name, dg.AssetSelection.assets(*keys))
        return dg.Definitions(assets=assets, asset_checks=[checks], jobs=[job, build_standing_job(shell, checks)])

    def run(self, partition: str | None, job: str = "") -> dg.ExecuteInProcessResult:
        resolved = self.definitions().resolve_job_def(job or self.shell.job_name)
        return resolved.execute_in_process(instance=self.instance, partition_key=partition, raise_on_error=False)

    def look(self, now: datetime = DATA_ENDS + timedelta(hours=1)) -> dict[str, CheckOutcome]:
        """The answers at ``now``."""
        keys = self.definitions().resolve_asset_graph().get_all_asset_keys()
        return standing_outcomes(self.shell, self.instance, keys, now)


@pytest.fixture
def deployment(shell: ProjectShell, workspace: Workspace, instance: dg.DagsterInstance) -> Deployment:
    """With sixty days of data that have been read."""
    take_snapshot(workspace.bucket, workspace.parsed_params.params)
    return Deployment(shell, instance)


def evaluations(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    return {one.check_name: one for one in result.get_asset_check_evaluations()}


def test_before_the_first_run_nothing_is_failed_and_the_forecast_that_the_data_completes_is_missed(
    deployment: Deployment,
) -> None:
    outcomes = deployment.look()
    assert outcomes[LEFT_FAILED].passed
    assert not outcomes[EXPECTED].passed
    assert "which ends at 2025-03-02 00:00:00" in outcomes[EXPECTED].message


def test_a_project_whose_data_has_never_been_read_is_late_by_the_clock(
    shell: ProjectShell, instance: dg.DagsterInstance
) -> None:
    empty = Deployment(shell, instance)
    assert all(outcome.passed for outcome in empty.look(now=after(41)).values())
    assert "there is no data" in empty.look(now=after(42))[EXPECTED].message


def test_after_the_newest_run_both_pass_and_after_a_backfill_of_an_older_cutoff_too(deployment: Deployment) -> None:
    assert deployment.run(NEWEST).success
    assert deployment.run(EARLIER).success
    assert all(outcome.passed for outcome in deployment.look().values())


def test_a_backfill_of_an_old_cutoff_alone_is_not_the_expected_one(deployment: Deployment) -> None:
    assert deployment.run(EARLIER).success
    assert not deployment.look()[EXPECTED].passed


def test_a_failed_partition_is_listed_with_its_run_and_error_until_it_is_repaired(deployment: Deployment) -> None:
    deployment.broken = {NEWEST}
    failed = deployment.run(NEWEST)
    outcome = deployment.look()[LEFT_FAILED]
    assert not outcome.passed
    (row,) = outcome.examples
    assert row["cutoff"] == "2025-03-02 00:00:00"
    assert row["run"] == failed.run_id
    assert set(row["failed"].split(", ")) == {"predictor", "forecast", "dashboard"}
    assert row["error"] == "small__predictor: the disk is full"
    assert row["ended (UTC)"]

    deployment.broken = set()
    assert deployment.run(NEWEST).success
    assert all(outcome.passed for outcome in deployment.look().values())


def test_a_partition_that_failed_after_it_had_succeeded_is_left_failed(deployment: Deployment) -> None:
    assert deployment.run(NEWEST).success
    deployment.broken = {NEWEST}
    second = deployment.run(NEWEST)
    (row,) = deployment.look()[LEFT_FAILED].examples
    assert row["run"] == second.run_id


def test_a_success_of_another_partition_repairs_nothing(deployment: Deployment) -> None:
    deployment.broken = {EARLIER}
    deployment.run(EARLIER)
    assert deployment.run(NEWEST).success
    outcomes = deployment.look()
    assert outcomes[EXPECTED].passed
    assert [row["cutoff"] for row in outcomes[LEFT_FAILED].examples] == ["2025-02-21 00:00:00"]


def test_the_newest_failure_comes_first(deployment: Deployment) -> None:
    deployment.broken = {NEWEST, EARLIER}
    deployment.run(NEWEST)
    deployment.run(EARLIER)
    cutoffs = [row["cutoff"] for row in deployment.look()[LEFT_FAILED].examples]
    assert cutoffs == ["2025-03-02 00:00:00", "2025-02-21 00:00:00"]


def test_a_run_that_was_started_and_has_not_ended_is_under_way(deployment: Deployment) -> None:
    job = deployment.definitions().resolve_job_def(deployment.shell.job_name)
    tags = {"dagster/partition": NEWEST}
    deployment.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
    outcomes = deployment.look()
    assert outcomes[EXPECTED].passed
    assert outcomes[EXPECTED].observed[0]["observed"] == "its run is under way"
    assert outcomes[LEFT_FAILED].passed


def test_both_run_at_the_end_of_the_job_and_look_back_at_all_partitions(deployment: Deployment) -> None:
    deployment.broken = {EARLIER}
    deployment.run(EARLIER)
    result = deployment.run(NEWEST)
    started = [event.step_key for event in result.all_events if event.event_type_value == "STEP_START"]
    assert started[-1] == "small__forecast_standing_checks"
    found = evaluations(result)
    assert {one.partition for one in found.values()} == {None}
    assert not any(one.blocking for one in found.values())
    assert not found[LEFT_FAILED].passed
    assert found[LEFT_FAILED].severity is dg.AssetCheckSeverity.WARN
    assert result.success


def test_the_job_of_their_own_needs_no_partition_and_runs_nothing_else(deployment: Deployment) -> None:
    deployment.broken = {NEWEST}
    deployment.run(NEWEST)
    result = deployment.run(None, job="small_standing_checks")
    assert result.success
    assert result.get_asset_materialization_events() == []
    table = evaluations(result)[LEFT_FAILED].metadata["rows not as expected"]
    assert isinstance(table, dg.TableMetadataValue)
    assert table.records[0].data["cutoff"] == "2025-03-02 00:00:00"


def test_the_schedule_looks_when_a_forecast_is_late(deployment: Deployment) -> None:
    definitions = build_definitions(deployment.shell.project)
    repository = definitions.get_repository_def()
    (schedule,) = repository.schedule_defs
    assert schedule.cron_schedule == "0 0 * * *"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    now = datetime(2025, 3, 3, tzinfo=UTC)
    with freeze_time(now):
        context = dg.build_schedule_context(
            deployment.instance, scheduled_execution_time=now, repository_def=repository
        )
        asked = schedule.evaluate_tick(context).run_requests
    assert asked is not None
    assert [request.partition_key for request in asked] == [None]


def test_the_schedule_follows_the_cadence_and_the_tolerance() -> None:
    def cron(cadence: Cadence, start: datetime, hours: float | None = None) -> object:
        shell = ProjectShell(small_project(schedule=CutoffSchedule(cadence, start), max_hours_late=hours))
        job = dg.define_asset_job("checks", selection=dg.AssetSelection.assets(shell.key(ASSET)))
        return build_standing_schedule(shell, job).cron_schedule

    assert cron(Cadence.DAILY, datetime(2025, 1, 1, 6, 30)) == "30 6 * * *"
    assert cron(Cadence.DAILY, datetime(2025, 1, 1, 6, 30), hours=2.5) == "0 9 * * *"
    assert cron(Cadence.HOURLY, datetime(2025, 1, 1, 0, 15)) == "15 * * * *"
    assert cron(Cadence.HOURLY, datetime(2025, 1, 1), hours=0.5) == "30 * * * *"
    assert cron(Cadence.WEEKLY, datetime(2025, 1, 3)) == "0 0 * * *"


def test_a_project_without_automation_has_its_schedule_switched_off() -> None:
    definitions = build_definitions(small_project(), automation=False)
    (schedule,) = definitions.get_repository_def().schedule_defs
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_every_job_of_a_project_can_be_made_from_one_repository() -> None:
    """Dagster finds two things of one name only when it makes all jobs, which is what a code server does."""
    assert len(list(build_definitions(small_project()).get_repository_def().get_all_jobs())) >= 3
