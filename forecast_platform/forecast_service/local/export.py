"""A forecast and a backtest as the CSV files that Amazon Forecast exports.

Belongs here: their columns, names and bytes. Does not belong here: where they go.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ROWS_PER_PART = 250_000

NOT_DEFINED = "not defined"
"""What the service writes for a metric of a window in which an item has no actuals."""


def export_parts(
    forecast: pd.DataFrame, name: str, cutoff: datetime, rows_per_part: int = ROWS_PER_PART
) -> Iterator[tuple[str, bytes]]:
    """File names ``<name>_<timestamp>_part<N>.csv`` and their content, each with the header.

    The timestamp is the cutoff, not the clock, so that the same forecast gives the same files.

    Args:
        forecast: ``item_id``, forecast dimensions, ``timestamp``, forecast types.
    """
    table = forecast.assign(timestamp=forecast["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    yield from _parts(table.rename(columns={"timestamp": "date"}), name, cutoff, rows_per_part)


def backtest_parts(
    table: pd.DataFrame, name: str, cutoff: datetime, rows_per_part: int = ROWS_PER_PART
) -> Iterator[tuple[str, bytes]]:
    """The same of one table of a backtest, in the columns that it has.

    A metric that is not defined is :data:`NOT_DEFINED`; an actual that was not observed is an empty cell.
    """
    missing = NOT_DEFINED
    if "timestamp" in table:
        missing = ""
        table = table.assign(timestamp=table["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    yield from _parts(table.astype(object).where(table.notna(), missing), name, cutoff, rows_per_part)


def _parts(table: pd.DataFrame, name: str, cutoff: datetime, rows_per_part: int) -> Iterator[tuple[str, bytes]]:
    for part, first in enumerate(range(0, max(len(table), 1), rows_per_part)):
        rows = table.iloc[first : first + rows_per_part]
        yield f"{name}_{cutoff:%Y-%m-%dT%H-%M-%SZ}_part{part}.csv", _csv(rows)


def _csv(rows: pd.DataFrame) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.columns)
    writer.writerows(zip(*(rows[column].tolist() for column in rows.columns), strict=True))
    return text.getvalue().encode()
