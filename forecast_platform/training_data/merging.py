"""From the rows of several objects to the rows of one role.

Belongs here: which of two rows about the same observation counts, and the order of the rows. Does not belong
here: reading objects, writing snapshots.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from forecast_platform.training_data.schema import TableSchema
from forecast_platform.training_data.tables import concatenate, key_frame, seconds_of, text_codes


def merge(tables: Sequence[pa.Table], schema: TableSchema) -> tuple[pa.Table, int]:
    """Lay ``tables`` together; a later table's row replaces an earlier one's about the same observation.

    Args:
        tables: At least one, the most recently modified last; no duplicates inside each.

    Returns:
        The rows sorted by timestamp, so that a reader can skip what is after a cutoff, then by item and
        dimensions; and how many rows were replaced.
    """
    table = concatenate(tables)
    superseded = 0
    if len(tables) > 1:
        replaced = key_frame(table, schema).duplicated(keep="last").to_numpy()
        superseded = int(replaced.sum())
        table = table.filter(pa.array(~replaced)) if superseded else table
    sort_keys: list[Any] = [text_codes(table, column)[0] for column in reversed(schema.key_columns)]
    if schema.frequency is not None:
        sort_keys.append(seconds_of(table))
    return table.take(pa.array(np.lexsort(sort_keys))), superseded
