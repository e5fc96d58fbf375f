"""What explanations and what-ifs share: tables as files and files as tables, and where those of a forecast are.

Belongs here: keys, schemas, CSV and places. Does not belong here: either analysis (``explain``, ``what_if``).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import layout
from forecast_platform.forecast_service.amazon.api import Found
from forecast_platform.forecast_service.port import ImportRequest

if TYPE_CHECKING:
    import pandas as pd

FOLDER = f"{layout.SERVICE}analyses/"


def folder_of(forecast: Found, analysis: str) -> str:
    """Where the files of one analysis of a forecast are; they go with the forecast."""
    return f"{FOLDER}{forecast.name}/{analysis}/"


def keys_of(request: ImportRequest) -> pd.DataFrame:
    """``item_id`` and forecast dimensions of every series, in their order."""
    keys = ["item_id", *request.params.forecast_dimensions]
    return request.frames().target[keys].drop_duplicates().sort_values(keys, kind="stable", ignore_index=True)


def schema_of(request: ImportRequest, table: pd.DataFrame) -> dict[str, Any]:
    """How Amazon is told of the columns of a file."""
    types = {"M": "timestamp", "f": "float", "i": "float"}
    names = {"item_id": request.params.item_column}
    attributes = [
        {"AttributeName": names.get(str(name), str(name)), "AttributeType": types.get(column.dtype.kind, "string")}
        for name, column in table.items()
    ]
    return {"Attributes": attributes}


def text_of(table: pd.DataFrame, timestamp_format: str | None = None) -> bytes:
    """CSV without a header; what is missing is empty."""
    return str(table.to_csv(index=False, header=False, date_format=timestamp_format, lineterminator="\n")).encode()


def table_of(files: Sequence[bytes], text: Sequence[str]) -> pd.DataFrame:
    """The rows of the CSV files of an export; columns that are not ``text`` are numbers, NaN where there is none."""
    import pandas as pd

    tables = []
    for data in files:
        header = pd.read_csv(io.BytesIO(data), nrows=0).columns
        numbers = [name for name in header if name not in text]
        types = dict.fromkeys(text, "str") | dict.fromkeys(numbers, "float64")
        missing = {name: ["", "nan", "NaN"] for name in numbers}
        tables.append(pd.read_csv(io.BytesIO(data), dtype=types, keep_default_na=False, na_values=missing))
    return pd.concat(tables, ignore_index=True)
