"""The checks of ``athena_tables``. Belongs here: what is asked of the tables. Does not belong here: where the
numbers come from (``pipeline``).
"""

from __future__ import annotations

from collections.abc import Iterable

from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.validation import Batch


def checks() -> tuple[Check, ...]:
    """Whether SQL shows what the files hold. Batch: :func:`batch`."""
    return (
        Check(
            "row_counts_agree",
            "Every table has as many rows as its files.",
            "critical",
            (
                Expectation(
                    "ExpectColumnPairValuesToBeEqual", {"column_A": "rows_in_table", "column_B": "rows_in_files"}
                ),
            ),
            "Rows by SQL and in the files: {row_counts}.",
        ),
    )


def batch(counts: Iterable[tuple[str, int, int]]) -> Batch:
    """One row per table. ``counts``: name, rows by SQL, rows in its files."""
    import pandas as pd

    frame = pd.DataFrame(counts, columns=["table", "rows_in_table", "rows_in_files"])
    texts = [f"{table} {by_sql} and {in_files}" for table, by_sql, in_files in frame.itertuples(index=False)]
    return Batch(frame, {"row_counts": ", ".join(texts)})
