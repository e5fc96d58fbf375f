"""What-if analyses, their forecasts and exports.

Belongs here: their creation and their rules. Does not belong here: applying a scenario (``engine``).
"""

from __future__ import annotations

from typing import Any

from forecast_platform.aws_peer.forecast import kinds, refusals
from forecast_platform.aws_peer.forecast.account import Account, Draft

Document = dict[str, Any]
_SCENARIO = ("TimeSeriesTransformations", "TimeSeriesReplacementsDataSource")


class WhatIfOperations:
    """Handlers of what-ifs."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create_analysis(self, request: Document) -> Document:
        """CreateWhatIfAnalysis."""
        forecast = self._account.find(request["ForecastArn"], kinds.FORECAST)
        draft = Draft(kinds.WHAT_IF_ANALYSIS, request, [forecast], auto=forecast.auto)
        return self._account.create(draft)

    def create_forecast(self, request: Document) -> Document:
        """CreateWhatIfForecast."""
        analysis = self._account.find(request["WhatIfAnalysisArn"], kinds.WHAT_IF_ANALYSIS)
        forecast = self._account.find(analysis.parents[0])
        added = {"ForecastTypes": forecast.document["ForecastTypes"]}
        draft = Draft(kinds.WHAT_IF_FORECAST, request, [analysis], auto=analysis.auto, added=added)
        return self._account.create(draft, lambda: _check_scenario(request))

    def create_export(self, request: Document) -> Document:
        """CreateWhatIfForecastExport."""
        what_ifs = [self._account.find(arn, kinds.WHAT_IF_FORECAST) for arn in request["WhatIfForecastArns"]]
        draft = Draft(kinds.WHAT_IF_EXPORT, request, what_ifs, auto=what_ifs[0].auto)
        return self._account.create(draft)


def _check_scenario(request: Document) -> None:
    given = [name for name in _SCENARIO if request.get(name)]
    if len(given) != 1:
        raise refusals.invalid_input(f"Give one of {' and '.join(_SCENARIO)}.")
    for index, transformation in enumerate(request.get("TimeSeriesTransformations", []), start=1):
        if "Action" not in transformation:
            raise refusals.invalid_input(f"Transformation {index} has no Action.")
