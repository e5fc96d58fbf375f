"""The step that puts the project's tables into the warehouse and counts what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from forecast_platform.bucket import StoredObject, layout
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.warehouse import count_rows

_MOST_COUNTS = 20
"""A count takes half a second and a run changes the files once in many seconds: twenty in vain are a fault."""


@dataclass(frozen=True)
class TableCount:
    """Rows of a table as SQL sees them and as its files hold them.

    Attributes:
        scanned_bytes: What counting them read and is paid for; ``None`` where nothing is paid for.
    """

    table: str
    rows_in_table: int
    rows_in_files: int
    scanned_bytes: int | None = None


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
    """Publish the project's tables and view, and count ``train``, ``forecast`` and ``cleaned_history``.

    Another run may add a file between the count by SQL and the count of the files; what was counted while something
    changed says nothing and is counted again.
    """
    for _ in range(_MOST_COUNTS):
        before = _state(workspace)
        published = _publish_and_count(workspace, cutoff)
        if _state(workspace) == before:
            break
    return published


def _state(workspace: Workspace) -> list[StoredObject | None]:
    bucket = workspace.bucket
    single = [bucket.head(layout.PUBLISHED_ROWS), bucket.head(layout.SNAPSHOT)]
    return [*single, *bucket.list(layout.CLEAN_HISTORY)]


def _publish_and_count(workspace: Workspace, cutoff: datetime) -> PublishedTables:
    from forecast_platform.training_data import current_snapshot
    from forecast_platform.warehouse.tables import project_catalogue

    # The newest snapshot, not the one this cutoff saw: SQL shows all of train/, as the old external table did.
    snapshot = current_snapshot(workspace.bucket) or workspace.snapshot(cutoff)
    name = workspace.project.name
    catalogue = project_catalogue(name, workspace.parsed_params.params, snapshot.tables)
    workspace.warehouse.publish(catalogue)
    counted = {
        "train": _parquet_rows(workspace, snapshot.tables["target"]),
        "forecast": _parquet_rows(workspace, layout.PUBLISHED_ROWS) if workspace.bucket.head(layout.PUBLISHED_ROWS) else 0,
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
        counts=tuple(_count(workspace, table, rows) for table, rows in counted.items()),
    )


def _count(workspace: Workspace, table: str, rows_in_files: int) -> TableCount:
    counted = count_rows(workspace.warehouse, workspace.project.name, table)
    return TableCount(table, counted.rows, rows_in_files, counted.scanned_bytes)


def _parquet_rows(workspace: Workspace, key: str) -> int:
    import pyarrow.parquet as pq

    with workspace.bucket.open(key) as stream:
        return int(pq.read_metadata(stream).num_rows)
