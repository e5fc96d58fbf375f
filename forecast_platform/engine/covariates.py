"""What is known of the series besides their target: related time series, item metadata, holidays.

Belongs here: bringing it onto the axes of a panel, and which items have no history. Does not belong here: the target
(``featurization``), how gaps are filled (``filling``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine.algorithms.contract import Covariates
from forecast_platform.engine.calendar import Calendar
from forecast_platform.engine.filling import FILL_WINDOW, fill_related
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.holidays import holiday_features
from forecast_platform.engine.series_keys import chronological, key_codes, rows_of
from forecast_platform.engine.task import ForecastTask, RelatedFilling

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

KNOWN_AHEAD_SHARE = 0.95
"""Of the series that have a feature, how many must have it over the whole horizon for it to be known ahead."""


@dataclass(frozen=True)
class Axes:
    """Where covariates are put.

    Attributes:
        series: One row per series: ``item_id`` and the forecast dimensions.
        calendar: Numbers the periods.
        first_period: Number of the first column.
        periods: Columns of history; the horizon of the task follows them.
    """

    series: pd.DataFrame
    calendar: Calendar
    first_period: int
    periods: int


@dataclass(frozen=True)
class FeatureGaps:
    """What is still missing of a feature after filling, for people.

    Attributes:
        series_without: Series without any value of it.
        history: Empty periods from each series' first observation of the target on, of the series that have it.
        horizon: Empty periods within the horizon, of the series that have it.
    """

    feature: str
    series_without: int
    history: int
    horizon: int


def build_covariates(frames: TrainingFrames, task: ForecastTask, axes: Axes) -> Covariates | None:
    """All covariates of the series, or ``None`` when there are none.

    Related time series are taken as they are: they have the frequency of the forecast and are not aggregated. Of
    several values in one period the latest counts. They are joined by the keys that they have, so a feature without a
    dimension of the forecast holds for all its values. Values after the end of the history are kept when the feature
    is known ahead, and are NaN otherwise, as in :meth:`History.before`.

    Raises:
        InputError: The country of the holidays is not known.
    """
    length = axes.periods + task.horizon
    names, related = _related(frames.related, task, axes)
    ahead = [_known_ahead(feature, axes.periods) for feature in related]
    for feature, known in zip(related, ahead, strict=True):
        if not known:
            feature[:, axes.periods :] = np.nan
    holidays = holiday_features(task.holidays, axes.calendar, axes.first_period, length) if task.holidays else {}
    attributes = _attributes(frames.item_metadata, axes.series["item_id"])
    if not names and not holidays and not attributes:
        return None
    return Covariates(
        names=(*names, *holidays),
        values=_stack(related, holidays, len(axes.series), length),
        known_ahead=(*ahead, *(True for _ in holidays)),
        attribute_names=tuple(attributes),
        attributes=np.array([codes for codes, _ in attributes.values()], dtype=np.int64).reshape(
            len(attributes), len(axes.series)
        ),
        categories=tuple(texts for _, texts in attributes.values()),
    )


def feature_gaps(covariates: Covariates, target: Floats) -> tuple[FeatureGaps, ...]:
    """What is missing of each feature that is not complete.

    Args:
        target: (series × periods) of the same series.
    """
    periods = target.shape[1]
    since_first = np.maximum.accumulate(~np.isnan(target), axis=1)
    found = []
    for name, values in zip(covariates.names, covariates.values, strict=True):
        missing = np.isnan(values)
        without = missing.all(axis=1)
        history, horizon = missing[~without, :periods] & since_first[~without], missing[~without, periods:]
        found.append(FeatureGaps(name, int(without.sum()), int(history.sum()), int(horizon.sum())))
    return tuple(gaps for gaps in found if gaps.series_without or gaps.history or gaps.horizon)


def cold_series(frames: TrainingFrames, task: ForecastTask, warm: pd.DataFrame) -> pd.DataFrame:
    """Series of items that are in the item metadata and have no history.

    An item without history has no dimensions of its own: with forecast dimensions, its series are the combinations in
    the related time series, if those have all the dimensions, and otherwise it has none.

    Args:
        warm: The series with a history.

    Returns:
        The keys of the task, sorted; no row when there is none.
    """
    none = pd.DataFrame(columns=task.keys, dtype=object)
    if frames.item_metadata is None:
        return none
    items = frames.item_metadata["item_id"]
    items = items[~items.isin(warm["item_id"])].drop_duplicates().sort_values(ignore_index=True)
    if items.empty or not task.dimensions:
        return none if items.empty else items.to_frame().astype(object)
    if frames.related is None or not set(task.keys) <= set(frames.related.columns):
        return none
    return key_codes(frames.related[frames.related["item_id"].isin(items)], task.keys)[1]


def _related(related: pd.DataFrame | None, task: ForecastTask, axes: Axes) -> tuple[tuple[str, ...], list[Floats]]:
    """Names and (series × periods + horizon) of the features."""
    if related is None:
        return (), []
    features = [name for name in related.columns if pd.api.types.is_numeric_dtype(related[name].dtype)]
    codes, distinct = key_codes(related, [key for key in task.keys if key in related.columns])
    timestamps = related["timestamp"].to_numpy(dtype="datetime64[ns]")
    order = chronological(codes, timestamps)
    # The periods before the history are there for the statistics, which look back from a gap at its beginning.
    width = FILL_WINDOW + axes.periods + task.horizon
    columns = axes.calendar.period(timestamps[order]) - (axes.first_period - FILL_WINDOW)
    within = (columns >= 0) & (columns < width)
    cells = (codes[order] * width + columns)[within]
    rows = rows_of(axes.series, distinct)
    fillings = {filling.feature: filling for filling in task.related_fillings}
    result = []
    for name in features:
        values = related[name].to_numpy(dtype=np.float64)[order][within]
        # The row more, at the end, is that of the series which are not in the related time series: their row is -1.
        matrix = _scatter(cells, values, (len(distinct) + 1, width))
        filled = fill_related(matrix, FILL_WINDOW + axes.periods, fillings.get(name) or RelatedFilling(name))
        result.append(filled[rows, FILL_WINDOW:])
    return tuple(features), result


def _scatter(cells: Integers, values: Floats, shape: tuple[int, int]) -> Floats:
    """Put numbers into a matrix of NaN; of several for one cell the last counts."""
    flat = np.full(shape[0] * shape[1], np.nan)
    present = ~np.isnan(values)
    flat[cells[present]] = values[present]
    return flat.reshape(shape)


def _known_ahead(values: Floats, periods: int) -> bool:
    known = ~np.isnan(values)
    having = known.any(axis=1)
    return bool(having.any() and known[having, periods:].all(axis=1).mean() >= KNOWN_AHEAD_SHARE)


def _stack(related: list[Floats], holidays: dict[str, Floats], rows: int, length: int) -> Floats:
    """(features × series × periods). Holidays are the same for every series, so alone they take no memory."""
    if related:
        return np.stack([*related, *(np.broadcast_to(values, (rows, length)) for values in holidays.values())])
    of_all = np.array(list(holidays.values()), dtype=np.float64).reshape(len(holidays), 1, length)
    return np.broadcast_to(of_all, (len(holidays), rows, length))


def _attributes(metadata: pd.DataFrame | None, items: pd.Series[Any]) -> dict[str, tuple[Integers, tuple[str, ...]]]:
    """Attribute -> code per series, and the texts of the codes, sorted. Of several rows of an item the last counts."""
    if metadata is None:
        return {}
    one_each = metadata.drop_duplicates("item_id", keep="last")
    rows = pd.Index(one_each["item_id"].astype(object)).get_indexer(pd.Index(items.astype(object)))
    found = {}
    for name in one_each.columns.drop("item_id"):
        texts = one_each[name].astype(object)
        codes, categories = pd.factorize(texts.where(texts != ""), sort=True)
        found[str(name)] = np.append(codes, -1)[rows], tuple(str(text) for text in categories)
    return found
