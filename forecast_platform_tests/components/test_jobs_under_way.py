"""Projects whose service is not waited for: a run ends when it meets a job under way, and the watch sensor goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from forecast_platform.components.failures import PERMANENT_FAILURE
from forecast_platform.components.forecast_project.build import build_definitions, definitions_of
from forecast_platform.components.forecast_project.run_tags import INPUTS_TAG
from forecast_platform.components.forecast_project.sensors import MAX_RETRIES
from forecast_platform.components.forecast_project.standing import standing_outcomes
from forecast_platform.components.forecast_project.watch import SIDE_BY_SIDE, watch
from forecast_platform.errors import TransientError
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.waiting import MAX_REPEATS, Wait, forget, remember, waits_at
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.components.ticking import Daemon, DeferringShell, made
from forecast_platform_tests.fakes.deferring_service import DeferringService, Jobs
from forecast_platform_tests.small_project import small_csv, small_project

PARTITION, NEXT = "2025-03-01", "2025-02-28"
"""Two cutoffs that share a predictor."""
TRAINING = ["dataset_group", "predictor"]


@pytest.fixture(scope="module")
def project() -> tuple[DeferringShell, dg.Definitions]:
    """Of which imports and predictors take long."""
    shell = DeferringShell(small_project(), kinds=("dataset_import", "predictor"))
    return shell, definitions_of(shell)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """Real, and in memory: these tests launch many runs and kill none."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def daemon(
    project: tuple[DeferringShell, dg.Definitions], workspace: Workspace, instance: dg.DagsterInstance
) -> Daemon:
    """Of the project with its training data read."""
    shell, definitions = project
    shell.asked.clear()
    read_training_data(workspace, shell.cutoff(PARTITION))
    return Daemon(shell, instance, definitions)


@pytest.fixture
def jobs(daemon: Daemon) -> Jobs:
    return daemon.shell.jobs


def train(daemon: Daemon, partition: str = PARTITION) -> dg.ExecuteInProcessResult:
    """A run of the two assets that have the service work."""
    return daemon.run(partition, [daemon.shell.key(noun) for noun in TRAINING])


def waiting(daemon: Daemon, partition: str = PARTITION) -> list[tuple[str, str]]:
    """Which assets wait for which kinds of jobs."""
    waits = waits_at(daemon.shell.workspace().bucket, daemon.shell.cutoff(partition))
    return [(wait.asset, wait.kind) for wait in waits]


def wait(daemon: Daemon, partition: str, kind: str, name: str, *, begun: bool = True) -> Wait:
    """Of a run that was to make the predictor only."""
    cutoff = daemon.shell.cutoff(partition)
    made = Wait("predictor", cutoff, kind, name, "", f"run-{partition}", ("predictor",), begun=begun)
    remember(daemon.shell.workspace().bucket, made, [], None)
    return made


def test_a_run_that_meets_a_job_under_way_ends_well_and_makes_nothing_of_what_depends_on_it(daemon: Daemon) -> None:
    result = train(daemon)
    assert result.success
    assert made(result) == set()
    assert waiting(daemon) == [("dataset_group", "dataset_import")]
    (observed,) = result.get_asset_observation_events()
    observation = observed.asset_observation_data.asset_observation
    assert (observation.asset_key, observation.partition) == (daemon.shell.key("dataset_group"), PARTITION)
    assert observation.metadata["status"].value == "CREATE_IN_PROGRESS"
    assert daemon.told() == []


def test_each_time_a_job_has_ended_a_run_makes_what_is_missing_and_nothing_else(daemon: Daemon, jobs: Jobs) -> None:
    train(daemon)
    assert daemon.watch() == []
    assert "waits for the dataset_import" in daemon.skipped
    jobs.end()
    (imported,) = daemon.watch()
    assert made(imported) == {"dataset_group"}
    assert waiting(daemon) == [("predictor", "predictor")]
    jobs.end()
    (request,) = daemon.tick(daemon.shell.watch_name)
    assert request.asset_selection == [daemon.shell.key("predictor")]
    assert jobs.created == ["dataset_import", "predictor"]


