"""What people see of each asset in the UI: numbers, tables, pictures and links.

Belongs here: the step results as Dagster metadata. Does not belong here: anything that changes state.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from forecast_platform.bucket import layout
from forecast_platform.components.shown import Metadata, as_picture, as_table
from forecast_platform.params import ParsedParams
from forecast_platform.project import Project
from forecast_platform.settings import load_settings

if TYPE_CHECKING:
    from forecast_platform.forecast_service.port import Resource
    from forecast_platform.pipeline.clean_forecast import PublishedForecast
    from forecast_platform.pipeline.dashboard import PublishedDashboard
    from forecast_platform.pipeline.forecasting import RawForecast
    from forecast_platform.pipeline.inputs import TrainingData
    from forecast_platform.pipeline.tables import PublishedTables
    from forecast_platform.pipeline.training import TrainedPredictor
    from forecast_platform.pipeline.workspace import Workspace

_PUBLISHED_TYPES = {"float": "double", "integer": "double"}
"""Types of the published columns by those of the schema; a forecast of whole numbers is not whole, all else is text."""


def params(parsed: ParsedParams, uri: str) -> Metadata:
    """The parameters at a glance, and whole."""
    params = parsed.params
    return {
        "dagster/uri": uri,
        "domain": params.domain,
        "datasets": ", ".join(
            dataset.type for dataset in (params.target, params.related, params.item_metadata) if dataset
        ),
        "frequency": str(params.frequency),
        "horizon": params.horizon,
        "forecast_types": ", ".join(params.forecast_types),
        "algorithm": params.algorithm or ("AutoPredictor" if params.auto_predictor else "AutoML"),
        "warnings": dg.MetadataValue.md("\n".join(f"- {warning}" for warning in parsed.warnings) or "none"),
        "params.json": dg.MetadataValue.json(params.raw),
    }


def raw_training_data(data: TrainingData, workspace: Workspace) -> Metadata:
    """What was read, what was refused, and what this cutoff sees."""
    snapshot, params = data.snapshot, workspace.parsed_params.params
    columns = [dg.TableColumn(attribute.name, type=attribute.type) for attribute in params.target.attributes]
    return {
        "dagster/uri": workspace.bucket.uri(layout.TRAIN),
        "dagster/column_schema": dg.TableSchema(columns),
        "dagster/partition_row_count": data.visible_rows,
        "dagster/row_count": snapshot.rows,
        "refused_rows": snapshot.refused_rows,
        "items": data.visible_items,
        "first_timestamp": _written(data.first_timestamp),
        "last_timestamp": _written(data.last_timestamp),
        "behind_the_cutoff": str(data.behind) if data.behind is not None else "no data",
        "files": as_table(
            ["file", "role", "rows", "refused", "quarantine"],
            [[one.key, one.role, one.rows, one.refused_rows, one.quarantine_key or ""] for one in snapshot.objects],
        ),
        "problems": dg.MetadataValue.md("\n".join(f"- {problem}" for problem in snapshot.problems) or "none"),
    }


def resource(held: Resource) -> Metadata:
    """A resource of the service."""
    return {"name": held.name, "reused": held.reused, "details": dg.MetadataValue.json(held.details)}


def already_exported() -> Metadata:
    """For a step whose result was exported and cleaned up already."""
    return {"skipped": "This cutoff is exported from the same data and parameters, and the service is cleaned up."}


def predictor(trained: TrainedPredictor, workspace: Workspace) -> Metadata:
    """Accuracy per algorithm and backtest window, as a chart and a table, and where the backtest is."""
    from forecast_platform.dashboards.charts import accuracy_chart
    from forecast_platform.pipeline.training import average_wql

    loss = average_wql(trained.accuracy)
    return {
        "name": trained.resource.name,
        "trained_at": trained.trained_at.isoformat(sep=" "),
        "reused": trained.resource.reused,
        # The user interface cannot be told of NaN.
        "average_wql": None if math.isnan(loss) else loss,
        "accuracy_chart": as_picture(accuracy_chart(trained.accuracy), "average wQL per algorithm and backtest window"),
        "accuracy": _accuracy_table(trained),
        "backtest_export": workspace.bucket.uri(layout.backtest(trained.trained_at)),
        **_tuning(trained.resource.details.get("trials", [])),
        "details": dg.MetadataValue.json(trained.resource.details),
    }


def _tuning(trials: Sequence[Mapping[str, Any]]) -> Metadata:
    """One row per trial, the best first; nothing where nothing was tuned."""
    if not trials:
        return {}
    best_first = sorted(enumerate(trials, 1), key=lambda one: (one[1]["loss"] is None, one[1]["loss"] or 0.0))
    rows = [
        [number, "" if one["loss"] is None else one["loss"], json.dumps(one["hyperparameters"]), one["failure"] or ""]
        for number, one in best_first
    ]
    return {"tuning": as_table(["trial", "loss", "hyperparameters", "failure"], rows)}


def _accuracy_table(trained: TrainedPredictor) -> dg.TableMetadataValue:
    """One row per algorithm and backtest window, one column per metric."""
    from forecast_platform.pipeline.training import metric_rows

    keys = ["algorithm", "evaluation_type", "window_start", "window_end"]
    rows = metric_rows(trained.resource.name, trained.accuracy)
    wql = rows["metric"] == "wQL"
    rows.loc[wql, "metric"] = [f"wQL[{quantile:g}]" for quantile in rows.loc[wql, "quantile"]]
    metrics = list(dict.fromkeys(rows["metric"]))
    wide = rows.set_index([*keys, "metric"])["value"].unstack("metric").reindex(columns=metrics).round(4).reset_index()
    # A metric that cannot be computed, such as MAPE over zeros, stays empty.
    cells = wide.astype(object).where(wide.notna(), "").to_numpy().tolist()
    shown = [[*row[:2], *(str(stamp) for stamp in row[2:4]), *row[4:]] for row in cells]
    return as_table([key.replace("_", " ") for key in keys] + metrics, shown)


def exported_forecast(raw: RawForecast, workspace: Workspace) -> Metadata:
    """Where the raw export is and what was cleaned up after it."""
    return {
        "dagster/uri": workspace.bucket.uri(raw.keys[0].rpartition("/")[0]),
        "forecast": raw.forecast,
        "predictor": raw.predictor,
        "files": len(raw.keys),
        "reused": raw.reused,
        "deleted_in_the_service": ", ".join(raw.cleaned_up) or "nothing",
    }


def forecast(published: PublishedForecast, workspace: Workspace, cutoff: datetime) -> Metadata:
    """The long forecast, with a picture of the first items."""
    from forecast_platform.dashboards.charts import forecast_chart
    from forecast_platform.engine.observations import observed_series
    from forecast_platform.forecast_service.task import task_of

    params = workspace.parsed_params.params
    history = observed_series(workspace.frames(cutoff).target, task_of(params))
    columns = [
        dg.TableColumn(one.name, type=_PUBLISHED_TYPES.get(one.type, "string")) for one in params.target.attributes
    ]
    picture = forecast_chart(history, published.wide, params.forecast_types, title=workspace.project.name)
    return {
        "dagster/uri": workspace.bucket.uri(layout.PUBLISHED_FORECAST),
        "dagster/column_schema": dg.TableSchema([*columns, dg.TableColumn("type", type="string")]),
        "dagster/partition_row_count": published.rows,
        "bridge_rows": published.bridge_rows,
        "items": published.items,
        "published": published.published,
        "chart": as_picture(picture, "history and forecast"),
    }


def cleaned_history(workspace: Workspace, key: str, rows: int) -> Metadata:
    """The kept Parquet file of one cutoff."""
    params = workspace.parsed_params.params
    columns = {"item_id": "string", **dict.fromkeys(params.forecast_dimensions, "string")}
    columns |= {"timestamp": "timestamp", "type": "string", "value": "double", "cutoff": "string"}
    return {
        "dagster/uri": workspace.bucket.uri(key),
        "dagster/table_name": f"{workspace.project.name}.cleaned_history",
        "dagster/partition_row_count": rows,
        "dagster/column_schema": dg.TableSchema([dg.TableColumn(name, type=kind) for name, kind in columns.items()]),
    }


def athena_tables(tables: PublishedTables) -> Metadata:
    """What can be queried."""
    example = f"forecast-platform sql --project {tables.database} 'SELECT * FROM forecast_with_history LIMIT 10'"
    return {
        "database": tables.database,
        "tables": ", ".join(tables.tables),
        "views": ", ".join(tables.views),
        "row_counts": as_table(
            ["table", "rows", "rows in files"],
            [[one.table, one.rows_in_table, one.rows_in_files] for one in tables.counts],
        ),
        "query": dg.MetadataValue.md(f"```\n{example}\n```"),
        **_cost(tables),
    }


def _cost(tables: PublishedTables) -> Metadata:
    """What counting the rows read, where that is paid for."""
    scanned = [one.scanned_bytes for one in tables.counts if one.scanned_bytes is not None]
    return {"scanned_bytes": sum(scanned)} if scanned else {}


def dashboard(published: PublishedDashboard, project: Project) -> Metadata:
    """Where the page is, as a file and as a link."""
    return {
        "dagster/uri": published.uri,
        "published": published.published,
        "page": dg.MetadataValue.url(f"{load_settings().dashboard_url}/{project.name}/"),
        "files": published.files,
        "bytes": published.bytes,
    }


def _written(instant: datetime | None) -> str:
    return instant.isoformat(sep=" ") if instant else "none"
