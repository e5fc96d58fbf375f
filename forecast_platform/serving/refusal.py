"""Why a request is not answered with a prediction, as an HTTP status and words.

Belongs here: the exception that carries both. Does not belong here: HTTP (``application``).
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from forecast_platform.errors import Problem

_SHOWN = 20


class RefusedError(Exception):
    """A request that is at fault itself.

    Attributes:
        status: One of 400-499.
        message: For the caller: what is wrong, and what is expected.
    """

    def __init__(self, status: HTTPStatus, message: str, problems: Iterable[Problem] = ()) -> None:
        found = list(problems)
        shown = [f"  - {problem}" for problem in found[:_SHOWN]]
        if len(found) > _SHOWN:
            shown.append(f"  … and {len(found) - _SHOWN} more.")
        self.status = status
        self.message = "\n".join([message, *shown])
        super().__init__(self.message)


def bad_payload(problems: Iterable[Problem]) -> RefusedError:
    """The refusal of a body that was read and cannot be scored."""
    return RefusedError(HTTPStatus.BAD_REQUEST, "The payload cannot be scored.", problems)
