"""How a peer is started.

Belongs here: the options, and the engine that jobs run on. Does not belong here: reading options (``cli``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from forecast_platform.aws_peer.forecast.engine import ForecastEngine
from forecast_platform.bucket import Bucket


@dataclass(frozen=True)
class PeerOptions:
    """A peer.

    Attributes:
        home: Folder of all it keeps.
        region, account: Those of the ARNs it makes.
        delay: Seconds that every state of a job lasts at least.
        workers: Jobs that compute at once.
        forecast_engine: Gives what does the jobs of Amazon Forecast, with its state in a folder.
    """

    home: Path
    region: str
    account: str
    delay: float
    workers: int
    forecast_engine: Callable[[Path], ForecastEngine]


def open_s3_bucket(name: str, kms_key_arn: str | None = None) -> Bucket:
    """The S3 bucket ``name``, with the credentials and the endpoint that boto3's own rules find.

    Args:
        kms_key_arn: Key that encrypts what is written; ``None`` = the bucket's own encryption.
    """
    from forecast_platform.bucket.s3 import S3Bucket

    return S3Bucket(name, kms_key_arn=kms_key_arn)
