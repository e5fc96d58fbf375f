"""The series that a request is about, where it does not mean all: a file of keys.

Belongs here: reading the keys and picking rows by them. Does not belong here: what is done with the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast_platform.aws_peer.forecast.engine.documents import Document, path_of
from forecast_platform.aws_peer.forecast.engine.objects import OpenBucket, source_files
from forecast_platform.errors import InputError, Problem
from forecast_platform.params import Params

if TYPE_CHECKING:
    import pandas as pd


def selected_series(open_bucket: OpenBucket, resource: Document, params: Params) -> pd.DataFrame | None:
    """The keys in the file of a ``TimeSeriesSelector``; ``None`` = the resource has none and means all series."""
    identifiers = (resource.get("TimeSeriesSelector") or {}).get("TimeSeriesIdentifiers")
    if not identifiers:
        return None
    return series_in_file(
        open_bucket, identifiers["DataSource"], identifiers["Schema"], params, identifiers.get("Format") or "CSV"
    )


def series_in_file(
    open_bucket: OpenBucket, source: Document, schema: Document, params: Params, file_format: str = "CSV"
) -> pd.DataFrame:
    """The keys of series in a file: ``item_id`` and the forecast's dimensions.

    Raises:
        InputError: The file cannot be read, or has other columns.
    """
    from forecast_platform.aws_peer.forecast.engine.tables import read_series

    names = [one["AttributeName"] for one in schema["Attributes"]]
    expected = [params.item_column, *params.forecast_dimensions]
    if sorted(names) != sorted(expected):
        problem = Problem("Schema.Attributes", ", ".join(names), f"exactly {', '.join(expected)}")
        raise InputError("The series cannot be read.", [problem])
    return read_series(source_files(open_bucket, path_of(source)), names, params.item_column, file_format)


def rows_of_series(table: pd.DataFrame, series: pd.DataFrame | None) -> pd.DataFrame:
    """The rows whose keys are among ``series``, in their order; all without any.

    Raises:
        InputError: None is.
    """
    if series is None:
        return table
    import numpy as np

    from forecast_platform.engine.series_keys import rows_of

    chosen = table[np.asarray(rows_of(table, series)) >= 0].reset_index(drop=True)
    if chosen.empty:
        problem = Problem("TimeSeriesSelector", f"{len(series)} unknown series", "series of the data")
        raise InputError("None of the series is known.", [problem])
    return chosen
