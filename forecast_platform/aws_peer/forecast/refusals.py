"""The errors of Amazon Forecast.

Belongs here: their codes and texts. Does not belong here: when they are raised.
"""

from __future__ import annotations

from forecast_platform.aws_peer.forecast.kinds import Kind
from forecast_platform.aws_peer.protocol.errors import ServiceError


def invalid_input(message: str) -> ServiceError:
    """The request breaks a rule that the model cannot say."""
    return ServiceError("InvalidInputException", message)


def not_found(arn: str) -> ServiceError:
    """There is no such resource."""
    return ServiceError("ResourceNotFoundException", f"No resource found {arn}")


def already_exists(kind: Kind, arn: str) -> ServiceError:
    """The name is taken."""
    return ServiceError("ResourceAlreadyExistsException", f"A {kind.words} already exists with the arn: {arn}")


def in_use(message: str) -> ServiceError:
    """The state of the resource, or of another, does not allow it."""
    return ServiceError("ResourceInUseException", message)


def limit_exceeded(message: str) -> ServiceError:
    """A quota is used up."""
    return ServiceError("LimitExceededException", message)


def invalid_next_token() -> ServiceError:
    """The token is not one that the same list gave."""
    return ServiceError("InvalidNextTokenException", "The token is not valid. Tokens expire after 24 hours.")
