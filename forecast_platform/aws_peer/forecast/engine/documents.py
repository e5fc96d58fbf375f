"""What is taken out of API documents everywhere: names of resources, instants, places in S3.

Belongs here: reading single members. Does not belong here: whole documents (``parameters``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Document = Mapping[str, Any]
"""What a Describe call answers: the members of the API's shape."""

Datasets = Sequence[tuple[Document, Document]]
"""Each dataset of a group with its newest active import job."""

DEFAULT_TIMESTAMP_FORMAT = "yyyy-MM-dd HH:mm:ss"
"""Of an import job that names none."""


def resource_of(arn: str) -> str:
    """``predictor/sales`` for ``arn:aws:forecast:<region>:<account>:predictor/sales``."""
    return arn.split(":", 5)[5]


def instant_of(value: datetime | float) -> datetime:
    """A ``CreationTime``, naive in UTC, whether it is an instant or the wire's seconds since 1970."""
    instant = value if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
    return instant if instant.tzinfo is None else instant.astimezone(UTC).replace(tzinfo=None)


def path_of(source: Document) -> str:
    """The S3 path of a data source or a destination."""
    path: str = source["S3Config"]["Path"]
    return path
