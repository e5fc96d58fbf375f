"""What is kept of the comparison of forecasts with actuals, and how several runs share it.

Belongs here: reading and writing the objects of the accuracy tables. Does not belong here: which cutoffs are compared
(``forecast_accuracy``), measuring (``engine.comparison``).

The table by cutoff is one object, and also the record of what is up to date. A run first takes back the rows that it is
going to make anew (their ``actuals_digest`` becomes empty), then writes the other tables, then its rows. Whoever finds
an empty digest compares again: that is what a kill leaves behind, and what two runs leave that compared the same cutoff
at the same time with different results.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.bucket import Bucket, layout
from forecast_platform.cutoffs import cutoff_key
from forecast_platform.params import Params
from forecast_platform.warehouse.accuracy_tables import (
    by_cutoff_columns,
    by_item_columns,
    by_step_columns,
    comparison_columns,
)
from forecast_platform.warehouse.catalogue import Column

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.comparison import ComparedForecast

_LOOKED_AT = b"looked_at"


@dataclass(frozen=True)
class Comparisons:
    """The table by cutoff at one moment.

    Attributes:
        rows: Its rows, by ``cutoff``.
        looked_at: The state of data and parameters for which all rows are up to date; empty = for none.
        version: Of the object; ``None`` = there is none.
    """

    rows: pd.DataFrame
    looked_at: str
    version: str | None


def read_comparisons(bucket: Bucket, params: Params) -> Comparisons:
    """The table by cutoff; empty before the first comparison."""
    import pyarrow.parquet as pq

    found = bucket.head(layout.FORECAST_ACCURACY_BY_CUTOFF)
    columns = by_cutoff_columns(params)
    if found is None:
        return Comparisons(_typed(None, columns), "", None)
    table = pq.read_table(io.BytesIO(bucket.read(layout.FORECAST_ACCURACY_BY_CUTOFF)))
    looked_at = (table.schema.metadata or {}).get(_LOOKED_AT, b"").decode()
    return Comparisons(_typed(table.to_pandas(), columns), looked_at, found.version)


def take_back(bucket: Bucket, params: Params, before: Comparisons, cutoffs: Sequence[str]) -> Comparisons:
    """Mark the rows of ``cutoffs`` as not up to date, as they are going to be made anew; returns the table then."""
    doomed = before.rows["cutoff"].isin(cutoffs) & (before.rows["actuals_digest"] != "")
    if not doomed.any():
        return before
    return publish(bucket, params, before, before.rows[doomed].assign(actuals_digest=""), before.looked_at)


def publish(
    bucket: Bucket,
    params: Params,
    before: Comparisons,
    ours: pd.DataFrame,
    looked_at: str,
    gone: Collection[str] = (),
) -> Comparisons:
    """Put rows into the table in one step, beside what other runs have put there meanwhile; returns the table then.

    Args:
        before: The table as the caller knew it.
        ours: Rows by ``cutoff``; they replace those of the same cutoff.
        looked_at: The state for which the caller has made sure of all rows.
        gone: Cutoffs whose rows go, because their forecast is not kept any more.
    """
    from forecast_platform.warehouse.parquet_rows import from_frame

    key, columns, now = layout.FORECAST_ACCURACY_BY_CUTOFF, by_cutoff_columns(params), before
    ours = _typed(ours, columns)
    while True:
        rows, state = _merged(before, now, ours, looked_at, gone)
        data = from_frame(rows, columns, {_LOOKED_AT: state.encode()})
        same = now.version is not None and bucket.read(key) == data
        if same or bucket.compare_and_swap(key, data, now.version):
            return read_comparisons(bucket, params)
        now = read_comparisons(bucket, params)


def write_comparison(bucket: Bucket, params: Params, cutoff: datetime, compared: ComparedForecast) -> None:
    """Write everything about one comparison but its row in the table by cutoff."""
    from forecast_platform.warehouse.parquet_rows import from_frame

    rows = compared.rows[compared.rows["actual"].notna()].rename(columns={"value": "forecast"})
    if rows.empty:
        bucket.delete(layout.forecast_accuracy(cutoff))
    else:
        bucket.write(layout.forecast_accuracy(cutoff), from_frame(rows, comparison_columns(params)))
    bucket.write(layout.forecast_accuracy_by_step(cutoff), from_frame(compared.by_step(), by_step_columns(params)))
    bucket.write(layout.forecast_accuracy_by_item(cutoff), from_frame(compared.by_series(), by_item_columns(params)))


def read_steps(bucket: Bucket, params: Params, cutoffs: Iterable[datetime]) -> pd.DataFrame:
    """The measures by step of several cutoffs, with a column ``cutoff``; those that are not there are left out."""
    return _read_all(bucket, by_step_columns(params), {one: layout.forecast_accuracy_by_step(one) for one in cutoffs})


def read_items(bucket: Bucket, params: Params, cutoffs: Iterable[datetime]) -> pd.DataFrame:
    """The measures by item of several cutoffs, likewise."""
    return _read_all(bucket, by_item_columns(params), {one: layout.forecast_accuracy_by_item(one) for one in cutoffs})


def signatures(rows: pd.DataFrame) -> dict[str, str]:
    """By cutoff, a text that is the same for the same row."""
    return dict(zip(rows["cutoff"], map(str, rows.itertuples(index=False, name=None)), strict=True))


def _merged(
    before: Comparisons, now: Comparisons, ours: pd.DataFrame, looked_at: str, gone: Collection[str]
) -> tuple[pd.DataFrame, str]:
    import pandas as pd

    if now.version != before.version:
        known, found, mine = signatures(before.rows), signatures(now.rows), signatures(ours)
        contested = [one for one in mine if found.get(one) not in (known.get(one), mine[one])]
        ours = ours.assign(actuals_digest=ours["actuals_digest"].mask(ours["cutoff"].isin(contested), ""))
        if now.looked_at not in (before.looked_at, looked_at):
            looked_at = ""
    others = now.rows[~now.rows["cutoff"].isin([*ours["cutoff"], *gone])]
    parts = [part for part in (others, ours) if len(part)]
    rows = pd.concat(parts) if parts else others
    return rows.sort_values("cutoff", kind="stable", ignore_index=True), looked_at


def _read_all(bucket: Bucket, columns: Sequence[Column], keys: dict[datetime, str]) -> pd.DataFrame:
    import pandas as pd

    from forecast_platform.warehouse.parquet_rows import to_frame

    frames = [_typed(None, columns).assign(cutoff=pd.Series(dtype=object))]
    for cutoff, key in keys.items():
        with suppress(KeyError):
            found = to_frame(bucket.read(key))
            frames.append(_typed(found, columns).assign(cutoff=cutoff_key(cutoff)))
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def _typed(frame: pd.DataFrame | None, columns: Sequence[Column]) -> pd.DataFrame:
    """The columns in their order and types; one that an older file lacks is missing in all rows."""
    import pandas as pd

    types = {"string": "object", "double": "float64", "bigint": "float64", "timestamp": "datetime64[ns]"}
    given = pd.DataFrame() if frame is None else frame
    typed = {
        column.source_name: given[column.source_name].astype(types.get(column.type, "bool"))
        if column.source_name in given
        else pd.Series(index=given.index, dtype=types.get(column.type, "object"))
        for column in columns
    }
    return pd.DataFrame(typed)
