"""Which folders Athena looks into: all that are there, and few others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from forecast_platform.cutoffs import cutoff_key
from forecast_platform.frequency import Frequency
from forecast_platform.warehouse.athena.projection import partition_values, projection
from forecast_platform_tests.fakes.partition_projection import partition_folders

START = datetime(2014, 11, 30)


def folders(values: dict[str, list[str]]) -> set[str]:
    definition = {
        "Parameters": projection(values, "s3://lake/t/"),
        "PartitionKeys": [{"Name": name} for name in values],
    }
    return {place.removeprefix("s3://lake/t/") for _, place in partition_folders(definition)}


def cutoffs(frequency: str, steps: Iterable[int]) -> dict[str, list[str]]:
    step = Frequency.parse(frequency)
    return {"cutoff": [cutoff_key(step.step(START.replace(day=15), count)) for count in steps]}


@pytest.mark.parametrize("frequency", ["H", "D", "W", "M", "15min", "3M"])
@pytest.mark.parametrize("steps", [[0], [0, 1], [0, 1, 2, 3, 7, 8, 20], range(50)])
def test_every_folder_of_a_schedule_is_looked_into_and_few_others(frequency: str, steps: Iterable[int]) -> None:
    values = cutoffs(frequency, steps)
    found = folders(values)
    assert {f"cutoff={value}/" for value in values["cutoff"]} <= found
    assert len(found) <= 33 + 21 + len(values["cutoff"])


def test_the_next_cutoffs_are_looked_into_before_they_are_published() -> None:
    assert cutoffs("D", [10])["cutoff"][0] in str(folders(cutoffs("D", range(9))))


def test_cutoffs_of_two_schedules_are_all_looked_into() -> None:
    values = sorted(cutoffs("D", range(30))["cutoff"] + cutoffs("H", range(30 * 24, 32 * 24))["cutoff"])
    assert {f"cutoff={value}/" for value in values} <= folders({"cutoff": values})


@pytest.mark.parametrize(
    "values",
    [
        ["2014-11-30T00-00-00Z", "2014-11-30T00-00-01Z", "2024-11-30T00-00-00Z"],
        ["2014-11-30T00-00-00Z", "latest"],
        ["a", "b"],
    ],
)
def test_values_without_a_reasonable_step_are_listed(values: list[str]) -> None:
    assert folders({"cutoff": values}) == {f"cutoff={value}/" for value in values}


def test_a_table_without_files_has_a_projection_that_leads_nowhere() -> None:
    assert folders({"schedule": [], "window": []}) == {"schedule=none/window=none/"}


def test_names_and_hours_are_projected_together() -> None:
    hours = [f"{START + timedelta(hours=hour):%Y-%m-%dT%H}" for hour in range(3)]
    keys = [f"tables/metrics/schedule={name}/window={hour}/rows.parquet" for name in ("b", "a") for hour in hours]
    values = partition_values([*keys, "tables/metrics/other.json", "schedule=x/rows.parquet"], ("schedule", "window"))
    assert values == {"schedule": ["a", "b"], "window": hours}
    found = folders(values)
    assert {f"schedule={name}/window={hour}/" for name in "ab" for hour in hours} <= found
    assert len(found) == 2 * (3 + 32)


def test_athena_is_told_of_cutoffs_as_of_dates() -> None:
    assert projection(cutoffs("D", [16, 46]), "s3://lake/t/") == {
        "projection.enabled": "true",
        "storage.location.template": "s3://lake/t/cutoff=${cutoff}/",
        "projection.cutoff.type": "date",
        "projection.cutoff.format": "yyyy-MM-dd'T'HH-mm-ss'Z'",
        "projection.cutoff.range": "2013-08-08T00-00-00Z,2016-04-24T00-00-00Z",
        "projection.cutoff.interval": "30",
        "projection.cutoff.interval.unit": "DAYS",
    }
