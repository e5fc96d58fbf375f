"""Which objects a message about a bucket's events is about.

Belongs here: the shapes in which S3's events arrive. Does not belong here: queues.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus


def uris_in(body: str) -> list[str]:
    """The ``s3://…`` of every object in a message: S3's own, as SNS passes it on, or EventBridge's.

    Raises:
        ValueError: It is none of these.
    """
    try:
        document = json.loads(body)
        if document.get("Type") == "Notification":
            document = json.loads(document["Message"])
        if document.get("Event") == "s3:TestEvent":
            return []
        if document.get("source") == "aws.s3":
            detail = document["detail"]
            return [_uri(detail["bucket"]["name"], detail["object"]["key"])]
        # Only in this shape is a key encoded, as in a form: a space is a plus sign.
        return [_uri(one["bucket"]["name"], unquote_plus(one["object"]["key"])) for one in _records(document)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("it is not an event of S3") from None


def _records(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [record["s3"] for record in document["Records"]]


def _uri(bucket: str, key: str) -> str:
    return f"s3://{bucket}/{key}"
