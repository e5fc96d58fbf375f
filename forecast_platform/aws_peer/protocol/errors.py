"""Errors as an AWS service of the JSON protocol answers them.

Belongs here: codes, texts and statuses that all services share. Does not belong here: when one service refuses what.
"""

from __future__ import annotations

from collections.abc import Sequence


class ServiceError(Exception):
    """An answer that is an error.

    Attributes:
        code: E.g. ``ResourceNotFoundException``.
        message: For people.
        status: Of HTTP.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status

    def body(self) -> dict[str, str]:
        """The JSON answer."""
        return {"__type": self.code, "message": self.message}


def validation_error(violations: Sequence[str]) -> ServiceError:
    """Violations of the service's model, in the words of AWS."""
    count = f"{len(violations)} validation error{'s' if len(violations) > 1 else ''} detected"
    return ServiceError("ValidationException", f"{count}: {'; '.join(violations)}")


def serialization_error(message: str) -> ServiceError:
    """The request is not JSON, or a value has a type that the model does not have there."""
    return ServiceError("SerializationException", message)


def unknown_operation(target: str) -> ServiceError:
    """No service of the peer has the operation."""
    return ServiceError("UnknownOperationException", f"No service here has the operation {target or '(none named)'}.")


def unsupported_operation(operation: str, why: str) -> ServiceError:
    """AWS has the operation and this peer has not."""
    return ServiceError("UnsupportedOperationException", f"This peer does not support {operation}: {why}", 501)


def internal_failure(message: str) -> ServiceError:
    """A fault of the peer itself."""
    return ServiceError("InternalFailure", message, 500)
