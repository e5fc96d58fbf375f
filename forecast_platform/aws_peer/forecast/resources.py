"""The resources of an account, kept on disk so that a kill loses none.

Belongs here: what is known of a resource, and its file. Does not belong here: rules (``operations``) and states
(``jobs``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any

from forecast_platform.aws_peer.forecast.kinds import BY_NOUN, Kind
from forecast_platform.bucket import Bucket


@dataclass(frozen=True)
class Resource:
    """One resource.

    Attributes:
        kind, arn, name: What it is.
        parents: ARNs of what it is made from.
        status: E.g. ``CREATE_PENDING``.
        created, modified: Seconds since 1970.
        document: Members of its Describe answer, as on the wire, besides those above.
        imports: ARNs of the import jobs whose data it uses: the newest when it was asked for.
        auto: An auto predictor, or made from one.
        message: Why it failed.
    """

    kind: Kind
    arn: str
    name: str
    parents: tuple[str, ...]
    status: str
    created: float
    modified: float
    document: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    imports: tuple[str, ...] = ()
    auto: bool = False
    message: str = ""

    def to_json(self) -> bytes:
        """As a file."""
        return json.dumps({**asdict(self), "kind": self.kind.noun}, allow_nan=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Resource:
        """From a file."""
        members = json.loads(data)
        return cls(
            **{
                **members,
                "kind": BY_NOUN[members["kind"]],
                "parents": tuple(members["parents"]),
                "imports": tuple(members["imports"]),
            }
        )


class ResourceStore:
    """All resources: in memory to be read, in a bucket to survive. Callers keep others out while they change some."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        stored = (Resource.from_json(bucket.read(found.key)) for found in bucket.list())
        self._resources = {resource.arn: resource for resource in stored}

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._resources.values()))

    def get(self, arn: str) -> Resource | None:
        """The resource, or ``None``."""
        return self._resources.get(arn)

    def put(self, resource: Resource) -> None:
        """Keep ``resource`` in place of what had its ARN."""
        self._bucket.write(_key(resource), resource.to_json())
        self._resources[resource.arn] = resource

    def change(self, arn: str, **members: Any) -> Resource | None:
        """Keep the resource with other ``members``; ``None`` when it is gone."""
        resource = self._resources.get(arn)
        if resource is not None:
            resource = replace(resource, **members)
            self.put(resource)
        return resource

    def remove(self, arn: str) -> None:
        """Forget the resource."""
        resource = self._resources.pop(arn, None)
        if resource is not None:
            self._bucket.delete(_key(resource))

    def of_kind(self, kind: Kind) -> list[Resource]:
        """All of a kind, the newest first."""
        return sorted((one for one in self if one.kind is kind), key=lambda one: (one.created, one.arn), reverse=True)

    def children(self, arn: str) -> list[Resource]:
        """What was made from the resource, directly."""
        return [resource for resource in self if arn in resource.parents]

    def descendants(self, arn: str) -> list[Resource]:
        """What was made from the resource and from that, the last made first."""
        found: dict[str, Resource] = {}
        for child in self.children(arn):
            found |= {one.arn: one for one in (*self.descendants(child.arn), child)}
        return list(found.values())


def _key(resource: Resource) -> str:
    """ARNs are longer than file names may be, and may differ in case only."""
    return f"{resource.kind.segment}/{sha256(resource.arn.encode()).hexdigest()[:40]}.json"