def test_a_job_that_many_cutoffs_wait_for_is_looked_at_once_a_tick(daemon: Daemon, jobs: Jobs) -> None:
    jobs.create(("predictor", "shared"))
    for partition in ("2025-02-26", NEXT, PARTITION):
        wait(daemon, partition, "predictor", "shared")
    assert daemon.tick(daemon.shell.watch_name) == []
    assert daemon.shell.asked == [("predictor", "shared")]
    jobs.end()
    requests = daemon.tick(daemon.shell.watch_name)
    assert [one.partition_key for one in requests] == ["2025-02-26", NEXT, PARTITION]
    assert [[key.path[-1] for key in one.asset_selection or []] for one in requests] == [["predictor"]] * 3


def test_a_job_that_fails_fails_the_run_that_goes_on_and_people_are_told_why(daemon: Daemon, jobs: Jobs) -> None:
    daemon.told()
    train(daemon)
    jobs.end(status="CREATE_FAILED: a timestamp is missing")
    (failed,) = daemon.watch()
    assert not failed.success
    (message,) = daemon.told()
    assert "a timestamp is missing" in message.body
    assert waiting(daemon) == []
    assert daemon.watch() == []


def test_what_was_asked_for_before_a_crash_of_the_daemon_is_not_launched_twice(daemon: Daemon, jobs: Jobs) -> None:
    train(daemon)
    jobs.end()
    (request,) = daemon.tick(daemon.shell.watch_name, crash_before_saving=True)
    (again,) = daemon.tick(daemon.shell.watch_name, crash_before_saving=True)
    assert again.run_key == request.run_key
    assert daemon.run_request(request).success
    assert daemon.tick(daemon.shell.watch_name) == []


@pytest.fixture
def ended(daemon: Daemon, jobs: Jobs) -> dg.RunRequest:
    """What the watch sensor asks for first after an import has ended."""
    train(daemon)
    jobs.end()
    (request,) = daemon.tick(daemon.shell.watch_name)
    return request


def lost(daemon: Daemon, request: dg.RunRequest, status: dg.DagsterRunStatus, **tags: str) -> dg.DagsterRun:
    """A run that was launched and has come to nothing."""
    tags = {**request.tags, "dagster/run_key": request.run_key or "", **tags}
    return create_run_for_test(daemon.instance, daemon.shell.job_name, tags=tags, status=status)


def test_while_a_run_goes_on_no_other_is_asked_for(daemon: Daemon, ended: dg.RunRequest) -> None:
    for status in (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED):
        run = lost(daemon, ended, status)
        assert daemon.tick(daemon.shell.watch_name) == []
        assert run.run_id in daemon.skipped


def test_a_run_that_was_killed_is_asked_for_again_a_few_times(daemon: Daemon, ended: dg.RunRequest) -> None:
    request, keys = ended, []
    for _ in range(MAX_RETRIES + 1):
        keys.append(request.run_key)
        lost(daemon, request, dg.DagsterRunStatus.FAILURE)
        (request, *_) = daemon.tick(daemon.shell.watch_name) or [request]
    assert len(set(keys)) == MAX_RETRIES + 1
    assert daemon.tick(daemon.shell.watch_name) == []
    assert "materialize it to go on" in daemon.skipped
    assert waiting(daemon) != []


def test_a_run_that_dagster_starts_again_by_itself_is_not_asked_for(daemon: Daemon, ended: dg.RunRequest) -> None:
    lost(daemon, ended, dg.DagsterRunStatus.FAILURE, **{"dagster/will_retry": "true"})
    assert daemon.tick(daemon.shell.watch_name) == []


def test_a_run_that_somebody_canceled_is_left_to_them(daemon: Daemon, ended: dg.RunRequest) -> None:
    lost(daemon, ended, dg.DagsterRunStatus.CANCELED)
    assert daemon.tick(daemon.shell.watch_name) == []
    assert "was canceled" in daemon.skipped


