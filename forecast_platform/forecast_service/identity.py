"""What a resource of a service is called: deterministic, from project, cutoff and everything that determines it.

Belongs here: names and hashes that services share. Does not belong here: what goes into a hash (each service knows).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

NAME = re.compile(r"^(?P<project>[a-z][a-z0-9_]*)_\d{8}T\d{4}_[0-9a-f]{10}$")


@dataclass(frozen=True)
class Identity:
    """What makes a resource the one that was asked for.

    Attributes:
        cutoff: Naive instant up to which its data goes.
        request_hash: Of everything that determines its content.
    """

    project: str
    cutoff: datetime
    request_hash: str

    @property
    def name(self) -> str:
        """Fits the service's rule ``^[a-zA-Z][a-zA-Z0-9_]*``, at most 63 characters."""
        return f"{self.project}_{self.cutoff:%Y%m%dT%H%M}_{self.request_hash[:10]}"


def request_hash(*parts: Any) -> str:
    """SHA-256 of JSON-serialisable parts."""
    return sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
