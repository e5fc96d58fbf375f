"""What would be forecast if the plan were another: scenarios of the related time series against the baseline.

Belongs here: checking and applying a scenario, and the comparison. Does not belong here: reading scenarios from JSON
(``pipeline.scenarios``), or where the comparison is kept.

The words and the limits are those of CreateWhatIfForecast. A scenario changes the related time series from the first
period of the forecast on. What was observed before stays as it was: a predictor has learnt from what happened, and one
that scales a price by its own past would not notice a discount that had always been there.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine.algorithms.contract import Algorithm
from forecast_platform.engine.backtesting import Progress
from forecast_platform.engine.executor import Executor
from forecast_platform.engine.featurization import build_panel
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import Predictor, forecast, lineup_of
from forecast_platform.errors import InputError, Problem

Flags = npt.NDArray[np.bool_]

MOST_TRANSFORMATIONS = 30
MOST_CONDITIONS = 10

OPERATIONS: dict[str, Callable[[Any, float], Any]] = {
    "ADD": operator.add,
    "SUBTRACT": operator.sub,
    "MULTIPLY": operator.mul,
    "DIVIDE": operator.truediv,
}
CONDITIONS: dict[str, Callable[[Any, Any], Any]] = {
    "EQUALS": operator.eq,
    "NOT_EQUALS": operator.ne,
    "LESS_THAN": operator.lt,
    "GREATER_THAN": operator.gt,
}
_OF_TEXT = ("EQUALS", "NOT_EQUALS")
_MOST_SHOWN = 20

WHAT_IF, DIFFERENCE = "_what_if", "_difference"
"""Ends of the names of columns in the comparison."""


@dataclass(frozen=True)
class Condition:
    """Which rows of the related time series are meant.

    Attributes:
        attribute: ``item_id``, a dimension, ``timestamp``, a related feature or an attribute of the item metadata.
        condition: One of :data:`CONDITIONS`.
        value: As written: a number for a feature, an instant for ``timestamp``, else text.
    """

    attribute: str
    condition: str
    value: str


@dataclass(frozen=True)
class Transformation:
    """One change of one feature, in the rows that fulfil all conditions.

    Attributes:
        operation: One of :data:`OPERATIONS`.
        where: Its place in what the person wrote, for messages.
    """

    attribute: str
    operation: str
    value: float
    conditions: tuple[Condition, ...] = ()
    where: str = "transformation"


@dataclass(frozen=True)
class Scenario:
    """A changed plan: transformations, which are applied in their order, or rows that replace those of the same keys.

    Attributes:
        replacement: The keys of the related time series, ``timestamp`` and at least one of its features; a value of
            NaN leaves the baseline's.
    """

    transformations: tuple[Transformation, ...] = ()
    replacement: pd.DataFrame | None = None
    where: str = "scenario"


@dataclass(frozen=True)
class WhatIf:
    """A scenario's forecast beside the baseline.

    Attributes:
        table: The keys, ``timestamp``, and of each forecast type the baseline ``<type>``, ``<type>_what_if`` and
            ``<type>_difference``, what-if minus baseline.
        changed_values: Values of the related time series that are others, of each transformation or of the replacement.
        notes: What a person should know: that nothing changed, say, and why.
    """

    table: pd.DataFrame
    changed_values: tuple[int, ...]
    notes: tuple[str, ...] = ()


def what_if(
    predictor: Predictor,
    frames: TrainingFrames,
    scenario: Scenario,
    baseline: pd.DataFrame,
    progress: Progress,
    executor: Executor | None = None,
    pretrained: Sequence[Algorithm] = (),
) -> WhatIf:
    """Forecast a scenario with the predictor that made the baseline.

    Args:
        frames: Those that the baseline was made from.
        baseline: What :func:`~forecast_platform.engine.predictor.forecast` gave.
        executor: Where models of single series are fitted; ``None`` = on this machine, one process per core.
        pretrained: Algorithms that need files, made by the caller; those that were there in training.

    Raises:
        InputError: With all problems of the scenario.
        PermanentError: A candidate that counts is not there any more.
    """
    raise_problems(check(scenario, frames))
    start = baseline["timestamp"].min()
    changed, counts = apply(scenario, frames, start)
    types = [name for name in baseline.columns if name not in (*predictor.task.keys, "timestamp")]
    made = baseline
    if any(counts):
        made = forecast(predictor, changed, types, progress, executor, pretrained)
    table = compare(baseline, made, types)
    notes = list(without_effect(scenario, counts, start))
    if any(counts) and not table[[f"{name}{DIFFERENCE}" for name in types]].any(axis=None):
        notes.append(_unmoved(predictor, frames, pretrained))
    return WhatIf(table, counts, tuple(notes))


def check(scenario: Scenario, frames: TrainingFrames) -> list[Problem]:
    """Everything about the scenario that does not go with the data, or with the limits."""
    problems = []
    if frames.related is None:
        expected = "related time series in the project: they are what a scenario changes"
        return [Problem(scenario.where, "a scenario", expected, "Add a RELATED_TIME_SERIES dataset and its file.")]
    if bool(scenario.transformations) == (scenario.replacement is not None):
        found = "both" if scenario.transformations else "neither"
        problems.append(Problem(scenario.where, found, "either transformations or a replacement of rows"))
    if len(scenario.transformations) > MOST_TRANSFORMATIONS:
        found = f"{len(scenario.transformations)} transformations"
        problems.append(Problem(scenario.where, found, f"at most {MOST_TRANSFORMATIONS}"))
    for transformation in scenario.transformations:
        problems += _problems_of(transformation, frames)
    if scenario.replacement is not None:
        problems += _problems_of_replacement(scenario.replacement, frames.related, scenario.where)
    return problems


def raise_problems(problems: Sequence[Problem]) -> None:
    """Raise what :func:`check` has found.

    Raises:
        InputError: There is a problem.
    """
    if problems:
        raise InputError("The what-if scenario cannot be forecast.", problems)


def apply(scenario: Scenario, frames: TrainingFrames, start: pd.Timestamp) -> tuple[TrainingFrames, tuple[int, ...]]:
    """The frames of a scenario that :func:`check` has no problem with, and how many values each part has changed.

    Args:
        start: Of the first period of the forecast; earlier rows are left alone.
    """
    assert frames.related is not None, "checked"
    if scenario.replacement is not None:
        related, count = _replaced(frames.related, scenario.replacement, start)
        return replace(frames, related=related), (count,)
    related, counts = frames.related.copy(), []
    for one in scenario.transformations:
        feature = _known(one.attribute, _features(related))
        assert feature is not None, "checked"
        selected = (related["timestamp"] >= start).to_numpy()
        for condition in one.conditions:
            selected &= _fulfils(condition, related, frames)
        before = related[feature].to_numpy(dtype=np.float64)
        after = np.where(selected, OPERATIONS[one.operation](before, one.value), before)
        related[feature] = after
        counts.append(_count_changes(before, after))
    return replace(frames, related=related), tuple(counts)


def _fulfils(condition: Condition, related: pd.DataFrame, frames: TrainingFrames) -> Flags:
    """Per row of the related time series; a missing value fulfils no condition."""
    column = _column(condition.attribute, related, frames)
    assert column is not None, "checked"
    present: Flags = column.notna().to_numpy(dtype=np.bool_)
    met = CONDITIONS[condition.condition](column, _read(condition.value, column))
    return present & np.asarray(met, dtype=np.bool_)


def _column(name: str, related: pd.DataFrame, frames: TrainingFrames) -> pd.Series[Any] | None:
    """What a condition looks at, per row of the related time series."""
    if (found := _known(name, related.columns)) is not None:
        return related[found]
    if frames.item_metadata is None or (found := _known(name, frames.item_metadata.columns)) is None:
        return None
    by_item = frames.item_metadata.drop_duplicates("item_id", keep="last").set_index("item_id")[found]
    return related["item_id"].map(by_item)


def _read(value: str, column: pd.Series[Any]) -> Any:
    """The value of a condition as the column's type.

    Raises:
        ValueError: It cannot be read as that.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return pd.Timestamp(value.removesuffix("Z"))
    if pd.api.types.is_numeric_dtype(column.dtype):
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"{value} is not finite")
        return number
    return value


