"""The tables step: what it counts, and that another run cannot make it miscount."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from forecast_platform.pipeline.clean_forecast import keep_clean_history
from forecast_platform.pipeline.tables import publish_tables
from forecast_platform.warehouse import Catalogue, QueryResult, Warehouse
from forecast_platform_tests.small_project import after, run_steps, small_workspace


def test_a_forecast_that_another_run_keeps_while_rows_are_counted_does_not_make_counts_disagree(tmp_path: Path) -> None:
    """A backfill of fifty cutoffs, two at a time, failed its check of row counts twice."""
    workspace = small_workspace(tmp_path)
    for days in (50, 51):
        run_steps(workspace, after(days))
    other = f"history/clean/cutoff={after(51):%Y-%m-%dT%H-%M-%SZ}/forecast.parquet"
    workspace.bucket.delete(other)

    class Overtaken(_Passing):
        def query(self, sql: str, default_database: str | None = None) -> QueryResult:
            if "cleaned_history" in sql and workspace.bucket.head(other) is None:
                keep_clean_history(workspace, after(51))
            return super().query(sql, default_database)

    counts = publish_tables(replace(workspace, warehouse=Overtaken(workspace.warehouse)), after(50)).counts
    assert [one.rows_in_table for one in counts] == [one.rows_in_files for one in counts]
    assert {one.table: one.rows_in_files for one in counts}["cleaned_history"] == 2 * 2 * 5 * 3


def test_a_forecast_that_is_removed_while_rows_are_counted_does_not_make_counts_disagree(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    for days in (50, 51):
        run_steps(workspace, after(days))
    other = f"history/clean/cutoff={after(51):%Y-%m-%dT%H-%M-%SZ}/forecast.parquet"

    class Cleared(_Passing):
        def publish(self, catalogue: Catalogue) -> None:
            super().publish(catalogue)
            workspace.bucket.delete(other)

    counts = publish_tables(replace(workspace, warehouse=Cleared(workspace.warehouse)), after(50)).counts
    assert [one.rows_in_table for one in counts] == [one.rows_in_files for one in counts]
    assert {one.table: one.rows_in_files for one in counts}["cleaned_history"] == 2 * 5 * 3


class _Passing:
    """A warehouse that passes everything on."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def publish(self, catalogue: Catalogue) -> None:
        self._warehouse.publish(catalogue)

    def query(self, sql: str, default_database: str | None = None) -> QueryResult:
        return self._warehouse.query(sql, default_database)

    def databases(self) -> list[str]:
        return self._warehouse.databases()
