"""Small tables and their profiles for the tests of the Model Monitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from forecast_platform.model_monitor.constraints import Constraints, read_constraints, suggest_constraints
from forecast_platform.model_monitor.documents import write_document
from forecast_platform.model_monitor.profile import DatasetProfile
from forecast_platform.model_monitor.profiling import profile_rows
from forecast_platform.model_monitor.statistics import BaselineFeature, read_statistics, statistics_document


def profile(columns: Mapping[str, Sequence[Any]], rows_per_batch: int = 1000) -> DatasetProfile:
    """The profile of a table; texts are typed by what they look like, as in a CSV file."""
    return profile_rows(pa.table(dict(columns)).to_batches(rows_per_batch))


def constraints_of(baseline: DatasetProfile, **changes: Any) -> Constraints:
    """The suggested constraints, with keys of the document replaced."""
    return read_constraints(write_document(suggest_constraints(baseline) | changes), "constraints.json")


def statistics_of(baseline: DatasetProfile) -> dict[str, BaselineFeature]:
    """The baseline's statistics as they are read back from their file."""
    return read_statistics(write_document(statistics_document(baseline)), "statistics.json")
