"""Amazon Forecast's operations, the same for every kind of resource, with its refusals as types.

Belongs here: single calls and what their errors mean. Does not belong here: waiting, and deciding what to call
(``jobs``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forecast_platform.aws.clients import ATTEMPTS, client, forget_clients
from forecast_platform.aws.errors import aws_failures, error_code
from forecast_platform.aws.settings import AwsSettings
from forecast_platform.errors import InputError, Problem, TransientError
from forecast_platform.forecast_service.amazon.kinds import Kind

_PAGE = 100
_ROUNDS = 4
"""How often a call that makes nothing is given botocore's attempts while calls are throttled: over a minute in all."""
_ATTEMPTS_TO_STOP = 3
"""Whoever terminates a run does not wait for long before it is killed."""
_NOT_FOUND = "ResourceNotFoundException"
_IN_USE = "ResourceInUseException"
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
_NO_ROLE = Problem(
    "FORECAST_PLATFORM_FORECAST_ROLE_ARN",
    "nothing",
    "the ARN of the role that Amazon Forecast takes to read and write the bucket",
    "The stack in deploy/ makes one.",
)
_THROTTLED = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"})


@dataclass(frozen=True)
class Found:
    """A resource as Amazon describes it.

    Attributes:
        message: Why it failed; empty otherwise.
        created: Aware; ``None`` = not known yet.
        facts: The whole answer.
    """

    kind: Kind
    arn: str
    name: str
    status: str
    message: str
    created: datetime | None
    facts: Mapping[str, Any]


class AlreadyExistsError(Exception):
    """Something of this name is there."""


class NotNowError(Exception):
    """Nothing was made or deleted, and trying again helps: it is in use, or calls are throttled."""


class LimitError(Exception):
    """Nothing was made: too many resources of the kind are under way, or are kept."""


