"""The step that renders the dashboard of the newest cutoff and publishes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.bucket import layout
from forecast_platform.pipeline.clean_forecast import read_wide_forecast
from forecast_platform.pipeline.forecasting import require_archived
from forecast_platform.pipeline.publication import is_superseded, publish_newest
from forecast_platform.pipeline.training import stored_accuracy
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.dashboards import DashboardData


@dataclass(frozen=True)
class PublishedDashboard:
    """The dashboard after the step.

    Attributes:
        published: Whether it shows this cutoff; ``False`` = a newer one is published.
        bytes: Size of everything that was rendered.
    """

    uri: str
    published: bool
    files: int
    bytes: int


def publish_dashboard(workspace: Workspace, cutoff: datetime) -> PublishedDashboard:
    """Render the dashboard of ``cutoff`` and publish it unless a newer one is there.

    The page is replaced last and in one step; the data beside it is under names of its own, so a reader always
    finds the data of the page it has open.
    """
    from forecast_platform.dashboards import render_dashboard, stale_data

    page, bucket, target = layout.DASHBOARD_PAGE, workspace.bucket, workspace.frames(cutoff).target
    edition = workspace.edition(cutoff, target)
    # Backfills of old cutoffs would render pages only to throw them away.
    if is_superseded(bucket, page, edition) or is_superseded(bucket, layout.PUBLISHED_FORECAST, edition):
        return PublishedDashboard(bucket.uri(page), published=False, files=0, bytes=0)
    files = render_dashboard(dashboard_data(workspace, cutoff, target))
    for name, data in files[:-1]:
        bucket.write(layout.DASHBOARD + name, data)
    published = publish_newest(bucket, page, edition, files[-1][1])
    if published:
        oldest_first = sorted(bucket.list(layout.DASHBOARD), key=lambda stored: stored.last_modified)
        kept = [stored.key.removeprefix(layout.DASHBOARD) for stored in oldest_first]
        for name in stale_data(kept, [name for name, _ in files]):
            bucket.delete(layout.DASHBOARD + name)
    return PublishedDashboard(bucket.uri(page), published, len(files), sum(len(data) for _, data in files))


def dashboard_data(workspace: Workspace, cutoff: datetime, target: pd.DataFrame) -> DashboardData:
    """What the dashboard of the forecast shows that was made at ``cutoff`` from ``target``."""
    from forecast_platform.dashboards import DashboardData
    from forecast_platform.engine.observations import observed_series
    from forecast_platform.forecast_service.task import task_of
    from forecast_platform.pipeline.forecast_accuracy import live_accuracy

    params = workspace.parsed_params.params
    accuracy, item_accuracy = stored_accuracy(workspace, cutoff)
    return DashboardData(
        project=workspace.project.name,
        title=workspace.project.name.replace("_", " ").capitalize(),
        cutoff=cutoff,
        frequency=str(params.frequency),
        target_name=params.target_column,
        dimensions=params.forecast_dimensions,
        history=observed_series(target, task_of(params)),
        forecast=read_wide_forecast(workspace, require_archived(workspace, cutoff)),
        forecast_types=params.forecast_types,
        accuracy=accuracy,
        item_accuracy=item_accuracy,
        live_accuracy=live_accuracy(workspace),
    )
