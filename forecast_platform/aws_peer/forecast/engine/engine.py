"""The jobs of the peer, one call each.

Belongs here: the interface that the handlers of the peer call. Does not belong here: how a job is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from forecast_platform.bucket import Bucket

Document = Mapping[str, Any]
"""What a Describe call answers: the members of the API's shape, timestamps as ``datetime``."""

Datasets = Sequence[tuple[Document, Document]]
"""Each dataset of a group with its newest active import job."""


class ForecastEngine:
    """Does what Amazon Forecast does behind its API.

    Every answer is a part of the Describe document of the resource. Every call may be made again after a kill and then
    ends as it would have. All calls are safe in threads.

    Args:
        home: Folder of its state; made when missing.
        open_bucket: Gives the whole S3 bucket of a name.
        preset: ``fast``, ``balanced`` or ``best``, for all predictors; ``None`` = as each predictor says.
    """

    def __init__(self, home: Path, open_bucket: Callable[[str], Bucket], preset: str | None = None) -> None:
        self._home, self._open_bucket, self._preset = home, open_bucket, preset

    def import_data(self, dataset: Document, job: Document) -> dict[str, Any]:
        """Read the files at the import job's path and keep their rows; gives ``DataSize`` and ``FieldStatistics``."""
        raise NotImplementedError

    def train(self, predictor: Document, datasets: Datasets) -> dict[str, Any]:
        """Train a predictor, legacy or auto, from the imports."""
        raise NotImplementedError

    def accuracy(self, predictor: Document) -> dict[str, Any]:
        """The GetAccuracyMetrics answer."""
        raise NotImplementedError

    def export_backtest(self, predictor: Document, job: Document) -> None:
        """Write the backtest of a predictor to the job's destination."""
        raise NotImplementedError

    def forecast(self, forecast: Document, predictor: Document, datasets: Datasets) -> dict[str, Any]:
        """Forecast with a predictor from the newest imports."""
        raise NotImplementedError

    def export_forecast(self, forecast: Document, job: Document) -> None:
        """Write a forecast to the job's destination."""
        raise NotImplementedError

    def query(
        self, forecast: Document, filters: Mapping[str, str], start: str | None, end: str | None
    ) -> dict[str, Any]:
        """The QueryForecast answer's ``Forecast``."""
        raise NotImplementedError

    def explain(
        self, explainability: Document, resource: Document, predictor: Document, datasets: Datasets
    ) -> dict[str, Any]:
        """Impact scores of the features; ``resource`` is the predictor or a forecast."""
        raise NotImplementedError

    def export_explainability(self, explainability: Document, job: Document) -> None:
        """Write impact scores to the job's destination."""
        raise NotImplementedError

    def what_if_forecast(
        self,
        what_if_forecast: Document,
        analysis: Document,
        forecast: Document,
        predictor: Document,
        datasets: Datasets,
    ) -> dict[str, Any]:
        """Forecast a scenario of the related time series."""
        raise NotImplementedError

    def export_what_if(self, what_if_forecasts: Sequence[Document], job: Document) -> None:
        """Write the forecasts of several scenarios to the job's destination."""
        raise NotImplementedError

    def query_what_if(
        self, what_if_forecast: Document, filters: Mapping[str, str], start: str | None, end: str | None
    ) -> dict[str, Any]:
        """The QueryWhatIfForecast answer's ``Forecast``."""
        raise NotImplementedError

    def delete(self, kind: str, name: str) -> None:
        """Forget what was kept of a resource.

        Args:
            kind: As in the resource's ARN: ``dataset-import-job``, ``predictor``, ``forecast``, ``explainability``,
                ``what-if-forecast``. Other kinds keep nothing here.
            name: What follows it in the ARN, e.g. ``dataset/job`` of an import job.
        """
        raise NotImplementedError
