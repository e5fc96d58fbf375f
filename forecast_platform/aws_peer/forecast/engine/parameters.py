"""From the API's documents to the parameters that the platform works with.

Belongs here: params.json documents made of Describe documents. Does not belong here: the rules about them
(``params``).
"""

from __future__ import annotations

import json
from typing import Any

from forecast_platform.aws_peer.forecast.engine.documents import Datasets, Document
from forecast_platform.aws_peer.forecast.engine.importing import timestamp_format_of
from forecast_platform.errors import InputError, Problem
from forecast_platform.params import Params, parse_params
from forecast_platform.params.domains import METADATA, TARGET
from forecast_platform.params.schema import AUTO_PREDICTOR, DATASET, PREDICTOR

_NOT_OF_A_MODEL = ("EncryptionConfig", "Tags", "MonitorConfig", "ReferencePredictorArn")


def training_document(predictor: Document, datasets: Datasets) -> dict[str, Any]:
    """The params.json that stands for a predictor and its dataset group.

    Raises:
        InputError: There is no target time series.
    """
    target, job = _target(datasets)
    kind, fields = (
        ("Predictor", PREDICTOR) if predictor.get("FeaturizationConfig") else ("AutoPredictor", AUTO_PREDICTOR)
    )
    return {
        "DatasetGroup": {"DatasetGroupName": "imported", "Domain": target["Domain"]},
        "Datasets": [_dataset(dataset) for dataset, _ in datasets],
        kind: _known(predictor, fields.fields),
        "Forecast": {"ForecastName": predictor["PredictorName"]},
        "TimestampFormat": timestamp_format_of(job),
    }


def forecast_document(trained: Document, forecast: Document) -> dict[str, Any]:
    """The parameters of a predictor, with what a forecast asks for."""
    asked = {name: forecast[name] for name in ("ForecastName", "ForecastTypes") if forecast.get(name)}
    return {**trained, "Forecast": asked}


def parse(document: Document, name: str) -> Params:
    """The parameters of a document.

    Args:
        name: Of the resource, for messages.

    Raises:
        InputError: With everything that is wrong with it.
    """
    return parse_params(json.dumps(document), source=name).params


def _target(datasets: Datasets) -> tuple[Document, Document]:
    for dataset, job in datasets:
        if dataset["DatasetType"] == TARGET:
            return dataset, job
    expected = f"a {TARGET} dataset with an ACTIVE import"
    raise InputError("There is no data to train on.", [Problem("the dataset group", f"no {TARGET}", expected)])


def _dataset(document: Document) -> dict[str, Any]:
    known = {name: value for name, value in document.items() if name in DATASET.fields and value is not None}
    if document["DatasetType"] == METADATA:
        known.pop("DataFrequency", None)
    return {name: value for name, value in known.items() if name not in _NOT_OF_A_MODEL}


def _known(document: Document, names: Document) -> dict[str, Any]:
    """Without what is empty: a list that the API may leave out is as good as none."""
    return {
        name: value
        for name, value in document.items()
        if name in names and name not in _NOT_OF_A_MODEL and value not in (None, [], {})
    }
