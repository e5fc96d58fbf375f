"""The checks of ``exported_forecast``. Belongs here: what is asked of a forecast before it is published. Does not
belong here: where it comes from (``pipeline``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.suites.building import finite, not_less, parameter, present
from forecast_platform.quality.suites.wording import named, series_names
from forecast_platform.quality.validation import Batch

if TYPE_CHECKING:
    import pandas as pd


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
        Check(
            "values_are_within_reason",
            "No value is far outside the range of its series' history.",
            "warning",
            (not_less("highest", "largest_value"), not_less("smallest_value", "lowest")),
            "{far_rows} of {forecast_rows} rows have a value more than five times as far from the median of their "
            "series as any value of its history; expected: none. (Compared are series with twenty periods of history.)",
        ),
        Check(
            "values_are_not_below_zero",
            "No value is negative where the history never was.",
            "warning",
            (not_less("smallest_value", "lowest_by_sign"),),
            "{negative_rows} of {forecast_rows} rows have a negative value in a series whose history has none; "
            "expected: none.",
        ),
    )


def batch(
    forecast: pd.DataFrame,
    target: pd.DataFrame,
    ranges: pd.DataFrame,
    *,
    forecast_types: Sequence[str],
    forecast_dimensions: Sequence[str],
    horizon: int,
) -> Batch:
    """A forecast with what completeness is judged by.

    Args:
        forecast: Wide: ``item_id``, ``forecast_dimensions``, ``timestamp``, ``forecast_types``.
        target: The history it was made from, with ``item_id`` and ``forecast_dimensions``.
        ranges: Of what is forecast, per series: ``item_id``, ``forecast_dimensions``, ``lowest``, ``highest`` and
            ``lowest_by_sign`` (NaN = anything). Series may be left out.
        horizon: Steps to forecast.

    Returns:
        The forecast with more columns: ``series``, the keys as one text; ``steps``, the rows of the series;
        ``smallest_value`` and ``largest_value`` of all types; and those of ``ranges``.
    """
    keys = ["item_id", *forecast_dimensions]
    frame = forecast.assign(series=series_names(forecast[keys]))
    frame["steps"] = frame.groupby("series", sort=False)["series"].transform("size")
    frame["smallest_value"] = frame[list(forecast_types)].min(axis="columns")
    frame["largest_value"] = frame[list(forecast_types)].max(axis="columns")
    frame = frame.merge(ranges, on=keys, how="left")
    expected = set(series_names(target[keys].drop_duplicates()))
    found = set(frame["series"].unique())
    parameters = {
        "horizon": horizon,
        "expected_series": len(expected),
        "expected_rows": len(expected) * horizon,
        "forecast_series": len(found),
        "forecast_rows": len(frame),
        "missing_series": named(expected - found),
        "far_rows": int(_are_far(frame).sum()),
        "negative_rows": int((frame["smallest_value"] < frame["lowest_by_sign"]).sum()),
    }
    return Batch(frame, parameters, checks(forecast_types))


def _are_far(frame: pd.DataFrame) -> pd.Series[bool]:
    return (frame["largest_value"] > frame["highest"]) | (frame["smallest_value"] < frame["lowest"])