def test_a_run_that_was_deleted_is_asked_for_again(daemon: Daemon, ended: dg.RunRequest) -> None:
    run = lost(daemon, ended, dg.DagsterRunStatus.FAILURE, **{PERMANENT_FAILURE: "true"})
    assert daemon.tick(daemon.shell.watch_name) == []
    for one in daemon.instance.get_runs():
        daemon.instance.delete_run(one.run_id)
    (request,) = daemon.tick(daemon.shell.watch_name)
    assert request.run_key == ended.run_key
    assert run.run_id not in daemon.skipped


def test_a_job_that_somebody_deletes_is_made_again_a_few_times_and_then_people_are_told(
    daemon: Daemon, jobs: Jobs
) -> None:
    daemon.told()
    train(daemon)
    results = []
    for _ in range(MAX_REPEATS + 1):
        jobs.delete()
        results += daemon.watch()
    assert [result.success for result in results] == [True] * MAX_REPEATS + [False]
    jobs.delete()
    assert daemon.watch() == []
    (message,) = daemon.told()
    assert "Does somebody delete it?" in message.body


def test_newer_data_goes_on_from_the_import_and_the_old_predictor_is_not_gone_on_with(
    daemon: Daemon, jobs: Jobs, workspace: Workspace
) -> None:
    train(daemon)
    jobs.end()
    daemon.watch()
    workspace.bucket.write("train/days.csv", small_csv().replace(b"2025-01-03,", b"2025-01-03,1"))
    read_training_data(workspace, daemon.shell.cutoff(PARTITION))
    train(daemon)
    assert waiting(daemon) == [("dataset_group", "dataset_import"), ("predictor", "predictor")]
    jobs.end("predictor")
    assert daemon.watch() == []
    jobs.end()
    daemon.watch()
    assert waiting(daemon) == [("predictor", "predictor")]
    assert jobs.created == ["dataset_import", "predictor"] * 2


def test_a_wait_that_another_run_began_meanwhile_stays(daemon: Daemon, jobs: Jobs, workspace: Workspace) -> None:
    train(daemon)
    jobs.end()
    bucket, cutoff = workspace.bucket, daemon.shell.cutoff(PARTITION)
    import_data = daemon.shell.workspace().service.__class__.import_data
    newer = Wait("dataset_group", cutoff, "dataset_import", "newer", "CREATE_PENDING", "another-run")

    def meanwhile(*arguments: object) -> object:
        remember(bucket, newer, [], None)
        return import_data(*arguments)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("forecast_platform_tests.fakes.deferring_service.DeferringService.import_data", meanwhile)
        daemon.watch()
    assert newer in waits_at(bucket, cutoff)


def test_a_failed_blocking_check_of_the_run_that_waits_still_blocks_what_is_downstream(
    daemon: Daemon, jobs: Jobs
) -> None:
    result = train(daemon)
    jobs.end()
    evaluation = dg.AssetCheckEvaluation(
        asset_key=daemon.shell.key("dataset_group"),
        check_name="of_a_user",
        passed=False,
        metadata={},
        severity=dg.AssetCheckSeverity.ERROR,
        blocking=True,
    )
    event = dg.DagsterEvent(
        event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
        job_name=daemon.shell.job_name,
        event_specific_data=evaluation,
    )
    daemon.instance.report_dagster_event(event, result.run_id)
    (request,) = daemon.tick(daemon.shell.watch_name)
    assert [key.path[-1] for key in request.asset_selection or []] == ["dataset_group"]


def test_what_there_was_no_room_for_is_begun_by_a_few_runs_at_once_the_oldest_cutoffs_first(
    daemon: Daemon, jobs: Jobs
) -> None:
    partitions = [f"2025-02-{day:02}" for day in range(15, 25)]
    for partition in partitions:
        jobs.create(("predictor", f"of_{partition}"))
        wait(daemon, partition, "predictor", f"of_{partition}", begun=False)
    assert daemon.tick(daemon.shell.watch_name) == []
    assert len(daemon.shell.asked) == SIDE_BY_SIDE, "once there is no room, the others need not ask"
    jobs.end()
    requests = daemon.tick(daemon.shell.watch_name)
    assert [one.partition_key for one in requests] == partitions[:SIDE_BY_SIDE]
    lost(daemon, requests[0], dg.DagsterRunStatus.STARTED)
    assert [one.partition_key for one in daemon.tick(daemon.shell.watch_name)] == partitions[1:SIDE_BY_SIDE]


