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
    """The files of a forecast: see :func:`csv_parts` and :func:`forecast_rows`."""
    yield from csv_parts(forecast_rows(forecast), name, cutoff, rows_per_part)


def backtest_parts(
    table: pd.DataFrame, name: str, cutoff: datetime, rows_per_part: int = ROWS_PER_PART
) -> Iterator[tuple[str, bytes]]:
    """The files of one table of a backtest: see :func:`csv_parts` and :func:`backtest_rows`."""
    yield from csv_parts(backtest_rows(table), name, cutoff, rows_per_part)


def forecast_rows(forecast: pd.DataFrame) -> pd.DataFrame:
    """A forecast in the columns of its export.

    Args:
        forecast: ``item_id``, forecast dimensions, ``timestamp``, forecast types.
    """
    table = forecast.assign(timestamp=forecast["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return table.rename(columns={"timestamp": "date"})


def backtest_rows(table: pd.DataFrame) -> pd.DataFrame:
    """One table of a backtest as it is exported, in the columns that it has.

    A metric that is not defined is :data:`NOT_DEFINED`; an actual that was not observed is an empty cell.
    """
    missing = NOT_DEFINED
    if "timestamp" in table:
        missing = ""
        table = table.assign(timestamp=table["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S"))
    return table.astype(object).where(table.notna(), missing)


def csv_parts(
    table: pd.DataFrame, name: str, cutoff: datetime, rows_per_part: int = ROWS_PER_PART
) -> Iterator[tuple[str, bytes]]:
    """File names ``<name>_<timestamp>_part<N>.csv`` and their content, each with the header.

    The timestamp is the cutoff, not the clock, so that the same table gives the same files.
    """
    for part, first in enumerate(range(0, max(len(table), 1), rows_per_part)):
        rows = table.iloc[first : first + rows_per_part]
        yield f"{name}_{cutoff:%Y-%m-%dT%H-%M-%SZ}_part{part}.csv", _csv(rows)


def _csv(rows: pd.DataFrame) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.columns)
    writer.writerows(zip(*(rows[column].tolist() for column in rows.columns), strict=True))
    return text.getvalue().encode()
