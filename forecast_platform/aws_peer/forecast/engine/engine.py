"""The jobs of the peer, one call each.

Belongs here: the interface that the handlers of the peer call. Does not belong here: how a job is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from forecast_platform.aws_peer.forecast.engine.context import Context
from forecast_platform.aws_peer.forecast.engine.documents import Datasets, Document
from forecast_platform.aws_peer.forecast.engine.keeping import Keeper
from forecast_platform.aws_peer.forecast.engine.objects import OpenBucket
from forecast_platform.aws_peer.forecast.engine.requests import project_of
from forecast_platform.forecast_service.local import LocalForecastService
from forecast_platform.forecast_service.local.store import ResourceStore


class ForecastEngine:
    """Does what Amazon Forecast does behind its API.

    Documents are Describe answers as boto3 gives them. Answers are members that the Describe answer of the resource
    has afterwards, in JSON: instants are seconds since 1970. Every call may be made again after a kill and then ends
    as it would have. All calls are safe in threads.

    Args:
        home: Folder of its state; made when missing.
        open_bucket: Gives the whole S3 bucket of a name.
        preset: ``fast``, ``balanced`` or ``best``, for all predictors; ``None`` = as each predictor says.
    """

    def __init__(self, home: Path, open_bucket: OpenBucket, preset: str | None = None) -> None:
        local = home / "service"
        self._context = Context(
            Keeper(home / "resources"), open_bucket, LocalForecastService(local), ResourceStore(local), preset
        )

    def import_data(self, dataset: Document, job: Document) -> dict[str, Any]:
        """Read the files at the import job's path and keep their rows; gives ``DataSize`` and ``FieldStatistics``.

        Raises:
            InputError: With everything that is wrong with the files.
        """
        from forecast_platform.aws_peer.forecast.engine.importing import import_data

        return import_data(self._context.keeper, self._context.open_bucket, dataset, job)

    def train(self, predictor: Document, datasets: Datasets) -> dict[str, Any]:
        """Train a predictor, legacy or auto, from the imports.

        Raises:
            InputError: The parameters are wrong, or the data is too short for them.
            PermanentError: Every algorithm failed.
        """
        from forecast_platform.aws_peer.forecast.engine.predictors import train

        return train(self._context, predictor, datasets)

    def accuracy(self, predictor: Document) -> dict[str, Any]:
        """The GetAccuracyMetrics answer.

        Raises:
            PermanentError: The predictor is not there.
        """
        from forecast_platform.aws_peer.forecast.engine.predictors import accuracy

        return accuracy(self._context, predictor)

    def export_backtest(self, predictor: Document, job: Document) -> None:
        """Write the backtest of a predictor to the job's destination, in Amazon's two folders.

        Raises:
            PermanentError: The predictor is not there.
        """
        from forecast_platform.aws_peer.forecast.engine.predictors import backtest_tables

        self._export(job, "PredictorBacktestExportJobName", backtest_tables(self._context, predictor))

    def forecast(self, forecast: Document, predictor: Document, datasets: Datasets) -> dict[str, Any]:
        """Forecast with a predictor from imports that may be newer than those it was trained on.

        Raises:
            InputError: The forecast types or the chosen series are wrong.
            PermanentError: The predictor is not there.
        """
        from forecast_platform.aws_peer.forecast.engine import forecasts

        return forecasts.forecast(self._context, forecast, predictor, datasets)

    def export_forecast(self, forecast: Document, job: Document) -> None:
        """Write a forecast to the job's destination.

        Raises:
            PermanentError: The forecast is not there.
        """
        from forecast_platform.aws_peer.forecast.engine.forecasts import forecast_table
        from forecast_platform.forecast_service.local.export import forecast_rows

        self._export(job, "ForecastExportJobName", {"": forecast_rows(forecast_table(self._context, forecast))})

    def query(
        self, forecast: Document, filters: Mapping[str, str], start: str | None, end: str | None
    ) -> dict[str, Any]:
        """The ``Forecast`` of a QueryForecast answer.

        Raises:
            InputError: The filters are not those of a series of the forecast.
            PermanentError: The forecast is not there.
        """
        from forecast_platform.aws_peer.forecast.engine.forecasts import forecast_table
        from forecast_platform.aws_peer.forecast.engine.querying import predictions

        return predictions(forecast_table(self._context, forecast), filters, start, end)

    def explain(self, explainability: Document, resource: Document) -> dict[str, Any]:
        """Keep the impact scores of the features.

        Args:
            resource: The predictor or the forecast to explain; the data is that which it was made from.

        Raises:
            InputError: The chosen series are wrong, or single time points are asked for.
            PermanentError: The resource is not there.
        """
        from forecast_platform.aws_peer.forecast.engine.explaining import explain

        explain(self._context, explainability, resource)
        return {}

    def export_explainability(self, explainability: Document, job: Document) -> None:
        """Write impact scores to the job's destination.

        Raises:
            PermanentError: The explainability is not there.
        """
        from forecast_platform.aws_peer.forecast.engine.explaining import score_rows

        self._export(job, "ExplainabilityExportName", {"": score_rows(self._context, explainability)})

    def what_if_forecast(self, what_if_forecast: Document, analysis: Document, forecast: Document) -> dict[str, Any]:
        """Forecast a scenario of the related time series, from the data that ``forecast`` was made from.

        Raises:
            InputError: With all problems of the scenario.
            PermanentError: The forecast is not there.
        """
        from forecast_platform.aws_peer.forecast.engine import what_ifs

        return what_ifs.what_if_forecast(self._context, what_if_forecast, analysis, forecast)

    def export_what_if(self, what_if_forecasts: Sequence[Document], job: Document) -> None:
        """Write the forecasts of several scenarios beside their baseline to the job's destination.

        Raises:
            InputError: They are of several analyses.
            PermanentError: One of them is not there.
        """
        from forecast_platform.aws_peer.forecast.engine.what_ifs import side_by_side
        from forecast_platform.forecast_service.local.export import forecast_rows

        rows = forecast_rows(side_by_side(self._context, what_if_forecasts))
        self._export(job, "WhatIfForecastExportName", {"": rows})

    def query_what_if(
        self, what_if_forecast: Document, filters: Mapping[str, str], start: str | None, end: str | None
    ) -> dict[str, Any]:
        """The ``Forecast`` of a QueryWhatIfForecast answer.

        Raises:
            InputError: The filters are not those of a series of the forecast.
            PermanentError: The what-if forecast is not there.
        """
        from forecast_platform.aws_peer.forecast.engine.querying import predictions
        from forecast_platform.aws_peer.forecast.engine.what_ifs import what_if_table

        return predictions(what_if_table(self._context, what_if_forecast), filters, start, end)

    def delete(self, kind: str, name: str) -> None:
        """Forget what was kept of a resource. What it exported to S3 stays.

        Args:
            kind: As in the resource's ARN: ``dataset-import-job``, ``predictor``, ``forecast``, ``explainability``,
                ``what-if-forecast``. Other kinds keep nothing here.
            name: What follows it in the ARN, e.g. ``dataset/job`` of an import job.
        """
        resource = f"{kind}/{name}"
        self._context.keeper.forget(resource)
        service = self._context.service
        service.delete(service.resources(project_of(resource)))

    def _export(self, job: Document, name: str, tables: Mapping[str, Any]) -> None:
        from forecast_platform.aws_peer.forecast.engine.exporting import write_export

        write_export(self._context.open_bucket, job, job[name], tables)
