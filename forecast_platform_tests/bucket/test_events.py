"""Events of S3: nobody's are lost, whoever takes them from the queue, and what is no event does no harm."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from forecast_platform.aws.clients import client
from forecast_platform.bucket import events as events_module
from forecast_platform.bucket.event_messages import uris_in
from forecast_platform.bucket.events import BucketEvents
from forecast_platform.bucket.s3 import S3Bucket
from forecast_platform.errors import PermanentError, TransientError
from forecast_platform_tests.bucket.conftest import pointed_at
from forecast_platform_tests.fakes import moto_server

BUCKET = S3Bucket("forecasts", "team")
SALES, ENERGY = [BUCKET.uri("sales/train/")], [BUCKET.uri("energy/train/")]


@pytest.fixture(scope="module")
def account(moto_url: str) -> Iterator[str]:
    """An empty account with ``BUCKET``, for all tests of this file; its value is the URL of the server."""
    moto_server.reset(moto_url)
    with pointed_at(moto_server.environment(moto_url)):
        client("s3").create_bucket(Bucket=BUCKET.bucket, **moto_server.IN_THE_REGION)
        yield moto_url


@pytest.fixture
def queue(account: str, request: pytest.FixtureRequest) -> str:
    """The URL of a queue that is told of every new object in ``BUCKET``."""
    name = f"events-{sha256(request.node.name.encode()).hexdigest()[:16]}"
    url = str(client("sqs").create_queue(QueueName=name)["QueueUrl"])
    arn = f"arn:aws:sqs:{moto_server.REGION}:{moto_server.ACCOUNT}:{name}"
    told = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    client("s3").put_bucket_notification_configuration(Bucket=BUCKET.bucket, NotificationConfiguration=told)
    return url


@pytest.fixture
def events(queue: str, tmp_path: Path) -> BucketEvents:
    return BucketEvents(queue, tmp_path / "home" / "events.sqlite")


def waiting(queue: str) -> int:
    """How many messages are in a queue, handed out or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in told.values())


def test_an_object_that_is_written_concerns_its_folder_only(events: BucketEvents) -> None:
    start = events.news("", SALES).position
    assert not events.news(start, SALES).concerned
    BUCKET.write("sales/train/한글 +1.csv", b"1")
    after = events.news(start, [BUCKET.uri("sales/train/한글 +1.csv")])
    assert after.concerned
    assert not events.news(start, ENERGY).concerned
    assert not events.news(after.position, SALES).concerned


def test_a_message_that_another_project_takes_from_the_queue_is_not_lost(events: BucketEvents, queue: str) -> None:
    sales, energy = events.news("", SALES), events.news("", ENERGY)
    BUCKET.write("sales/train/a.csv", b"1")
    assert not events.news(energy.position, ENERGY).concerned
    assert waiting(queue) == 0
    assert BucketEvents(queue, events.path).news(sales.position, SALES).concerned


def test_a_look_without_a_position_is_told_that_something_may_have_happened(events: BucketEvents) -> None:
    assert events.news("", SALES).concerned
    assert events.news("nonsense", SALES).concerned
    assert events.news("another-file:7", SALES).concerned


def test_a_message_stays_in_the_queue_until_it_is_on_the_disk(queue: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    BUCKET.write("sales/train/a.csv", b"1")
    with pytest.raises(TransientError, match="cannot be read or kept"):
        BucketEvents(queue, tmp_path / "file" / "events.sqlite").news("", SALES)
    assert waiting(queue) > 0


def test_the_file_stays_bounded_and_who_was_away_for_long_looks_again(
    events: BucketEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_module, "KEPT", 5)
    long_ago = events.news("", SALES).position
    for number in range(8):
        BUCKET.write(f"energy/train/{number}.csv", b"1")
    assert events.news(long_ago, SALES).concerned
    with sqlite3.connect(events.path) as opened:
        assert opened.execute("SELECT count(*) FROM event").fetchone() == (5,)


def test_several_at_once_lose_nothing(events: BucketEvents) -> None:
    start = events.news("", SALES).position
    for number in range(4):
        BUCKET.write(f"sales/train/{number}.csv", b"1")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: events.news(start, SALES), range(4)))
    with sqlite3.connect(events.path) as opened:
        assert opened.execute("SELECT count(DISTINCT uri) FROM event").fetchone() == (4,)


def test_what_is_no_event_is_dropped_with_a_warning(
    events: BucketEvents, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    client("sqs").send_message(QueueUrl=queue, MessageBody="hello")
    with caplog.at_level(logging.WARNING):
        events.news("", SALES)
    assert "is dropped: it is not an event of S3: 'hello'" in caplog.text
    assert waiting(queue) == 0


def test_a_queue_that_is_not_there_is_told(account: str, tmp_path: Path) -> None:
    gone = BucketEvents(f"{account}/{moto_server.ACCOUNT}/gone", tmp_path / "events.sqlite")
    with pytest.raises(PermanentError, match="read the queue"):
        gone.news("", SALES)


OBJECT = {"bucket": {"name": "forecasts"}, "object": {"key": "a+b/%ED%95%9C%2B.csv", "size": 1}}
FROM_S3 = {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": OBJECT}]}
FROM_EVENTBRIDGE = {"source": "aws.s3", "detail-type": "Object Created", "detail": OBJECT}
FROM_SNS = {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t", "Message": json.dumps(FROM_S3)}


@pytest.mark.parametrize(
    ("message", "uris"),
    [
        (FROM_S3, ["s3://forecasts/a b/한+.csv"]),
        ({"Records": [*FROM_S3["Records"], *FROM_S3["Records"]]}, ["s3://forecasts/a b/한+.csv"] * 2),
        (FROM_SNS, ["s3://forecasts/a b/한+.csv"]),
        (FROM_EVENTBRIDGE, ["s3://forecasts/a+b/%ED%95%9C%2B.csv"]),
        ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "forecasts"}, []),
        ({"Type": "Notification", "Message": '{"Service": "Amazon S3", "Event": "s3:TestEvent"}'}, []),
    ],
)
def test_every_shape_in_which_events_arrive_is_understood(message: dict[str, object], uris: list[str]) -> None:
    assert uris_in(json.dumps(message)) == uris


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[]",
        "null",
        "{}",
        '{"Records": 7}',
        '{"Records": [{"s3": {}}]}',
        '{"Type": "Notification", "Message": "hello"}',
        '{"source": "aws.s3", "detail": {}}',
        "[" * 100_000,
    ],
)
def test_anything_else_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="not an event of S3"):
        uris_in(body)
