"""What a query has read is shown to whoever pays for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_platform.components.forecast_project.metadata import athena_tables
from forecast_platform.pipeline.tables import PublishedTables, TableCount
from forecast_platform.warehouse import Warehouse
from forecast_platform_tests.cli.command import forecast_platform
from forecast_platform_tests.fakes.athena import AthenaPeer
from forecast_platform_tests.warehouse.examples import Home, fill


def published(*scanned: int | None) -> PublishedTables:
    return PublishedTables("p", ("t",), (), tuple(TableCount("t", 1, 1, one) for one in scanned))


def test_the_metadata_of_a_run_has_what_its_counts_read_where_that_is_paid_for() -> None:
    assert athena_tables(published(1500, 500))["scanned_bytes"] == 2000
    assert "scanned_bytes" not in athena_tables(published(None, None))


@pytest.mark.slow
def test_the_command_says_it_beside_the_rows(peer: AthenaPeer, athena_home: Home[Warehouse], tmp_path: Path) -> None:
    fill(athena_home, ["a"], "electricity")
    peer.scanned = 12_345_678
    settings = {
        "FORECAST_PLATFORM_ENV": "aws",
        "FORECAST_PLATFORM_HOME": str(tmp_path),
        "FORECAST_PLATFORM_BUCKET": "lake/team",
        "FORECAST_PLATFORM_SERVICE": "local",
        "FORECAST_PLATFORM_ATHENA_RESULTS": "s3://lake/results/",
        "FORECAST_PLATFORM_POLL_SECONDS": "0.01",
    }
    ended = forecast_platform("sql", "SELECT count(*) AS n FROM train", "--format", "csv", environment=settings)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "n\n3\n", "12,345,678 bytes scanned\n")
