"""AWS's failures as ours: which can be tried again, and what a person is told.

Belongs here: the translation for every service. Does not belong here: codes that mean something to one service only,
such as "already exists", which its own module catches first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from forecast_platform.errors import ForecastPlatformError, PermanentError, TransientError

_LATER = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalFailure",
        "InternalServerException",
        "InternalServiceError",
        "KMSThrottling",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ResourceInUseException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes after which trying again can help. Expired keys are among them: whoever gave them may have given newer ones."""
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403"})
_NO_NEW_CUSTOMERS = "no longer available to new customers"


@contextmanager
def aws_failures(doing: str) -> Iterator[None]:
    """Raise what boto3 raises as this platform's errors.

    Args:
        doing: What was tried, for the message, e.g. ``create the predictor sales_2024``.

    Raises:
        TransientError: A throttle, a fault of the service, no connection, or keys that have expired.
        PermanentError: Anything else: denied, refused, not found.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _translated(doing, error_code(error), error.response) from error
    except BotoCoreError as error:
        raise _kind_of(error)(f"AWS could not be asked to {doing}: {error}") from error


def error_code(error: Exception) -> str:
    """The code of a ``ClientError``, e.g. ``ResourceNotFoundException``; empty for anything else."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _translated(doing: str, code: str, response: dict[str, object]) -> ForecastPlatformError:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    said = str(error.get("Message", "")) if isinstance(error, dict) else ""
    status = int(metadata.get("HTTPStatusCode", 0)) if isinstance(metadata, dict) else 0
    kind = TransientError if code in _LATER or status >= 500 else PermanentError
    advice = _advice(code, said)
    return kind(f"AWS refused to {doing}: {code}: {said or 'no reason given'}{advice}")


def _advice(code: str, said: str) -> str:
    if _NO_NEW_CUSTOMERS in said:
        return " Set FORECAST_PLATFORM_SERVICE=local: the embedded engine works on the same bucket and tables."
    if code in _DENIED:
        return " Give the role of this process the permission that deploy/iam lists for it."
    return ""


def _kind_of(error: Exception) -> type[ForecastPlatformError]:
    from botocore.exceptions import ConnectionClosedError, HTTPClientError
    from botocore.exceptions import ConnectionError as NoConnectionError

    return (
        TransientError
        if isinstance(error, HTTPClientError | NoConnectionError | ConnectionClosedError)
        else PermanentError
    )
