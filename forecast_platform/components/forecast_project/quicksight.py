"""The asset of the dashboard in QuickSight, where a QuickSight user or group is configured.

Belongs here: that asset and its metadata. Does not belong here: work (``forecast_platform.quicksight``).
"""

from typing import Any

import dagster as dg

from forecast_platform.components.assets import build_asset
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.settings import load_settings


def build_quicksight_assets(shell: ProjectShell) -> list[dg.AssetsDefinition]:
    """The asset ``quicksight_dashboard``; nothing where QuickSight is not configured."""
    settings = load_settings().aws
    if settings is None or settings.quicksight_principal_arn is None:
        return []

    def body(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        from forecast_platform.quicksight.publishing import publish_dashboard

        published = publish_dashboard(shell.project.name, shell.workspace().parsed_params.params, settings)
        return dg.MaterializeResult(
            metadata={
                "page": dg.MetadataValue.url(published.url),
                "dashboard_id": published.dashboard_id,
                "owner": settings.quicksight_principal_arn,
                **{noun.replace(" ", "_"): change for noun, change in published.changes.items()},
            }
        )

    asset = build_asset(
        shell.key("quicksight_dashboard"),
        body,
        description="The QuickSight dashboard over the view forecast_with_history: data source, data set, analysis and "
        "dashboard, created or brought up to date. It asks Athena at every look, so new forecasts are there at once.",
        kinds={"quicksight", "athena"},
        owners=shell.owners,
        deps=[shell.key("athena_tables")],
        partitions_def=shell.partitions,
    )
    return [asset]
