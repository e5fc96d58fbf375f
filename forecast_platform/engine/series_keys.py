"""Rows of a frame to numbered series.

Belongs here: numbering by keys, and the order of rows in time. Does not belong here: values (``featurization``,
``covariates``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Integers = npt.NDArray[np.int64]


def key_codes(frame: pd.DataFrame, keys: Sequence[str]) -> tuple[Integers, pd.DataFrame]:
    """Number the rows by the distinct values of ``keys``.

    Returns:
        One number per row, and the distinct values sorted: the row with number ``i`` has the keys in row ``i``.
    """
    codes, texts = _codes(frame[keys[0]])
    columns = [texts]
    for key in keys[1:]:
        further, texts = _codes(frame[key])
        count = max(len(texts), 1)
        codes, pairs = pd.factorize(codes * count + further, sort=True)
        columns = [column[pairs // count] for column in columns] + [texts[pairs % count]]
    return codes, pd.DataFrame(dict(zip(keys, columns, strict=True)), columns=list(keys))


def rows_of(keys: pd.DataFrame, distinct: pd.DataFrame) -> Integers:
    """The row of ``distinct`` that has the same values as each row of ``keys`` in all columns of ``distinct``.

    Returns:
        As many numbers as ``keys`` has rows; -1 where there is no such row.
    """
    on = list(distinct.columns)
    numbered = distinct.assign(_row=np.arange(len(distinct)))
    rows: Integers = keys[on].merge(numbered, on=on, how="left")["_row"].fillna(-1).to_numpy(dtype=np.int64)
    return rows


def chronological(codes: Integers, timestamps: npt.NDArray[Any]) -> Integers | slice:
    """The order of rows by series, then time; all of them where they are in that order already."""
    step, same = np.diff(codes), codes[1:] == codes[:-1]
    if (step >= 0).all() and (~same | (timestamps[1:] >= timestamps[:-1])).all():
        return slice(None)
    return np.asarray(np.lexsort((timestamps, codes)))


def _codes(values: pd.Series[Any]) -> tuple[Integers, npt.NDArray[np.object_]]:
    """Number the rows by text; a missing one comes last."""
    codes, texts = pd.factorize(values)
    # Sorted afterwards, because the categories of a categorical column would give another order than its texts.
    rank, ordered = pd.factorize(np.asarray(texts, dtype=object), sort=True)
    missing = codes < 0
    if (rank[1:] < rank[:-1]).any():
        codes = rank[codes]
    if missing.any():
        codes[missing], ordered = len(ordered), np.append(ordered, np.array([None], dtype=object))
    return codes, ordered
