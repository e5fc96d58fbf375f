"""What each kind of job asks of the engine.

Belongs here: kind to call, and the documents that the call needs. Does not belong here: states (``jobs``) or how a job
is done (``engine``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forecast_platform.aws_peer.forecast import kinds
from forecast_platform.aws_peer.forecast.arns import last_names
from forecast_platform.aws_peer.forecast.describing import Descriptions
from forecast_platform.aws_peer.forecast.engine import ForecastEngine
from forecast_platform.aws_peer.forecast.resources import Resource, ResourceStore
from forecast_platform.errors import PermanentError

Document = dict[str, Any]
_UNSUCCESSFUL = (kinds.CREATE_FAILED, kinds.CREATE_STOPPED)


class ForecastWork:
    """Makes resources, asks and forgets them, with the engine."""

    def __init__(self, engine: ForecastEngine, store: ResourceStore, descriptions: Descriptions) -> None:
        self._engine, self._store, self._descriptions = engine, store, descriptions
        self._by_kind: dict[kinds.Kind, Callable[[Resource], Document | None]] = {
            kinds.IMPORT_JOB: self._import,
            kinds.PREDICTOR: self._train,
            kinds.BACKTEST_EXPORT: self._export_backtest,
            kinds.FORECAST: self._forecast,
            kinds.FORECAST_EXPORT: self._export_forecast,
            kinds.EXPLAINABILITY: self._explain,
            kinds.EXPLAINABILITY_EXPORT: self._export_explainability,
            kinds.WHAT_IF_ANALYSIS: self._analyse,
            kinds.WHAT_IF_FORECAST: self._what_if,
            kinds.WHAT_IF_EXPORT: self._export_what_ifs,
        }

    def make(self, resource: Resource) -> Document:
        """Do the job of ``resource``; gives what that adds to its Describe answer.

        Raises:
            ForecastPlatformError: Its text becomes the ``Message`` of the failed resource.
        """
        return self._by_kind[resource.kind](resource) or {}

    def forget(self, resource: Resource) -> None:
        """Let the engine forget ``resource``."""
        if resource.kind.job:
            self._engine.delete(resource.kind.segment, last_names(resource.arn))

    def accuracy(self, predictor: Resource) -> Document:
        """The GetAccuracyMetrics answer."""
        return self._engine.accuracy(self._document(predictor))

    def query(self, resource: Resource, filters: dict[str, str], start: str | None, end: str | None) -> Document:
        """The predictions of a forecast or a what-if forecast for one item."""
        ask = self._engine.query if resource.kind is kinds.FORECAST else self._engine.query_what_if
        return ask(self._document(resource), filters, start, end)

    def _import(self, job: Resource) -> Document:
        return self._engine.import_data(self._document(self._parent(job)), self._document(job))

    def _train(self, predictor: Resource) -> Document:
        return self._engine.train(self._document(predictor), self._datasets(predictor))

    def _export_backtest(self, job: Resource) -> None:
        self._engine.export_backtest(self._document(self._parent(job)), self._document(job))

    def _forecast(self, forecast: Resource) -> Document:
        predictor = self._parent(forecast)
        return self._engine.forecast(self._document(forecast), self._document(predictor), self._datasets(forecast))

    def _export_forecast(self, job: Resource) -> None:
        self._engine.export_forecast(self._document(self._parent(job)), self._document(job))

    def _explain(self, explainability: Resource) -> Document:
        return self._engine.explain(self._document(explainability), self._document(self._parent(explainability)))

    def _export_explainability(self, job: Resource) -> None:
        self._engine.export_explainability(self._document(self._parent(job)), self._document(job))

    def _analyse(self, analysis: Resource) -> None:
        """An analysis only names the forecast and the items; its forecasts do the work."""

    def _what_if(self, what_if: Resource) -> Document:
        analysis = self._parent(what_if)
        return self._engine.what_if_forecast(
            self._document(what_if), self._document(analysis), self._document(self._parent(analysis))
        )

    def _export_what_ifs(self, job: Resource) -> None:
        self._engine.export_what_if([self._document(self._found(arn)) for arn in job.parents], self._document(job))

    def _parent(self, resource: Resource) -> Resource:
        return self._found(resource.parents[0])

    def _found(self, arn: str) -> Resource:
        resource = self._store.get(arn)
        if resource is None:
            raise PermanentError(f"{arn} was deleted meanwhile.")
        if resource.status in _UNSUCCESSFUL:
            raise PermanentError(f"{arn} is in the status {resource.status}.")
        return resource

    def _datasets(self, resource: Resource) -> list[tuple[Document, Document]]:
        """Each dataset with the import job whose data ``resource`` uses."""
        jobs = [self._found(arn) for arn in resource.imports]
        return [(self._document(self._parent(job)), self._document(job)) for job in jobs]

    def _document(self, resource: Resource) -> Document:
        return self._descriptions.for_engine(resource)
