"""Training and forecasting: the engine's two entry points and what one hands to the other.

Belongs here: the order of the work. Does not belong here: each step's own rules, or where a predictor is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine import metrics
from forecast_platform.engine.accuracy import ScoredWindow, evaluation_result, item_accuracy
from forecast_platform.engine.algorithms import REGISTRY, Algorithm, History, SeasonalNaive, candidates
from forecast_platform.engine.backtesting import Backtest, Progress, run_backtest, run_reporting_errors
from forecast_platform.engine.calendar import season_lengths
from forecast_platform.engine.featurization import Panel, build_panel
from forecast_platform.engine.parallel import Runner
from forecast_platform.engine.residuals import (
    ResidualQuantiles,
    historical_residuals,
    level,
    pooled_quantiles,
    residual_quantiles,
)
from forecast_platform.engine.selection import Selection, select
from forecast_platform.engine.task import ForecastTask
from forecast_platform.errors import InputError, PermanentError, Problem

Floats = npt.NDArray[np.float64]

COMBINATION = "AutoPredictor"
MEAN = "mean"


@dataclass(frozen=True)
class Predictor:
    """What training leaves behind: enough to forecast from any later data, also for series that are new there.

    Attributes:
        task: What it was trained for.
        names: Candidates from the best of the panel to the worst; the first forecasts series unknown here.
        series: One row per series: its keys and ``algorithm``.
        residuals: Residual quantiles of each series, in the order of ``series``.
        pooled_residuals: The same for unknown series, in units of a series' level: (groups × knots).
        accuracy: The GetAccuracyMetrics document.
        item_accuracy: See :func:`forecast_platform.engine.accuracy.item_accuracy`.
        details: For people.
    """

    task: ForecastTask
    names: tuple[str, ...]
    series: pd.DataFrame
    residuals: ResidualQuantiles
    pooled_residuals: Floats
    accuracy: dict[str, Any]
    item_accuracy: pd.DataFrame
    details: dict[str, Any]


def train(target: pd.DataFrame, task: ForecastTask, progress: Progress, jobs: int | None = None) -> Predictor:
    """Backtest the candidates, choose one per series and measure its errors.

    Args:
        target: ``item_id``, other string columns, ``timestamp`` (datetime64), ``target`` (float).
        progress: Called with what is being done, how many are done, how many there are.
        jobs: Most worker processes; ``None`` = one per core.

    Raises:
        InputError: No data, too little data, or an algorithm that does not exist.
        PermanentError: Every candidate failed.
    """
    panel = build_panel(target, task)
    algorithms = _candidates(task, panel.seasons)
    with Runner(jobs) as runner:
        backtest = _without_the_useless(run_backtest(panel, algorithms, task, runner, progress))
    selection = select(backtest, slice(None), task.optimization_metric)
    residuals, pooled = _chosen_residuals(panel, backtest, selection, task)
    results, chosen_windows = _evaluate(panel, backtest, task)
    names = np.array(selection.names, dtype=object)[selection.chosen]
    return Predictor(
        task=task,
        names=selection.names,
        series=panel.series.assign(algorithm=names),
        residuals=residuals,
        pooled_residuals=pooled[selection.names[0]],
        accuracy={"PredictorEvaluationResults": results, "OptimizationMetric": task.optimization_metric},
        item_accuracy=item_accuracy(panel.series, chosen_windows),
        details=_details(panel, backtest, selection, chosen_windows),
    )


def forecast(
    predictor: Predictor,
    target: pd.DataFrame,
    forecast_types: Sequence[str],
    progress: Progress,
    jobs: int | None = None,
) -> pd.DataFrame:
    """Forecast every series of ``target`` from the period after its newest observation.

    Quantiles do not cross, and are cut at 0 for a series that was never negative.

    Args:
        forecast_types: Labels such as ``p10`` and ``mean``.

    Returns:
        Keys, ``timestamp`` (datetime64[ns]) and one float column per label, sorted by series and timestamp.
    """
    task = predictor.task
    panel = build_panel(target, task)
    known = _row_in_training(predictor, panel)
    wanted = np.where(known >= 0, predictor.series["algorithm"].to_numpy(dtype=object)[known], predictor.names[0])
    points = _point_forecasts(panel, wanted, predictor, progress, jobs)
    relative = level(panel.values, _recent(panel, task))[:, None, None] * predictor.pooled_residuals
    residuals = ResidualQuantiles(np.where((known >= 0)[:, None, None], predictor.residuals.values[known], relative))
    columns = {}
    for label in forecast_types:
        values = points if label == MEAN else residuals.quantile_forecast(points, int(label[1:]) / 100)
        columns[label] = _never_negative(values, panel.values).ravel()
    keys = panel.series.loc[panel.series.index.repeat(task.horizon)].reset_index(drop=True)
    timestamps = np.tile(panel.timestamps(panel.periods, task.horizon), len(panel.series))
    return pd.concat([keys, pd.DataFrame({"timestamp": timestamps, **columns})], axis=1)


def _candidates(task: ForecastTask, seasons: tuple[int, ...]) -> list[Algorithm]:
    if task.algorithm is not None and task.algorithm not in REGISTRY:
        raise InputError(
            f"The local service has no algorithm {task.algorithm}.",
            [
                Problem(
                    "params.json: $.Predictor.AlgorithmArn",
                    task.algorithm,
                    "one of " + ", ".join(REGISTRY),
                    'Or replace AlgorithmArn by "PerformAutoML": true, which chooses among all of them.',
                )
            ],
        )
    found = candidates(task.algorithm, seasons)
    if not found:
        raise InputError(
            f"{task.algorithm} needs a season.",
            [
                Problem(
                    "params.json: $.Predictor.AlgorithmArn",
                    f"{task.algorithm} with the frequency {task.frequency}, which has none",
                    "an algorithm that works without, such as ETS or Theta",
                )
            ],
        )
    return found


def _without_the_useless(backtest: Backtest) -> Backtest:
    """The backtest without the candidates that forecast no series at all."""
    useful = {name: points for name, points in backtest.points.items() if np.isfinite(points).any()}
    if not useful:
        reasons = "; ".join(f"{name}: {_reasons(backtest, name)}" for name in backtest.points)
        raise PermanentError(f"Every algorithm failed. {reasons}")
    return Backtest(backtest.starts, backtest.actuals, useful, backtest.failures, backtest.reported)


def _reasons(backtest: Backtest, name: str) -> str:
    failed = backtest.failures[name]
    if not failed:
        return "the series are too short for it"
    return ", ".join(f"{message} ({count} fits)" for message, count in failed.most_common(3))


def _recent(panel: Panel, task: ForecastTask) -> int:
    return max(task.horizon, *panel.seasons, 1)


def _pooled_by_candidate(
    panel: Panel, residuals: dict[str, Floats], end: int, task: ForecastTask
) -> tuple[Floats, dict[str, Floats]]:
    levels = level(panel.values[:, :end], _recent(panel, task))
    return levels, {name: pooled_quantiles(values, levels) for name, values in residuals.items()}


def _chosen_residuals(
    panel: Panel, backtest: Backtest, selection: Selection, task: ForecastTask
) -> tuple[ResidualQuantiles, dict[str, Floats]]:
    every = {name: backtest.residuals(name) for name in selection.names}
    levels, pooled = _pooled_by_candidate(panel, every, panel.periods, task)
    return _of_the_chosen(every, levels, pooled, selection), pooled


def _of_the_chosen(
    residuals: dict[str, Floats], levels: Floats, pooled: dict[str, Floats], selection: Selection
) -> ResidualQuantiles:
    first = residual_quantiles(residuals[selection.names[0]], levels, pooled[selection.names[0]]).values
    for index, name in enumerate(selection.names[1:], start=1):
        rows = np.flatnonzero(selection.chosen == index)
        if len(rows):
            first[rows] = residual_quantiles(residuals[name][:, rows], levels[rows], pooled[name]).values
    return ResidualQuantiles(first)


def _evaluate(panel: Panel, backtest: Backtest, task: ForecastTask) -> tuple[list[dict[str, Any]], list[ScoredWindow]]:
    """Score every candidate, and the selection, in the reported windows.

    For each window, both the choice and the distributions come from older windows only, so what is reported is
    what a user would have got then.
    """
    scored: dict[str, list[ScoredWindow]] = {name: [] for name in backtest.points}
    combined: list[ScoredWindow] = []
    for window in range(backtest.reported):
        older, start = slice(window + 1, None), backtest.starts[window]
        history = panel.values[:, :start]
        residuals = {name: _older_residuals(backtest, name, older, history, panel, task) for name in backtest.points}
        levels, pooled = _pooled_by_candidate(panel, residuals, start, task)
        for name in backtest.points:
            distribution = residual_quantiles(residuals[name], levels, pooled[name])
            scored[name].append(_scored(panel, task, start, backtest.points[name][window], distribution))
        selection = select(backtest, older, task.optimization_metric)
        points = selection.combine({name: values[window] for name, values in backtest.points.items()})
        distribution = _of_the_chosen(residuals, levels, pooled, selection)
        combined.append(_scored(panel, task, start, points, distribution))
    combined = _with_scores(combined)
    if not combined:
        raise InputError(
            "The backtest windows contain nothing to compare forecasts with.",
            [
                Problem(
                    "training data",
                    f"no observation in the backtest windows, {task.backtest_window_offset} periods before the end",
                    "observations of items that have an earlier history",
                    "Change BackTestWindowOffset, or fill gaps by another method than nan.",
                )
            ],
        )
    results = [evaluation_result(name, kept) for name, windows in scored.items() if (kept := _with_scores(windows))]
    combination = task.algorithm or COMBINATION
    if combination not in scored:
        results.insert(0, evaluation_result(combination, combined))
    return results, combined


def _with_scores(windows: Sequence[ScoredWindow]) -> list[ScoredWindow]:
    return [window for window in windows if window.scored_items]


def _older_residuals(
    backtest: Backtest, name: str, older: slice, history: Floats, panel: Panel, task: ForecastTask
) -> Floats:
    residuals = backtest.residuals(name)[older]
    if np.isfinite(residuals).any():
        return residuals
    return historical_residuals(history, _recent(panel, task), task.horizon)


def _scored(
    panel: Panel, task: ForecastTask, start: int, points: Floats, distribution: ResidualQuantiles
) -> ScoredWindow:
    history = panel.values[:, :start]
    first, last = panel.timestamps(start, task.horizon)[[0, -1]]
    return ScoredWindow(
        start=first,
        end=last,
        actual=panel.values[:, start : start + task.horizon],
        mean=_never_negative(points, history),
        quantiles={
            quantile: _never_negative(distribution.quantile_forecast(points, quantile), history)
            for quantile in task.quantiles
        },
        scale=metrics.seasonal_error(history, min(panel.seasons, default=1)),
    )


def _never_negative(values: Floats, history: Floats) -> Floats:
    floor = np.where(np.fmin.reduce(history, axis=1) < 0, -np.inf, 0.0)
    return np.maximum(values, floor[:, None])


def _row_in_training(predictor: Predictor, panel: Panel) -> npt.NDArray[np.int64]:
    keys = predictor.task.keys
    rows = predictor.series[keys].assign(row=np.arange(len(predictor.series)))
    found = panel.series[keys].merge(rows, on=keys, how="left")["row"]
    return np.asarray(found.fillna(-1).to_numpy(dtype=np.int64))


def _point_forecasts(
    panel: Panel, wanted: npt.NDArray[np.object_], predictor: Predictor, progress: Progress, jobs: int | None
) -> Floats:
    """Each series by its algorithm; where that gives none, by the next of the panel, at last by its last value."""
    task = predictor.task
    seasons = season_lengths(task.frequency)
    by_name = {algorithm.name: algorithm for algorithm in candidates(task.algorithm, seasons)}
    points = np.full((len(panel.series), task.horizon), np.nan)
    total = len(points)
    with Runner(jobs) as runner:
        for name in predictor.names:
            _fill(points, np.flatnonzero(wanted == name), by_name[name], panel, runner)
            progress("forecasting", int(np.isfinite(points).all(axis=1).sum()), total)
        for algorithm in (*(by_name[name] for name in predictor.names), SeasonalNaive(1)):
            _fill(points, np.flatnonzero(np.isnan(points).any(axis=1)), algorithm, panel, runner)
    progress("forecasting", total, total)
    return points


def _fill(points: Floats, rows: npt.NDArray[np.int64], algorithm: Algorithm, panel: Panel, runner: Runner) -> None:
    if len(rows):
        history = History(panel.values[rows], panel.seasons)
        points[rows] = run_reporting_errors(runner, algorithm, history, points.shape[1])[0]


def _details(panel: Panel, backtest: Backtest, selection: Selection, windows: Sequence[ScoredWindow]) -> dict[str, Any]:
    failed = {name: dict(messages) for name, messages in backtest.failures.items() if messages}
    counts = Counter(selection.names[index] for index in selection.chosen)
    return {
        "series": len(panel.series),
        "series_without_values": panel.empty_series,
        "periods": panel.periods,
        "backtest_windows_reported": backtest.reported,
        "backtest_windows_used": len(backtest.starts),
        "relative_loss": selection.panel_loss,
        "series_per_algorithm": {name: counts[name] for name in selection.names if counts[name]},
        "failed_fits": failed,
        "coverage": [window.coverage for window in windows],
    }
