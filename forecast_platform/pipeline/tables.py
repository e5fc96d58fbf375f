"""The step that puts the project's tables into the warehouse and counts what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from forecast_platform.bucket import Bucket, StoredObject, layout
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.warehouse import count_rows

_MOST_COUNTS = 20
"""A count takes half a second and a run changes the files once in many seconds: twenty in vain are a fault."""
_AT_ONCE = 8
"""Files looked into at a time: there is one per cutoff, and each takes tens of milliseconds in a bucket far away."""


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
        files = _files(workspace)
        published = _publish_and_count(workspace, cutoff, files)
        if _files(workspace) == files:
            break
    return published


@dataclass(frozen=True)
class _Files:
    """What is counted, and what says which snapshot is."""

    snapshot: StoredObject | None
    published: StoredObject | None
    history: tuple[StoredObject, ...]


def _files(workspace: Workspace) -> _Files:
    bucket = workspace.bucket
    history = (stored for stored in bucket.list(layout.CLEAN_HISTORY) if stored.key.endswith(".parquet"))
    return _Files(bucket.head(layout.SNAPSHOT), bucket.head(layout.PUBLISHED_ROWS), tuple(history))


def _publish_and_count(workspace: Workspace, cutoff: datetime, files: _Files) -> PublishedTables:
    from forecast_platform.training_data import current_snapshot
    from forecast_platform.warehouse.tables import project_catalogue

    # The newest snapshot, not the one this cutoff saw: SQL shows all of train/, as the old external table did.
    snapshot = current_snapshot(workspace.bucket) or workspace.snapshot(cutoff)
    name = workspace.project.name
    catalogue = project_catalogue(name, workspace.parsed_params.params, snapshot.tables)
    workspace.warehouse.publish(catalogue)
    counted = {
        "train": [snapshot.tables["target"]],
        "forecast": [files.published.key] if files.published else [],
        "cleaned_history": [stored.key for stored in files.history],
    }
    return PublishedTables(
        database=name,
        tables=tuple(table.name for table in catalogue.tables),
        views=tuple(view.name for view in catalogue.views),
        counts=tuple(_count(workspace, table, _rows(workspace.bucket, keys)) for table, keys in counted.items()),
    )


def _count(workspace: Workspace, table: str, rows_in_files: int) -> TableCount:
    counted = count_rows(workspace.warehouse, workspace.project.name, table)
    return TableCount(table, counted.rows, rows_in_files, counted.scanned_bytes)


def _rows(bucket: Bucket, keys: Sequence[str]) -> int:
    """Rows of Parquet files, by their footers."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(lambda key: _rows_of(bucket, key), keys))


def _rows_of(bucket: Bucket, key: str) -> int:
    """None of a file that was removed after it was listed: then all is counted again."""
    import pyarrow.parquet as pq

    try:
        with bucket.open(key) as stream:
            return int(pq.read_metadata(stream).num_rows)
    except KeyError:
        return 0
