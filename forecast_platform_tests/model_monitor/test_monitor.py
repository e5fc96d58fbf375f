"""What a monitor may be told. Belongs here: settings that are refused. Not here: what is done with the others."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.errors import InputError
from forecast_platform.model_monitor.monitor import BATCH_TRANSFORM, FILES, Hooks
from forecast_platform_tests.model_monitor.small_monitor import BIAS, QUALITY, small_monitor


@pytest.mark.parametrize("source", [FILES, BATCH_TRANSFORM])
@pytest.mark.parametrize("asked", [{"model_quality": QUALITY}, {"bias": BIAS}], ids=["model_quality", "bias"])
def test_predictions_without_ids_cannot_be_matched_with_ground_truth(asked: dict[str, object], source: str) -> None:
    with pytest.raises(InputError) as refused:
        small_monitor(source=source, **asked)
    assert f"{next(iter(asked))}: found it with source: {source}; expected source: captured" in str(refused.value)


def test_predictions_are_not_taken_from_columns_that_a_preprocessor_has_moved() -> None:
    with pytest.raises(InputError) as refused:
        small_monitor(hooks=Hooks(preprocessor=Path("script.py")), model_quality=QUALITY)
    assert "model_quality: found it with a preprocessor" in str(refused.value)


@pytest.mark.parametrize("source", [FILES, BATCH_TRANSFORM])
def test_a_preprocessor_that_would_not_be_asked_is_refused(source: str) -> None:
    with pytest.raises(InputError) as refused:
        small_monitor(hooks=Hooks(preprocessor=Path("script.py")), source=source)
    assert f"preprocessor: found it with source: {source}" in str(refused.value)


def test_a_preprocessor_alone_and_a_postprocessor_with_anything_are_fine() -> None:
    small_monitor(hooks=Hooks(preprocessor=Path("script.py")))
    small_monitor(hooks=Hooks(postprocessor=Path("script.py")), model_quality=QUALITY, bias=BIAS)


def test_windows_share_no_hour_because_an_hour_is_a_folder() -> None:
    with pytest.raises(InputError) as refused:
        small_monitor(schedule=CutoffSchedule(Cadence.HOURLY, datetime(2025, 11, 3, 6, 30), None))
    assert "start: found 2025-11-03 06:30:00; expected a whole hour, in UTC" in str(refused.value)


def test_everything_that_is_wrong_with_a_monitor_is_said_at_once() -> None:
    with pytest.raises(InputError) as refused:
        small_monitor(name="Loans", endpoint="a/b", baseline="../secret", source=FILES, bias=BIAS)
    assert len(refused.value.problems) == 4
