"""What tests of a deployment share: PostgreSQL, and Dagster's instance as ``deploy/`` describes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from forecast_platform_tests.components.running import free_port
from forecast_platform_tests.fakes.postgresql import PostgreSql, programs, running_postgresql

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.fixture(scope="session")
def shared_postgresql() -> Iterator[PostgreSql]:
    """One server for all tests of this process; they take :func:`postgresql`, which finds it running."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    with running_postgresql(free_port()) as server:
        yield server


@pytest.fixture
def postgresql(shared_postgresql: PostgreSql) -> PostgreSql:
    """A running server; the test may stop and kill it."""
    if shared_postgresql.process is None:
        shared_postgresql.start()
    return shared_postgresql


@pytest.fixture
def dagster_home(tmp_path: Path, postgresql: PostgreSql, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``DAGSTER_HOME`` of one server, with the variables of this process set for it."""
    pytest.importorskip("dagster_postgres", reason="needs the extra `postgres`")
    home = tmp_path / "dagster_home"
    home.mkdir()
    shutil.copy(DEPLOY / "compose" / "dagster.yaml", home / "dagster.yaml")
    variables = {
        **postgresql.environment(),
        "DAGSTER_HOME": str(home),
        "FORECAST_PLATFORM_HOME": str(tmp_path / "home"),
        "FORECAST_PLATFORM_DAGSTER_ROOT": str(tmp_path / "home" / "dagster"),
        "FORECAST_PLATFORM_SETTLE_SECONDS": "0",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return home
