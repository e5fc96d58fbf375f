"""One file that is read at once, as a whole or not at all.

Belongs here: files beside ``train/`` that have the columns of a role. Does not belong here: the files in ``train/``
(``snapshot``), whose rows may be refused one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

import pandas as pd

from forecast_platform.errors import InputError
from forecast_platform.training_data.frames import canonical_columns, canonical_frame
from forecast_platform.training_data.parsing import parse_object
from forecast_platform.training_data.schema import TableSchema


def read_one_file(open_file: Callable[[], BinaryIO], name: str, schema: TableSchema) -> pd.DataFrame:
    """The rows of a file in canonical columns.

    Args:
        name: For messages.

    Raises:
        InputError: A row, or the file, cannot be read.
    """
    parsed = parse_object(open_file, name, "", schema)
    if parsed.report.problem_count or parsed.table is None:
        raise InputError(f"{name} cannot be read.", parsed.report.problems)
    return canonical_frame(parsed.table, schema, canonical_columns(schema))
