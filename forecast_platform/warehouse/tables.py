"""The tables and the view of a forecast project.

Belongs here: their names, columns, types and places. Does not belong here: any engine, writing the files.
"""

from __future__ import annotations

from forecast_platform.bucket import layout
from forecast_platform.params import Params
from forecast_platform.params.model import Attribute, Dataset
from forecast_platform.warehouse.accuracy_tables import CUTOFF, accuracy_tables, key_columns
from forecast_platform.warehouse.catalogue import Catalogue, Column, Table, View
from forecast_platform.warehouse.time_formats import strftime_to_mysql


def project_catalogue(project: str, params: Params, snapshot_tables: dict[str, str]) -> Catalogue:
    """Everything that can be asked about one project.

    Args:
        project: Its name, which becomes the database's.
        snapshot_tables: Key of the Parquet file of every role that has data: ``target``, ``related``,
            ``item_metadata``.
    """
    roles = (
        ("train", "target", params.target),
        ("related", "related", params.related),
        ("item_metadata", "item_metadata", params.item_metadata),
    )
    data = tuple(
        Table(name, _as_uploaded(dataset, params), snapshot_tables[role])
        for name, role, dataset in roles
        if dataset is not None and role in snapshot_tables
    )
    return Catalogue(
        database=project,
        tables=(
            *data,
            Table("forecast", forecast_columns(params), layout.PUBLISHED_ROWS),
            Table("cleaned_history", cleaned_history_columns(params), layout.CLEAN_HISTORY, partitions=CUTOFF),
            *accuracy_tables(params),
            Table("predictor_metrics", PREDICTOR_METRICS_COLUMNS, layout.PREDICTOR_METRICS, partitions=CUTOFF),
            Table("data_drift", data_drift_columns(params), layout.DATA_DRIFT, partitions=CUTOFF),
            Table("run_log", RUN_LOG_COLUMNS, layout.RUN_LOG),
        ),
        views=(View("forecast_with_history", _forecast_with_history(params)),),
    )


def _as_uploaded(dataset: Dataset, params: Params) -> tuple[Column, ...]:
    """The schema's columns in the schema's order, over the snapshot's canonical ones."""
    canonical = {params.item_column: "item_id"}
    if dataset is params.target:
        canonical[params.target_column] = "target"
    return tuple(_uploaded(attribute, dataset, canonical, params) for attribute in dataset.attributes)


def _uploaded(attribute: Attribute, dataset: Dataset, canonical: dict[str, str], params: Params) -> Column:
    name = attribute.name.lower()
    source = canonical.get(attribute.name, attribute.name)
    if dataset is params.item_metadata:
        # The snapshot keeps its attributes as text, as they were written, whatever their type.
        return Column(name, "string", _if_other(source, name))
    if attribute.type == "timestamp":
        return Column(name, "string", _if_other("timestamp", name), text_format=params.strptime_format)
    is_number = attribute.type in ("float", "integer")
    return Column(name, "double" if is_number else "string", _if_other(source, name))


def forecast_columns(params: Params) -> tuple[Column, ...]:
    """What BI tools of the old pipeline read: all text but the target, which is a quantile here and so never whole."""
    columns = tuple(
        Column(
            attribute.name.lower(),
            "double" if attribute.name == params.target_column else "string",
            _if_other(attribute.name, attribute.name.lower()),
        )
        for attribute in params.target.attributes
    )
    return (*columns, Column("type", "string"))


def cleaned_history_columns(params: Params) -> tuple[Column, ...]:
    """One row per forecast value."""
    return (
        *key_columns(params),
        Column("timestamp", "timestamp"),
        Column("type", "string"),
        Column("value", "double"),
    )


PREDICTOR_METRICS_COLUMNS = (
    Column("predictor", "string"),
    Column("algorithm", "string"),
    Column("evaluation_type", "string"),
    Column("window_start", "timestamp"),
    Column("window_end", "timestamp"),
    Column("metric", "string"),
    Column("quantile", "double"),
    Column("value", "double"),
)


def data_drift_columns(params: Params) -> tuple[Column, ...]:
    """One row per comparison."""
    return (
        *key_columns(params),
        Column("kind", "string"),
        Column("feature", "string"),
        Column("compared_with", "string"),
        Column("method", "string"),
        Column("distance", "double"),
        Column("robust_distance", "double"),
        Column("threshold", "double"),
        Column("p_value", "double"),
        Column("psi", "double"),
        Column("points", "bigint"),
        Column("reference_points", "bigint"),
        Column("earlier_windows", "bigint"),
        Column("drifted", "boolean"),
    )


RUN_LOG_COLUMNS = (
    Column("run_id", "string"),
    Column("project", "string"),
    Column("cutoff", "string"),
    Column("status", "string"),
    Column("started", "timestamp"),
    Column("ended", "timestamp"),
    Column("error", "string"),
    Column("rows", "bigint"),
    Column("average_wql", "double"),
)


def _forecast_with_history(params: Params) -> str:
    """The query that BI tools held under the old pipeline, with the dimensions added after its four columns."""
    item, target = params.item_column.lower(), params.target_column.lower()
    dimensions = "".join(f', "{name.lower()}"' for name in params.dimension_columns)
    timestamp = f"date_parse(\"timestamp\", '{strftime_to_mysql(params.strptime_format)}')"

    def rows(table: str, kind: str) -> str:
        return (
            f'SELECT LOWER("{item}") AS "{item}", "{target}", {timestamp} AS "timestamp", {kind} AS "type"{dimensions} '
            f"FROM {table}"
        )

    return f"""{rows("forecast", '"type"')} UNION ALL {rows("train", "'history'")}"""


def _if_other(source: str, name: str) -> str | None:
    return source if source != name else None
