"""Forecasts, their export, and asking them for one item.

Belongs here: their creation and their rules. Does not belong here: forecasting (``engine``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from forecast_platform.aws_peer.forecast import kinds, refusals
from forecast_platform.aws_peer.forecast.account import Account, Draft
from forecast_platform.aws_peer.forecast.kinds import Kind
from forecast_platform.aws_peer.forecast.operations.forecast_types import check_forecast_types
from forecast_platform.errors import ForecastPlatformError

Document = dict[str, Any]


class ForecastOperations:
    """Handlers of forecasts."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create_forecast(self, request: Document) -> Document:
        """CreateForecast, with the newest data of the dataset group."""
        predictor = self._account.find(request["PredictorArn"], kinds.PREDICTOR)
        types = request.get("ForecastTypes", predictor.document["ForecastTypes"])
        draft = Draft(
            kinds.FORECAST,
            request,
            [predictor],
            self._account.newest_imports(predictor),
            auto=predictor.auto,
            added={"DatasetGroupArn": predictor.document["DatasetGroupArn"], "ForecastTypes": types},
        )
        return self._account.create(draft, lambda: check_forecast_types(types))

    def create_export(self, request: Document) -> Document:
        """CreateForecastExportJob."""
        forecast = self._account.find(request["ForecastArn"], kinds.FORECAST)
        return self._account.create(Draft(kinds.FORECAST_EXPORT, request, [forecast], auto=forecast.auto))

    def query_forecast(self, request: Document) -> Document:
        """QueryForecast."""
        return self._query(request, kinds.FORECAST)

    def query_what_if_forecast(self, request: Document) -> Document:
        """QueryWhatIfForecast."""
        return self._query(request, kinds.WHAT_IF_FORECAST)

    def _query(self, request: Document, kind: Kind) -> Document:
        if "NextToken" in request:
            raise refusals.invalid_next_token()
        resource = self._account.find_active(request[kind.arn_member], kind)
        start, end = request.get("StartDate"), request.get("EndDate")
        _check_range(start, end)
        try:
            return {"Forecast": self._account.work.query(resource, request["Filters"], start, end)}
        except ForecastPlatformError as error:
            raise refusals.invalid_input(str(error)) from error


def _check_range(start: str | None, end: str | None) -> None:
    read = [_instant(text) for text in (start, end) if text is not None]
    if len(read) == 2 and read[0] > read[1]:
        raise refusals.invalid_input(f"StartDate {start} is after EndDate {end}.")


def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text.removesuffix("Z"), "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        raise refusals.invalid_input(f"The date {text} does not have the format yyyy-MM-ddTHH:mm:ss.") from None
