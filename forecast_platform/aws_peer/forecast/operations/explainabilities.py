"""Explainabilities and their export.

Belongs here: their creation and their rules. Does not belong here: impact scores (``engine``).
"""

from __future__ import annotations

from typing import Any

from forecast_platform.aws_peer.forecast import kinds, refusals
from forecast_platform.aws_peer.forecast.account import Account, Draft
from forecast_platform.aws_peer.forecast.resources import Resource

Document = dict[str, Any]
_ALL = {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "ALL"}
_BY_GRANULARITY = {
    "TimeSeriesGranularity": ("DataSource", "Schema"),
    "TimePointGranularity": ("StartDateTime", "EndDateTime"),
}


class ExplainabilityOperations:
    """Handlers of explainabilities."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create_explainability(self, request: Document) -> Document:
        """CreateExplainability, of a predictor or of a forecast."""
        explained = self._account.find(request["ResourceArn"], kinds.PREDICTOR, kinds.FORECAST)
        draft = Draft(kinds.EXPLAINABILITY, request, [explained], explained.imports, auto=True)

        def check() -> None:
            _check_granularity(request, explained)
            self._check_explained(explained)

        return self._account.create(draft, check)

    def create_export(self, request: Document) -> Document:
        """CreateExplainabilityExport."""
        explainability = self._account.find(request["ExplainabilityArn"], kinds.EXPLAINABILITY)
        added = {"ResourceArn": explainability.document["ResourceArn"]}
        draft = Draft(kinds.EXPLAINABILITY_EXPORT, request, [explainability], auto=True, added=added)
        return self._account.create(draft)

    def _check_explained(self, explained: Resource) -> None:
        if not explained.auto:
            raise refusals.invalid_input(
                f"{explained.arn} was not made with CreateAutoPredictor; only those can be explained."
            )
        if explained.kind is kinds.PREDICTOR:
            others = [one for one in self._account.store.children(explained.arn) if one.kind is kinds.EXPLAINABILITY]
            if others:
                raise refusals.invalid_input(f"The predictor {explained.arn} has an explainability: {others[0].arn}")


def _check_granularity(request: Document, explained: Resource) -> None:
    config = request["ExplainabilityConfig"]
    if explained.kind is kinds.PREDICTOR and config != _ALL:
        raise refusals.invalid_input("A predictor is explained for ALL time series and ALL time points.")
    for granularity, members in _BY_GRANULARITY.items():
        given = [name for name in members if name in request]
        if config[granularity] == "ALL" and given:
            raise refusals.invalid_input(f"{', '.join(given)}: only when {granularity} is SPECIFIC.")
        if config[granularity] == "SPECIFIC" and len(given) < len(members):
            raise refusals.invalid_input(f"{granularity} SPECIFIC needs {' and '.join(members)}.")
