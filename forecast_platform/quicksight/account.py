"""Resources of a QuickSight account, created or brought up to date, and looked at until they are ready.

Belongs here: calls, statuses, failures. Does not belong here: what a dashboard shows (``definition``).

What was asked for is remembered as a hash in a tag of the resource: a run that finds it there asks for nothing, and
what people have changed in QuickSight stays until the project asks for something else. The tag of an update is written
last, so that a run which was killed before it is made good by the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from forecast_platform.aws.clients import client
from forecast_platform.aws.errors import aws_failures, error_code
from forecast_platform.aws.polling import DeadlineError, Polling, wait_for
from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.quicksight.kinds import DASHBOARD, Kind

_ASKED_FOR = "forecast-platform:definition"


@dataclass(frozen=True)
class Wanted:
    """A resource as it should be.

    Attributes:
        kind: Which kind.
        id: Its id in the account; also its name.
        document: Members of both its create and its update call.
        only_at_creation: Members of its create call alone.
    """

    kind: Kind
    id: str
    document: Mapping[str, Any]
    only_at_creation: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"QuickSight {self.kind.noun} {self.id}"


@dataclass(frozen=True)
class Ensured:
    """A resource that is as it should be. ``change``: ``created``, ``updated`` or ``unchanged``."""

    arn: str
    change: str


@dataclass(frozen=True)
class _Found:
    """What QuickSight says of a resource, or of one version of a dashboard.

    Attributes:
        failures: Why it could not be created or updated; empty = it could.
    """

    arn: str
    failures: tuple[str, ...]


@dataclass(frozen=True)
class QuickSightAccount:
    """The account of a QuickSight user or group.

    Attributes:
        principal_arn: Who owns what is created.
        polling: How often to look at what is not ready.
    """

    principal_arn: str
    polling: Polling

    def ensure(self, wanted: Wanted) -> Ensured:
        """Have ``wanted`` as it should be.

        Raises:
            PermanentError: QuickSight could not create or update it, with all of its reasons; or it is not allowed.
            TransientError: It is being changed by somebody else, or is not ready in time.
        """
        found = self._settled(wanted)
        if found is None:
            if self._create(wanted):
                return Ensured(self._ready(wanted, "create").arn, "created")
            found = self._settled(wanted)
            if found is None:
                raise PermanentError(
                    f"The {wanted} was deleted, and QuickSight still keeps its id. Restore it, or delete it for good."
                )
        if not found.failures and self._remembered(wanted, found.arn) == self._digest(wanted):
            return Ensured(found.arn, "unchanged")
        self._update(wanted, found.arn)
        return Ensured(found.arn, "updated")

    def _create(self, wanted: Wanted) -> bool:
        """Whether this call created it; if not, another run just has."""
        from botocore.exceptions import ClientError

        request = {
            **self._identity(wanted),
            "Name": wanted.id,
            **wanted.document,
            **wanted.only_at_creation,
            "Permissions": [self._permission(wanted.kind)],
            "Tags": [{"Key": _ASKED_FOR, "Value": self._digest(wanted)}],
        }
        with _asking(f"create the {wanted}"):
            try:
                self._call("create", wanted.kind, request)
            except ClientError as error:
                if error_code(error) != "ResourceExistsException":
                    raise
                return False
        return True

    def _update(self, wanted: Wanted, arn: str) -> None:
        with _asking(f"update the {wanted}"):
            reply = self._call("update", wanted.kind, {**self._identity(wanted), "Name": wanted.id, **wanted.document})
        if wanted.kind is DASHBOARD:
            self._publish(wanted, int(reply["VersionArn"].rpartition("/")[2]))
        else:
            self._ready(wanted, "update")
        with _asking(f"give {self.principal_arn} the {wanted}"):
            permissions = {"GrantPermissions": [self._permission(wanted.kind)]}
            method = f"update_{wanted.kind.method}_permissions"
            getattr(client("quicksight"), method)(**self._identity(wanted), **permissions)
        with _asking(f"tag the {wanted}"):
            tag = {"Key": _ASKED_FOR, "Value": self._digest(wanted)}
            client("quicksight").tag_resource(ResourceArn=arn, Tags=[tag])

    def _publish(self, wanted: Wanted, version: int) -> None:
        """Show people ``version`` once it is known to work; until then they see the one before."""
        self._ready(wanted, "update", VersionNumber=version)
        with _asking(f"publish version {version} of the {wanted}"):
            request = {**self._identity(wanted), "VersionNumber": version}
            client("quicksight").update_dashboard_published_version(**request)

    def _ready(self, wanted: Wanted, doing: str, **version: int) -> _Found:
        found = self._settled(wanted, **version)
        if found is None:
            raise TransientError(f"The {wanted} is not there yet though it was {doing}d.")
        if found.failures:
            reasons = "\n".join(f"  - {reason}" for reason in found.failures)
            raise PermanentError(f"QuickSight could not {doing} the {wanted.kind.noun} {wanted.id}.\n{reasons}")
        return found

    def _settled(self, wanted: Wanted, **version: int) -> _Found | None:
        """The resource once nothing is in progress; ``None`` = there is none."""
        # A run that was killed may have left a version in progress that is newer than the published one.
        of: Mapping[str, Any] = version or ({"AliasName": "$LATEST"} if wanted.kind is DASHBOARD else {})
        try:
            [found] = wait_for(lambda: self._look(wanted, of), self.polling)
        except DeadlineError:
            raise TransientError(f"The {wanted} is still in progress after {self.polling.deadline:g} s.") from None
        return found

    def _look(self, wanted: Wanted, version: Mapping[str, Any]) -> tuple[_Found | None] | None:
        """One look; ``None`` = something is in progress."""
        from botocore.exceptions import ClientError

        with _asking(f"describe the {wanted}"):
            try:
                reply = self._call("describe", wanted.kind, {**self._identity(wanted), **version})
            except ClientError as error:
                if error_code(error) == "ResourceNotFoundException":
                    return (None,)
                raise
        described = reply[wanted.kind.api]
        # A data set has no status: it is there when it was created.
        state = described.get("Version", described)
        status = str(state.get("Status", ""))
        if status == "DELETED":
            return (None,)
        if status.endswith("_IN_PROGRESS"):
            return None
        return (_Found(described["Arn"], _failures(status, state)),)

    def _remembered(self, wanted: Wanted, arn: str) -> str:
        with _asking(f"read the tags of the {wanted}"):
            tags = client("quicksight").list_tags_for_resource(ResourceArn=arn).get("Tags", [])
        return next((str(tag["Value"]) for tag in tags if tag["Key"] == _ASKED_FOR), "")

    def _digest(self, wanted: Wanted) -> str:
        asked_for = [wanted.document, wanted.only_at_creation, self._permission(wanted.kind)]
        return sha256(json.dumps(asked_for, sort_keys=True).encode()).hexdigest()

    def _call(self, verb: str, kind: Kind, request: Mapping[str, Any]) -> Any:
        return getattr(client("quicksight"), f"{verb}_{kind.method}")(**request)

    def _identity(self, wanted: Wanted) -> dict[str, Any]:
        return {"AwsAccountId": self.principal_arn.split(":")[4], wanted.kind.id_member: wanted.id}

    def _permission(self, kind: Kind) -> dict[str, Any]:
        return {"Principal": self.principal_arn, "Actions": list(kind.owner_actions)}


@contextmanager
def _asking(doing: str) -> Iterator[None]:
    """``aws_failures``, with what is a passing state for QuickSight alone."""
    from botocore.exceptions import ClientError

    with aws_failures(doing):
        try:
            yield
        except ClientError as error:
            if error_code(error) == "ConflictException":
                raise TransientError(
                    f"AWS refused to {doing}: it is being changed by somebody else. {error}"
                ) from error
            raise


def _failures(status: str, state: Mapping[str, Any]) -> tuple[str, ...]:
    """Every reason that QuickSight gives for a status that is a failure."""
    if not status.endswith("_FAILED"):
        return ()
    errors = [*state.get("Errors", []), *([state["ErrorInfo"]] if "ErrorInfo" in state else [])]
    return tuple(_failure(error) for error in errors) or (f"{status}, and QuickSight does not say why",)


def _failure(error: Mapping[str, Any]) -> str:
    where = ", ".join(entity["Path"] for entity in error.get("ViolatedEntities", []) if entity.get("Path"))
    text = f"{error.get('Type', 'UNKNOWN')}: {error.get('Message', 'no reason given')}"
    return f"{text} (at {where})" if where else text
