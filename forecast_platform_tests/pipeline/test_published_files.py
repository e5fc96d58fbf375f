"""Every file that becomes a table: in a folder of its own, and exactly of the table's types."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.pipeline.run_log import EndedRun, record_run
from forecast_platform.training_data import take_snapshot
from forecast_platform.warehouse.tables import project_catalogue
from forecast_platform_tests.small_project import after, run_steps, small_workspace
from forecast_platform_tests.warehouse.examples import sales_params
from forecast_platform_tests.warehouse.files import files_of, misfits


def test_every_file_of_a_project_is_what_its_table_says(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    for days in (50, 55):
        run_steps(workspace, after(days))
    for run, error in (("good", None), ("bad", "no data")):
        record_run(
            workspace, EndedRun(run, after(55), datetime(2025, 3, 1, 12, 0, 0, 1), datetime(2025, 3, 2), error), []
        )
    snapshot = workspace.snapshot(after(55))
    catalogue = project_catalogue("small", workspace.parsed_params.params, snapshot.tables)
    assert [table.name for table in catalogue.tables if not files_of(workspace.bucket, table)] == []
    assert misfits(workspace.bucket, catalogue) == []


def test_every_table_of_a_snapshot_has_the_types_of_the_schema(tmp_path: Path) -> None:
    params = sales_params("D", 3, {"Price": "float", "promotion": "integer"})
    bucket = LocalBucket(tmp_path)
    bucket.write("train/a.csv", b"s,i,2014-11-30 00:00:00,\ns,i,2014-12-01 00:00:00,3\n")
    bucket.write("train/a.related.csv", b"s,i,2014-11-30 00:00:00,,\n")
    bucket.write("train/a.metadata.csv", b"i,b,1\n")
    snapshot = take_snapshot(bucket, params)
    assert set(snapshot.tables) == {"target", "related", "item_metadata"}
    assert misfits(bucket, project_catalogue("sales", params, snapshot.tables)) == []
