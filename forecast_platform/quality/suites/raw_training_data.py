"""The checks of ``raw_training_data``. Belongs here: what is asked of the training data as of a cutoff. Does not
belong here: where the numbers come from (``pipeline``).
"""

from __future__ import annotations

from collections.abc import Sequence

from forecast_platform.errors import Problem
from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.suites.building import at_most, not_less, present
from forecast_platform.quality.validation import Batch


def checks() -> tuple[Check, ...]:
    """Whether the training data is fit to train on. Batch: :func:`batch`."""
    return (
        Check(
            "rows_are_readable",
            "No more than the allowed share of the rows in train/ is refused.",
            "critical",
            (at_most("refused_share", "max_refused_share"),),
            "{refused_rows} of {rows} rows ({refused_share:.2%}) were refused; allowed: {max_refused_share:.2%}."
            "{problems}",
        ),
        Check(
            "files_are_readable",
            "No file in train/ is refused as a whole.",
            "critical",
            (Expectation("ExpectColumnMaxToBeBetween", {"column": "refused_files", "max_value": 0}),),
            "Files of which nothing could be read: {refused_files}.{problems}",
        ),
        Check(
            "history_is_long_enough",
            "The longest series is as long as training for this horizon needs.",
            "critical",
            (not_less("longest_series", "horizon_needed"),),
            "The longest series covers {longest_series} periods before the cutoff; needed: {horizon_needed}. "
            "All series together have {observations_before_cutoff} observations.",
        ),
        Check(
            "data_reaches_the_cutoff",
            "The newest observation is no further behind the cutoff than allowed.",
            "warning",
            (present("hours_behind_cutoff"), at_most("hours_behind_cutoff", "max_hours_behind_cutoff")),
            "Hours from the end of the data to the cutoff: {hours_behind_cutoff:g} (nan when there is no data); "
            "allowed: {max_hours_behind_cutoff:g}.",
        ),
    )


def batch(
    *,
    rows: int,
    refused_rows: int,
    refused_files: int,
    observations_before_cutoff: int,
    longest_series: int,
    horizon_needed: int,
    hours_behind_cutoff: float | None,
    max_refused_share: float,
    max_hours_behind_cutoff: float,
    problems: Sequence[Problem] = (),
) -> Batch:
    """One row about the training data as of a cutoff.

    Args:
        rows: All rows of ``train/``, the refused ones among them.
        observations_before_cutoff: Target observations of all series that are complete at the cutoff.
        refused_files: Files of which nothing could be read.
        longest_series: Periods from the first observation of the longest series to the newest observation.
        horizon_needed: Periods that one series needs for this horizon and its backtests.
        hours_behind_cutoff: From the end of the newest complete observation to the cutoff; ``None`` = there is none.
        max_refused_share: 0-1.
        problems: Why rows were refused, as far as a person wants to read.
    """
    import pandas as pd

    summary = {
        "rows": rows,
        "refused_rows": refused_rows,
        "refused_files": refused_files,
        "refused_share": refused_rows / rows if rows else 0.0,
        "observations_before_cutoff": observations_before_cutoff,
        "longest_series": longest_series,
        "horizon_needed": horizon_needed,
        "hours_behind_cutoff": float("nan") if hours_behind_cutoff is None else hours_behind_cutoff,
    }
    parameters = {
        "max_refused_share": max_refused_share,
        "max_hours_behind_cutoff": max_hours_behind_cutoff,
        "problems": "".join(f"\n- {problem}" for problem in problems),
    }
    return Batch(pd.DataFrame([summary]), parameters)
