"""A trained predictor, and forecasting with it.

Belongs here: what training leaves behind, and how it becomes a forecast of later data. Does not belong here: training
(``training``), or where a predictor is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine.algorithms.contract import Algorithm, Floats, Integers, TrainedAlgorithm
from forecast_platform.engine.backtesting import Answers, Distributions, Lineup, Progress, ask
from forecast_platform.engine.candidates import make_plan
from forecast_platform.engine.cold_start import like_similar_items
from forecast_platform.engine.distribution import SeriesErrors, at_quantile, mean_of
from forecast_platform.engine.executor import Executor, LocalExecutor
from forecast_platform.engine.featurization import Panel, build_panel
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.knowledge import PanelKnowledge, Past, SeriesKnowledge, assume_series, distribution_of
from forecast_platform.engine.series_keys import rows_of
from forecast_platform.engine.task import ForecastTask
from forecast_platform.errors import PermanentError

MEAN = "mean"

GROUP = 2048
"""Series that are forecast together; bounds the memory of what the candidates say."""


@dataclass(frozen=True)
class Predictor:
    """What training leaves behind: enough to forecast from any later data, also for series that are new there.

    Attributes:
        task: What it was trained for.
        panel: What holds for all series, and for those unknown here.
        series: One row per series: its keys.
        weights: (series × candidates), in the order of ``panel.names``.
        offsets: (series × groups of steps × levels): see :class:`~forecast_platform.engine.distribution.SeriesErrors`.
        trained: Global algorithms that count, by name.
        accuracy: The GetAccuracyMetrics document.
        item_accuracy: See :func:`forecast_platform.engine.accuracy.item_accuracy`.
        forecasted_values: See :func:`forecast_platform.engine.accuracy.forecasted_values`.
        details: For people.
    """

    task: ForecastTask
    panel: PanelKnowledge
    series: pd.DataFrame
    weights: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.float32]
    trained: dict[str, TrainedAlgorithm]
    accuracy: dict[str, Any]
    item_accuracy: pd.DataFrame
    forecasted_values: pd.DataFrame
    details: dict[str, Any]


def forecast(
    predictor: Predictor,
    frames: TrainingFrames,
    forecast_types: Sequence[str],
    progress: Progress,
    executor: Executor | None = None,
    pretrained: Sequence[Algorithm] = (),
) -> pd.DataFrame:
    """Forecast every series from the period after the newest observation of any; items without history too.

    Quantiles do not cross, and are cut at 0 for a series that was never negative.

    Args:
        forecast_types: Labels such as ``p10`` and ``mean``.
        executor: Where models of single series are fitted; ``None`` = on this machine, one process per core.
        pretrained: Algorithms that need files, made by the caller; those that were there in training.

    Returns:
        Keys, ``timestamp`` (datetime64[ns]) and one float column per label, sorted by series and timestamp.

    Raises:
        InputError: There is no data.
        PermanentError: A candidate that counts is not there any more.
    """
    panel = build_panel(frames, predictor.task)
    labels = tuple(dict.fromkeys(forecast_types))
    lineup = lineup_of(predictor, panel, pretrained)
    done, total = 0, len(panel.series)
    parts, patterns = [], []
    with executor or LocalExecutor() as running:
        for first in range(0, total, GROUP):
            rows = np.arange(first, min(first + GROUP, total))

            def count(more: int) -> None:
                nonlocal done
                done += more
                progress("forecasting", done, total)

            distribution = _distribution(predictor, panel, rows, lineup, running, count)
            parts.append({label: _of_type(distribution, label) for label in labels})
            if len(panel.cold):
                patterns.append(distribution.astype(np.float32))
    if len(panel.cold):
        cold = _cold_distribution(predictor, panel, lineup, np.concatenate(patterns))
        parts.append({label: _of_type(cold, label) for label in labels})
    keys = pd.concat([panel.series, panel.cold], ignore_index=True) if len(panel.cold) else panel.series
    return _table(
        predictor.task, panel, keys, {label: np.concatenate([part[label] for part in parts]) for label in labels}
    )


def lineup_of(predictor: Predictor, panel: Panel, pretrained: Sequence[Algorithm] = ()) -> Lineup:
    """The candidates that count, for some series at least.

    Raises:
        PermanentError: One of them is not there any more.
    """
    plan = make_plan(predictor.task, panel, pretrained)
    counts = {name for index, name in enumerate(predictor.panel.names) if _counts(predictor, index)}
    lineup = Lineup.of(plan.local, [*predictor.trained.values(), *plan.pretrained]).only(counts)
    if missing := counts - set(lineup.names):
        raise PermanentError(
            f"This predictor counts on {', '.join(sorted(missing))}, which is not available now. Install what it "
            "needs, or train a new predictor."
        )
    return lineup


def _counts(predictor: Predictor, index: int) -> bool:
    return bool(predictor.panel.weights.weights[index] > 0 or (predictor.weights[:, index] > 0).any())


def _distribution(
    predictor: Predictor, panel: Panel, rows: Integers, lineup: Lineup, executor: Executor, count: Any
) -> Floats:
    """(rows × steps × levels)."""
    horizon = predictor.task.horizon
    answers = ask(panel.history(horizon).rows(rows), [panel.periods], horizon, [lineup], executor, count)
    return predicted(predictor, panel, rows, answers)


def predicted(predictor: Predictor, panel: Panel, rows: Integers, answers: Answers) -> Floats:
    """The predictive distribution that the answers of the line-up amount to.

    Args:
        rows: Of the panel; those that the answers are about.

    Returns:
        (rows × steps × levels), without NaN.
    """
    past = Past(panel.values[rows], panel.seasons, predictor.task.horizon)
    distribution = distribution_of(answers, 0, past, predictor.panel, _knowledge(predictor, panel, rows, past))
    missing = np.isnan(distribution).any(axis=(1, 2))
    if missing.any():
        distribution[missing] = _last_value(predictor, past, np.flatnonzero(missing))
    return distribution


def _knowledge(predictor: Predictor, panel: Panel, rows: Integers, past: Past) -> SeriesKnowledge:
    """What was learnt of the series, and for those that are new what is assumed of them."""
    known = rows_of(panel.series.iloc[rows][predictor.task.keys], predictor.series[predictor.task.keys])
    assumed = assume_series(past, predictor.panel)
    new = known < 0
    weights = np.where(new[:, None], assumed.weights, predictor.weights[known].astype(np.float64))
    offsets = np.where(new[:, None, None], assumed.errors.offsets, predictor.offsets[known].astype(np.float64))
    return SeriesKnowledge(weights, SeriesErrors(offsets))


def _last_value(predictor: Predictor, past: Past, rows: Integers) -> Floats:
    """For series that no candidate can forecast: the last value, with the errors to expect of any series."""
    few = Past(past.values[rows], past.seasons, past.horizon)
    newest_first = few.values[:, ::-1]
    last = newest_first[np.arange(len(few.values)), (~np.isnan(newest_first)).argmax(axis=1)]
    points = np.repeat(last[:, None], few.horizon, axis=1)
    distribution = assume_series(few, predictor.panel).errors.quantiles(points, few.level)
    return np.asarray(np.maximum(distribution, few.floor[:, None, None]))


def _cold_distribution(predictor: Predictor, panel: Panel, lineup: Lineup, known: Distributions) -> Floats:
    """(items without history × steps × levels): by the only algorithm, if it can; else like similar items."""
    similar = like_similar_items(known, panel.covariates, panel.cold_covariates, len(panel.cold))
    if predictor.panel.modelled and lineup.trained:
        answer = lineup.trained[0].forecast(panel.cold_history(predictor.task.horizon), predictor.task.horizon)
        if answer.quantiles is not None:
            floor = Past(panel.values, panel.seasons, predictor.task.horizon).floor.min()
            return np.where(np.isnan(answer.quantiles), similar, np.maximum(answer.quantiles, floor))
    return similar


def _of_type(distribution: Floats, label: str) -> Floats:
    return mean_of(distribution) if label == MEAN else at_quantile(distribution, int(label[1:]) / 100)


def _table(task: ForecastTask, panel: Panel, keys: pd.DataFrame, values: dict[str, Floats]) -> pd.DataFrame:
    repeated = keys.loc[keys.index.repeat(task.horizon)].reset_index(drop=True)
    timestamps = np.tile(panel.timestamps(panel.periods, task.horizon), len(keys))
    columns = {label: array.ravel() for label, array in values.items()}
    table = pd.concat([repeated, pd.DataFrame({"timestamp": timestamps, **columns})], axis=1)
    if not len(panel.cold):
        return table
    return table.sort_values([*task.keys, "timestamp"], kind="stable", ignore_index=True)
