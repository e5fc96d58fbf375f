"""The checks of ``exported_forecast``. Belongs here: what is asked of a forecast before it is published. Does not
belong here: where it comes from (``pipeline``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.suites.building import finite, not_less, parameter, present
from forecast_platform.quality.validation import Batch

if TYPE_CHECKING:
    import pandas as pd


_NAMED_SERIES = 5
"""How many missing series a message names."""


def checks(forecast_types: Sequence[str] = ()) -> tuple[Check, ...]:
    """Whether a forecast is complete and sound. Batch: :func:`batch`.

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
                        "min_value": parameter("expected_series"),
                        "max_value": parameter("expected_series"),
                    },
                ),
                Expectation(
                    "ExpectColumnValuesToBeBetween",
                    {"column": "steps", "min_value": parameter("horizon"), "max_value": parameter("horizon")},
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
            tuple(one for label in forecast_types for one in (present(label), finite(label))),
        ),
        Check(
            "quantiles_do_not_cross",
            "A higher quantile is never below a lower one.",
            "critical",
            tuple(not_less(higher, lower) for lower, higher in pairwise(quantiles)),
        ),
    )


def batch(
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
    return Batch(frame, parameters, checks(forecast_types))


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
