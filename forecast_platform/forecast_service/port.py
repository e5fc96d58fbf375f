"""The port to whoever trains and forecasts: the vocabulary of the Amazon Forecast API, without its wire format.

Belongs here: the protocol, its requests and its answers. Does not belong here: any implementation.

Every call is "describe before create": a resource whose name and request hash exist already is adopted, one
whose name exists with another hash is an error, and a call that is killed half-way is simply made again.

Where a predictor or a forecast is named that does not exist, the error is a ``TransientError``: the clean-up of another
run was quicker, and making it again helps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from forecast_platform.errors import ForecastPlatformError

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.bucket import Bucket
    from forecast_platform.engine.explain import Explanation
    from forecast_platform.engine.frames import TrainingFrames
    from forecast_platform.engine.what_if import Scenario, WhatIf
    from forecast_platform.params import Params

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done and how many there are."""


@dataclass(frozen=True)
class ImportRequest:
    """Bring the data visible at one cutoff into the service.

    Attributes:
        project: Name of the project.
        cutoff: Naive instant.
        data_hash: Hash of exactly the rows in ``frames()``.
        frames: Loads them; called only when the import does not exist yet.
        preset: How much work a predictor is worth: ``fast``, ``balanced`` or ``best``; ``None`` = as the parameters
            say.
    """

    project: str
    cutoff: datetime
    params: Params
    data_hash: str
    frames: Callable[[], TrainingFrames]
    preset: str | None = None


@dataclass(frozen=True)
class Resource:
    """Something the service holds.

    Attributes:
        name: Deterministic: project, cutoff, hash of what it was made from.
        kind: ``dataset_import``, ``predictor`` or ``forecast``.
        reused: It existed already.
        details: For people: datasets and row counts, algorithms, seconds … JSON-serialisable.
    """

    name: str
    kind: str
    reused: bool
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Export:
    """Where an export landed: its CSV files, in Amazon's columns ``item_id,[dimensions],date,p10,…``."""

    keys: tuple[str, ...]


class JobUnderWayError(ForecastPlatformError):
    """The service works on it, and the caller need not wait: ask again when the job has ended.

    Attributes:
        kind: As in :class:`Resource`, or that of an export or an analysis.
        name: Of the job.
        status: In the service's words.
    """

    def __init__(self, kind: str, name: str, status: str) -> None:
        self.kind, self.name, self.status = kind, name, status
        super().__init__(f"The service works on the {kind} {name}: {status}.")

    def __reduce__(self) -> tuple[type[JobUnderWayError], tuple[str, str, str]]:
        """Exceptions are pickled with their message as the only argument; this one is made from three."""
        return type(self), (self.kind, self.name, self.status)


class JobNotBegunError(JobUnderWayError):
    """The service cannot begin with it yet: it works on as many others as it can. Ask again when one of them has ended.

    The job itself need not exist; :meth:`DeferringService.has_ended` then says whether it is worth trying again.
    """


class ForecastService(Protocol):
    """Who trains and forecasts.

    Where the service is told not to wait, every call that makes something may raise :class:`JobUnderWayError` instead.
    """

    kind: str

    def import_data(self, request: ImportRequest) -> Resource:
        """Ensure the dataset group with ALL datasets of the parameters, and the import of the data."""
        ...

    def import_name(self, request: ImportRequest) -> str:
        """The deterministic name of the import that :meth:`import_data` makes of this request."""
        ...

    def predictor_name(self, request: ImportRequest) -> str:
        """The deterministic name of the predictor that :meth:`train_predictor` makes from this request."""
        ...

    def train_predictor(self, request: ImportRequest, progress: Progress) -> Resource:
        """Ensure the predictor trained on this import (made when missing)."""
        ...

    def accuracy_metrics(self, predictor: str) -> dict[str, Any]:
        """Accuracy of the predictor's backtests, in the shape of the GetAccuracyMetrics answer."""
        ...

    def item_accuracy(self, predictor: str) -> pd.DataFrame:
        """Backtest accuracy per item in Amazon's backtest-export columns (``accuracy-metrics-values``)."""
        ...

    def create_forecast(self, predictor: str, request: ImportRequest, progress: Progress) -> Resource:
        """Ensure the forecast that ``predictor`` makes afresh from the data of ``request``."""
        ...

    def export_forecast(self, forecast: str, bucket: Bucket, prefix: str) -> Export:
        """Write the forecast as CSV files under ``prefix`` of ``bucket``. Writing it again is harmless."""
        ...

    def export_backtest(self, predictor: str, bucket: Bucket, prefix: str) -> Export:
        """Write the backtest of a predictor under ``prefix``, in Amazon's two folders.

        ``forecasted-values`` holds forecasts and actuals by item and step, ``accuracy-metrics-values`` the metrics by
        item. Writing it again is harmless.
        """
        ...

    def delete(self, resources: Sequence[tuple[str, str]]) -> list[str]:
        """Delete ``(kind, name)`` resources in the order the service needs; returns the names that existed."""
        ...

    def resources(self, project: str) -> list[tuple[str, str]]:
        """Every ``(kind, name)`` the service holds for a project."""
        ...


@runtime_checkable
class DeferringService(Protocol):
    """What a service that raises :class:`JobUnderWayError` can do besides."""

    def has_ended(self, kind: str, name: str) -> bool:
        """Whether a job, whose error had this kind and name, has ended: well, badly, or by having been deleted."""
        ...


@runtime_checkable
class AnalysingService(Protocol):
    """What a service may be able to do besides: explain its forecasts, and forecast scenarios."""

    def explain(self, predictor: str, request: ImportRequest, progress: Progress) -> Explanation:
        """How much each feature moves the forecast that ``predictor`` makes from the data of ``request``."""
        ...

    def what_if(self, predictor: str, request: ImportRequest, scenario: Scenario, progress: Progress) -> WhatIf:
        """What ``predictor`` would forecast from the data of ``request`` if the plan were that of the scenario.

        Raises:
            InputError: With all problems of the scenario.
        """
        ...
