"""How a peer is started. Belongs here: the options. Does not belong here: reading them (``cli``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from forecast_platform.bucket import Bucket


@dataclass(frozen=True)
class PeerOptions:
    """A peer.

    Attributes:
        home: Folder of all it keeps.
        region, account: Those of the ARNs it makes.
        delay: Seconds that every state of a job lasts at least.
        workers: Jobs that compute at once.
        open_bucket: Gives an S3 bucket by its name.
    """

    home: Path
    region: str
    account: str
    delay: float
    workers: int
    open_bucket: Callable[[str], Bucket]


def open_s3_bucket(name: str) -> Bucket:
    """The S3 bucket ``name``, with the credentials and the endpoint that boto3's own rules find."""
    from forecast_platform.bucket.s3 import S3Bucket

    return S3Bucket(name)
