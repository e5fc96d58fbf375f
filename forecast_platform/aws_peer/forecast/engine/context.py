"""What the jobs work with: where they keep what they made, the S3 buckets, the local service.

Belongs here: the tools that all jobs share. Does not belong here: any job.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecast_platform.aws_peer.forecast.engine.keeping import Keeper
from forecast_platform.aws_peer.forecast.engine.objects import OpenBucket
from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.local import LocalForecastService, artefacts
from forecast_platform.forecast_service.local.store import ResourceStore, StoredResource

if TYPE_CHECKING:
    from forecast_platform.engine.predictor import Predictor


@dataclass(frozen=True)
class Context:
    """The tools of the jobs.

    Attributes:
        keeper: What was made of the resources of the peer.
        service: Trains and forecasts; its resources are below the names that ``keeper`` has kept.
        store: The same resources as folders.
        preset: For all predictors; ``None`` = as each says.
    """

    keeper: Keeper
    open_bucket: OpenBucket
    service: LocalForecastService
    store: ResourceStore
    preset: str | None

    def stored(self, kind: str, name: str) -> StoredResource:
        """A resource of the local service.

        Raises:
            PermanentError: There is none.
        """
        found = self.store.find(kind, name)
        if found is None:
            raise PermanentError(f"The {kind} {name} is not there any more.")
        return found

    def predictor(self, name: str) -> Predictor:
        """A predictor of the local service.

        Raises:
            PermanentError: There is none, or another version wrote it.
        """
        stored = self.stored("predictor", name)
        return artefacts.read_predictor(stored.folder, stored.details)


def no_progress(_what: str, _done: int, _total: int) -> None:
    """Nobody watches a job of the peer; its status is all that Amazon Forecast tells."""
