"""What goes wrong at AWS, and what the service makes of it."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.forecast_service.amazon.patience import OverdueError
from forecast_platform.forecast_service.port import ImportRequest, JobNotBegunError, JobUnderWayError
from forecast_platform_tests.engine.series import quiet
from forecast_platform_tests.fakes.aws_peer import AwsPeer
from forecast_platform_tests.forecast_service.amazon.account import project_bucket, service, shop

IMPORT = "dataset-import-job"


def terminate(what: str, done: int, total: int) -> None:
    """As soon as a predictor is waited for."""
    if what.startswith("predictor"):
        raise KeyboardInterrupt


def created_once(peer: AwsPeer) -> bool:
    return set(peer.created().values()) == {1}


def named(number: int) -> ImportRequest:
    """Requests that differ in their project only."""
    return replace(shop(), project=f"shop_{number}")


def test_throttled_creates_are_waited_for(peer: AwsPeer) -> None:
    peer.fault("throttle", "Create*", times=6)
    assert not service().import_data(shop()).reused
    assert created_once(peer)


@pytest.mark.parametrize("effect", ["error", "drop"])
def test_a_create_that_fails_is_tried_again_by_the_next_run_only(peer: AwsPeer, effect: str) -> None:
    peer.fault(effect, "CreateDatasetImportJob", times=1)
    with pytest.raises(TransientError, match="create the dataset import job"):
        service().import_data(shop())
    assert len(peer.calls("CreateDatasetImportJob")) == 1
    service().import_data(shop())
    assert created_once(peer)


@pytest.mark.parametrize("effect", ["error", "drop"])
def test_a_create_whose_answer_is_lost_is_looked_up_and_not_sent_again(peer: AwsPeer, effect: str) -> None:
    peer.fault(effect, "Create*", after=True)
    service().import_data(shop())
    assert created_once(peer)
    assert len(peer.calls("CreateDatasetImportJob")) == 1


def test_faults_while_waiting_do_no_harm_and_are_logged_once(peer: AwsPeer, caplog: pytest.LogCaptureFixture) -> None:
    """Keys that expired are read anew: whoever gives them may have given others."""
    peer.fault("expired_token", "DescribeDatasetImportJob", times=2)
    with caplog.at_level(logging.WARNING):
        service().import_data(shop())
    assert created_once(peer)
    assert len([record for record in caplog.records if "cannot be looked at" in record.message]) == 1


def test_a_job_that_fails_says_why_and_is_made_again_by_the_next_run(peer: AwsPeer) -> None:
    peer.fault("fail", IMPORT, times=1, message="Row 3 has no timestamp.")
    with pytest.raises(PermanentError, match=r"failed \(CREATE_FAILED\).*: Row 3 has no timestamp. Run again"):
        service().import_data(shop())
    assert created_once(peer)
    service().import_data(shop())
    assert len(peer.calls("CreateDatasetImportJob")) == 2
    assert list(project_bucket().list("service/failed/")) == []


def test_a_failure_that_nobody_was_told_of_is_told_before_anything_is_made_again(peer: AwsPeer) -> None:
    """The run that waited was killed; it is the next one that finds the job failed."""
    peer.fault("fail", IMPORT, times=1, message="no such key")
    with pytest.raises(JobUnderWayError):
        service(deferred=True).import_data(shop())
    with pytest.raises(PermanentError, match="no such key"):
        service().import_data(shop())
    assert created_once(peer)


def test_a_job_that_takes_too_long_is_given_up_and_found_again(peer: AwsPeer) -> None:
    fault = peer.fault("hang", IMPORT)
    with pytest.raises(
        OverdueError, match=r"CREATE_(PENDING|IN_PROGRESS) after 0:00:0.*JOB_DEADLINE_HOURS"
    ) as given_up:
        service(deadline_hours=0.2 / 3600).import_data(shop())
    assert "arn:aws:forecast" in str(given_up.value)
    peer.heal(fault)
    service().import_data(shop())
    assert created_once(peer)


def test_more_jobs_than_amazon_works_on_at_once_wait_for_a_slot(peer: AwsPeer) -> None:
    fault = peer.fault("hang", IMPORT)
    deferring = service(deferred=True)
    for number in range(3):
        with pytest.raises(JobUnderWayError, match="works on"):
            deferring.import_data(named(number))
    with pytest.raises(JobNotBegunError, match="free slot") as waiting:
        deferring.import_data(named(3))
    assert not deferring.has_ended(waiting.value.kind, waiting.value.name)
    with ThreadPoolExecutor(1) as pool:
        fourth = pool.submit(service().import_data, named(3))
        peer.heal(fault)
        assert not fourth.result().reused
    assert deferring.has_ended(waiting.value.kind, waiting.value.name)
    assert created_once(peer)


def test_a_slot_that_became_free_just_now_is_taken(peer: AwsPeer) -> None:
    """Amazon refuses, and when the jobs are counted one has ended."""
    peer.fault("limit", "CreateDatasetImportJob", times=1)
    assert not service().import_data(shop()).reused
    assert created_once(peer)


@pytest.mark.parametrize("deferred", [False, True])
def test_a_quota_of_what_is_kept_is_an_error_that_says_what_to_do(peer: AwsPeer, deferred: bool) -> None:
    peer.fault("limit", "CreateDatasetImportJob", message="You keep 1000 of them.")
    with pytest.raises(PermanentError, match=r"You keep 1000 of them\. Delete what is no longer needed"):
        service(deferred=deferred).import_data(shop())


def test_a_deferred_job_is_under_way_until_it_has_ended(peer: AwsPeer) -> None:
    fault, deferring = peer.fault("hang", IMPORT), service(deferred=True)
    with pytest.raises(JobUnderWayError) as under_way:
        deferring.import_data(shop())
    kind, name = under_way.value.kind, under_way.value.name
    assert (kind, deferring.has_ended(kind, name)) == ("dataset_import_job", False)
    with pytest.raises(JobUnderWayError):
        deferring.import_data(shop())
    peer.heal(fault)
    while not deferring.has_ended(kind, name):
        pass
    assert deferring.import_data(shop()).reused
    assert created_once(peer)


def test_two_runs_at_once_make_everything_once(peer: AwsPeer) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: service().import_data(shop()), range(4)))
    assert len({one.name for one in made}) == 1
    assert created_once(peer)


def test_who_is_no_customer_is_told_of_the_embedded_engine(peer: AwsPeer) -> None:
    message = "Amazon Forecast is no longer available to new customers."
    peer.fault("denied", "Create*", message=message)
    with pytest.raises(PermanentError, match="FORECAST_PLATFORM_SERVICE=local"):
        service().import_data(shop())


@pytest.mark.parametrize("stops", [pytest.param(True, marks=pytest.mark.slow), False])
def test_a_run_that_is_terminated_stops_its_job_or_leaves_it(peer: AwsPeer, stops: bool) -> None:
    fault = peer.fault("hang", "predictor")

    with pytest.raises(KeyboardInterrupt):
        service(stop_on_termination=stops).train_predictor(shop(), terminate)
    assert len(peer.calls("StopResource")) == int(stops)
    peer.heal(fault)
    assert service().train_predictor(shop(), quiet).reused is not stops
    assert len(peer.calls("CreatePredictor")) == 1 + int(stops)


@pytest.mark.slow
def test_a_run_that_cannot_stop_its_job_is_terminated_all_the_same(peer: AwsPeer) -> None:
    """Amazon stops few jobs at once."""
    peer.fault("hang", "predictor")
    peer.fault("limit", "StopResource")

    with pytest.raises(KeyboardInterrupt):
        service(stop_on_termination=True).train_predictor(shop(), terminate)


@pytest.mark.slow
def test_a_minute_of_throttles_costs_nothing_but_time(peer: AwsPeer) -> None:
    peer.fault("throttle", "*", for_seconds=60)
    assert not service(poll_seconds=1.0, deadline_hours=1.0).import_data(shop()).reused
    assert created_once(peer)


@pytest.mark.slow
def test_a_service_that_is_down_while_a_job_is_waited_for_costs_nothing_but_time(peer: AwsPeer) -> None:
    peer.fault("error", "DescribeDatasetImportJob", for_seconds=8)
    service(poll_seconds=1.0, deadline_hours=1.0).import_data(shop())
    assert created_once(peer)


@pytest.mark.slow
def test_a_deferred_forecast_waits_until_the_datasets_are_free(peer: AwsPeer) -> None:
    monday, tuesday = shop(60), shop(61)
    predictor = service().train_predictor(monday, quiet).name
    fault, deferring = peer.fault("hang", "forecast"), service(deferred=True)
    for asked in (monday, tuesday):
        service().import_data(asked)
    while True:
        with pytest.raises(JobUnderWayError) as under_way:
            deferring.create_forecast(predictor, monday, quiet)
        if under_way.value.kind == "forecast":
            break
    with pytest.raises(JobNotBegunError, match="waiting until the forecast shop_2024") as waiting:
        deferring.create_forecast(predictor, tuesday, quiet)
    assert waiting.value.kind == "turn"
    assert not deferring.has_ended("turn", waiting.value.name)
    peer.heal(fault)
    while not deferring.has_ended("turn", waiting.value.name):
        pass
    assert not service().create_forecast(predictor, tuesday, quiet).reused
    assert created_once(peer)