class ForecastApi:
    """The operations. Clients are taken anew for every call, so that newer keys are used when there are some.

    Raises:
        InputError: The settings lack the role that Amazon Forecast takes, or name a key that it does not take.
    """

    def __init__(self, settings: AwsSettings) -> None:
        problems = _key_problems(settings.kms_key_arn)
        if settings.forecast_role_arn is None:
            problems.insert(0, _NO_ROLE)
        if problems or settings.forecast_role_arn is None:
            raise InputError("Amazon Forecast cannot be used.", problems)
        self.role_arn = settings.forecast_role_arn

    def known_arn(self, kind: Kind, name: str) -> str:
        """The ARN of a resource of a kind whose ARNs follow from its name.

        A role can be passed to a service in its own account only: its account is that of the resources.
        """
        _, partition, _, _, account, _ = self.role_arn.split(":", 5)
        region = client("forecast").meta.region_name
        return f"arn:{partition}:forecast:{region}:{account}:{kind.in_arn}/{name}"

    def describe(self, kind: Kind, arn: str) -> Found | None:
        """The resource, or ``None`` when there is none."""
        with _failures(f"describe the {kind.words} {arn}"):
            answer = _call_if_found(f"Describe{_made_as(kind)}", {kind.arn: arn})
        return None if answer is None else _found(kind, answer)

    def list(self, kind: Kind, parent_arn: str | None = None, parent: str | None = None) -> Iterator[Found]:
        """Every resource of a kind, or those of one parent.

        A filter needs no parent that exists: where there is none, nothing is below it.

        Args:
            parent: Key of the filter; ``None`` = the usual one of the kind.
        """
        request: dict[str, Any] = {"MaxResults": _PAGE}
        if parent_arn is not None:
            request["Filters"] = [{"Key": parent or kind.parent, "Value": parent_arn, "Condition": "IS"}]
        while True:
            with _failures(f"list the {kind.members}"):
                answer = _call_if_found(f"List{kind.members}", request)
            if answer is None:
                return
            yield from (_found(kind, summary) for summary in answer[kind.members])
            if not answer.get("NextToken"):
                return
            request["NextToken"] = answer["NextToken"]

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a resource; none when it is gone."""
        with _failures(f"read the tags of {arn}"):
            answer = _call_if_found("ListTagsForResource", {"ResourceArn": arn})
        return {tag["Key"]: tag["Value"] for tag in (answer or {}).get("Tags", [])}

    def create(self, kind: Kind, request: Mapping[str, Any]) -> str:
        """Send one create call, never a second one; returns the ARN.

        Raises:
            AlreadyExistsError, LimitError, NotNowError: Nothing was made by this call.
            TransientError: Amazon may or may not have made it; or what it is made from was deleted.
            PermanentError: Amazon refuses the request.
        """
        # botocore would send the request again after a failure that may have come too late to stop it.
        with _failures(f"create the {kind.words} {request[kind.name]}"), _refusals():
            return str(_operation(f"Create{_made_as(kind)}", attempts=1)(**request)[kind.arn])

    def delete(self, kind: Kind, arn: str) -> bool:
        """Begin to delete a resource; whether it was there.

        Raises:
            NotNowError: Something uses it.
        """
        with _failures(f"delete the {kind.words} {arn}"), _refusals():
            return _call_if_found(f"Delete{kind.member}", {kind.arn: arn}) is not None

    def stop(self, arn: str) -> None:
        """Ask a job to stop; not an error when there is none."""
        with _failures(f"stop {arn}"):
            _call_if_found("StopResource", {"ResourceArn": arn}, _ATTEMPTS_TO_STOP)

    def accuracy(self, predictor_arn: str) -> dict[str, Any]:
        """The answer of GetAccuracyMetrics.

        Raises:
            TransientError: There is no such predictor any more.
        """
        with _failures(f"read the accuracy of {predictor_arn}"):
            answer = _call_if_found("GetAccuracyMetrics", {"PredictorArn": predictor_arn})
        if answer is None:
            raise TransientError(f"{predictor_arn} was deleted meanwhile. Run again to make it.")
        return answer


def _call_if_found(operation: str, request: Mapping[str, Any], attempts: int = ATTEMPTS) -> dict[str, Any] | None:
    """The answer of a call that makes nothing; ``None`` = what it is about does not exist."""
    from botocore.exceptions import ClientError

    for rounds_left in reversed(range(_ROUNDS)):
        try:
            answer: dict[str, Any] = _operation(operation, attempts)(**request)
        except ClientError as error:
            if error_code(error) == _NOT_FOUND:
                return None
            if error_code(error) not in _THROTTLED or not rounds_left:
                raise
        else:
            return answer
    raise AssertionError("the last round answers or raises")


def _key_problems(key_arn: str | None) -> list[Problem]:
    if key_arn is None or ":key/" in key_arn:
        return []
    return [Problem("FORECAST_PLATFORM_KMS_KEY_ARN", key_arn, "the ARN of the key itself, arn:…:key/…, and no alias")]


def _operation(name: str, attempts: int = ATTEMPTS) -> Any:
    from botocore import xform_name

    return getattr(client("forecast", attempts), xform_name(name))


def _made_as(kind: Kind) -> str:
    return kind.made_as or kind.member


@contextmanager
def _failures(doing: str) -> Iterator[None]:
    from botocore.exceptions import ClientError

    with aws_failures(doing):
        try:
            yield
        except ClientError as error:
            if error_code(error) in _EXPIRED:
                forget_clients()
            raise


@contextmanager
def _refusals() -> Iterator[None]:
    """What a refusal of a create or delete call means to whoever makes and deletes."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        code, said = error_code(error), error.response["Error"].get("Message", "")
        if code == "ResourceAlreadyExistsException":
            raise AlreadyExistsError(said) from error
        if code == "LimitExceededException":
            raise LimitError(said) from error
        if code == _IN_USE:
            raise NotNowError(f"waiting for what it needs: {said}") from error
        if code == _NOT_FOUND:
            raise TransientError(f"{said.rstrip('.')}: it was deleted meanwhile. Run again to make it.") from error
        if code in _THROTTLED and error.operation_name.startswith("Create"):
            raise NotNowError("waiting because calls are throttled") from error
        raise


def _found(kind: Kind, answer: Mapping[str, Any]) -> Found:
    return Found(
        kind=kind,
        arn=answer[kind.arn],
        name=answer[kind.name],
        # A listing of datasets and groups has no status.
        status=answer.get("Status", ""),
        message=answer.get("Message", ""),
        created=answer.get("CreationTime"),
        facts=answer,
    )
