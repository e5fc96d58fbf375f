"""The buckets that every contract test runs on: a second implementation is one more parameter here."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_platform.bucket import Bucket
from forecast_platform.bucket.local import LocalBucket


@pytest.fixture(params=["local", "local below a prefix"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    """An empty bucket."""
    if request.param == "local":
        return LocalBucket(tmp_path / "bucket")
    return LocalBucket(tmp_path / "bucket").below("some/project")
