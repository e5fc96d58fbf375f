"""What people write into a defs.yaml, and what they are told when it is wrong."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from forecast_platform.components.model_monitor.component import ModelMonitor
from forecast_platform.errors import InputError
from forecast_platform.model_monitor.monitor import Monitor


def monitor(folder: Path, **attributes: Any) -> Monitor:
    written = yaml.safe_dump({"start": "2026-01-01"} | attributes)
    return ModelMonitor.resolve_from_yaml(written).monitor(folder)


@pytest.mark.parametrize(
    ("written", "start"),
    [
        ("2026-01-01", datetime(2026, 1, 1)),
        ("2026-01-01T06:00", datetime(2026, 1, 1, 6)),
        ("2026-01-01T06:00:00Z", datetime(2026, 1, 1, 6)),
        ("2026-01-01T00:00:00+02:00", datetime(2025, 12, 31, 22)),
    ],
)
def test_an_instant_may_have_a_zone_and_is_taken_in_utc(tmp_path: Path, written: str, start: datetime) -> None:
    """One with a zone could not be compared with the hours of files, which the sensor found out."""
    schedule = monitor(tmp_path / "census", start=written, end="2026-02-01T00:00:00Z").schedule
    assert (schedule.start, schedule.end) == (start, datetime(2026, 2, 1))


def test_what_is_no_instant_is_shown_with_what_is(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="'yesterday' is no date or date-time such as 2026-01-01"):
        monitor(tmp_path / "census", start="yesterday")


def test_scripts_that_are_not_there_are_all_said_when_definitions_load(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        monitor(tmp_path, preprocessor="clean.py", postprocessor="tell.py")
    assert [problem.where for problem in refused.value.problems] == ["preprocessor", "postprocessor"]
    assert str(tmp_path / "clean.py") in str(refused.value)
