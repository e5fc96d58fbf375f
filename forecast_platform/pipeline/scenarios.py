"""From a what-if file, in the shape of the API's CreateWhatIfForecast, to a scenario of the engine.

Belongs here: reading the JSON and the CSV that it may point to. Does not belong here: what goes with the data
(``engine.what_if``), which files there are (``what_if``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from forecast_platform.bucket import Bucket
from forecast_platform.errors import InputError, Problem
from forecast_platform.params import Attribute, Params
from forecast_platform.params.json_text import read_json
from forecast_platform.params.schema import ARN, DATE, DATE_AND_TIME, KMS_KEY_ARN, NAME, SCHEMA, TAGS
from forecast_platform.params.shapes import Choice, Items, Number, Object, Problems, Text, entries_at, value_at

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.frames import TrainingFrames
    from forecast_platform.engine.what_if import Scenario, Transformation

_MOST_TRANSFORMATIONS, _MOST_CONDITIONS = 30, 10
_TIMESTAMP_FORMATS = {DATE: "%Y-%m-%d", DATE_AND_TIME: "%Y-%m-%d %H:%M:%S"}
_WORD = Text("a word of at most 63 characters", lambda text: 0 < len(text) <= 63)
_CONDITION = Object(
    {
        "AttributeName": _WORD,
        "AttributeValue": Text("text of 1 to 256 characters, in quotes", lambda text: 0 < len(text) <= 256),
        "Condition": _WORD,
    },
    ("AttributeName", "AttributeValue", "Condition"),
)
_ACTION = Object(
    {"AttributeName": _WORD, "Operation": _WORD, "Value": Number()}, ("AttributeName", "Operation", "Value")
)
_TRANSFORMATION = Object(
    {"Action": _ACTION, "TimeSeriesConditions": Items("conditions", _CONDITION, 0, _MOST_CONDITIONS)}, ("Action",)
)
_PATH = Text("the key of a CSV file in the project's part of the bucket", lambda text: 0 < len(text) <= 4096)
_SOURCE = Object(
    {
        "S3Config": Object({"Path": _PATH, "RoleArn": ARN, "KMSKeyArn": KMS_KEY_ARN}, ("Path",)),
        "Schema": SCHEMA,
        "Format": Choice(("CSV",)),
        "TimestampFormat": Choice(tuple(_TIMESTAMP_FORMATS)),
    },
    ("S3Config",),
)
_DOCUMENT = Object(
    {
        "WhatIfForecastName": NAME,
        "WhatIfAnalysisArn": ARN,
        "TimeSeriesTransformations": Items("transformations", _TRANSFORMATION, 0, _MOST_TRANSFORMATIONS),
        "TimeSeriesReplacementsDataSource": _SOURCE,
        "Tags": TAGS,
    }
)


@dataclass(frozen=True)
class ScenarioFile:
    """A what-if file, read.

    Attributes:
        scenario: What could be read of it.
        problems: What could not, and what does not go with the data.
        digest: Of everything that it says, the CSV included.
    """

    scenario: Scenario
    problems: tuple[Problem, ...]
    digest: str


def read_scenario(
    data: bytes, source: str, params: Params, frames: TrainingFrames, bucket: Bucket, folder: Path | None = None
) -> ScenarioFile:
    """Read a scenario and check it against the data that it is to be forecast from.

    Args:
        source: Name of the file, for messages.
        bucket: The project's, where the path of a replacement is looked for.
        folder: Where that is looked for first, for a file that is not in a bucket.
    """
    from forecast_platform.engine.what_if import Scenario, check

    try:
        written = read_json(data, source)
    except InputError as error:
        return ScenarioFile(Scenario(where=source), error.problems, "")
    problems = Problems(source)
    document = _DOCUMENT.read(written, "$", problems)
    content = sha256(data)
    rows = None
    if source_of_rows := value_at(document, "TimeSeriesReplacementsDataSource"):
        try:
            rows, digest = _replacement(source_of_rows, params, bucket, folder)
            content.update(digest)
        except InputError as error:
            problems.found += error.problems
    scenario = Scenario(transformations_of(document, source, params.item_column), rows, source)
    found = list(problems.found)
    # What could not be read would be told a second time as missing.
    if not found or scenario.transformations or scenario.replacement is not None:
        found += check(scenario, frames)
    return ScenarioFile(scenario, tuple(found), content.hexdigest())


def transformations_of(document: Any, source: str, item_column: str) -> tuple[Transformation, ...]:
    """Those of a CreateWhatIfForecast document that are complete, as far as they are within the limits.

    Args:
        source: For messages.
    """
    from forecast_platform.engine.what_if import Condition, Transformation

    def canonical(name: str) -> str:
        return "item_id" if name.casefold() == item_column.casefold() else name

    found = []
    for index, one in entries_at(document, "TimeSeriesTransformations")[:_MOST_TRANSFORMATIONS]:
        action = [value_at(one, "Action", member) for member in ("AttributeName", "Operation", "Value")]
        conditions = [
            [value_at(entry, member) for member in ("AttributeName", "Condition", "AttributeValue")]
            for _, entry in entries_at(one, "TimeSeriesConditions")[:_MOST_CONDITIONS]
        ]
        if None in action or any(None in condition for condition in conditions):
            continue
        name, operation, value = action
        read = tuple(Condition(canonical(name), *rest) for name, *rest in conditions)
        where = f"{source}: $.TimeSeriesTransformations[{index}]"
        found.append(Transformation(canonical(name), operation, float(value), read, where))
    return tuple(found)


def _replacement(source: Any, params: Params, bucket: Bucket, folder: Path | None) -> tuple[pd.DataFrame | None, bytes]:
    """The rows, and the digest of their file; no rows when there are no related time series that they could replace.

    Raises:
        InputError: The file is not there, or cannot be read, or has no keys.
    """
    from forecast_platform.training_data.one_file import read_one_file
    from forecast_platform.training_data.schema import replacement_schema

    name, opened = _open(value_at(source, "S3Config", "Path"), bucket, folder)
    with opened() as stream:
        digest = sha256(stream.read()).digest()
    written = [one for _, one in entries_at(source, "Schema", "Attributes")]
    attributes = [Attribute(one["AttributeName"], one["AttributeType"]) for one in written]
    schema = replacement_schema(params, attributes or None)
    if schema is None:
        return None, digest
    if not {"item_id", "timestamp"} <= {column.canonical for column in schema.columns}:
        expected = f"the columns {params.item_column} (string) and timestamp (timestamp), and at least one feature"
        raise InputError("A replacement has no keys.", [Problem(name, "a schema without them", expected)])
    if stamp := value_at(source, "TimestampFormat"):
        schema = replace(schema, timestamp_format=_TIMESTAMP_FORMATS[stamp])
    return read_one_file(opened, name, schema), digest


def _open(path: str | None, bucket: Bucket, folder: Path | None) -> tuple[str, Callable[[], BinaryIO]]:
    """The file's name for messages, and how to open it.

    Raises:
        InputError: It is not there.
    """
    if path is None:
        raise InputError("The replacement has no path.")
    if folder is not None and (folder / path).is_file():
        return str(folder / path), lambda: (folder / path).open("rb")
    key = path.removeprefix(f"{bucket.uri()}/")
    try:
        found = bucket.head(key)
    except ValueError:
        found = None
    if found is None:
        expected = f"the key of a CSV file below {bucket.uri()}, such as what_if/discount.csv"
        raise InputError("A replacement is not there.", [Problem(path, "no such file", expected)])
    return key, partial(bucket.open, key)
