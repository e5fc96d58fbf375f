"""Fill the gaps of series that lie on one time axis.

Belongs here: the fill methods of the API and which gap is which. Does not belong here: how series come onto the
axis (``featurization``, ``covariates``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.task import Filling, RelatedFilling

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FILL_WINDOW = 64
"""How many of the most recent observations before a gap the statistics of ``mean``, ``median`` … see."""

_GAPS_AT_ONCE = 65_536


def fill_target(values: Floats, filling: Filling) -> Floats:
    """Fill what is missing after each series' first observation.

    Frontfill is always ``none``, as the API documents for the target.

    Args:
        values: (series × periods), at least one number in every row.

    Returns:
        A filled copy.
    """
    missing, middle, after = _gaps(values)
    filled = values.copy()
    _fill(filled, values, missing & middle, filling.middlefill, filling.middlefill_value)
    _fill(filled, values, missing & after, filling.backfill, filling.backfill_value)
    return filled


def fill_related(values: Floats, end: int, filling: RelatedFilling) -> Floats:
    """Fill one feature of the related time series.

    A series without any value stays empty before ``end``: it has no first and no last value to fill from.

    Args:
        values: (series × periods), NaN where unknown.
        end: Column of the first period to forecast; from there on it is the future.

    Returns:
        A filled copy.
    """
    missing, middle, after = _gaps(values)
    past = np.arange(values.shape[1]) < end
    filled = values.copy()
    for gaps, method, value in (
        (missing & middle & past, filling.middlefill, filling.middlefill_value),
        (missing & after & past, filling.backfill, filling.backfill_value),
        (missing & ~past, filling.futurefill, filling.futurefill_value),
    ):
        _fill(filled, values, gaps, method, value)
    return filled


def _gaps(values: Floats) -> tuple[Flags, Flags, Flags]:
    """What is missing, and which columns are between a row's first and last number and after the last."""
    missing: Flags = np.isnan(values)
    columns = np.arange(values.shape[1])
    some = ~np.all(missing, axis=1, keepdims=True)
    first = (~missing).argmax(axis=1)[:, None]
    last = (values.shape[1] - 1 - (~missing[:, ::-1]).argmax(axis=1))[:, None]
    return missing, some & (columns > first) & (columns < last), some & (columns > last)


def _fill(filled: Floats, observed: Floats, gaps: Flags, method: str | None, value: float) -> None:
    if method in (None, "nan"):
        return
    if method == "zero":
        filled[gaps] = 0.0
    elif method == "value":
        filled[gaps] = value
    elif gaps.any():
        begins = gaps.copy()
        begins[:, 1:] &= ~gaps[:, :-1]
        rows, columns = np.nonzero(begins)
        number = np.cumsum(begins[gaps]) - 1
        filled[gaps] = _statistics_before(observed, rows, columns, str(method))[number]


def _statistics_before(observed: Floats, rows: Integers, columns: Integers, method: str) -> Floats:
    """The statistic of the last :data:`FILL_WINDOW` observations before each cell, observations only."""
    present = ~np.isnan(observed)
    entries = observed[present]
    entries = entries if len(entries) else np.full(1, np.nan)
    counts = np.cumsum(present, axis=1)
    row_starts = np.concatenate([[0], np.cumsum(counts[:, -1])[:-1]])
    ends = row_starts[rows] + counts[rows, columns]
    starts = np.maximum(ends - FILL_WINDOW, row_starts[rows])
    result = np.empty(len(rows))
    for at in range(0, len(rows), _GAPS_AT_ONCE):
        chunk = slice(at, at + _GAPS_AT_ONCE)
        index = ends[chunk, None] - FILL_WINDOW + np.arange(FILL_WINDOW)
        inside = index >= starts[chunk, None]
        window = np.where(inside, entries[np.where(inside, index, 0)], np.nan)
        result[chunk] = _statistic(window, inside.sum(axis=1), method)
    return result


def _statistic(window: Floats, counts: Integers, method: str) -> Floats:
    """Of the numbers in each row; NaN where there is none."""
    if method == "min":
        return np.asarray(np.fmin.reduce(window, axis=1))
    if method == "max":
        return np.asarray(np.fmax.reduce(window, axis=1))
    if method == "mean":
        return np.asarray(np.nansum(window, axis=1) / np.where(counts > 0, counts, np.nan))
    ascending, rows, middle = np.sort(window, axis=1), np.arange(len(window)), np.maximum(counts, 1)
    return np.asarray((ascending[rows, (middle - 1) // 2] + ascending[rows, middle // 2]) / 2)
