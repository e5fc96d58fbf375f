"""The checks of a forecast project, and the batches they look at.

Belongs here: which questions are asked, with which expectations, of which columns. Does not belong here: where
the numbers come from (``pipeline``), how they are evaluated (``validation``) and shown (``components``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from forecast_platform.errors import Problem
from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.validation import Batch

if TYPE_CHECKING:
    import pandas as pd

_NAMED_SERIES = 5
"""How many missing series a message names."""


def raw_training_data_checks() -> tuple[Check, ...]:
    """Whether the training data is fit to train on. Batch: :func:`raw_training_data_batch`."""
    return (
        Check(
            "rows_are_readable",
            "No more than the allowed share of the rows in train/ is refused.",
            "critical",
            (_at_most("refused_share", "max_refused_share"),),
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
            (_not_less("longest_series", "horizon_needed"),),
            "The longest series covers {longest_series} periods before the cutoff; needed: {horizon_needed}. "
            "All series together have {observations_before_cutoff} observations.",
        ),
        Check(
            "data_reaches_the_cutoff",
            "The newest observation is no further behind the cutoff than allowed.",
            "warning",
            (_present("hours_behind_cutoff"), _at_most("hours_behind_cutoff", "max_hours_behind_cutoff")),
            "Hours from the end of the data to the cutoff: {hours_behind_cutoff:g} (nan when there is no data); "
            "allowed: {max_hours_behind_cutoff:g}.",
        ),
    )


def raw_training_data_batch(
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


def predictor_checks() -> tuple[Check, ...]:
    """Whether the predictor is worth forecasting with. Batch: :func:`predictor_batch`."""
    return (
        Check(
            "accuracy_is_measured",
            "The backtests gave the predictor an accuracy.",
            "critical",
            (_present("average_wql"), _finite("average_wql")),
            "The average wQL of the predictor is {average_wql:.4g}; expected: a finite number.",
        ),
        Check(
            "beats_seasonal_naive",
            "The predictor is at least as accurate as repeating the last season.",
            "warning",
            (_not_less("seasonal_naive_wql", "average_wql"),),
            "The average wQL of the predictor is {average_wql:.4g}, that of seasonal naive {seasonal_naive_wql:.4g} "
            "(lower is better; nan: not measured).",
        ),
        Check(
            "every_candidate_succeeded",
            "No candidate algorithm failed.",
            "warning",
            (Expectation("ExpectColumnMaxToBeBetween", {"column": "failed_candidates", "max_value": 0}),),
            "Candidate algorithms that failed: {failed_candidates}; expected: none.",
        ),
    )


def predictor_batch(*, average_wql: float | None, seasonal_naive_wql: float | None, failed_candidates: int) -> Batch:
    """One row about a predictor. ``None`` = not measured; lower wQL is better."""
    import pandas as pd

    summary = {
        "average_wql": float("nan") if average_wql is None else average_wql,
        "seasonal_naive_wql": float("nan") if seasonal_naive_wql is None else seasonal_naive_wql,
        "failed_candidates": failed_candidates,
    }
    return Batch(pd.DataFrame([summary]))


def forecast_checks(forecast_types: Sequence[str] = ()) -> tuple[Check, ...]:
    """Whether a forecast is complete and sound. Batch: :func:`forecast_batch`.

    Args:
        forecast_types: Labels such as ``p10`` or ``mean``. Without them the checks have their names and
            descriptions, which is what a definition needs, and fewer expectations.
    """
    quantiles = sorted((label for label in forecast_types if label != "mean"), key=lambda label: float(label[1:]))
    return (
        Check(
            "every_item_and_step_is_there",
            "Every series of the history is forecast at every step of the horizon, once.",
            "critical",
            (
                Expectation(
                    "ExpectColumnUniqueValueCountToBeBetween",
                    {
                        "column": "series",
                        "min_value": _parameter("expected_series"),
                        "max_value": _parameter("expected_series"),
                    },
                ),
                Expectation(
                    "ExpectColumnValuesToBeBetween",
                    {"column": "steps", "min_value": _parameter("horizon"), "max_value": _parameter("horizon")},
                ),
                Expectation("ExpectCompoundColumnsToBeUnique", {"column_list": ["series", "timestamp"]}),
            ),
            "{forecast_rows} rows of {forecast_series} series; expected: {expected_rows} rows, {horizon} steps of each "
            "of {expected_series} series. Series without a forecast: {missing_series}.",
        ),
        Check(
            "values_are_finite",
            "Every forecast value is a finite number.",
            "critical",
            tuple(one for label in forecast_types for one in (_present(label), _finite(label))),
        ),
        Check(
            "quantiles_do_not_cross",
            "A higher quantile is never below a lower one.",
            "critical",
            tuple(_not_less(higher, lower) for lower, higher in pairwise(quantiles)),
        ),
    )


def forecast_batch(
    forecast: pd.DataFrame,
    target: pd.DataFrame,
    *,
    forecast_types: Sequence[str],
    forecast_dimensions: Sequence[str],
    horizon: int,
) -> Batch:
    """A forecast with what completeness is judged by.

    Args:
        forecast: Wide: ``item_id``, ``forecast_dimensions``, ``timestamp``, ``forecast_types``.
        target: The history it was made from, with ``item_id`` and ``forecast_dimensions``.
        horizon: Steps to forecast.

    Returns:
        The forecast with two more columns: ``series``, the keys as one text, and ``steps``, the rows of the series.
    """
    keys = ["item_id", *forecast_dimensions]
    frame = forecast.assign(series=_series_names(forecast[keys]))
    frame["steps"] = frame.groupby("series", sort=False)["series"].transform("size")
    expected = set(_series_names(target[keys].drop_duplicates()))
    found = set(frame["series"].unique())
    parameters = {
        "horizon": horizon,
        "expected_series": len(expected),
        "expected_rows": len(expected) * horizon,
        "forecast_series": len(found),
        "forecast_rows": len(frame),
        "missing_series": _named(expected - found),
    }
    return Batch(frame, parameters, forecast_checks(forecast_types))


def athena_tables_checks() -> tuple[Check, ...]:
    """Whether SQL shows what the files hold. Batch: :func:`athena_tables_batch`."""
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


def athena_tables_batch(counts: Iterable[tuple[str, int, int]]) -> Batch:
    """One row per table. ``counts``: name, rows by SQL, rows in its files."""
    import pandas as pd

    frame = pd.DataFrame(counts, columns=["table", "rows_in_table", "rows_in_files"])
    texts = [f"{table} {by_sql} and {in_files}" for table, by_sql, in_files in frame.itertuples(index=False)]
    return Batch(frame, {"row_counts": ", ".join(texts)})


def _series_names(keys: pd.DataFrame) -> list[str]:
    """Each row's keys as one text. Quoted when there are several: an item may have any character in its name."""
    if keys.shape[1] == 1:
        return [str(item) for item in keys.iloc[:, 0]]
    return [" / ".join(map(repr, row)) for row in keys.itertuples(index=False, name=None)]


def _named(series: set[str]) -> str:
    if not series:
        return "none"
    named = ", ".join(sorted(series)[:_NAMED_SERIES])
    return f"{named} and {len(series) - _NAMED_SERIES} more" if len(series) > _NAMED_SERIES else named


def _parameter(name: str) -> dict[str, str]:
    return {"$PARAMETER": name}


def _at_most(column: str, parameter: str) -> Expectation:
    return Expectation("ExpectColumnValuesToBeBetween", {"column": column, "max_value": _parameter(parameter)})


def _not_less(column: str, than: str) -> Expectation:
    """A missing value is the business of other checks."""
    arguments = {"column_A": column, "column_B": than, "or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return Expectation("ExpectColumnPairValuesAToBeGreaterThanB", arguments)


def _present(column: str) -> Expectation:
    return Expectation("ExpectColumnValuesToNotBeNull", {"column": column})


def _finite(column: str) -> Expectation:
    """Between the largest floats: infinities are outside, and no expectation asks for finiteness by name."""
    largest = sys.float_info.max
    words = f"{column} values must be finite"
    return Expectation(
        "ExpectColumnValuesToBeBetween",
        {"column": column, "min_value": -largest, "max_value": largest, "description": words},
    )
