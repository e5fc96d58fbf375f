"""From a raw export to the long format people query, and what is kept of it.

Belongs here: the shapes of the published forecast and of the cleaned history. Does not belong here: who won
the race to publish (``publication``).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.bucket import layout
from forecast_platform.params import Params
from forecast_platform.pipeline.forecasting import RawForecast, require_archived
from forecast_platform.pipeline.publication import publish_newest
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.warehouse.tables import cleaned_history_columns, forecast_columns

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PublishedForecast:
    """The long forecast of one cutoff.

    Attributes:
        rows: Forecast rows plus bridge rows.
        bridge_rows: Last observations repeated once per forecast type, so that lines touch.
        published: Whether it is what ``quicksight/`` shows; ``False`` = a newer cutoff is there.
    """

    raw: RawForecast
    rows: int
    bridge_rows: int
    items: int
    published: bool
    wide: pd.DataFrame


def publish_forecast(workspace: Workspace, cutoff: datetime) -> PublishedForecast:
    """Publish the forecast of ``cutoff`` for BI tools unless a newer one is there."""
    from forecast_platform.warehouse.parquet_rows import from_frame

    params = workspace.parsed_params.params
    raw = require_archived(workspace, cutoff)
    wide = read_wide_forecast(workspace, raw)
    long = long_forecast(wide, params)
    target = workspace.frames(cutoff).target
    bridge = bridge_rows(target, params)
    contract = contract_rows(long, bridge, params)
    edition = workspace.edition(cutoff, target)
    publish_newest(workspace.bucket, layout.PUBLISHED_ROWS, edition, from_frame(contract, forecast_columns(params)))
    published = publish_newest(workspace.bucket, layout.PUBLISHED_FORECAST, edition, contract_csv(contract))
    return PublishedForecast(
        raw=raw,
        rows=len(long) + len(bridge),
        bridge_rows=len(bridge),
        items=int(wide["item_id"].nunique()),
        published=published,
        wide=wide,
    )


def keep_clean_history(workspace: Workspace, cutoff: datetime) -> tuple[str, int]:
    """Keep the forecast of ``cutoff`` as typed Parquet for ever; returns its key and its number of rows."""
    from forecast_platform.warehouse.parquet_rows import from_frame

    params = workspace.parsed_params.params
    long = long_forecast(read_wide_forecast(workspace, require_archived(workspace, cutoff)), params)
    workspace.bucket.write(layout.clean_history(cutoff), from_frame(long, cleaned_history_columns(params)))
    return layout.clean_history(cutoff), len(long)


def read_wide_forecast(workspace: Workspace, raw: RawForecast) -> pd.DataFrame:
    """The raw export as a frame: ``item_id``, forecast dimensions, ``timestamp``, one column per type."""
    import pandas as pd

    params = workspace.parsed_params.params
    keys = ["item_id", *params.forecast_dimensions]
    # Also of a part without a row, as Amazon Forecast writes them.
    types = dict.fromkeys(keys, "str") | dict.fromkeys(params.forecast_types, "float64")
    parts = [
        pd.read_csv(
            io.BytesIO(workspace.bucket.read(key)), dtype=types, keep_default_na=False, na_values=_numbers_only(params)
        )
        for key in raw.keys
    ]
    wide = pd.concat(parts, ignore_index=True).rename(columns={"date": "timestamp"})
    wide["timestamp"] = pd.to_datetime(wide["timestamp"], utc=True).dt.tz_localize(None)
    wide = wide[[*keys, "timestamp", *params.forecast_types]]
    return wide.sort_values([*keys, "timestamp"], kind="stable", ignore_index=True)


def long_forecast(wide: pd.DataFrame, params: Params) -> pd.DataFrame:
    """One row per series, timestamp and forecast type: the keys, ``timestamp``, ``type``, ``value``."""
    keys = ["item_id", *params.forecast_dimensions]
    long = wide.melt(id_vars=[*keys, "timestamp"], var_name="type", value_name="value")
    order = {label: rank for rank, label in enumerate(params.forecast_types)}
    long["rank"] = long["type"].map(order)
    long = long.sort_values([*keys, "timestamp", "rank"], kind="stable", ignore_index=True)
    return long.drop(columns="rank").astype({"value": "float64"})


def bridge_rows(target: pd.DataFrame, params: Params) -> pd.DataFrame:
    """The last observation of every series, once per forecast type, in the shape of :func:`long_forecast`."""
    import pandas as pd

    keys = ["item_id", *params.forecast_dimensions]
    observed = target[target["target"].notna()]
    newest = observed.groupby(keys, sort=True)["timestamp"].transform("max")
    last = observed[observed["timestamp"] == newest].groupby([*keys, "timestamp"], as_index=False)["target"].sum()
    last = last.rename(columns={"target": "value"})
    repeated = [last.assign(type=label) for label in params.forecast_types]
    return pd.concat(repeated, ignore_index=True)[[*keys, "timestamp", "type", "value"]]


def contract_rows(long: pd.DataFrame, bridge: pd.DataFrame, params: Params) -> pd.DataFrame:
    """The old pipeline's table: the schema's columns in the schema's order, then ``type``; timestamps as text.

    A dimension that is not forecast has no value of its own there and stays empty.
    """
    import pandas as pd

    rows = pd.concat([long, bridge], ignore_index=True)
    rows["timestamp"] = rows["timestamp"].dt.strftime(params.strptime_format)
    names = {"item_id": params.item_column, "value": params.target_column}
    rows = rows.rename(columns=names)
    schema = [attribute.name for attribute in params.target.attributes]
    return rows.reindex(columns=[*schema, "type"])


def contract_csv(rows: pd.DataFrame) -> bytes:
    """The same as the old pipeline's CSV file."""
    return str(rows.to_csv(index=False, lineterminator="\n")).encode()


def _numbers_only(params: Params) -> dict[str, list[str]]:
    """An item may be called ``NA``: only the value columns have missing values."""
    return {label: ["", "nan", "NaN"] for label in params.forecast_types}
