"""The step that looks at what came since training: how far it has moved, and whether that asks for a new predictor.

Belongs here: the order of the two, and keeping the first. Does not belong here: measuring (``drift_measuring``),
deciding (``retraining``).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import cutoff_key
from forecast_platform.errors import InputError
from forecast_platform.metrics.forecast_metrics import drift_metric
from forecast_platform.metrics.port import Metric
from forecast_platform.pipeline.drift_measuring import ITEM, DataDrift, measure_drift
from forecast_platform.pipeline.metric_sending import send_metrics
from forecast_platform.pipeline.retraining import Decision, decide, predictor_before
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.warehouse.tables import data_drift_columns


@dataclass(frozen=True)
class WatchedData:
    """What the step found.

    Attributes:
        decision: ``None`` = the calendar says when to train.
        warnings: For people.
    """

    drift: DataDrift
    decision: Decision | None
    warnings: tuple[str, ...] = ()


def watch_data(workspace: Workspace, cutoff: datetime) -> WatchedData:
    """Measure drift of the data at ``cutoff`` against the predictor in force before it, keep it, and decide.

    Measured again it is the same unless the data is another; what has been decided stays.

    Raises:
        InputError: The training data has not been read yet, or no observation is complete at ``cutoff``.
    """
    from forecast_platform.warehouse.parquet_rows import from_frame

    drift = measure_drift(workspace, cutoff, predictor_before(workspace, cutoff))
    rows = from_frame(drift.rows, data_drift_columns(workspace.parsed_params.params))
    workspace.bucket.write(layout.data_drift(cutoff), rows)
    summary = json.dumps(drift.summary, indent=1, ensure_ascii=False, allow_nan=False)
    workspace.bucket.write(layout.data_drift_summary(cutoff), summary.encode())
    warnings = send_metrics(workspace, f"drift/cutoff={cutoff_key(cutoff)}", _metrics(workspace, drift))
    return WatchedData(drift, decide(workspace, cutoff, drift), warnings)


def _metrics(workspace: Workspace, drift: DataDrift) -> Iterator[Metric]:
    overall = drift.rows[drift.rows["kind"] != ITEM]
    for feature, distance in zip(overall["feature"], overall["distance"], strict=True):
        yield drift_metric(workspace.project.name, feature, float(distance))


def kept_drift(workspace: Workspace, cutoff: datetime) -> DataDrift:
    """What :func:`watch_data` kept.

    Raises:
        InputError: It has not looked at this cutoff.
    """
    import pandas as pd

    try:
        summary = json.loads(workspace.bucket.read(layout.data_drift_summary(cutoff)))
        rows = workspace.bucket.read(layout.data_drift(cutoff))
    except KeyError:
        raise InputError(
            f"Project {workspace.project.name} has not looked for drift at the cutoff {cutoff}. "
            "Materialize data_drift for this partition first."
        ) from None
    trained_at = summary["trained_at"]
    return DataDrift(
        None if trained_at is None else datetime.fromisoformat(trained_at), pd.read_parquet(io.BytesIO(rows)), summary
    )
