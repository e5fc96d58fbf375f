"""The forecast service that is Amazon Forecast.

Belongs here: the port's calls, each by the modules beside this one. Does not belong here: how anything is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forecast_platform.aws.settings import AwsSettings
from forecast_platform.bucket.protocol import Bucket
from forecast_platform.errors import TransientError
from forecast_platform.forecast_service.amazon.accuracy import accuracy_document
from forecast_platform.forecast_service.amazon.api import ForecastApi, Found
from forecast_platform.forecast_service.amazon.deletion import Deletion
from forecast_platform.forecast_service.amazon.explain import (
    Explanations,
    has_features,
    nothing_to_explain,
    require_auto_predictor,
)
from forecast_platform.forecast_service.amazon.exports import Exports
from forecast_platform.forecast_service.amazon.identities import import_identity, predictor_identity
from forecast_platform.forecast_service.amazon.imports import Imports
from forecast_platform.forecast_service.amazon.in_turn import TURN, InTurn
from forecast_platform.forecast_service.amazon.job import Job
from forecast_platform.forecast_service.amazon.jobs import Jobs
from forecast_platform.forecast_service.amazon.kinds import ACTIVE, FORECAST
from forecast_platform.forecast_service.amazon.patience import Patience
from forecast_platform.forecast_service.amazon.reported import ReportedFailures
from forecast_platform.forecast_service.amazon.requests import Requests, check
from forecast_platform.forecast_service.amazon.what_if import WhatIfs, require_valid
from forecast_platform.forecast_service.port import Export, ImportRequest, Progress, Resource

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.explain import Explanation
    from forecast_platform.engine.what_if import Scenario, WhatIf


class AmazonForecastService:
    """Implements :class:`forecast_platform.forecast_service.port.ForecastService` on AWS.

    It keeps nothing itself: whatever is under way is found again in Amazon Forecast and in the bucket.

    Args:
        bucket: The project's prefix of the S3 bucket, which Amazon Forecast reads and writes below ``service/``.

    Raises:
        InputError: The settings lack the role that Amazon Forecast takes.
    """

    kind = "amazon_forecast"

    def __init__(self, bucket: Bucket, settings: AwsSettings) -> None:
        self._api, self._patience = ForecastApi(settings), Patience(settings)
        self._requests = Requests(settings, self._api.role_arn)
        self._jobs = Jobs(self._api, self._patience, ReportedFailures(bucket), settings)
        self._imports = Imports(bucket, self._api, self._jobs, self._requests)
        self._in_turn = InTurn(bucket, self._api, self._patience, self._jobs, self._imports)
        self._exports = Exports(bucket, self._api, self._patience, self._jobs, self._requests)
        self._explanations = Explanations(bucket, self._jobs, self._requests, self._exports)
        self._what_ifs = WhatIfs(bucket, self._jobs, self._requests, self._exports)
        self._deletion = Deletion(bucket, self._api, self._patience, self._in_turn.turns)

    def import_name(self, request: ImportRequest) -> str:
        """The name of the dataset group of this request."""
        return import_identity(request).name

    def predictor_name(self, request: ImportRequest) -> str:
        """The name of the predictor that this request trains."""
        return predictor_identity(request).name

    def import_data(self, request: ImportRequest) -> Resource:
        """A dataset group of its own with the data of one cutoff.

        Raises:
            InputError: Amazon Forecast cannot do what the parameters, the preset or the data ask for.
        """
        check(request)
        return self._imports.ensure(request)

    def train_predictor(self, request: ImportRequest, progress: Progress) -> Resource:
        """Train on the datasets of the request's own import.

        Raises:
            InputError: Amazon Forecast cannot do what the parameters, the preset or the data ask for.
            PermanentError: The predictor failed, or one of its name came from another request.
        """
        group_arn = self._imports.group_arn(request)
        job = self._requests.predictor(request, group_arn)
        if not self._is_ready(job):
            self._imports.ensure(request)
        return self._ensure(request, group_arn, job, progress)

    def accuracy_metrics(self, predictor: str) -> dict[str, Any]:
        """The GetAccuracyMetrics document of the predictor; that of the chosen algorithm comes first.

        Raises:
            TransientError: There is no such predictor any more.
        """
        found = self._predictor(predictor)
        described = self._api.describe(found.kind, found.arn) or found
        chosen = described.facts.get("AutoMLAlgorithmArns") or [described.facts.get("AlgorithmArn")]
        return accuracy_document(self._api.accuracy(found.arn), chosen[0])

    def item_accuracy(self, predictor: str) -> pd.DataFrame:
        """Accuracy per item, from the backtest export.

        Raises:
            TransientError: There is no such predictor any more.
        """
        return self._exports.item_accuracy(self._predictor(predictor))

    def create_forecast(self, predictor: str, request: ImportRequest, progress: Progress) -> Resource:
        """Forecast from the data of ``request``, which becomes the newest import of the predictor's datasets.

        Raises:
            PermanentError: The forecast failed.
            TransientError: There is no such predictor any more.
        """
        found = self._predictor(predictor)
        job = self._requests.forecast(request, predictor, found.arn)
        return self._ensure(request, found.facts["DatasetGroupArn"], job, progress)

    def export_forecast(self, forecast: str, bucket: Bucket, prefix: str) -> Export:
        """Write the forecast as CSV files below ``prefix``.

        Raises:
            TransientError: There is no such forecast any more.
        """
        return Export(self._exports.copy(self._forecast(forecast), bucket, prefix))

    def export_backtest(self, predictor: str, bucket: Bucket, prefix: str) -> Export:
        """Write the backtest in Amazon's two folders below ``prefix``.

        Raises:
            TransientError: There is no such predictor any more.
        """
        return Export(self._exports.copy(self._predictor(predictor), bucket, prefix))

    def explain(self, predictor: str, request: ImportRequest, progress: Progress) -> Explanation:
        """Impact scores of the forecast that ``predictor`` makes from the data of ``request``.

        Raises:
            InputError: The parameters do not ask for an AutoPredictor.
            PermanentError: A job failed.
            TransientError: There is no such predictor any more.
        """
        require_auto_predictor(request)
        if not has_features(request):
            return nothing_to_explain(request)
        forecast = self._forecast(self.create_forecast(predictor, request, progress).name)
        return self._explanations.explain(forecast, request, lambda status: progress(status, 0, 1))

    def what_if(self, predictor: str, request: ImportRequest, scenario: Scenario, progress: Progress) -> WhatIf:
        """A scenario beside the forecast that ``predictor`` makes from the data of ``request``.

        Raises:
            InputError: With all problems of the scenario.
            PermanentError: A job failed.
            TransientError: There is no such predictor any more.
        """
        require_valid(scenario, request)
        forecast = self._forecast(self.create_forecast(predictor, request, progress).name)
        return self._what_ifs.what_if(forecast, request, scenario, lambda status: progress(status, 0, 1))

    def delete(self, resources: Sequence[tuple[str, str]]) -> list[str]:
        """Delete forecasts, then predictors, then imports, each with what was made from it."""
        return self._deletion.delete(resources)

    def resources(self, project: str) -> list[tuple[str, str]]:
        """Every ``(kind, name)`` of a project that this platform has made."""
        return self._deletion.resources(project)

    def has_ended(self, kind: str, name: str) -> bool:
        """Whether what a run waited for has ended, and it is worth running again."""
        return self._in_turn.turns.is_free(name) if kind == TURN else self._jobs.has_ended(kind, name)

    def _ensure(self, request: ImportRequest, group_arn: str, job: Job, progress: Progress) -> Resource:
        ensured = self._in_turn.ensure(request, group_arn, job, lambda status: progress(status, 0, 1))
        progress(f"{job.kind.words} {job.name}: {ACTIVE}", 1, 1)
        label = "forecast" if job.kind is FORECAST else "predictor"
        # A listing says less than a description.
        described = self._api.describe(job.kind, ensured.found.arn) if ensured.reused else None
        return Resource(job.name, label, ensured.reused, _details(described or ensured.found))

    def _is_ready(self, job: Job) -> bool:
        found = self._jobs.find(job)
        return found is not None and found.status == ACTIVE

    def _predictor(self, name: str) -> Found:
        return self._existing("predictor", name, list(self._deletion.predictors(name)))

    def _forecast(self, name: str) -> Found:
        return self._existing("forecast", name, [one for one in self._api.list(FORECAST) if one.name == name])

    def _existing(self, kind: str, name: str, found: list[Found]) -> Found:
        if not found:
            # It was there a moment ago: the clean-up of another cutoff, or a person, was quicker.
            raise TransientError(f"Amazon Forecast has no {kind} {name!r}: it was deleted meanwhile. Run again.")
        return found[0]


def _details(found: Found) -> dict[str, Any]:
    """For people: what is worth reading of the description, in JSON types."""
    shown = ("AlgorithmArn", "AutoMLAlgorithmArns", "DatasetGroupArn")
    return {"arn": found.arn, **{name: found.facts[name] for name in shown if name in found.facts}}
