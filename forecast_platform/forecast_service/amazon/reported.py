"""Which failed jobs people have been told of, so that running a partition again is trying again.

Belongs here: the records in the bucket. Does not belong here: what follows from them (``jobs``).
"""

from __future__ import annotations

import json
from typing import Any

from forecast_platform.bucket import Bucket, layout
from forecast_platform.forecast_service.amazon.api import Found

_FOLDER = f"{layout.SERVICE}failed/"


class ReportedFailures:
    """One small object per job that failed, as long as it is there."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def holds(self, failed: Found) -> bool:
        """Whether this very job was reported, and not an earlier one of the same name."""
        try:
            record = json.loads(self._bucket.read(_key(failed)))
        except KeyError:
            return False
        return bool(record["created"] == _record(failed)["created"])

    def add(self, failed: Found) -> None:
        """Remember that the failure was reported."""
        self._bucket.write(_key(failed), json.dumps(_record(failed), indent=1).encode())

    def remove(self, failed: Found) -> None:
        """Forget it: the job is gone."""
        self._bucket.delete(_key(failed))


def _key(failed: Found) -> str:
    return f"{_FOLDER}{failed.arn.split(':', 5)[5]}.json"


def _record(failed: Found) -> dict[str, Any]:
    return {
        "arn": failed.arn,
        "created": failed.created.timestamp() if failed.created else None,
        "status": failed.status,
        "message": failed.message,
    }
