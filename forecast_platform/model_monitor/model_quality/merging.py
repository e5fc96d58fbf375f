"""Predictions and the ground truth that arrives later, put together.

Belongs here: the frames' contract and the merge. Does not belong here: reading them (``model_monitor.capture``), or
which predictions an execution looks at (``windows``).

A frame of predictions has one row per prediction, a frame of ground truth one per label. Both have the columns

- :data:`EVENT_ID` (text), :data:`INFERENCE_ID` (text; the column or single values may be missing),
- :data:`TIME` (naive datetime64 in UTC; NaT where unknown): of the inference, or when the ground truth was collected,
- :data:`POSITION` (integer; may be absent = 0): the number of the row within a request of several rows,

and columns of their own: what was predicted, what was observed. SageMaker's key is the inference id where the caller
gave one, else the event id, and ground truth carries either of them as its ``eventId``.

Of the same event captured twice, and of several labels for the same key, the last counts (by time; without times, the
last row). Requests that were given the same inference id are different predictions: each gets that id's ground truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.errors import InputError, Problem

EVENT_ID, INFERENCE_ID, POSITION, TIME = "event_id", "inference_id", "position", "time"
GROUND_TRUTH_TIME = "ground_truth_time"
_CONTRACT = (EVENT_ID, INFERENCE_ID, POSITION, TIME)

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Merged:
    """Predictions with their ground truth, and what is left.

    Attributes:
        rows: The predictions' columns, those of the ground truth, and :data:`GROUND_TRUTH_TIME`; in the order of the
            predictions.
        waiting: Predictions without ground truth yet: merge them again when more of it has arrived.
        unclaimed: Ground truth whose prediction is not here: keep it for predictions that are captured later.
        duplicate_predictions: Rows left out because the same event is there again.
        duplicate_ground_truth: Labels left out because there is a later one.
        shared_ids: Predictions merged with ground truth that another prediction has as well.
        without_id: Rows of either frame without any id, which nothing can ever match.
    """

    rows: pd.DataFrame
    waiting: pd.DataFrame
    unclaimed: pd.DataFrame
    duplicate_predictions: int
    duplicate_ground_truth: int
    shared_ids: int
    without_id: int


def merge(predictions: pd.DataFrame, ground_truth: pd.DataFrame) -> Merged:
    """Give each prediction its ground truth.

    Raises:
        InputError: A frame lacks a column of the contract, or both have a column of the same name.
    """
    _check(predictions, ground_truth)
    keys, labels = _numbered(predictions, ground_truth)
    (events,) = _numbered(predictions, by=(EVENT_ID, INFERENCE_ID)) if _has_ids(predictions) else (keys,)
    made, observed = _last_of_each(events, predictions), _last_of_each(labels, ground_truth)
    label_of = np.full(max(keys.max(initial=-1), labels.max(initial=-1)) + 1, -1)
    label_of[labels[observed]] = np.arange(len(observed))
    found = label_of[keys[made]]
    matched, claimed = found >= 0, np.zeros(len(observed), dtype=bool)
    claimed[found[matched]] = True
    return Merged(
        rows=_side_by_side(predictions.iloc[made[matched]], ground_truth.iloc[observed[found[matched]]]),
        waiting=predictions.iloc[made[~matched]].reset_index(drop=True),
        unclaimed=ground_truth.iloc[observed[~claimed]].reset_index(drop=True),
        duplicate_predictions=int((events >= 0).sum()) - len(made),
        duplicate_ground_truth=int((labels >= 0).sum()) - len(observed),
        shared_ids=int(matched.sum() - claimed.sum()),
        without_id=int((events < 0).sum() + (labels < 0).sum()),
    )


def _check(predictions: pd.DataFrame, ground_truth: pd.DataFrame) -> None:
    problems = [*_missing("predictions", predictions), *_missing("ground truth", ground_truth)]
    both = [name for name in ground_truth.columns if name in predictions.columns and name not in _CONTRACT]
    advice = "Rename one of them."
    problems += [Problem(f"column {name}", "it in both frames", "it in one of them", advice) for name in both]
    if problems:
        raise InputError("Predictions and ground truth cannot be merged.", problems)


def _missing(frame: str, rows: pd.DataFrame) -> Iterator[Problem]:
    for name in (EVENT_ID, TIME):
        if name not in rows.columns:
            yield Problem(f"frame of {frame}", f"the columns {', '.join(map(str, rows.columns))}", f"a column {name}")


def _has_ids(frame: pd.DataFrame) -> bool:
    return INFERENCE_ID in frame.columns and bool(frame[INFERENCE_ID].notna().any())


def _numbered(*frames: pd.DataFrame, by: tuple[str, str] = (INFERENCE_ID, EVENT_ID)) -> list[Integers]:
    """Per row of each frame the number of its id, the same for the same id in any of them; -1 without an id.

    Args:
        by: The column of the id, and the one that counts where it is empty.
    """
    numbers, ids = pd.factorize(pd.concat([_ids(frame, *by) for frame in frames], ignore_index=True))
    numbers = np.where(np.isin(numbers, np.flatnonzero(ids == "")), -1, numbers)
    position = np.concatenate([_positions(frame) for frame in frames])
    if position.any():
        combined = np.where(numbers < 0, -1, numbers * (position.max() + 1) + position)
        numbers = pd.factorize(pd.Series(combined).where(numbers >= 0))[0]
    return np.split(numbers.astype(np.int64), np.cumsum([len(frame) for frame in frames])[:-1])


def _ids(frame: pd.DataFrame, first: str, otherwise: str) -> pd.Series[Any]:
    if first not in frame.columns or otherwise not in frame.columns:
        return frame[first if first in frame.columns else otherwise]
    return frame[first].where(frame[first].notna() & (frame[first] != ""), frame[otherwise])


def _positions(frame: pd.DataFrame) -> Integers:
    return frame[POSITION].to_numpy(dtype=np.int64) if POSITION in frame.columns else np.zeros(len(frame), np.int64)


def _last_of_each(ids: Integers, frame: pd.DataFrame) -> Integers:
    """Positions of the latest row of each id, ascending; of rows of the same time the last in the frame."""
    # A missing time is the smallest number, so it never replaces a known one.
    by_time = np.argsort(frame[TIME].to_numpy(dtype="datetime64[ns]").view(np.int64), kind="stable")
    by_time = by_time[ids[by_time] >= 0]
    last = np.full(ids.max(initial=-1) + 1, -1)
    last[ids[by_time]] = by_time
    return np.sort(last[last >= 0])


def _side_by_side(predictions: pd.DataFrame, ground_truth: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in ground_truth.columns if name not in _CONTRACT]
    observed = ground_truth[[*names, TIME]].rename(columns={TIME: GROUND_TRUTH_TIME})
    return pd.concat([predictions.reset_index(drop=True), observed.reset_index(drop=True)], axis=1)
