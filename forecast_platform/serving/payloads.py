"""Bodies of requests as rows of a model's features, and predictions as bodies of answers.

Belongs here: CSV, JSON and JSON lines in the shapes that SageMaker's own models take and give. Does not belong here:
what a cell means to a model (``models``).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn

from forecast_platform.errors import Problem
from forecast_platform.params.shapes import shown
from forecast_platform.serving import media
from forecast_platform.serving.refusal import RefusedError, bad_payload

Cell = str | int | float | bool | None
Row = list[Cell]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one row.

    Attributes:
        score: A probability or a value; of a model of several classes one probability per class.
        label: The class it predicts, where it knows its classes.
    """

    score: float | list[float]
    label: str | int | None = None


def read_rows(body: bytes, content_type: str, features: Sequence[str]) -> list[Row]:
    """The rows in ``body``, each with a cell per feature, in the order of ``features``.

    Args:
        content_type: One of :data:`media.KNOWN`.

    Raises:
        RefusedError: 400, with everything that is wrong.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        problem = Problem(f"byte {error.start + 1} of the body", f"0x{body[error.start]:02X}", "text in UTF-8")
        raise bad_payload([problem]) from None
    problems: list[Problem] = []
    rows = _READERS[content_type](text, features, problems)
    if problems:
        raise bad_payload(problems)
    if not rows:
        raise bad_payload([Problem("the body", "nothing", f"a row of {len(features)} values, or several")])
    return rows


def write_predictions(predictions: Sequence[Prediction], content_type: str) -> bytes:
    """The body of an answer: CSV has the scores only, JSON the predicted labels too."""
    if content_type == media.CSV:
        # No line feed after the last: captures of SageMaker's own models have none.
        return "\n".join(_csv_scores(prediction.score) for prediction in predictions).encode()
    documents = [_document(prediction) for prediction in predictions]
    if content_type == media.JSON_LINES:
        return "\n".join(json.dumps(document) for document in documents).encode()
    return json.dumps({"predictions": documents}).encode()


def _csv_scores(score: float | list[float]) -> str:
    return ",".join(map(repr, score)) if isinstance(score, list) else repr(score)


def _document(prediction: Prediction) -> dict[str, Any]:
    if prediction.label is None:
        return {"score": prediction.score}
    return {"score": prediction.score, "predicted_label": prediction.label}


def _read_csv(text: str, features: Sequence[str], problems: list[Problem]) -> list[Row]:
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if not cells:
                continue
            if len(cells) == len(features):
                rows.append(list(cells))
            else:
                expected = f"{len(features)} values: {', '.join(features)}"
                problems.append(Problem(f"line {reader.line_num}", f"{len(cells)} values", expected))
    except csv.Error as error:
        problems.append(Problem(f"line {reader.line_num}", str(error), "CSV with quotes in pairs"))
    if rows and rows[0] == list(features):
        problems.append(Problem("line 1", "a header", "rows only", "Leave the header out, as for SageMaker."))
    return rows


def _read_json(text: str, features: Sequence[str], problems: list[Problem]) -> list[Row]:
    document = _parsed(text, "the body")
    if isinstance(document, dict) and "instances" in document:
        document = document["instances"]
        if not isinstance(document, list):
            problems.append(Problem("instances", shown(document), "a list"))
            return []
    instances = document if isinstance(document, list) else [document]
    return list(_instances(enumerate(instances), features, problems, place=lambda index: f"instance {index + 1}"))


def _read_json_lines(text: str, features: Sequence[str], problems: list[Problem]) -> list[Row]:
    lines = [(index, line) for index, line in enumerate(text.split("\n")) if line.strip()]
    instances = ((index, _parsed(line, f"line {index + 1}")) for index, line in lines)
    return list(_instances(instances, features, problems, place=lambda index: f"line {index + 1}"))


_READERS: dict[str, Callable[[str, Sequence[str], list[Problem]], list[Row]]] = {
    media.CSV: _read_csv,
    media.JSON: _read_json,
    media.JSON_LINES: _read_json_lines,
}


def _instances(
    instances: Any, features: Sequence[str], problems: list[Problem], place: Callable[[int], str]
) -> Iterator[Row]:
    for index, instance in instances:
        values = _values(instance, features)
        found = list(_problems(values, features, place(index)))
        problems += found
        if not found:
            yield values if isinstance(values, list) else [values[feature] for feature in features]


def _values(instance: Any, features: Sequence[str]) -> Any:
    """The list or the object of an instance, out of the wrappings that SageMaker's formats allow."""
    if isinstance(instance, dict) and set(instance) == {"data"} and "data" not in features:
        instance = instance["data"]
    if isinstance(instance, dict) and set(instance) == {"features"} and "features" not in features:
        instance = instance["features"]
        if isinstance(instance, dict) and set(instance) == {"values"} and "values" not in features:
            instance = instance["values"]
    if len(features) == 1 and not isinstance(instance, list | dict):
        return [instance]
    return instance


def _problems(values: Any, features: Sequence[str], place: str) -> Iterator[Problem]:
    if isinstance(values, dict):
        yield from (Problem(f"{place}, {name}", "nothing", "a value") for name in features if name not in values)
        unknown = [name for name in values if name not in features]
        yield from (Problem(place, f"the unknown feature {shown(name)}", ", ".join(features)) for name in unknown)
        cells = list(values.items())
    elif isinstance(values, list):
        if len(values) != len(features):
            yield Problem(place, f"{len(values)} values", f"{len(features)} values: {', '.join(features)}")
        cells = list(zip(features, values, strict=False))
    else:
        yield Problem(place, shown(values), "a list of values, or an object with a value per feature")
        return
    for name, cell in cells:
        if isinstance(cell, dict | list):
            yield Problem(f"{place}, {name}", shown(cell), "a number, a text or null")


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise bad_payload([Problem(f"{place}, character {error.pos + 1}", error.msg, "JSON")]) from None
    except (RecursionError, ValueError) as error:
        raise bad_payload([Problem(place, str(error), "JSON")]) from None


def _refuse_constant(name: str) -> NoReturn:
    raise RefusedError(HTTPStatus.BAD_REQUEST, f"{name} is not JSON; send null for a missing value.")
