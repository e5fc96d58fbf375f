"""Whether the lines of the published forecast touch those of the history.

Belongs here: counting bridge rows in what is published. Does not belong here: making them (``clean_forecast``).
"""

from __future__ import annotations

import io
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from forecast_platform.bucket import layout
from forecast_platform.pipeline.publication import newest_publication
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


def bridges_at(workspace: Workspace, cutoff: datetime) -> pd.DataFrame | None:
    """How often the last observation of every series is in the published forecast of ``cutoff``.

    Returns:
        One row per series with a value: its keys, ``last_observation`` (text, as in the file), ``bridge_rows`` and
        ``forecast_types``. ``None`` when another forecast is published, or one is being published now.
    """
    import pandas as pd

    params = workspace.parsed_params.params
    data = _published(workspace, cutoff)
    if data is None:
        return None
    keys = ["item_id", *params.forecast_dimensions]
    target = workspace.frames(cutoff).target
    last = target[target["target"].notna()].groupby(keys, as_index=False)["timestamp"].max()
    last["last_observation"] = last.pop("timestamp").dt.strftime(params.strptime_format)
    rows = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
    timestamp = next(one.name for one in params.target.attributes if one.type == "timestamp")
    rows = rows.rename(columns={params.item_column: "item_id", timestamp: "last_observation"})
    found = rows.groupby([*keys, "last_observation"], as_index=False).size()
    bridges = last.merge(found, on=[*keys, "last_observation"], how="left").rename(columns={"size": "bridge_rows"})
    bridges["bridge_rows"] = bridges["bridge_rows"].fillna(0).astype("int64")
    return bridges.assign(forecast_types=len(params.forecast_types))


def _published(workspace: Workspace, cutoff: datetime) -> bytes | None:
    publication = newest_publication(workspace.bucket, layout.PUBLISHED_FORECAST)
    if publication is None or publication.edition.cutoff != cutoff:
        return None
    try:
        data = workspace.bucket.read(layout.PUBLISHED_FORECAST)
    except KeyError:
        return None
    return data if sha256(data).hexdigest() == publication.digest else None
