"""Notifications to an SNS topic: text for people, JSON for programs, attributes for subscriptions that filter.

Belongs here: one message and what SNS takes of it. Does not belong here: the texts, who subscribes.
"""

from __future__ import annotations

import json
import unicodedata
from hashlib import sha256
from typing import Any

from forecast_platform.aws.clients import client
from forecast_platform.aws.errors import aws_failures
from forecast_platform.notifications.message import Notification

LARGEST_MESSAGE = 256 * 1024
"""Bytes of a message with its attributes, unless a topic was given another limit."""
CUT = "… (cut: an SNS message holds 256 KiB; the outbox has all of it)"
_LONGEST_SUBJECT = 99
_LONGEST_SMS = 140
_LONGEST_ID = 128
_PROGRAMS = ("email-json", "sqs", "lambda", "http", "https", "firehose")
"""Protocols whose subscribers are programs."""
_FIFO = ".fifo"


class SnsNotifier:
    """Publishes to one topic.

    A FIFO topic gets the notifications of a project in order, and delivers one that is published again within five
    minutes once; subscribers of a standard topic know it by its ``key``.

    Args:
        topic_arn: The topic; its name ends in ``.fifo`` when it is a FIFO topic.
    """

    def __init__(self, topic_arn: str) -> None:
        self._topic_arn = topic_arn
        self.name = f"topic {topic_arn.rpartition(':')[2]}"

    def send(self, notification: Notification) -> None:
        """Publish ``notification``.

        Raises:
            TransientError: A throttle, a fault of SNS, no connection, or keys that have expired.
            PermanentError: Not allowed, or there is no such topic.
        """
        attributes = _attributes(notification)
        with aws_failures(f"publish to the topic {self._topic_arn}"):
            client("sns").publish(
                TopicArn=self._topic_arn,
                MessageStructure="json",
                Message=_message(notification, LARGEST_MESSAGE - _size(attributes)),
                Subject=_subject(notification.subject),
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
                },
                **self._order(notification),
            )

    def _order(self, notification: Notification) -> dict[str, str]:
        if not self._topic_arn.endswith(_FIFO):
            return {}
        return {
            "MessageGroupId": _identifier(notification.project),
            "MessageDeduplicationId": _identifier(notification.key),
        }


def _attributes(notification: Notification) -> dict[str, str]:
    return {
        "project": notification.project,
        "event": notification.event,
        "cutoff": notification.cutoff.isoformat(),
        "run_id": notification.run_id,
        "key": notification.key,
    }


def _size(attributes: dict[str, str]) -> int:
    return sum(len(f"{name}String{value}".encode()) for name, value in attributes.items())


def _message(notification: Notification, largest: int) -> str:
    """One text per protocol, as JSON; texts are cut to the same length until all fit into ``largest`` bytes."""
    document, longest = {"key": notification.key, **notification.to_json()}, largest
    message = _by_protocol(document)
    while len(message.encode()) > largest and longest:
        longest //= 2
        message = _by_protocol(_shortened(document, longest))
    return message


def _by_protocol(document: dict[str, Any]) -> str:
    # Escaped, because a failure may quote anything, also what is not text.
    for_programs = json.dumps(document, allow_nan=False)
    texts = {
        "default": document["body"],
        "email": document["body"],
        "sms": document["subject"][:_LONGEST_SMS],
        **dict.fromkeys(_PROGRAMS, for_programs),
    }
    return json.dumps(texts, ensure_ascii=False)


def _shortened(value: Any, longest: int) -> Any:
    """``value`` with no text in it that is longer than ``longest`` characters and the note that it was cut."""
    if isinstance(value, dict):
        return {name: _shortened(one, longest) for name, one in value.items()}
    if isinstance(value, str) and len(value) > longest + len(CUT):
        return value[:longest] + CUT
    return value


def _subject(text: str) -> str:
    """``text`` as a subject that every mail server takes: ASCII, accents dropped, what has no likeness as ``?``."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return plain.encode("ascii", "replace").decode()[:_LONGEST_SUBJECT] or "Forecast Platform"


def _identifier(text: str) -> str:
    """``text`` where it can be an id of SNS, else its hash."""
    is_usable = text.isascii() and text.isprintable() and " " not in text and 0 < len(text) <= _LONGEST_ID
    return text if is_usable else sha256(text.encode()).hexdigest()