def _features(related: pd.DataFrame) -> list[str]:
    return list(related.select_dtypes("number").columns)


def _known(name: str, names: Sequence[str] | pd.Index[Any]) -> str | None:
    """The name as it is spelt; like the API, capitals do not matter unless two names differ in nothing else."""
    alike = [str(one) for one in names if str(one).casefold() == name.casefold()]
    return name if name in alike else (alike[0] if alike else None)


def _problems_of(one: Transformation, frames: TrainingFrames) -> Iterator[Problem]:
    assert frames.related is not None
    features = _features(frames.related)
    if _known(one.attribute, features) is None:
        yield _unknown(
            f"{one.where}.Action.AttributeName", one.attribute, features, "a feature of the related time series"
        )
    if one.operation not in OPERATIONS:
        yield _unknown(f"{one.where}.Action.Operation", one.operation, list(OPERATIONS), "an operation")
    if not math.isfinite(one.value):
        yield Problem(f"{one.where}.Action.Value", str(one.value), "a finite number")
    if one.operation == "DIVIDE" and one.value == 0:
        yield Problem(f"{one.where}.Action.Value", "a division by 0", "another number than 0")
    if len(one.conditions) > MOST_CONDITIONS:
        expected = f"at most {MOST_CONDITIONS}"
        yield Problem(f"{one.where}.TimeSeriesConditions", f"{len(one.conditions)} conditions", expected)
    for index, condition in enumerate(one.conditions):
        yield from _problems_of_condition(condition, f"{one.where}.TimeSeriesConditions[{index}]", frames)


