"""What an import, a predictor and a forecast of Amazon Forecast are named by.

Belongs here: what determines each. Does not belong here: their requests (``requests``).

Names, tags and keys of encryption are left out: changing them changes no forecast, and must not train anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecast_platform.forecast_service.identity import Identity, request_hash
from forecast_platform.forecast_service.port import ImportRequest

_SERVICE = "amazon_forecast"
_NO_CONTENT = frozenset(
    {
        "DatasetName",
        "DatasetGroupName",
        "PredictorName",
        "ForecastName",
        "Tags",
        "EncryptionConfig",
        "MonitorConfig",
        "ExplainPredictor",
        "PredictorArn",
    }
)


def import_identity(request: ImportRequest) -> Identity:
    """Of the dataset group with the data of the request."""
    raw = request.params.raw
    schemas = [_content(dataset) for dataset in raw["Datasets"]]
    hashed = request_hash(
        _SERVICE, request.data_hash, raw["DatasetGroup"]["Domain"], schemas, request.params.timestamp_format
    )
    return Identity(request.project, request.cutoff, hashed)


def predictor_identity(request: ImportRequest) -> Identity:
    """Of the predictor that is trained on the data of the request."""
    raw = request.params.raw
    asked = {key: _content(raw[key]) for key in ("Predictor", "AutoPredictor") if key in raw}
    # Where the parameters do not say for which types it is trained, it is for those that are forecast.
    types = None if any("ForecastTypes" in one for one in asked.values()) else request.params.forecast_types
    hashed = request_hash(import_identity(request).request_hash, asked, types, request.preset or "balanced")
    return Identity(request.project, request.cutoff, hashed)


def forecast_identity(request: ImportRequest, predictor: str) -> Identity:
    """Of the forecast that ``predictor`` makes from the data of the request."""
    asked = _content(request.params.raw["Forecast"])
    hashed = request_hash(import_identity(request).request_hash, predictor, asked, request.params.forecast_types)
    return Identity(request.project, request.cutoff, hashed)


def _content(written: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in written.items() if key not in _NO_CONTENT}
