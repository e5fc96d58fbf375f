"""The data of one cutoff as CSV files in the bucket, for Amazon Forecast to import.

Belongs here: their columns, cells and places, and what is remembered of them. Does not belong here: import jobs
(``imports``).

Files have no header and their columns in the order of the schema. The manifest is written last: where it is, all files
are.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from forecast_platform.bucket import Bucket, layout
from forecast_platform.errors import InputError, Problem
from forecast_platform.forecast_service.amazon.identities import import_identity
from forecast_platform.forecast_service.amazon.requests import SUFFIXES, dataset_attributes
from forecast_platform.forecast_service.port import ImportRequest
from forecast_platform.params import Params

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.frames import TrainingFrames

FOLDER = f"{layout.SERVICE}imports/"
ROWS_PER_FILE = 500_000
_SHOWN = 20


@dataclass(frozen=True)
class Staged:
    """What was staged for one import.

    Attributes:
        rows: Dataset type -> rows; datasets without any are not there.
        item_column: Schema name of the item.
        spelling: Column -> lower-case text -> as the data spells it, where that is another: Amazon Forecast writes all
            text in lower case.
    """

    name: str
    rows: Mapping[str, int]
    items: int
    item_column: str
    spelling: Mapping[str, Mapping[str, str]]

    def folder(self, dataset_type: str) -> str:
        """Below which the files of one dataset are."""
        return f"{FOLDER}{self.name}/{SUFFIXES[dataset_type].strip('_')}/"


def stage(bucket: Bucket, request: ImportRequest) -> Staged:
    """Write the files of an import, unless they are there. Writing them again is harmless.

    Raises:
        InputError: Items or dimensions differ in upper and lower case only, which Amazon Forecast does not tell apart.
    """
    name = import_identity(request).name
    found = staged(bucket, name)
    if found is not None:
        return found
    frames = request.frames()
    tables = _tables(frames)
    made = Staged(
        name=name,
        rows={dataset_type: len(table) for dataset_type, table in tables.items()},
        items=int(frames.target["item_id"].nunique()),
        item_column=request.params.item_column,
        spelling=_spelling(frames.target, request),
    )
    for dataset_type, table in tables.items():
        for number, content in enumerate(csv_files(table, request.params, dataset_type)):
            bucket.write(f"{made.folder(dataset_type)}part-{number:05d}.csv", content)
    bucket.write(_manifest(name), json.dumps(asdict(made), ensure_ascii=False).encode())
    return made


def staged(bucket: Bucket, name: str) -> Staged | None:
    """What was staged for the import ``name``; ``None`` = not all of it is there."""
    try:
        return Staged(**json.loads(bucket.read(_manifest(name))))
    except KeyError:
        return None


def unstage(bucket: Bucket, name: str) -> None:
    """Remove the files of an import, the manifest first."""
    bucket.delete(_manifest(name))
    for stored in list(bucket.list(f"{FOLDER}{name}/")):
        bucket.delete(stored.key)


def csv_files(
    table: pd.DataFrame, params: Params, dataset_type: str, rows_per_file: int = ROWS_PER_FILE
) -> Iterator[bytes]:
    """The files of one dataset."""
    columns = [_cells(table, params, one) for one in dataset_attributes(params, dataset_type)]
    for first in range(0, len(table), rows_per_file):
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows(zip(*(column[first : first + rows_per_file] for column in columns), strict=True))
        yield text.getvalue().encode()


def _tables(frames: TrainingFrames) -> dict[str, pd.DataFrame]:
    tables = {
        "TARGET_TIME_SERIES": frames.target,
        "RELATED_TIME_SERIES": frames.related,
        "ITEM_METADATA": frames.item_metadata,
    }
    return {dataset_type: table for dataset_type, table in tables.items() if table is not None and len(table)}


def _cells(table: pd.DataFrame, params: Params, attribute: Mapping[str, str]) -> list[str]:
    """One column as text; what is missing is empty."""
    name, kind = attribute["AttributeName"], attribute["AttributeType"]
    own_names = {params.item_column: "item_id"}
    if "target" in table:
        own_names[params.target_column] = "target"
    values = table[own_names.get(name, name)]
    if kind == "timestamp":
        return [str(text) for text in values.dt.strftime(params.strptime_format)]
    if kind in ("integer", "float"):
        return [_number(value, kind) for value in values.tolist()]
    return ["" if value is None or value != value else str(value) for value in values.tolist()]


def _number(value: float, kind: str) -> str:
    if value != value:
        return ""
    return str(int(value)) if kind == "integer" and value == int(value) else repr(float(value))


def _spelling(target: pd.DataFrame, request: ImportRequest) -> dict[str, dict[str, str]]:
    columns = {"item_id": request.params.item_column}
    columns |= {dimension: dimension for dimension in request.params.forecast_dimensions}
    spelling: dict[str, dict[str, str]] = {column: {} for column in columns}
    problems = []
    for column, schema_name in columns.items():
        known: dict[str, str] = {}
        for text in target[column].unique():
            first = known.setdefault(text.lower(), text)
            if first != text:
                problems.append(_same(schema_name, first, text))
        spelling[column] = {lower: text for lower, text in known.items() if lower != text}
    if problems:
        raise InputError(
            "Amazon Forecast writes all text in lower case, and would add up what differs in case only.",
            [*problems[:_SHOWN], *_more(len(problems) - _SHOWN)],
        )
    return spelling


def _same(column: str, first: str, second: str) -> Problem:
    return Problem(
        f"{layout.TRAIN}, column {column}",
        f"{first!r} and {second!r}",
        "one spelling",
        "Rename one of them, or use the embedded engine (service: local).",
    )


def _more(count: int) -> list[Problem]:
    return [Problem(layout.TRAIN, f"{count} more such pairs", "none")] if count > 0 else []


def _manifest(name: str) -> str:
    return f"{FOLDER}{name}/manifest.json"
