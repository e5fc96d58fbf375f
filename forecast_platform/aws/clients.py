"""boto3 clients with the retries that this platform relies on.

Belongs here: how clients are made. Does not belong here: endpoints and keys: ``AWS_ENDPOINT_URL_<SERVICE>``, profiles
and roles are boto3's to find.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from forecast_platform import __version__
from forecast_platform.errors import MissingExtraError

if TYPE_CHECKING:
    import boto3

ATTEMPTS = 8
"""Of one call. botocore's defaults changed with 1.44 (three, of which a throttled minute is more than enough to use up)
and so are not relied on."""
_making = threading.Lock()


@cache
def session() -> boto3.Session:
    """The process's session.

    Raises:
        MissingExtraError: boto3 is not installed.
    """
    try:
        import boto3
    except ImportError:
        raise MissingExtraError("FORECAST_PLATFORM_ENV=aws", "aws") from None
    return boto3.Session()


def client(service: str, attempts: int = ATTEMPTS) -> Any:
    """The process's client of a service, such as ``athena``. Clients may be used by several threads.

    Args:
        attempts: Of one call; 1 for calls that must not be sent twice.
    """
    # Making one is what boto3 does not do safely from several threads.
    with _making:
        return _client(service, attempts)


@cache
def _client(service: str, attempts: int) -> Any:
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=10,
        read_timeout=60,
        user_agent_extra=f"forecast-platform/{__version__}",
        # Of other servers than AWS's, few have a name of its own for every bucket.
        s3={"addressing_style": "path"},
    )
    return session().client(service, config=config)


def forget_clients() -> None:
    """Make clients anew from here on: the environment names other keys or endpoints."""
    _client.cache_clear()
    session.cache_clear()