def test_of_those_that_wait_for_the_same_turn_one_takes_it(daemon: Daemon) -> None:
    for partition in (NEXT, PARTITION):
        wait(daemon, partition, "turn", "of_the_datasets", begun=False)
    assert [one.partition_key for one in daemon.tick(daemon.shell.watch_name)] == [NEXT]


def test_a_tick_without_time_for_all_leaves_the_rest_to_the_next_and_the_cursor_does_not_grow(
    daemon: Daemon, jobs: Jobs
) -> None:
    partitions = [f"2025-02-{day:02}" for day in range(15, 25)]
    for partition in partitions:
        wait(daemon, partition, "predictor", "gone")
    seconds = iter(range(0, 1000, 5))
    downstream = {"predictor": {"predictor"}}
    asked: list[str | None] = []
    cursor = None
    for _ in range(3):
        context = dg.build_sensor_context(instance=daemon.instance, cursor=cursor)
        result = watch(daemon.shell, context, downstream, clock=lambda: float(next(seconds)))
        asked += [one.partition_key for one in result.run_requests or []]
        cursor = result.cursor
        assert len(cursor or "") <= 20
    assert asked[: len(partitions)] == partitions


def test_a_service_in_trouble_is_said_and_keeps_nothing_else_from_going_on(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_trouble(self: DeferringService, kind: str, name: str) -> bool:
        if kind == "predictor":
            raise TransientError("Throttled.")
        return True

    monkeypatch.setattr(DeferringService, "has_ended", in_trouble)
    wait(daemon, NEXT, "predictor", "one")
    assert daemon.tick(daemon.shell.watch_name) == []
    assert "Throttled." in daemon.skipped
    wait(daemon, PARTITION, "dataset_import", "another")
    assert [one.partition_key for one in daemon.tick(daemon.shell.watch_name)] == [PARTITION]


def test_what_waits_at_a_cutoff_that_the_project_has_no_more_is_left_alone(daemon: Daemon) -> None:
    wait(daemon, "2020-01-01", "predictor", "old")
    assert daemon.tick(daemon.shell.watch_name) == []
    assert "does not have it any more" in daemon.skipped


def test_the_data_sensor_takes_a_run_that_waits_for_no_failure_and_leaves_its_retries_to_the_watch_sensor(
    daemon: Daemon,
) -> None:
    (request,) = daemon.tick("small_new_data")
    cutoff = daemon.shell.cutoff(PARTITION)
    bucket = daemon.shell.workspace().bucket
    lost(daemon, request, dg.DagsterRunStatus.SUCCESS)
    waits = Wait("predictor", cutoff, "predictor", "gone", "", "run", tags={INPUTS_TAG: request.run_key or ""})
    remember(bucket, waits, [], None)
    assert daemon.tick("small_new_data") == []
    (going_on,) = daemon.tick(daemon.shell.watch_name)
    lost(daemon, going_on, dg.DagsterRunStatus.FAILURE)
    assert daemon.tick("small_new_data") == []
    forget(bucket, [waits])
    (retry,) = daemon.tick("small_new_data")
    assert retry.partition_key == PARTITION, "what failed after the wait was over is the data sensor's again"


def test_a_cutoff_that_waits_counts_as_under_way(daemon: Daemon, instance: dg.DagsterInstance) -> None:
    now = datetime(2025, 3, 3, tzinfo=UTC).replace(tzinfo=None)
    assets = [daemon.shell.key("forecast")]
    late = standing_outcomes(daemon.shell, instance, assets, now)["expected_partition_is_there"]
    assert not late.passed
    wait(daemon, PARTITION, "predictor", "long")
    assert standing_outcomes(daemon.shell, instance, assets, now)["expected_partition_is_there"].passed


def test_a_project_whose_service_is_waited_for_has_no_watch_sensor() -> None:
    names = [sensor.name for sensor in build_definitions(small_project()).sensors or []]
    assert "small_jobs_under_way" not in names
