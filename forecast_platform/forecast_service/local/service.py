"""The forecast service that runs in this process and keeps its state in a folder.

Belongs here: the port's calls, by the engine and the store. Does not belong here: either of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket.protocol import Bucket
from forecast_platform.engine.version import ENGINE_VERSION
from forecast_platform.errors import TransientError
from forecast_platform.forecast_service.identity import Identity, request_hash
from forecast_platform.forecast_service.local import artefacts
from forecast_platform.forecast_service.local.export import backtest_parts, export_parts
from forecast_platform.forecast_service.local.pretrained import find_chronos_weights
from forecast_platform.forecast_service.local.store import FOLDERS, ResourceStore, StoredResource
from forecast_platform.forecast_service.port import Export, ImportRequest, Progress, Resource
from forecast_platform.forecast_service.task import task_of

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.algorithms.contract import Algorithm
    from forecast_platform.engine.executor import Executor
    from forecast_platform.engine.explain import Explanation
    from forecast_platform.engine.predictor import Predictor
    from forecast_platform.engine.what_if import Scenario, WhatIf


class LocalForecastService:
    """Implements :class:`forecast_platform.forecast_service.port.ForecastService` without leaving the machine.

    Args:
        home: Folder of its state; made when missing.
        executor: Makes what fits models of single series; the default uses one process per core.
        pretrained: Folder with the weights of pretrained models; what is not there is no candidate.
    """

    kind = "local"

    def __init__(
        self, home: Path, executor: Callable[[], Executor] | None = None, pretrained: Path | None = None
    ) -> None:
        self._store = ResourceStore(home)
        self._executor = executor
        self._pretrained = pretrained

    def import_data(self, request: ImportRequest) -> Resource:
        """Keep the data of one cutoff."""
        stored, made = self._import(request)
        return Resource(stored.manifest["name"], "dataset_import", not made, stored.details)

    def import_name(self, request: ImportRequest) -> str:
        """The name of the import of this request."""
        return _import_identity(request).name

    def predictor_name(self, request: ImportRequest) -> str:
        """The name of the predictor that this request trains."""
        return self._identity(request).name

    def train_predictor(self, request: ImportRequest, progress: Progress) -> Resource:
        """Backtest, select and keep a predictor.

        Raises:
            InputError: The data is too short, or the algorithm is none of this service's.
            PermanentError: Every algorithm failed, or a predictor of this name came from another request.
        """
        identity = self._identity(request)
        with self._store.turn(identity):
            existing = self._store.find_same("predictor", identity)
            if existing is not None:
                return Resource(identity.name, "predictor", reused=True, details=existing.details)
            stored, made = self._train(request, identity, progress)
        return Resource(identity.name, "predictor", not made, stored.details)

    def accuracy_metrics(self, predictor: str) -> dict[str, Any]:
        """The GetAccuracyMetrics document of the predictor.

        The first entry is the selection per series, ``AutoPredictor``. A metric that is undefined for the data,
        such as MAPE where all actuals are zero, is left out.

        Raises:
            TransientError: There is no such predictor any more.
        """
        return artefacts.read_accuracy(self._existing("predictor", predictor).folder)

    def item_accuracy(self, predictor: str) -> pd.DataFrame:
        """Accuracy per item of the selection.

        Raises:
            TransientError: There is no such predictor any more.
        """
        return artefacts.read_item_accuracy(self._existing("predictor", predictor).folder)

    def create_forecast(self, predictor: str, request: ImportRequest, progress: Progress) -> Resource:
        """Forecast from the data of ``request``, with what the predictor learnt, for the types asked for.

        Raises:
            PermanentError: Another version of the engine wrote the predictor.
            TransientError: There is no such predictor any more.
            InputError: There is no data.
        """
        hashed = request_hash(predictor, request.data_hash, request.params.forecast_types)
        identity = Identity(request.project, request.cutoff, hashed)
        existing = self._store.find_same("forecast", identity)
        if existing is not None:
            return Resource(identity.name, "forecast", reused=True, details=existing.details)
        from forecast_platform.engine.predictor import forecast

        loaded = self._load(predictor)
        frames = artefacts.read_frames(self._import(request)[0].folder)
        executor = self._executor() if self._executor else None
        table = forecast(
            loaded, frames, request.params.forecast_types, progress, executor, self._pretrained_algorithms()
        )
        stored, made = self._store.create(
            "forecast", identity, lambda folder: artefacts.write_forecast(folder, table) | {"predictor": predictor}
        )
        return Resource(identity.name, "forecast", not made, stored.details)

    def export_forecast(self, forecast: str, bucket: Bucket, prefix: str) -> Export:
        """Write the forecast as CSV files below ``prefix``.

        Raises:
            TransientError: There is no such forecast any more.
        """
        stored = self._existing("forecast", forecast)
        cutoff = datetime.fromisoformat(stored.manifest["cutoff"])
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        keys = []
        for name, content in export_parts(artefacts.read_forecast(stored.folder), forecast, cutoff):
            bucket.write(below + name, content)
            keys.append(below + name)
        return Export(tuple(keys))

    def export_backtest(self, predictor: str, bucket: Bucket, prefix: str) -> Export:
        """Write the backtest in the two folders of Amazon's export below ``prefix``.

        Raises:
            TransientError: There is no such predictor any more.
        """
        stored = self._existing("predictor", predictor)
        cutoff = datetime.fromisoformat(stored.manifest["cutoff"])
        tables = {
            "forecasted-values": artefacts.read_forecasted_values(stored.folder),
            "accuracy-metrics-values": artefacts.read_item_accuracy(stored.folder),
        }
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        keys = []
        for folder, table in tables.items():
            for name, content in backtest_parts(table, predictor, cutoff):
                bucket.write(f"{below}{folder}/{name}", content)
                keys.append(f"{below}{folder}/{name}")
        return Export(tuple(keys))

    def explain(self, predictor: str, request: ImportRequest, progress: Progress) -> Explanation:
        """Impact scores of the features on the forecast that ``predictor`` makes from the data of ``request``.

        Raises:
            PermanentError: Another version wrote the predictor.
            TransientError: There is no such predictor any more.
        """
        from forecast_platform.engine.explain import explain

        loaded, frames = self._load(predictor), artefacts.read_frames(self._import(request)[0].folder)
        executor = self._executor() if self._executor else None
        return explain(loaded, frames, progress, executor, self._pretrained_algorithms())

    def what_if(self, predictor: str, request: ImportRequest, scenario: Scenario, progress: Progress) -> WhatIf:
        """The forecast of a scenario beside the one that :meth:`create_forecast` makes.

        Raises:
            InputError: With all problems of the scenario.
            PermanentError: Another version wrote the predictor.
            TransientError: There is no such predictor any more.
        """
        from forecast_platform.engine.what_if import what_if

        forecast = self.create_forecast(predictor, request, progress)
        baseline = artefacts.read_forecast(self._existing("forecast", forecast.name).folder)
        loaded, frames = self._load(predictor), artefacts.read_frames(self._import(request)[0].folder)
        executor = self._executor() if self._executor else None
        return what_if(loaded, frames, scenario, baseline, progress, executor, self._pretrained_algorithms())

    def delete(self, resources: Sequence[tuple[str, str]]) -> list[str]:
        """Delete forecasts, then predictors, then imports; returns the names that existed."""
        order = list(FOLDERS)
        in_order = sorted(resources, key=lambda resource: order.index(resource[0]))
        return [name for kind, name in in_order if self._store.delete(kind, name)]

    def resources(self, project: str) -> list[tuple[str, str]]:
        """Every ``(kind, name)`` of a project."""
        return self._store.names(project)

    def _train(self, request: ImportRequest, identity: Identity, progress: Progress) -> tuple[StoredResource, bool]:
        from forecast_platform.engine.training import train

        frames = artefacts.read_frames(self._import(request)[0].folder)
        executor = self._executor() if self._executor else None
        task = task_of(request.params, request.preset)
        trained = train(frames, task, progress, executor, self._pretrained_algorithms())
        return self._store.create(
            "predictor",
            identity,
            lambda folder: artefacts.write_predictor(folder, trained, request.params.auto_predictor),
        )

    def _pretrained_algorithms(self) -> list[Algorithm]:
        weights = find_chronos_weights(self._pretrained)
        if weights is None:
            return []
        from forecast_platform.engine.algorithms.chronos import Chronos2

        return [Chronos2(weights)]

    def _identity(self, request: ImportRequest) -> Identity:
        pretrained = find_chronos_weights(self._pretrained)
        return _predictor_identity(request, [pretrained.name] if pretrained else [])

    def _import(self, request: ImportRequest) -> tuple[StoredResource, bool]:
        identity = _import_identity(request)
        existing = self._store.find_same("dataset_import", identity)
        if existing is not None:
            return existing, False
        frames = request.frames()
        return self._store.create("dataset_import", identity, lambda folder: artefacts.write_frames(folder, frames))

    def _load(self, predictor: str) -> Predictor:
        trained = self._existing("predictor", predictor)
        return artefacts.read_predictor(trained.folder, trained.details)

    def _existing(self, kind: str, name: str) -> StoredResource:
        found = self._store.find(kind, name)
        if found is None:
            # It was there a moment ago: the clean-up of another run was quicker.
            raise TransientError(f"The local service has no {kind} {name!r}: it was deleted meanwhile. Run again.")
        return found


def _datasets(request: ImportRequest) -> list[Any]:
    params = request.params
    return [dataset for dataset in (params.target, params.related, params.item_metadata) if dataset is not None]


def _import_identity(request: ImportRequest) -> Identity:
    schemas = [asdict(dataset) for dataset in _datasets(request)]
    return Identity(request.project, request.cutoff, request_hash(request.data_hash, schemas))


def _predictor_identity(request: ImportRequest, pretrained: list[str]) -> Identity:
    task = task_of(request.params, request.preset).to_json()
    hashed = request_hash(ENGINE_VERSION, request.data_hash, task, request.params.auto_predictor, pretrained)
    return Identity(request.project, request.cutoff, hashed)
