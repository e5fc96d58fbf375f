"""The steps' metrics on their way to where people watch them. Belongs here: one call for all steps."""

from __future__ import annotations

from collections.abc import Iterable

from forecast_platform.bucket import layout
from forecast_platform.metrics.delivery import MetricDelivery, Parcel
from forecast_platform.metrics.forecast_metrics import NAMESPACE
from forecast_platform.metrics.port import Metric
from forecast_platform.pipeline.workspace import Workspace


def send_metrics(workspace: Workspace, name: str, metrics: Iterable[Metric], of: str = "") -> tuple[str, ...]:
    """Send ``metrics`` once, as :meth:`MetricDelivery.deliver` does; nothing where the workspace has no sink.

    Args:
        name, of: As of a :class:`Parcel`.

    Returns:
        Warnings for people.
    """
    if workspace.metrics is None:
        return ()
    parcel = Parcel(name, NAMESPACE, tuple(metrics), of)
    if not parcel.metrics:
        return ()
    return MetricDelivery(workspace.metrics, workspace.bucket, layout.SENT_METRICS).deliver(parcel)
