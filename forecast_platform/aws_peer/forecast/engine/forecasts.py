"""Forecasts: making them from the newest imports, and finding them again.

Belongs here: from Describe documents to the local service and back. Does not belong here: training (``predictors``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecast_platform.aws_peer.forecast.engine import parameters
from forecast_platform.aws_peer.forecast.engine.context import Context, no_progress
from forecast_platform.aws_peer.forecast.engine.documents import Datasets, Document, resource_of
from forecast_platform.aws_peer.forecast.engine.requests import Origin, import_request, project_of, request_of
from forecast_platform.aws_peer.forecast.engine.selecting import rows_of_series, selected_series
from forecast_platform.forecast_service.local import artefacts

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.forecast_service.port import ImportRequest
    from forecast_platform.params import Params


def forecast(context: Context, asked: Document, predictor: Document, datasets: Datasets) -> dict[str, Any]:
    """Forecast with what a predictor learnt, from imports that may be newer than those it was trained on.

    Raises:
        InputError: The forecast types or the chosen series are wrong.
        PermanentError: The predictor is not there.
    """
    arn = asked["ForecastArn"]
    trained = context.keeper.record(predictor["PredictorArn"])
    document = parameters.forecast_document(trained["origin"]["document"], asked)
    params = parameters.parse(document, asked["ForecastName"])
    project = project_of(resource_of(arn))
    request = import_request(context.keeper, datasets, project, params, context.preset)
    made = context.service.create_forecast(trained["predictor"], request, no_progress)
    chosen = selected_series(context.open_bucket, asked, params)
    table = artefacts.read_forecast(context.stored("forecast", made.name).folder)
    context.keeper.keep_frame(arn, rows_of_series(table, chosen))
    origin = Origin(project, request.cutoff, request.data_hash, document)
    context.keeper.keep(arn, {"predictor": trained["predictor"], "origin": origin.to_json()})
    return {"ForecastTypes": types_as_written(params)}


def forecast_table(context: Context, asked: Document) -> pd.DataFrame:
    """The keys, ``timestamp`` and forecast types of a forecast.

    Raises:
        PermanentError: It is not there.
    """
    return context.keeper.frame(asked["ForecastArn"])


def request_behind(context: Context, arn: str) -> tuple[str, ImportRequest]:
    """The local service's predictor of a forecast or a predictor, and the request with the data that it was made from.

    Raises:
        PermanentError: The resource is not there.
    """
    record = context.keeper.record(arn)
    origin = Origin.from_json(record["origin"])
    params = parameters.parse(origin.document, resource_of(arn))
    return record["predictor"], request_of(origin, params, context.preset)


def types_as_written(params: Params) -> list[str]:
    """The forecast types as the API has them: ``0.1`` for ``p10``."""
    return [one if one == "mean" else f"{int(one[1:]) / 100:g}" for one in params.forecast_types]
