"""What a monitor may be told. Belongs here: settings that are refused. Not here: what is done with the others."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.errors import InputError
from forecast_platform.model_monitor.monitor import BATCH_TRANSFORM, FILES, AttributionSettings, Hooks, QualitySettings
from forecast_platform_tests.model_monitor.small_monitor import BIAS, DAY, QUALITY, small_monitor


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


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"schedule": CutoffSchedule(Cadence.HOURLY, DAY, DAY)}, "end: found 2025-11-03 00:00:00; expected an instant"),
        ({"model_quality": QualitySettings("Regression")}, "model_quality, inference_attribute: found nothing"),
        (
            {"model_quality": replace(QUALITY, probability_threshold=math.nan)},
            "model_quality, probability_threshold_attribute: found nan",
        ),
        ({"model_quality": replace(QUALITY, start_offset="8 days")}, "model_quality, StartTimeOffset: found '8 days'"),
        ({"model_quality": replace(QUALITY, end_offset="-P1D")}, "model_quality, StartTimeOffset: found nothing"),
        ({"bias": replace(BIAS, facet_values=())}, "bias, facet_values: found an empty list"),
        ({"bias": replace(BIAS, positive_labels=())}, "bias, positive_labels: found an empty list"),
        ({"prefix": "loans//v2"}, "prefix: found 'loans//v2'"),
        ({"data": "/etc/"}, "data: found '/etc/'"),
        ({"baseline": ".hidden/"}, "baseline: found '.hidden/'"),
        ({"attribution": AttributionSettings("")}, "attribution, model_key: found nothing"),
        ({"attribution": AttributionSettings("../model.json")}, "attribution, model_key: found '../model.json'"),
    ],
)
def test_what_could_never_work_is_said_when_definitions_load_and_not_at_every_execution(
    changes: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError) as refused:
        small_monitor(**changes)
    assert said in str(refused.value)
