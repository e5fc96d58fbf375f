"""A resource of Amazon Forecast that is wanted.

Belongs here: the value that names, describes and hashes it. Does not belong here: how it is made (``jobs``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from forecast_platform.forecast_service.amazon.kinds import Kind

HASH_TAG = "forecast-platform:request-hash"


@dataclass(frozen=True)
class Job:
    """What is asked for.

    Attributes:
        request: As the API takes it, without name and without this platform's tags.
        request_hash: Of everything that determines its content.
        parent_arn: What its listing is filtered by; ``None`` = all of the kind are listed.
        tags: Besides the hash and those of the request.
    """

    kind: Kind
    name: str
    request: Mapping[str, Any]
    request_hash: str
    parent_arn: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def whole_request(self) -> dict[str, Any]:
        """With name and tags."""
        ours = {HASH_TAG: self.request_hash, **self.tags}
        others = [tag for tag in self.request.get("Tags", []) if tag["Key"] not in ours]
        tags = [*others, *({"Key": key, "Value": value} for key, value in ours.items())]
        return {**self.request, self.kind.name: self.name, "Tags": tags}
