"""What people see of ``forecast_accuracy``: numbers that the UI draws over time, pictures, and the worst items.

Belongs here: kept comparisons as Dagster metadata. Does not belong here: measuring and judging (``pipeline``).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from forecast_platform.bucket import layout
from forecast_platform.components.shown import Metadata, as_picture, as_table

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.forecast_types import ForecastTypes
    from forecast_platform.pipeline.forecast_accuracy import ScoredForecasts
    from forecast_platform.pipeline.workspace import Workspace

_NEWEST_CUTOFFS = 30
_DRAWN_CUTOFFS = 400
_WORST_ITEMS = 10
_ALWAYS_SHOWN = ("cutoff", "completeness", "provisional")
_MEASURES = ("wql", "backtest_wql", "wape", "mase", "bias", "coverage")


def forecast_accuracy(scored: ScoredForecasts, workspace: Workspace, cutoff: datetime) -> Metadata:
    """How earlier forecasts did, as of ``cutoff``."""
    from forecast_platform.engine.forecast_types import ForecastTypes
    from forecast_platform.warehouse.accuracy_tables import comparison_columns

    params = workspace.parsed_params.params
    columns = [dg.TableColumn(one.name, type=one.type) for one in comparison_columns(params)]
    return {
        "dagster/uri": workspace.bucket.uri(layout.FORECAST_ACCURACY),
        "dagster/table_name": f"{workspace.project.name}.forecast_accuracy",
        "dagster/column_schema": dg.TableSchema([*columns, dg.TableColumn("cutoff", type="string")]),
        "dagster/partition_row_count": scored.points,
        "cutoffs_with_actuals": len(scored.by_cutoff),
        "compared_now": ", ".join(f"{one:%Y-%m-%d %H:%M}" for one in scored.compared[-_NEWEST_CUTOFFS:]) or "none",
        **_newest_complete(scored.by_cutoff),
        **_pictures(scored.by_cutoff, workspace, cutoff, ForecastTypes(params.forecast_types)),
        "by_cutoff": _by_cutoff(scored.by_cutoff),
    }


def _newest_complete(rows: pd.DataFrame) -> Metadata:
    """Numbers of the newest complete window, which the UI draws over the runs."""
    complete = rows[~rows["provisional"]]
    if complete.empty:
        return {}
    newest = complete.iloc[-1]
    numbers = {name: newest[name] for name in _MEASURES if name in newest and newest[name] == newest[name]}
    return {
        "newest_complete_cutoff": newest["cutoff"],
        **{name: round(float(value), 6) for name, value in numbers.items()},
    }


def _pictures(rows: pd.DataFrame, workspace: Workspace, cutoff: datetime, types: ForecastTypes) -> Metadata:
    if rows.empty:
        return {}
    from forecast_platform.dashboards.accuracy_charts import accuracy_over_time_chart, error_by_step_chart
    from forecast_platform.pipeline.forecast_monitoring import recent_accuracy

    details = recent_accuracy(workspace, cutoff)
    over_time = accuracy_over_time_chart(rows.tail(_DRAWN_CUTOFFS), types.nominal_coverage)
    by_step = error_by_step_chart(details.steps, types.nominal_coverage)
    return {
        "over_time": as_picture(over_time, "loss and coverage by cutoff, with the backtest and where it was retrained"),
        "by_horizon_step": as_picture(by_step, "loss and coverage by horizon step"),
        "worst_items": _worst(details.items, list(workspace.parsed_params.params.forecast_dimensions)),
    }


def _worst(items: pd.DataFrame, dimensions: list[str]) -> dg.TableMetadataValue:
    shown = ("loss_share", "observations", "wql", "wape", "mase", "bias", "coverage")
    columns = ["item_id", *dimensions, *(name for name in shown if name in items)]
    return as_table(columns, [_cells(row) for row in items[columns].head(_WORST_ITEMS).itertuples(index=False)])


def _by_cutoff(rows: pd.DataFrame) -> dg.TableMetadataValue:
    columns = [*_ALWAYS_SHOWN, *(name for name in _MEASURES if name in rows), "trained_at"]
    newest_first = rows[columns].iloc[::-1].head(_NEWEST_CUTOFFS)
    return as_table(columns, [_cells(row) for row in newest_first.itertuples(index=False)])


def _cells(row: Any) -> list[str | float | bool]:
    """A number that is not there stays empty."""
    return [_cell(value) for value in row]


def _cell(value: Any) -> str | float | bool:
    if isinstance(value, str | bool):
        return value
    return "" if value != value else round(float(value), 4)
