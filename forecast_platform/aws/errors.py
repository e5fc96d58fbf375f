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
        "ConditionalRequestConflict",
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalFailure",
        "InternalServerException",
        "InternalServiceError",
        "KMSThrottling",
        "KmsThrottled",
        "LimitExceededException",
        "OperationAborted",
        "OperationTimeoutException",
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
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
_DENIED = (
    "Give the role of this process the permission that deploy/iam lists for it; the policies of the bucket and of its "
    "KMS key must allow it too."
)
_ANOTHER_REGION = "The bucket is in another region: set AWS_DEFAULT_REGION to the bucket's."
"""boto3 reads no AWS_REGION."""
_ADVICE = {
    **dict.fromkeys(
        ("AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "403"), _DENIED
    ),
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException"),
        "The keys of this process have expired. Start it again with new ones, or give it a role, whose keys renew "
        "themselves.",
    ),
    "RequestTimeTooSkewed": "The clock of this machine is wrong: set it.",
    "NoSuchBucket": "Create the bucket, or name another in FORECAST_PLATFORM_BUCKET.",
    **dict.fromkeys(("PermanentRedirect", "AuthorizationHeaderMalformed", "301"), _ANOTHER_REGION),
    **dict.fromkeys(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidClientTokenId"),
        "The keys are not known there: look at the profile or the AWS_* variables.",
    ),
}
"""What to do, by code; numbers are statuses of answers that had no code."""
_ADVICE_BEFORE_ASKING = {
    "NoCredentialsError": "Give this process a role, name a profile in AWS_PROFILE, or log in.",
    "NoRegionError": "Set AWS_DEFAULT_REGION.",
}
"""What to do, by boto3's exception, when it finds no way to ask AWS at all."""
_NO_NEW_CUSTOMERS = "no longer available to new customers"


@contextmanager
def aws_failures(doing: str) -> Iterator[None]:
    """Raise what boto3 raises as this platform's errors.

    Args:
        doing: What was tried, for the message, e.g. ``create the predictor sales_2024``.

    Raises:
        TransientError: A throttle, a fault of the service, no connection, or keys that have expired or could not be
            renewed.
        PermanentError: Anything else: denied, refused, not found.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _translated(doing, error_code(error), error.response) from error
    except BotoCoreError as error:
        advice = _ADVICE_BEFORE_ASKING.get(type(error).__name__, "")
        reason = str(error).rstrip(".")
        raise _kind_of(error)(f"AWS could not be asked to {doing}: {reason}. {advice}".rstrip()) from error


def error_code(error: Exception) -> str:
    """The code of a ``ClientError``, e.g. ``ResourceNotFoundException``; empty for anything else."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def refusal(doing: str, code: str, said: str, status: int) -> ForecastPlatformError:
    """The error for an answer of AWS.

    Args:
        doing: What was tried.
        code, said: AWS's code and message.
        status: Of HTTP; 0 = unknown.
    """
    kind = TransientError if code in _LATER or status >= 500 else PermanentError
    if _NO_NEW_CUSTOMERS in said:
        advice = "Set FORECAST_PLATFORM_SERVICE=local: the embedded engine works on the same bucket and tables."
    else:
        advice = _ADVICE.get(code, "")
    reason = (said or "no reason given").rstrip(".")
    return kind(f"AWS refused to {doing}: {code}: {reason}. {advice}".rstrip())


def _translated(doing: str, code: str, response: dict[str, object]) -> ForecastPlatformError:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    said = str(error.get("Message", "")) if isinstance(error, dict) else ""
    status = int(metadata.get("HTTPStatusCode", 0)) if isinstance(metadata, dict) else 0
    return refusal(doing, code, said, status)


def _kind_of(error: Exception) -> type[ForecastPlatformError]:
    from botocore import exceptions as known

    passing = (
        known.ConnectionError,
        known.HTTPClientError,
        # The keys of a role or a login could not be renewed.
        known.CredentialRetrievalError,
        known.MetadataRetrievalError,
        known.TokenRetrievalError,
        known.UnauthorizedSSOTokenError,
    )
    return TransientError if isinstance(error, passing) else PermanentError
