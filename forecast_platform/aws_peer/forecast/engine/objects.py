"""The objects that an S3 path of a request means.

Belongs here: paths and listing. Does not belong here: what is in the objects (``tables``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Protocol

from forecast_platform.aws_peer.forecast.engine.documents import Document
from forecast_platform.bucket import Bucket, StoredObject
from forecast_platform.errors import InputError, Problem


class OpenBucket(Protocol):
    """Gives the whole S3 bucket of a name."""

    def __call__(self, name: str, kms_key_arn: str | None = None) -> Bucket:
        """``kms_key_arn`` encrypts what is written; ``None`` = the bucket's own encryption."""
        ...


_PATH = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.\-]*)/*(?P<key>.*)", re.DOTALL)
_MOST_FILES = 10_000
_MOST_BYTES = 30 * 10**9


@dataclass(frozen=True)
class SourceFile:
    """One object to be read.

    Attributes:
        uri: For messages.
        open: Opens it afresh.
    """

    uri: str
    size: int
    open: Callable[[], BinaryIO]


def split_path(path: str) -> tuple[str, str]:
    """Bucket and key of an S3 path; the key may be empty.

    Raises:
        InputError: It is no S3 path.
    """
    matched = _PATH.fullmatch(path)
    if matched is None:
        raise InputError("The S3 path cannot be read.", [Problem("S3Config.Path", f"'{path}'", "s3://bucket/key")])
    return matched["bucket"], matched["key"]


def source_files(open_bucket: OpenBucket, path: str) -> list[SourceFile]:
    """The object at ``path``, or else every object below it, from the one that was written first to the newest.

    What tools leave beside data (``_SUCCESS``, names that start with a dot, markers of folders) is left out.

    Raises:
        InputError: There is none, or there are too many.
    """
    name, key = split_path(path)
    bucket = open_bucket(name)
    found = _objects(bucket, key)
    if not found:
        problem = Problem(path, "no object at this path and none below it", "the files to read")
        raise InputError(f"There is no data at {path}.", [problem])
    size = sum(one.size for one in found)
    if len(found) > _MOST_FILES or size > _MOST_BYTES:
        expected = f"at most {_MOST_FILES:,} files of {_MOST_BYTES // 10**9} GB in all"
        problem = Problem(path, f"{len(found):,} files of {size / 1e9:.1f} GB", expected)
        raise InputError(f"There is too much data at {path}.", [problem])
    in_order = sorted(found, key=lambda one: (one.last_modified, one.key))
    return [SourceFile(f"s3://{name}/{one.key}", one.size, partial(bucket.open, one.key)) for one in in_order]


def destination(open_bucket: OpenBucket, job: Document) -> tuple[Bucket, str]:
    """The bucket that an export job goes to, encrypting as it says, and what its keys start with."""
    config = job["Destination"]["S3Config"]
    name, key = split_path(config["Path"])
    return open_bucket(name, config.get("KMSKeyArn")), f"{key.rstrip('/')}/" if key.rstrip("/") else ""


def _objects(bucket: Bucket, key: str) -> list[StoredObject]:
    if key and not key.endswith("/"):
        one = bucket.head(key)
        if one is not None:
            return [one]
    folder = f"{key.rstrip('/')}/" if key.rstrip("/") else ""
    return [one for one in bucket.list(folder) if _is_data(one.key)]


def _is_data(key: str) -> bool:
    name = key.rpartition("/")[2]
    return bool(name) and name[0] not in "._"
