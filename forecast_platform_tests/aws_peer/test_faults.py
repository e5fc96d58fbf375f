"""Faults that are injected: what a program meets."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from forecast_platform_tests.aws_peer.program import Program, client, ended
from forecast_platform_tests.fakes.aws_peer import AwsPeer
from forecast_platform_tests.fakes.idle_engine import IdleEngine


@pytest.mark.parametrize(
    ("effect", "code", "status"),
    [
        ("throttle", "ThrottlingException", 400),
        ("error", "InternalServerException", 500),
        ("unavailable", "ServiceUnavailableException", 503),
        ("expired_token", "ExpiredTokenException", 400),
        ("limit", "LimitExceededException", 400),
        ("denied", "AccessDeniedException", 400),
    ],
)
def test_a_call_is_answered_with_the_fault_as_often_as_asked(
    peer: AwsPeer, forecast: Any, effect: str, code: str, status: int
) -> None:
    peer.fault(effect, "ListData*", times=2)
    assert forecast.list_forecasts()["Forecasts"] == []
    for _ in range(2):
        with pytest.raises(ClientError) as failed:
            forecast.list_datasets()
        assert failed.value.response["Error"]["Code"] == code
        assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert forecast.list_datasets()["Datasets"] == []


def test_a_program_with_boto3s_retries_gets_over_a_throttle(peer: AwsPeer) -> None:
    patient = client("forecast", peer.url, attempts=3)
    peer.fault("throttle", times=1)
    assert patient.list_datasets()["ResponseMetadata"]["RetryAttempts"] == 1


def test_a_fault_lasts_as_many_seconds_as_asked(peer: AwsPeer, forecast: Any) -> None:
    peer.fault("throttle", for_seconds=0)
    forecast.list_datasets()
    peer.fault("throttle", for_seconds=3600)
    with pytest.raises(ClientError):
        forecast.list_datasets()


def test_a_fault_hits_only_the_resources_that_it_names(peer: AwsPeer, program: Program) -> None:
    peer.fault("denied", "CreateDataset", names="sec*", message="Not you.")
    program.dataset("open")
    with pytest.raises(ClientError, match="Not you"):
        program.dataset("secret")


def test_a_dropped_call_was_not_done(peer: AwsPeer, program: Program, forecast: Any) -> None:
    peer.fault("drop", "CreateDataset", times=1)
    with pytest.raises(ConnectionClosedError):
        program.dataset()
    assert forecast.list_datasets()["Datasets"] == []
    assert peer.created() == {}


def test_a_call_whose_answer_is_lost_was_done_and_is_counted_so(peer: AwsPeer, program: Program, forecast: Any) -> None:
    peer.fault("error", "CreateDataset", times=1, after=True)
    with pytest.raises(ClientError, match="InternalServerException"):
        program.dataset()
    with pytest.raises(forecast.exceptions.ResourceAlreadyExistsException):
        program.dataset()
    assert peer.created() == {("CreateDataset", "sales"): 1}


def test_a_job_fails_with_the_message_it_was_given(peer: AwsPeer, program: Program, forecast: Any) -> None:
    peer.fault("fail", "dataset-import-job", names="mon*", message="No data in s3://data/train/.")
    dataset = program.dataset()
    failed = ended(forecast.describe_dataset_import_job, DatasetImportJobArn=program.start_import(dataset))
    assert (failed["Status"], failed["Message"]) == ("CREATE_FAILED", "No data in s3://data/train/.")
    program.imported(dataset, "tuesday")


def test_a_job_that_never_ends_goes_on_when_the_fault_ends(
    peer: AwsPeer, program: Program, forecast: Any, engine: IdleEngine
) -> None:
    fault = peer.fault("hang", "dataset-import-job")
    arn = program.start_import(program.dataset())
    _wait_until_in_progress(forecast, arn)
    assert engine.asked == []
    peer.heal(fault)
    assert ended(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)["Status"] == "ACTIVE"


def test_a_slow_job_takes_longer_and_can_be_stopped(peer: AwsPeer, program: Program, forecast: Any) -> None:
    dataset = program.dataset()
    peer.fault("slow", "dataset-import-job", seconds=3600, times=1)
    arn = program.start_import(dataset)
    _wait_until_in_progress(forecast, arn)
    forecast.stop_resource(ResourceArn=arn)
    assert ended(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)["Status"] == "CREATE_STOPPED"
    peer.fault("slow", "dataset-import-job", seconds=0.01)
    program.imported(dataset, "tuesday")


def _wait_until_in_progress(forecast: Any, arn: str) -> None:
    while forecast.describe_dataset_import_job(DatasetImportJobArn=arn)["Status"] != "CREATE_IN_PROGRESS":
        pass


def test_a_reset_forgets_resources_faults_and_calls(peer: AwsPeer, program: Program, forecast: Any) -> None:
    peer.fault("hang")
    program.start_import(program.dataset())
    peer.reset()
    assert peer.calls() == []
    assert forecast.list_datasets()["Datasets"] == []
    program.imported(program.dataset())
