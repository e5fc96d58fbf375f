"""A project in a home of its own, as Dagster sees it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.small_project import small_project, small_workspace


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectShell:
    """The small project; its home is ``tmp_path / "home"`` and uploads settle at once."""
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORECAST_PLATFORM_SETTLE_SECONDS", "0")
    return ProjectShell(small_project())


@pytest.fixture
def workspace(shell: ProjectShell, tmp_path: Path) -> Workspace:
    """The small project's workspace with its data in the bucket."""
    return small_workspace(tmp_path / "home")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A real instance that remembers."""
    quiet = {"telemetry": {"enabled": False}, "python_logs": {"python_log_level": "ERROR"}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=quiet) as instance:
        yield instance
