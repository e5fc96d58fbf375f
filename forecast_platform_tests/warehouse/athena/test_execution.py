"""Queries that go wrong, are stopped, asked twice, or answer much."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from forecast_platform.aws.clients import client
from forecast_platform.aws.settings import AwsSettings
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform.errors import InputError, PermanentError, TransientError
from forecast_platform.warehouse import Catalogue, Column, QueryResult, Table
from forecast_platform.warehouse.athena import AthenaWarehouse
from forecast_platform_tests.fakes.athena import AthenaPeer
from forecast_platform_tests.fakes.moto_server import IN_THE_REGION, listening
from forecast_platform_tests.warehouse.examples import parquet

SETTINGS = AwsSettings("lake", athena_results="s3://lake/results/", poll_seconds=0.01)
NUMBERS = Table("numbers", (Column("n", "bigint"),), "numbers/rows.parquet")
BUCKET = S3Bucket("lake")


@pytest.fixture(autouse=True)
def numbers(peer: AthenaPeer) -> None:
    """One table of 2,500 numbers."""
    client("s3").create_bucket(Bucket="lake", **IN_THE_REGION)
    BUCKET.below("p").write(NUMBERS.location, parquet(pd.DataFrame({"n": range(2500)})))
    AthenaWarehouse(SETTINGS, BUCKET.below).publish(Catalogue("p", (NUMBERS,)))


def ask(sql: str = "SELECT n FROM numbers", **settings: Any) -> QueryResult:
    return AthenaWarehouse(replace(SETTINGS, **settings), BUCKET.below).query(sql, "p")


def test_an_answer_of_several_pages_is_complete_and_says_what_it_read(peer: AthenaPeer) -> None:
    result = ask()
    assert sorted(result.rows) == [(n,) for n in range(2500)]
    stored = BUCKET.below("p").head(NUMBERS.location)
    assert stored is not None
    assert result.scanned_bytes == stored.size
    (answer,) = BUCKET.list("results/")
    assert BUCKET.read(answer.key).startswith(b'"n"\n"')


def test_a_start_whose_answer_is_lost_does_not_run_the_query_twice(peer: AthenaPeer) -> None:
    peer.lost_answers = 1
    assert len(ask().rows) == 2500
    assert len(peer.executions) == 1


def test_the_same_question_is_answered_from_the_data_of_now(peer: AthenaPeer) -> None:
    assert len(ask().rows) == 2500
    BUCKET.below("p").write(NUMBERS.location, parquet(pd.DataFrame({"n": [1]})))
    assert ask().rows == [(1,)]


def test_a_throttled_start_is_tried_again(peer: AthenaPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    peer.refusals = ["TooManyRequestsException"] * 3
    assert len(ask().rows) == 2500
    peer.refusals = ["TooManyRequestsException"] * 20
    with pytest.raises(TransientError, match="TooManyRequestsException"):
        ask()


def test_files_that_do_not_fit_the_table_are_named(peer: AthenaPeer) -> None:
    BUCKET.below("p").write(NUMBERS.location, parquet(pd.DataFrame({"n": [0.5]})))
    with pytest.raises(InputError, match=r"HIVE_BAD_DATA: Field n's type double .*p/numbers/rows\.parquet"):
        ask()


def test_a_limit_of_the_work_group_is_named(peer: AthenaPeer) -> None:
    client("athena").create_work_group(Name="small", Configuration={"BytesScannedCutoffPerQuery": 10_000_000})
    peer.scanned = 10_000_001
    with pytest.raises(InputError, match=r"small lets a query read 10,000,000 bytes \(BytesScannedCutoffPerQuery"):
        ask(athena_work_group="small")


def test_the_results_go_where_the_work_group_says_when_no_setting_does(peer: AthenaPeer) -> None:
    with pytest.raises(InputError, match="FORECAST_PLATFORM_ATHENA_RESULTS"):
        ask(athena_results=None)
    place = {"ResultConfiguration": {"OutputLocation": "s3://lake/of_the_group"}}
    client("athena").create_work_group(Name="own", Configuration=place)
    ask(athena_results=None, athena_work_group="own")
    assert len(list(BUCKET.list("of_the_group/"))) == 1


def test_a_query_that_does_not_end_is_stopped_at_the_deadline(peer: AthenaPeer) -> None:
    peer.endless = True
    with pytest.raises(TransientError, match="did not end"):
        ask(deadline_hours=0.05 / 3600)
    assert [one.states for one in peer.executions.values()] == [["CANCELLED"]]


def test_a_query_is_stopped_when_the_run_that_waits_is(peer: AthenaPeer) -> None:
    def interrupt(**_: Any) -> None:
        raise KeyboardInterrupt

    peer.endless = True
    with listening("athena", "before-call.athena.GetQueryExecution", interrupt), pytest.raises(KeyboardInterrupt):
        ask()
    assert [one.states for one in peer.executions.values()] == [["CANCELLED"]]


def test_a_query_that_somebody_stops_is_an_error(peer: AthenaPeer) -> None:
    peer.endless = True

    def stop(parsed: Any, **_: Any) -> None:
        client("athena").stop_query_execution(QueryExecutionId=parsed["QueryExecutionId"])

    with (
        listening("athena", "after-call.athena.StartQueryExecution", stop),
        pytest.raises(PermanentError, match="was cancelled: Query was cancelled by the user"),
    ):
        ask()
