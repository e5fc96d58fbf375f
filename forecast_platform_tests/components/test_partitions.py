from datetime import datetime

import dagster as dg
import pytest

from forecast_platform.components.partitions import cutoff_of, partition_key, partitions_of
from forecast_platform.cutoffs import Cadence, CutoffSchedule


@pytest.mark.parametrize(
    ("cadence", "start"),
    [
        (Cadence.HOURLY, datetime(2025, 3, 1)),
        (Cadence.DAILY, datetime(2025, 3, 1)),
        (Cadence.DAILY, datetime(2025, 3, 1, 6, 30)),
        (Cadence.WEEKLY, datetime(2025, 2, 28)),
        (Cadence.MONTHLY, datetime(2025, 1, 15)),
    ],
)
def test_dagsters_windows_end_at_the_cutoffs_of_the_schedule(cadence: Cadence, start: datetime) -> None:
    schedule = CutoffSchedule(cadence, start, datetime(2025, 6, 1))
    partitions = partitions_of(schedule)
    keys = partitions.get_partition_keys()
    assert len(keys) > 1
    for index, key in enumerate(keys):
        window = partitions.time_window_for_partition_key(key)
        cutoff = window.end.replace(tzinfo=None)
        assert cutoff == schedule.cutoff(index)
        assert cutoff_of(schedule, key) == cutoff
        assert partition_key(schedule, cutoff) == key


def test_partitions_are_in_utc_so_no_day_is_longer_than_another() -> None:
    partitions = partitions_of(CutoffSchedule(Cadence.DAILY, datetime(2025, 3, 1)))
    assert isinstance(partitions, dg.TimeWindowPartitionsDefinition)
    assert partitions.timezone == "UTC"
