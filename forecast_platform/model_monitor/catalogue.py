"""The tables of a monitor, for the warehouse and for whoever writes their rows.

Belongs here: names, columns and types. Does not belong here: any engine, the rows.
"""

from __future__ import annotations

from forecast_platform.model_monitor import layout
from forecast_platform.warehouse.catalogue import Catalogue, Column, Table

_EXECUTION = (
    Column("endpoint", "string"),
    Column("variant", "string"),
    Column("kind", "string"),
    Column("window_start", "timestamp"),
    Column("window_end", "timestamp"),
)
_PARTITIONS = ("schedule", "window")

TABLES = (
    Table(
        "monitoring_metrics",
        (
            *_EXECUTION,
            Column("namespace", "string"),
            Column("metric", "string"),
            Column("dimensions", "string"),
            Column("value", "double"),
            Column("sample_count", "double"),
            Column("sum", "double"),
            Column("minimum", "double"),
            Column("maximum", "double"),
        ),
        layout.METRICS,
        partitions=_PARTITIONS,
    ),
    Table(
        "monitoring_violations",
        (
            *_EXECUTION,
            Column("feature", "string"),
            Column("metric", "string"),
            Column("check_type", "string"),
            Column("description", "string"),
        ),
        layout.VIOLATIONS,
        partitions=_PARTITIONS,
    ),
    Table(
        "monitoring_executions",
        (
            *_EXECUTION,
            Column("status", "string"),
            Column("reason", "string"),
            Column("rows", "bigint"),
            Column("refused_rows", "bigint"),
            Column("violations", "bigint"),
        ),
        layout.EXECUTIONS,
        partitions=_PARTITIONS,
    ),
)


def monitor_catalogue(monitor: str) -> Catalogue:
    """Everything that can be asked about one monitor; its name is the database's."""
    return Catalogue(database=monitor, tables=TABLES)


def columns_at(location: str) -> tuple[Column, ...]:
    """The columns of the table whose rows lie at ``location``."""
    return next(one.columns for one in TABLES if one.location == location)
