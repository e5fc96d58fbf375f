"""A monitor in a home of its own, as Dagster sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_platform.components.model_monitor.shell import MonitorShell
from forecast_platform.model_monitor.workspace import MonitorWorkspace
from forecast_platform_tests.model_monitor.small_monitor import QUALITY, small_monitor, small_workspace


@pytest.fixture
def monitor_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MonitorShell:
    """The small monitor; its home is ``tmp_path / "home"`` and uploads settle at once."""
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FORECAST_PLATFORM_SETTLE_SECONDS", "0")
    return MonitorShell(small_monitor(model_quality=QUALITY))


@pytest.fixture
def monitored(monitor_shell: MonitorShell, tmp_path: Path) -> MonitorWorkspace:
    """The small monitor's workspace with its baseline dataset in the bucket."""
    return small_workspace(tmp_path / "home", model_quality=QUALITY)
