"""The step that puts the project's tables into the warehouse and counts what is in them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

from forecast_platform.bucket import layout
from forecast_platform.pipeline.workspace import Workspace


@dataclass(frozen=True)
class TableCount:
    """Rows of a table as SQL sees them and as its files hold them."""

    table: str
    rows_in_table: int
    rows_in_files: int


@dataclass(frozen=True)
class PublishedTables:
    """The warehouse after the step.

    Attributes:
        database: Named like the project.
        tables, views: Names.
    """

    database: str
    tables: tuple[str, ...]
    views: tuple[str, ...]
    counts: tuple[TableCount, ...]


def publish_tables(workspace: Workspace, cutoff: datetime) -> PublishedTables:
    """Publish the tables and the view of design section 5 and count ``train``, ``forecast`` and ``cleaned_history``."""
    from forecast_platform.training_data import current_snapshot
    from forecast_platform.warehouse.tables import project_catalogue

    # The newest snapshot, not the one this cutoff saw: SQL shows all of train/, as the old external table did.
    snapshot = current_snapshot(workspace.bucket) or workspace.snapshot(cutoff)
    name = workspace.project.name
    catalogue = project_catalogue(name, workspace.parsed_params.params, snapshot.tables)
    workspace.warehouse.publish(catalogue)
    counted = {
        "train": _parquet_rows(workspace, snapshot.tables["target"]),
        "forecast": _csv_rows(workspace, layout.PUBLISHED_FORECAST),
        "cleaned_history": sum(
            _parquet_rows(workspace, stored.key)
            for stored in workspace.bucket.list(layout.CLEAN_HISTORY)
            if stored.key.endswith(".parquet")
        ),
    }
    return PublishedTables(
        database=name,
        tables=tuple(table.name for table in catalogue.tables),
        views=tuple(view.name for view in catalogue.views),
        counts=tuple(
            TableCount(table, workspace.warehouse.count(name, table), rows) for table, rows in counted.items()
        ),
    )


def _parquet_rows(workspace: Workspace, key: str) -> int:
    import pyarrow.parquet as pq

    with workspace.bucket.open(key) as stream:
        return int(pq.read_metadata(stream).num_rows)


def _csv_rows(workspace: Workspace, key: str) -> int:
    import csv

    try:
        with workspace.bucket.open(key) as stream:
            return sum(1 for _ in csv.reader(io.TextIOWrapper(stream, encoding="utf-8", newline=""))) - 1
    except KeyError:
        return 0
