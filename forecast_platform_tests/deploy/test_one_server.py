"""The deployment on one server, from a dropped file to the dashboard, and through the death of its PostgreSQL."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform_tests.components.running import Deployment, write_project
from forecast_platform_tests.deploy.one_server import is_well, one_server
from forecast_platform_tests.fakes.postgresql import PostgreSql
from forecast_platform_tests.small_project import DAYS, small_csv, small_params

pytestmark = pytest.mark.slow
JOB = "small_forecast"


def test_files_become_forecasts_also_after_postgresql_was_killed(postgresql: PostgreSql, tmp_path: Path) -> None:
    pytest.importorskip("dagster_postgres", reason="needs the extra `postgres`")
    window = '  start: "2025-02-10"\n  end: "2025-04-01"\n  cadence: daily\n'
    write_project(tmp_path / "home" / "defs", "small", window)
    bucket = LocalBucket(tmp_path / "home" / "bucket").below("small")
    bucket.write("params.json", json.dumps(small_params()).encode())
    bucket.write("train/days.csv", small_csv())
    with one_server(tmp_path, postgresql) as server:
        server.wait(lambda: _succeeded(server) == 1)
        assert is_well(tmp_path, postgresql)
        with urlopen(f"{server.dashboards}/small/", timeout=30) as page:
            assert b"<title>" in page.read()
        postgresql.kill()
        postgresql.start()
        bucket.write("train/days.csv", small_csv(days=DAYS + 1))
        server.wait(lambda: _succeeded(server) == 2)
        # The cursor is still there: the first file was not asked for once more.
        assert len(server.runs(JOB)) == 2


def _succeeded(server: Deployment) -> int:
    try:
        return [run["status"] for run in server.runs(JOB)].count("SUCCESS")
    except HTTPError:
        return 0  # the UI notices one by one that its connections to the server that was killed are dead
