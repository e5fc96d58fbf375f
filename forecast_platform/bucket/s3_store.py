"""The process's connections to S3.

Belongs here: endpoint, keys, retries, and what ``fork`` does to them. Does not belong here: requests.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from forecast_platform import __version__
from forecast_platform.aws.clients import client, session
from forecast_platform.errors import PermanentError

if TYPE_CHECKING:
    import boto3
    from obstore.store import ClientConfig, RetryConfig, S3Config, S3Store

_RETRIES: RetryConfig = {
    "max_retries": 12,
    "backoff": {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=15), "base": 2},
    "retry_timeout": timedelta(seconds=150),
}
"""More than a minute of throttles and faults of the server. Lost connections too, except of a write with a condition:
that may have happened, and so the caller is told to look again."""
_TIMEOUT = "5min"
"""Of one request, with its body: a conditional write sends the whole object in one."""
_KEYS_KEPT_FOR = timedelta(minutes=6)
"""boto3 renews the keys of a role ten minutes before they expire; obstore drops what it keeps five minutes early."""


def store(bucket: str, kms_key_arn: str | None) -> S3Store:
    """The process's connections to ``bucket``, for everything but listings.

    Raises:
        MissingExtraError: boto3 is not installed.
        PermanentError: There are no keys, or this process was forked from one that had used S3.
    """
    _refuse_after_fork()
    return _store(session(), bucket, kms_key_arn)


def listing_client() -> Any:
    """The process's boto3 client for listings. Raises as :func:`store`."""
    _refuse_after_fork()
    return client("s3")


def _refuse_after_fork() -> None:
    """obstore's threads do not survive a fork, and a store that is made anew in the child waits for them for ever."""
    if os.getpid() != _first_process():
        raise PermanentError(
            "This process was forked from one that had used S3, and so it cannot use S3. "
            'Start processes with multiprocessing.get_context("spawn") or ("forkserver").'
        )


@cache
def _first_process() -> int:
    """The process that used S3 first; a process that is forked from it remembers that."""
    return os.getpid()


@lru_cache(maxsize=16)
def _store(session: boto3.Session, bucket: str, kms_key_arn: str | None) -> S3Store:
    from obstore.auth.boto3 import Boto3CredentialProvider
    from obstore.store import S3Store

    try:
        provider = Boto3CredentialProvider(session, ttl=_KEYS_KEPT_FOR)
    except ValueError:
        raise PermanentError(
            "There are no AWS keys: give this process a role, name a profile in AWS_PROFILE, or log in."
        ) from None
    # boto3 knows every place in which an endpoint can be configured.
    endpoint = client("s3").meta.endpoint_url
    config: S3Config = {
        "aws_endpoint_url_s3": endpoint,
        "region": session.region_name or "us-east-1",
        "virtual_hosted_style_request": False,
        "disable_bulk_delete": True,
    }
    if kms_key_arn is not None:
        config |= {
            "server_side_encryption": "aws:kms",
            "sse_kms_key_id": kms_key_arn,
            "sse_bucket_key_enabled": True,
        }
    options: ClientConfig = {
        "allow_http": endpoint.startswith("http://"),
        "timeout": _TIMEOUT,
        "connect_timeout": "10s",
        "pool_idle_timeout": "15s",
        "user_agent": f"forecast-platform/{__version__}",
    }
    return S3Store(bucket, config=config, client_options=options, retry_config=_RETRIES, credential_provider=provider)
