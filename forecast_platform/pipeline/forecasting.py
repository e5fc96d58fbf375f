"""The step that forecasts afresh at a cutoff, keeps the raw export for ever, and cleans up in the service."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from forecast_platform.bucket import Bucket, layout
from forecast_platform.errors import InputError, TransientError
from forecast_platform.forecast_service.port import ImportRequest, Progress
from forecast_platform.pipeline.retraining import is_decided
from forecast_platform.pipeline.training import train_predictor, training_request
from forecast_platform.pipeline.workspace import Workspace


@dataclass(frozen=True)
class RawForecast:
    """The export of one cutoff, in the archive.

    Attributes:
        inputs: Hash of everything that determines the export; the same hash = nothing to do.
        keys: The archived CSV files.
        reused: The archive held this very export already.
        cleaned_up: Names of the service's resources that were deleted after the export.
    """

    forecast: str
    predictor: str
    trained_at: datetime
    inputs: str
    keys: tuple[str, ...]
    reused: bool
    cleaned_up: tuple[str, ...] = ()


def export_forecast(workspace: Workspace, cutoff: datetime, progress: Progress) -> RawForecast:
    """Forecast at ``cutoff`` and archive the export; then delete in the service what is no longer needed.

    Everything is deterministic, so a run that was killed anywhere in here is simply started again.
    """
    trained_on = training_request(workspace, cutoff)
    request = workspace.import_request(cutoff, workspace.snapshot(cutoff))
    inputs = _inputs(workspace, trained_on, request)
    raw = archived_forecast(workspace, cutoff)
    if raw is None or raw.inputs != inputs:
        raw = _forecast_and_archive(workspace, request, inputs, progress)
    # Also when nothing was exported now: a run killed after archiving has left its landing behind.
    _clear(workspace.bucket, layout.landing(cutoff))
    if not wants_cleanup(workspace):
        return raw
    return replace(raw, cleaned_up=tuple(clean_up_cutoff(workspace, cutoff)))


def archived_forecast(workspace: Workspace, cutoff: datetime) -> RawForecast | None:
    """The export of ``cutoff`` that is in the archive, if there is one."""
    try:
        record = json.loads(workspace.bucket.read(_pointer(cutoff)))
    except KeyError:
        return None
    return _from_record(record, reused=True)


def _from_record(record: dict[str, Any], *, reused: bool) -> RawForecast:
    return RawForecast(
        forecast=record["forecast"],
        predictor=record["predictor"],
        trained_at=datetime.fromisoformat(record["trained_at"]),
        inputs=record["inputs"],
        keys=tuple(record["keys"]),
        reused=reused,
    )


def is_exported(workspace: Workspace, cutoff: datetime) -> bool:
    """Whether the archive holds the export that today's data and parameters give at ``cutoff``."""
    raw = archived_forecast(workspace, cutoff)
    if raw is None or not is_decided(workspace, cutoff):
        return False
    request = workspace.import_request(cutoff, workspace.snapshot(cutoff))
    return raw.inputs == _inputs(workspace, training_request(workspace, cutoff), request)


def wants_cleanup(workspace: Workspace) -> bool:
    """Whether the service's resources go after a successful export: the project's word, or the parameters'."""
    if workspace.project.cleanup is not None:
        return workspace.project.cleanup
    return workspace.parsed_params.params.perform_delete


def clean_up_cutoff(workspace: Workspace, cutoff: datetime) -> list[str]:
    """Delete the forecast, the predictor and the imports that ``cutoff`` made in the service.

    The exported data stays. A later cutoff of the same grid period trains its predictor again, to the same result.
    """
    trained_on = training_request(workspace, cutoff)
    request = workspace.import_request(cutoff, workspace.snapshot(cutoff))
    raw = archived_forecast(workspace, cutoff)
    doomed = [("forecast", raw.forecast)] if raw else []
    doomed.append(("predictor", workspace.service.predictor_name(trained_on)))
    doomed.extend(("dataset_import", workspace.service.import_name(one)) for one in (trained_on, request))
    return workspace.service.delete(list(dict.fromkeys(doomed)))


def clean_up_project(workspace: Workspace) -> list[str]:
    """Delete everything the service holds for the project. What was exported stays."""
    return workspace.service.delete(workspace.service.resources(workspace.project.name))


def _forecast_and_archive(workspace: Workspace, request: ImportRequest, inputs: str, progress: Progress) -> RawForecast:
    predictor = train_predictor(workspace, request.cutoff, progress)
    forecast = workspace.service.create_forecast(predictor.resource.name, request, progress)
    landing = layout.landing(request.cutoff)
    export = workspace.service.export_forecast(forecast.name, workspace.bucket, landing)
    try:
        keys = _archive(workspace.bucket, export.keys, f"{layout.raw_history(request.cutoff)}{forecast.name}/")
    except KeyError as gone:
        return _archived_by_another(workspace, request.cutoff, inputs, str(gone))
    record: dict[str, Any] = {
        "forecast": forecast.name,
        "predictor": predictor.resource.name,
        "trained_at": predictor.trained_at.isoformat(),
        "inputs": inputs,
        "keys": keys,
    }
    workspace.bucket.write(_pointer(request.cutoff), json.dumps(record, indent=1).encode())
    return _from_record(record, reused=False)


def _archived_by_another(workspace: Workspace, cutoff: datetime, inputs: str, gone: str) -> RawForecast:
    """What another run of this cutoff has archived; after that it clears the landing."""
    raw = archived_forecast(workspace, cutoff)
    if raw is None or raw.inputs != inputs:
        raise TransientError(f"The export of {cutoff} was deleted before it was archived: {gone}. Run again.")
    return raw


def _archive(bucket: Bucket, keys: tuple[str, ...], folder: str) -> list[str]:
    archived = []
    for key in keys:
        archived.append(folder + PurePosixPath(key).name)
        bucket.write(archived[-1], bucket.read(key))
    return archived


def _clear(bucket: Bucket, folder: str) -> None:
    for stored in list(bucket.list(folder)):
        bucket.delete(stored.key)


def _inputs(workspace: Workspace, trained_on: ImportRequest, request: ImportRequest) -> str:
    facts = [
        workspace.service.kind,
        workspace.service.predictor_name(trained_on),
        request.data_hash,
        *workspace.parsed_params.params.forecast_types,
    ]
    return sha256("\n".join(facts).encode()).hexdigest()


def _pointer(cutoff: datetime) -> str:
    return f"{layout.raw_history(cutoff)}current.json"


def require_archived(workspace: Workspace, cutoff: datetime) -> RawForecast:
    """The archived export of ``cutoff``.

    Raises:
        InputError: Nothing has been exported at this cutoff.
    """
    raw = archived_forecast(workspace, cutoff)
    if raw is None:
        raise InputError(
            f"Project {workspace.project.name} has no exported forecast of the cutoff {cutoff}. "
            "Materialize exported_forecast for this partition first."
        )
    return raw