def _problems_of_condition(one: Condition, where: str, frames: TrainingFrames) -> Iterator[Problem]:
    assert frames.related is not None
    if one.condition not in CONDITIONS:
        yield _unknown(f"{where}.Condition", one.condition, list(CONDITIONS), "a condition")
    column = _column(one.attribute, frames.related, frames)
    if column is None:
        metadata = () if frames.item_metadata is None else frames.item_metadata.columns
        names = list(dict.fromkeys([*frames.related.columns, *metadata]))
        yield _unknown(
            f"{where}.AttributeName",
            one.attribute,
            names,
            "a column of the related time series or of the item metadata",
        )
        return
    try:
        value = _read(one.value, column)
    except ValueError:
        expected = "a number" if pd.api.types.is_numeric_dtype(column.dtype) else "an instant such as 2025-12-01"
        yield Problem(f"{where}.AttributeValue", f"'{one.value}'", f"{expected}, because {one.attribute} is one")
        return
    if isinstance(value, str) and one.condition in CONDITIONS and one.condition not in _OF_TEXT:
        yield Problem(f"{where}.Condition", f"{one.condition} of {one.attribute}, which is text", " or ".join(_OF_TEXT))


def _problems_of_replacement(rows: pd.DataFrame, related: pd.DataFrame, where: str) -> Iterator[Problem]:
    features = _features(related)
    keys = [name for name in related.columns if name not in features]
    if missing := [key for key in keys if key not in rows.columns]:
        yield Problem(where, f"rows without {', '.join(missing)}", f"the columns {', '.join(keys)}")
    unknown = [name for name in rows.columns if name not in (*keys, *features)]
    for name in unknown:
        yield _unknown(where, str(name), features, "a feature of the related time series")
    if not set(rows.columns) & set(features) and not unknown:
        yield Problem(where, "no feature", f"at least one of {', '.join(features)}")
    if missing:
        return
    if (repeated := rows.duplicated(keys)).any():
        yield Problem(where, f"{_row(rows[repeated], keys)} more than once", "one row per series and timestamp")
    series = [key for key in keys if key != "timestamp"]
    known = pd.MultiIndex.from_frame(related[series].drop_duplicates())
    strange = rows[~pd.MultiIndex.from_frame(rows[series]).isin(known)].drop_duplicates(series)
    for index in range(min(len(strange), _MOST_SHOWN)):
        found = _row(strange.iloc[index : index + 1], series)
        yield Problem(where, found, "series of the related time series", "Correct the name, or remove the rows.")


def _row(rows: pd.DataFrame, keys: Sequence[str]) -> str:
    return ", ".join(f"{key} '{rows[key].iloc[0]}'" for key in keys)


def _unknown(where: str, found: str, names: Sequence[str], what: str) -> Problem:
    by_fold = {name.casefold(): name for name in names}
    near = get_close_matches(found.casefold(), by_fold, n=1)
    advice = f"Did you mean '{by_fold[near[0]]}'?" if near else ""
    return Problem(where, f"'{found}'", f"{what}: {', '.join(names)}", advice)


def _replaced(related: pd.DataFrame, rows: pd.DataFrame, start: pd.Timestamp) -> tuple[pd.DataFrame, int]:
    """The rows laid over those of the same keys; new timestamps are added."""
    features = _features(related)
    keys = [name for name in related.columns if name not in features]
    given = rows[rows["timestamp"] >= start].set_index(keys)
    before = related.set_index(keys)
    after = given.combine_first(before).reindex(columns=before.columns)
    common = before.reindex(after.index)
    count = _count_changes(common.to_numpy(dtype=np.float64), after.to_numpy(dtype=np.float64))
    return after.reset_index()[related.columns], count


def _count_changes(before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]) -> int:
    return int(((before != after) & ~(np.isnan(before) & np.isnan(after))).sum())


def compare(baseline: pd.DataFrame, made: pd.DataFrame, types: Sequence[str]) -> pd.DataFrame:
    """Two forecasts of the same rows as the table of a :class:`WhatIf`."""
    keys = [name for name in baseline.columns if name not in types]
    table = baseline[keys].copy()
    for name in types:
        table[name] = baseline[name]
        table[f"{name}{WHAT_IF}"] = made[name]
        table[f"{name}{DIFFERENCE}"] = made[name] - baseline[name]
    return table


def without_effect(scenario: Scenario, counts: Sequence[int], start: pd.Timestamp) -> Iterator[str]:
    """What to say of the parts of a scenario that change no value.

    Args:
        counts: What :func:`apply` has changed.
        start: Of the first period of the forecast.
    """
    reason = f"changes no value from {start:%Y-%m-%d %H:%M} on, where the forecast begins."
    for transformation, count in zip(scenario.transformations, counts, strict=False):
        if count == 0:
            yield f"{transformation.where} {reason} Is there a row that fulfils its conditions?"
    if scenario.replacement is not None and not any(counts):
        yield f"The replacement {reason}"


def _unmoved(predictor: Predictor, frames: TrainingFrames, pretrained: Sequence[Algorithm]) -> str:
    names = lineup_of(predictor, build_panel(frames, predictor.task), pretrained).names
    return (
        f"The forecast stays as it is: no candidate that counts in this predictor ({', '.join(names)}) answers "
        "differently with this change. Most do not look at related time series at all; GBM, Prophet, CNN-QR and "
        "Deep_AR_Plus do."
    )
