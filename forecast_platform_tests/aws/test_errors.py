"""Which failures of AWS can be tried again, and what a person is told."""

import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    MetadataRetrievalError,
    NoCredentialsError,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)

from forecast_platform.aws.errors import aws_failures
from forecast_platform.errors import PermanentError, TransientError


def _refusal(code: str, message: str = "because", status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "CreatePredictor")  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["ThrottlingException", "LimitExceededException", "ExpiredTokenException", "SlowDown"])
def test_throttles_quotas_and_expired_keys_can_be_tried_again(code: str) -> None:
    with pytest.raises(TransientError, match=f"AWS refused to train: {code}: because"), aws_failures("train"):
        raise _refusal(code)


def test_a_fault_of_the_service_can_be_tried_again_whatever_its_code() -> None:
    with pytest.raises(TransientError), aws_failures("train"):
        raise _refusal("SomethingNew", status=503)


def test_a_refusal_is_final_and_says_what_aws_said() -> None:
    with pytest.raises(PermanentError, match="InvalidInputException: the horizon is too long"), aws_failures("train"):
        raise _refusal("InvalidInputException", "the horizon is too long")


def test_a_denied_call_says_where_the_permissions_are() -> None:
    with pytest.raises(PermanentError, match="deploy/iam"), aws_failures("train"):
        raise _refusal("AccessDeniedException", "not authorized to perform: forecast:CreatePredictor")


def test_a_new_customer_is_told_of_the_embedded_engine() -> None:
    said = "Amazon Forecast is no longer available to new customers."
    with pytest.raises(PermanentError, match="FORECAST_PLATFORM_SERVICE=local"), aws_failures("train"):
        raise _refusal("AccessDeniedException", said)


@pytest.mark.parametrize(
    "failure", [EndpointConnectionError(endpoint_url="http://x"), ReadTimeoutError(endpoint_url="http://x")]
)
def test_no_answer_can_be_tried_again(failure: Exception) -> None:
    with pytest.raises(TransientError, match="could not be asked to train"), aws_failures("train"):
        raise failure


@pytest.mark.parametrize(
    "failure",
    [
        CredentialRetrievalError(provider="container-role", error_msg="timed out"),
        MetadataRetrievalError(error_msg="timed out"),
        UnauthorizedSSOTokenError(),
    ],
)
def test_keys_that_could_not_be_renewed_just_now_can_be_asked_for_again(failure: Exception) -> None:
    """A run that has waited for hours must not end because its role could not be asked once."""
    with pytest.raises(TransientError, match="could not be asked to train"), aws_failures("train"):
        raise failure


def test_without_keys_trying_again_is_of_no_use() -> None:
    with pytest.raises(PermanentError, match=r"credentials\. Give this process a role"), aws_failures("train"):
        raise NoCredentialsError()
