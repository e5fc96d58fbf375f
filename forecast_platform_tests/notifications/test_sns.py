"""What subscribers of a topic get, read back from queues that subscribe to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.aws.clients import client, forget_clients
from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.notifications.message import Notification
from forecast_platform.notifications.outbox import DeliveredOnce
from forecast_platform.notifications.sns import CUT, LARGEST_MESSAGE, SnsNotifier
from forecast_platform_tests.fakes import moto_server
from forecast_platform_tests.notifications.examples import CUTOFF, failure, success


def subscribed(topic: str, name: str, **attributes: str) -> str:
    """The URL of a new queue that subscribes to ``topic``."""
    fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    url = client("sqs").create_queue(QueueName=name, Attributes=fifo)["QueueUrl"]
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    return str(url)


def envelopes(queue: str) -> list[dict[str, Any]]:
    """What SNS put into ``queue``."""
    answer = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(one["Body"]) for one in answer.get("Messages", [])]


def published(notification: Notification) -> dict[str, Any]:
    """What a queue gets of ``notification``."""
    return {"key": notification.key, **notification.to_json()}


@pytest.fixture
def topic(aws: str) -> str:
    return str(client("sns").create_topic(Name="forecasts")["TopicArn"])


@pytest.fixture
def denied(aws: str, topic: str) -> Iterator[None]:
    """The account checks who may do what from here on, and the environment's keys may do nothing."""
    client("iam").create_user(UserName="nobody")
    keys = client("iam").create_access_key(UserName="nobody")["AccessKey"]
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
        changed.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
        forget_clients()
        with moto_server.checked_rights(aws):
            yield


def test_without_rights_the_failure_says_what_is_missing(topic: str, denied: None) -> None:
    with pytest.raises(PermanentError, match=r"refused to publish to the topic .*deploy/iam"):
        SnsNotifier(topic).send(success())


def test_a_topic_that_is_gone_is_a_failure_that_names_it(topic: str) -> None:
    client("sns").delete_topic(TopicArn=topic)
    with pytest.raises(PermanentError, match=r"refused to publish to the topic arn:.*:forecasts: NotFound"):
        SnsNotifier(topic).send(success())


class ExpiredKeys(BaseHTTPRequestHandler):
    """An SNS for which every key has expired."""

    def do_POST(self) -> None:
        error = b"<Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>The keys are too old</Message></Error>"
        body = b"<ErrorResponse>" + error + b"</ErrorResponse>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Nothing is written to the test's output."""


@contextmanager
def expired_keys() -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", 0), ExpiredKeys) as server, pytest.MonkeyPatch.context() as changed:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        changed.setenv("AWS_ENDPOINT_URL_SNS", f"http://127.0.0.1:{server.server_port}")
        forget_clients()
        yield
        server.shutdown()


def test_what_could_not_be_published_is_due_and_published_once_it_can_be(topic: str, tmp_path: Path) -> None:
    queue, carrier = subscribed(topic, "all"), DeliveredOnce(SnsNotifier(topic), tmp_path / "told.jsonl")
    with expired_keys(), pytest.raises(TransientError, match=r"refused to publish .*: ExpiredToken"):
        carrier.send(success())
    forget_clients()
    assert carrier.deliver_due("electricity") == 1
    assert carrier.deliver_due("electricity") == 0
    assert [one["Subject"] for one in envelopes(queue)] == [success().subject]


def test_a_queue_gets_the_whole_notification_as_json(topic: str) -> None:
    queue = subscribed(topic, "all")
    SnsNotifier(topic).send(failure())
    [envelope] = envelopes(queue)
    assert json.loads(envelope["Message"]) == published(failure())
    assert envelope["Subject"] == "electricity: the run of 2014-11-30 00:00:00 FAILED"
    assert {name: one["Value"] for name, one in envelope["MessageAttributes"].items()} == {
        "project": "electricity",
        "event": "failure",
        "cutoff": "2014-11-30T00:00:00",
        "run_id": "run-1",
        "key": "run-1/failure",
    }


def test_each_protocol_gets_the_text_that_suits_it() -> None:
    from forecast_platform.notifications import sns

    texts = json.loads(sns._message(success(), LARGEST_MESSAGE))
    assert texts["default"] == texts["email"] == success().body
    assert texts["sms"] == success().subject
    programs = {"email-json", "sqs", "lambda", "http", "https", "firehose"}
    assert texts.keys() - {"default", "email", "sms"} == programs
    assert all(json.loads(texts[one]) == published(success()) for one in programs)


def test_subscriptions_filter_by_project_and_event(topic: str) -> None:
    failures = subscribed(topic, "failures", FilterPolicy=json.dumps({"event": ["failure"]}))
    shop = subscribed(topic, "shop", FilterPolicy=json.dumps({"project": ["shop"]}))
    for notification in (success(), failure("run-2"), success("run-3", project="shop")):
        SnsNotifier(topic).send(notification)
    assert [json.loads(one["Message"])["key"] for one in envelopes(failures)] == ["run-2/failure"]
    assert [json.loads(one["Message"])["key"] for one in envelopes(shop)] == ["run-3/success"]


def test_the_same_end_of_the_same_run_is_published_once(topic: str, tmp_path: Path) -> None:
    queue, carrier = subscribed(topic, "all"), DeliveredOnce(SnsNotifier(topic), tmp_path / "told.jsonl")
    for _ in range(2):
        carrier.send(success())
    assert len(envelopes(queue)) == 1


def test_a_fifo_topic_gets_a_group_per_project_and_knows_a_message_that_is_published_again(aws: str) -> None:
    topic = client("sns").create_topic(Name="forecasts.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    queue = subscribed(topic, "all.fifo")
    for _ in range(2):
        SnsNotifier(topic).send(success())
    answer = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, AttributeNames=["All"])
    [message] = answer["Messages"]
    assert message["Attributes"]["MessageGroupId"] == "electricity"
    assert message["Attributes"]["MessageDeduplicationId"] == "run-1/success"


@pytest.mark.parametrize("letter", ["x", "\ud83d"])
def test_a_body_that_is_too_large_is_cut_and_says_so(topic: str, letter: str) -> None:
    queue = subscribed(topic, "all")
    SnsNotifier(topic).send(failure(error=letter * 400_000))
    told = json.loads(envelopes(queue)[0]["Message"])
    assert told["details"]["error"].endswith(CUT)
    assert 1000 < len(told["details"]["error"]) < LARGEST_MESSAGE
    assert told["subject"] == failure().subject


def test_a_message_fits_in_bytes_not_in_characters() -> None:
    from forecast_platform.notifications import sns

    message = sns._message(failure(error="日本" * 40_000), LARGEST_MESSAGE)
    assert len(message.encode()) <= LARGEST_MESSAGE
    assert CUT in json.loads(message)["default"]


def test_a_subject_is_one_short_line_of_ascii(topic: str) -> None:
    subjects = {
        "Café: done": "Cafe: done",
        "売上: done": "??: done",
        "a\r\nBcc: x@example.com": "a Bcc: x@example.com",
        "": "Forecast Platform",
        "x" * 150: "x" * 99,
    }
    queue = subscribed(topic, "all")
    for written in subjects:
        SnsNotifier(topic).send(Notification("success", "shop", CUTOFF, "run-1", written, "body"))
    assert sorted(one["Subject"] for one in envelopes(queue)) == sorted(subjects.values())
