"""Looking at rows: a profile, a data frame, and an account of what could not be read.

Belongs here: the way from rows to these. Does not belong here: reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from forecast_platform.model_monitor.execution import MOST_REFUSED_SHOWN, Looked
from forecast_platform.model_monitor.profile import DatasetProfile
from forecast_platform.model_monitor.reading.rows import Rows

if TYPE_CHECKING:
    import pandas as pd


def profile_of(rows: Rows) -> DatasetProfile:
    """The profile of ``rows``.

    Raises:
        InputError: There are none that can be read.
    """
    from forecast_platform.model_monitor.profiling import profile_rows

    return profile_rows(rows.batches())


def frame_of(rows: Rows) -> pd.DataFrame:
    """All of ``rows`` in memory.

    Raises:
        InputError: There are none that can be read.
    """
    import pyarrow as pa

    return pa.Table.from_batches(list(rows.batches())).to_pandas()


def looked_at(rows: Rows, count: int, notes: Sequence[str] = ()) -> Looked:
    """The account of a reading that has come to its end, with ``notes`` on what was read."""
    refused = tuple({"where": one.where, "reason": one.reason} for one in rows.refused[:MOST_REFUSED_SHOWN])
    return Looked(count, rows.refused_rows, refused, (*rows.notes, *notes))
