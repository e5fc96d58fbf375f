"""What people see of ``data_drift`` in the UI.

Belongs here: results as Dagster metadata. Does not belong here: anything that changes state.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import dagster as dg

from forecast_platform.bucket import layout
from forecast_platform.components.shown import Metadata, as_picture, as_table

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from forecast_platform.pipeline.data_drift import WatchedData
    from forecast_platform.pipeline.workspace import Workspace

_MOST_ITEMS = 12
"""How many items are shown; the table ``data_drift`` has all."""
_COLUMNS = ["distance", "threshold", "drifted", "psi", "compared_with", "method", "points", "reference_points"]
"""What is looked for comes first: on a small screen the table is cut off."""


def data_drift(watched: WatchedData, workspace: Workspace, cutoff: datetime) -> Metadata:
    """Distances against thresholds, of everything together and of the items that moved most."""
    from forecast_platform.dashboards.drift_chart import drift_chart
    from forecast_platform.pipeline.drift_measuring import ITEM

    drift = watched.drift
    shown = _shown(drift.rows, ITEM)
    items = drift.of_kind(ITEM)
    title = f"Since the training at {drift.trained_at}"
    return {
        "dagster/uri": workspace.bucket.uri(layout.data_drift(cutoff)),
        "dagster/table_name": f"{workspace.project.name}.data_drift",
        "dagster/partition_row_count": len(drift.rows),
        "trained_at": str(drift.trained_at or "never"),
        "compared": drift.summary["note"] or f"{drift.summary['window_start']} to {drift.summary['window_end']}",
        "items_drifted": f"{int(items['drifted'].sum())} of {len(items)}",
        "distances": as_table(["series", *_COLUMNS], [[_cell(cell) for cell in row] for row in _cells(shown)]),
        "chart": as_picture(drift_chart(shown, title), "distance and threshold of each series"),
        **_decision(watched),
    }


def _shown(rows: pd.DataFrame, item_kind: str) -> pd.DataFrame:
    """Everything together, then the items that are furthest from their thresholds."""
    import pandas as pd

    compared = rows[rows["distance"].notna()]
    items = compared[compared["kind"] == item_kind]
    share = (items["distance"] / items["threshold"]).sort_values(ascending=False, kind="stable")
    shown = pd.concat([compared[compared["kind"] != item_kind], items.loc[share.index[:_MOST_ITEMS]]])
    return shown.assign(label=[_label(*row) for row in zip(shown["item_id"], shown["feature"], strict=True)])


def _label(item: Any, feature: str) -> str:
    return feature if item is None or item != item else f"item {item}"


def _cells(shown: pd.DataFrame) -> list[list[Any]]:
    return list(shown[["label", *_COLUMNS]].astype(object).to_numpy().tolist())


def _cell(cell: Any) -> Any:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else round(cell, 4)
    return cell


def _decision(watched: WatchedData) -> Metadata:
    decision = watched.decision
    if decision is None:
        return {}
    return {
        "predictor_of": decision.trained_at.isoformat(sep=" "),
        "retrained_because": decision.reason,
        "decision": dg.MetadataValue.json(json.loads(decision.to_json())),
    }
