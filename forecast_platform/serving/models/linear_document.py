"""The JSON file of a linear model: what scikit-learn's linear pipelines are exported to.

Belongs here: its shape, its checks, reading and writing. Does not belong here: arithmetic (``linear``).
"""

from __future__ import annotations

import json
import math
from typing import Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.params.json_text import JsonObject, read_json
from forecast_platform.params.shapes import (
    Choice,
    Integer,
    Items,
    Number,
    Object,
    Pairs,
    Problems,
    Text,
    child,
    value_at,
)
from forecast_platform.serving.models.linear import CategoryFeature, Feature, LinearModel, NumberFeature

FORMAT = "forecast-platform/linear-model"
VERSION = 1
_LOGISTIC, _LINEAR = "logistic_regression", "linear_regression"
_MOST = 100_000
_NAME = Text("a name", lambda text: 0 < len(text) <= 256 and text.isprintable())


class _Nullable:
    """A number, or null."""

    expected = "a number or null"

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        return None if value is None else Number(self.expected).read(value, path, problems)


class _Label:
    """A class label."""

    expected = "a text or a whole number"

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        return (Integer() if type(value) is int else Text(self.expected, bool)).read(value, path, problems)


_KIND = Choice(("number", "category"))
_KINDS = {
    "number": Object(
        {
            "name": _NAME,
            "type": _KIND,
            "mean": Number(),
            "scale": Number(),
            "coefficient": Number(),
            "missing": _Nullable(),
        },
        required=("name", "type", "mean", "scale", "coefficient"),
    ),
    "category": Object(
        {
            "name": _NAME,
            "type": _KIND,
            "coefficients": Pairs("coefficients", Text("a value", lambda _: True), Number(), high=_MOST),
            "unknown": _Nullable(),
        },
        required=("name", "type", "coefficients"),
    ),
}
_ANY_KIND = Object({"name": _NAME, "type": _KIND}, required=("name", "type"))


class _Input:
    """A feature of either kind; ``type`` says which."""

    expected = "an object with name and type"

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        kind = value.get("type") if isinstance(value, JsonObject) else None
        if isinstance(kind, str) and kind in _KINDS:
            return _KINDS[kind].read(value, path, problems)
        known = JsonObject({key: value[key] for key in ("name", "type") if key in value}) if kind else value
        return _ANY_KIND.read(known, path, problems)


_MODEL = Object(
    {
        "format": Choice((FORMAT,)),
        "version": Integer(VERSION, VERSION),
        "kind": Choice((_LOGISTIC, _LINEAR)),
        "features": Items("features", _Input(), 1, _MOST, identity=lambda one: value_at(one, "name")),
        "intercept": Number(),
        "labels": Items("labels", _Label(), 2, 2, identity=lambda label: label),
        "threshold": Number(),
    },
    required=("format", "version", "kind", "features", "intercept"),
)


def read_linear_model(data: bytes, source: str) -> LinearModel:
    """The model in ``data``.

    Args:
        source: Name of the file, for messages.

    Raises:
        InputError: It is not such a file; with everything that is wrong.
    """
    problems = Problems(source)
    read = _MODEL.read(read_json(data, source), "$", problems)
    _check_rules(read, problems)
    if problems.found:
        raise InputError(f"{source} is not a linear model that can be served.", problems.found)
    return LinearModel(
        inputs=tuple(_feature(one) for one in read["features"]),
        intercept=float(read["intercept"]),
        labels=(read["labels"][0], read["labels"][1]) if read["kind"] == _LOGISTIC else None,
        threshold=float(read.get("threshold", 0.5)),
    )


def linear_model_json(model: LinearModel) -> bytes:
    """The file of ``model``; the inverse of :func:`read_linear_model`.

    Raises:
        InputError: A number of it is not finite.
    """
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "kind": _LINEAR if model.labels is None else _LOGISTIC,
        **({} if model.labels is None else {"labels": list(model.labels), "threshold": model.threshold}),
        "intercept": model.intercept,
        "features": [_feature_document(feature) for feature in model.inputs],
    }
    try:
        return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode()
    except ValueError:
        raise InputError(
            "The model cannot be written.", [Problem("the model", "a number that is not finite", "finite numbers")]
        ) from None


def _check_rules(read: Any, problems: Problems) -> None:
    kind, threshold = value_at(read, "kind"), value_at(read, "threshold")
    if kind == _LOGISTIC and value_at(read, "labels") is None and "labels" not in (read or {}):
        problems.add("$.labels", "nothing", "the two labels of a logistic regression")
    if kind == _LINEAR:
        for key in ("labels", "threshold"):
            if value_at(read, key) is not None:
                problems.add(child("$", key), "a value", "nothing in a linear regression")
    if threshold is not None and not 0 <= threshold <= 1:
        problems.add("$.threshold", f"{threshold:g}", "a number from 0 to 1")
    for index, feature in enumerate(value_at(read, "features") or ()):
        scale = value_at(feature, "scale")
        if scale is not None and not (scale > 0 and math.isfinite(scale)):
            problems.add(f"$.features[{index}].scale", f"{scale:g}", "a number above 0")


def _feature(read: dict[str, Any]) -> Feature:
    if read["type"] == "category":
        coefficients = {value: float(number) for value, number in read["coefficients"].items()}
        return CategoryFeature(read["name"], coefficients, _optional(read.get("unknown", 0.0)))
    mean, scale, coefficient = (float(read[key]) for key in ("mean", "scale", "coefficient"))
    return NumberFeature(read["name"], mean, scale, coefficient, _optional(read.get("missing")))


def _optional(number: float | None) -> float | None:
    return None if number is None else float(number)


def _feature_document(feature: Feature) -> dict[str, Any]:
    if isinstance(feature, CategoryFeature):
        return {
            "name": feature.name,
            "type": "category",
            "coefficients": dict(feature.coefficients),
            "unknown": feature.unknown,
        }
    return {
        "name": feature.name,
        "type": "number",
        "mean": feature.mean,
        "scale": feature.scale,
        "coefficient": feature.coefficient,
        "missing": feature.missing,
    }
