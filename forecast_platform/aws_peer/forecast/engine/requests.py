"""From kept imports to a request to the local service.

Belongs here: the frames of several imports, and what names a request. Does not belong here: a single import
(``importing``), or what is done with a request (``engine``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from forecast_platform.aws_peer.forecast.engine.documents import Datasets
from forecast_platform.aws_peer.forecast.engine.importing import schema_of
from forecast_platform.aws_peer.forecast.engine.keeping import Keeper
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.forecast_service.port import ImportRequest
from forecast_platform.params import Params
from forecast_platform.training_data import data_hash
from forecast_platform.training_data.frames import canonical_columns, canonical_frame
from forecast_platform.training_data.schema import Role

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Origin:
    """What a resource of the local service was made from; enough to ask for it again.

    Attributes:
        project: Of the local service: one per resource of the peer, so that deleting one takes nothing from another.
        document: The params.json.
    """

    project: str
    cutoff: datetime
    data_hash: str
    document: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {**self.__dict__, "cutoff": self.cutoff.isoformat()}

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Origin:
        return cls(**{**record, "cutoff": datetime.fromisoformat(record["cutoff"])})


def project_of(resource: str) -> str:
    """The project of the local service that holds what belongs to one resource of the peer."""
    return f"peer_{sha256(resource.encode()).hexdigest()[:24]}"


def import_request(
    keeper: Keeper, datasets: Datasets, project: str, params: Params, preset: str | None
) -> ImportRequest:
    """The rows of the imports, all of them, as the local service takes them."""
    frames = _frames(keeper, datasets)
    newest = frames.target["timestamp"].max().to_pydatetime()
    cutoff = (params.target.frequency or params.frequency).period_end(newest)
    return ImportRequest(project, cutoff, params, data_hash(frames), lambda: frames, preset)


def request_of(origin: Origin, params: Params, preset: str | None) -> ImportRequest:
    """The request that a resource was made from, whose data the local service has."""
    return ImportRequest(origin.project, origin.cutoff, params, origin.data_hash, _no_frames, preset)


def _no_frames() -> TrainingFrames:
    raise AssertionError("the local service keeps the import as long as what was made from it")


def _frames(keeper: Keeper, datasets: Datasets) -> TrainingFrames:
    found: dict[Role, pd.DataFrame] = {}
    for dataset, job in datasets:
        schema = schema_of(dataset, job)
        found[schema.role] = canonical_frame(
            keeper.table(job["DatasetImportJobArn"]), schema, canonical_columns(schema)
        )
    return TrainingFrames(found[Role.TARGET], found.get(Role.RELATED), found.get(Role.ITEM_METADATA))
