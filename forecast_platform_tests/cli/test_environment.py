"""What the commands prepare before they meet Dagster."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast_platform.cli.environment import prepare_environment
from forecast_platform.settings import load_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FORECAST_PLATFORM_DEFS", "FORECAST_PLATFORM_DAGSTER_ROOT", "DAGSTER_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "dagster"))
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_folder_of_a_local_bucket_is_there_to_drop_files_into(home: Path) -> None:
    prepare_environment()
    assert (home / "bucket").is_dir()


def test_on_aws_no_folder_looks_as_if_it_were_the_bucket(home: Path) -> None:
    environment = {
        "FORECAST_PLATFORM_ENV": "aws",
        "FORECAST_PLATFORM_BUCKET": "b-1",
        "FORECAST_PLATFORM_SERVICE": "local",
    }
    prepare_environment(load_settings({**environment, "FORECAST_PLATFORM_HOME": str(home)}))
    assert (home / "dagster").is_dir()
    assert not (home / "bucket").exists()
