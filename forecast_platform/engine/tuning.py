"""Tuning: hyperparameters of one algorithm that do best on the past.

Belongs here: what is tried, and on which windows it is judged. Does not belong here: which hyperparameters there are
and the ranges that are documented for them (``algorithms.hyperparameters``).

Every trial is a backtest on windows that had ended before the first reported one, so that the accuracy that is reported
is that of windows which took no part in the choice. Values are proposed by a tree-structured Parzen estimator (Bergstra
et al. 2011) with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast_platform.engine.accuracy import AVERAGE, ScoredWindow
from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS, Hyperparameter
from forecast_platform.engine.backtesting import Lineup, Progress, run_backtest, window_starts
from forecast_platform.engine.candidates import Plan, make_plan
from forecast_platform.engine.distribution import at_quantile, mean_of
from forecast_platform.engine.executor import Executor, LocalExecutor
from forecast_platform.engine.featurization import Panel
from forecast_platform.engine.knowledge import Past, distribution_of, learn_panel, learn_series
from forecast_platform.engine.predictor import Predictor
from forecast_platform.engine.task import ForecastTask, Range
from forecast_platform.errors import InputError, MissingExtraError, PermanentError, Problem

if TYPE_CHECKING:
    import optuna

TRIALS = {"fast": 5, "balanced": 10, "best": 25}
"""How many combinations of values are tried, by preset."""

MOST_WINDOWS = 3
"""Windows that a trial is judged on."""

_SEED = 0


@dataclass(frozen=True)
class Trial:
    """One combination of values.

    Attributes:
        hyperparameters: As ``TrainingParameters`` would have them; what is not named has its default.
        loss: Mean of the optimisation metric over the windows; ``None`` = it failed.
        failure: Why.
    """

    hyperparameters: dict[str, str]
    loss: float | None
    failure: str | None = None


def tune_if_asked(
    panel: Panel, task: ForecastTask, progress: Progress, executor: Executor
) -> tuple[ForecastTask, list[Trial]]:
    """The task with the best hyperparameters found, and what was tried; as it is when it asks for no tuning."""
    if task.tune is None:
        return task, []
    best, trials = tune(panel, task, task.tune, progress, executor)
    return replace(task, hyperparameters=best), trials


def with_trials(predictor: Predictor, trials: Sequence[Trial]) -> Predictor:
    """The predictor whose details tell of the trials, if there were any."""
    if not trials:
        return predictor
    return replace(predictor, details={**predictor.details, "trials": [asdict(trial) for trial in trials]})


def tune(
    panel: Panel, task: ForecastTask, ranges: Sequence[Range], progress: Progress, executor: Executor | None = None
) -> tuple[dict[str, str], list[Trial]]:
    """Try values for hyperparameters of the task's algorithm.

    The first trial changes nothing, unless a range that was asked for leaves out what the task says.

    Args:
        ranges: What to try; empty = the documented ranges of what the task leaves open.
        progress: Called with how many trials are done, how many there are.
        executor: Already entered, where models of single series are fitted; ``None`` = in this process.

    Returns:
        All hyperparameters of the task with the winner's values, and every trial in the order of the work.

    Raises:
        InputError: The history is too short for a window older than the reported ones.
        PermanentError: Every trial failed.
        MissingExtraError: The algorithm needs packages that are not installed.
    """
    algorithm = str(task.algorithm)
    known = {parameter.name: parameter for parameter in HYPERPARAMETERS.get(algorithm, ())}
    judge = _Judge(panel, task, executor or LocalExecutor(jobs=1))
    count, trials = TRIALS[task.preset], []
    searched = tuple(ranges) or default_ranges(algorithm, task.hyperparameters)
    search = _Search(searched, known, count)
    for done in range(count):
        unchanged = done == 0 and _allow(ranges, known, task.hyperparameters)
        trials.append(judge.trial(task.hyperparameters) if unchanged else search.trial(judge, task.hyperparameters))
        progress(f"tuning {algorithm}", done + 1, count)
    scored = [trial for trial in trials if trial.loss is not None]
    if not scored:
        reasons = "; ".join(dict.fromkeys(str(trial.failure) for trial in trials))
        raise PermanentError(f"Every trial of tuning {algorithm} failed. {reasons}")
    best = min(scored, key=lambda trial: trial.loss or 0.0)
    return best.hyperparameters, trials


def default_ranges(algorithm: str, written: Mapping[str, str]) -> tuple[Range, ...]:
    """The documented ranges of an algorithm's hyperparameters, without those whose values are written."""
    return tuple(
        _default_range(parameter)
        for parameter in HYPERPARAMETERS.get(algorithm, ())
        if parameter.tuned is not None and parameter.name not in written
    )


def _default_range(parameter: Hyperparameter) -> Range:
    assert parameter.tuned is not None
    if parameter.choices:
        return Range(parameter.name, choices=tuple(str(choice) for choice in parameter.tuned))
    low, high = parameter.tuned
    return Range(parameter.name, float(low), float(high))


def _allow(ranges: Sequence[Range], known: Mapping[str, Hyperparameter], written: Mapping[str, str]) -> bool:
    """Whether the values that hold without tuning are within the ranges that were asked for."""
    for one in ranges:
        parameter = known[one.name]
        value = parameter.read(written[one.name]) if one.name in written else parameter.default
        if value is None or not _contains(one, value):
            return False
    return True


def _contains(one: Range, value: Any) -> bool:
    if one.choices:
        return str(value).lower() in [choice.lower() for choice in one.choices]
    return bool(one.low <= value <= one.high)


class _Search:
    """Proposes values and learns from how they do."""

    def __init__(self, ranges: Sequence[Range], known: Mapping[str, Hyperparameter], count: int) -> None:
        import optuna

        shown = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        # Of few trials, ten random ones (the default) would leave none to learn from.
        sampler = optuna.samplers.TPESampler(n_startup_trials=max(2, count // 3), seed=_SEED)
        self._study = optuna.create_study(sampler=sampler)
        optuna.logging.set_verbosity(shown)
        self._failed = optuna.trial.TrialState.FAIL
        self._ranges, self._known = ranges, known

    def trial(self, judge: _Judge, written: Mapping[str, str]) -> Trial:
        """Try the next combination."""
        asked = self._study.ask()
        proposed = {one.name: _propose(asked, one, self._known[one.name]) for one in self._ranges}
        trial = judge.trial({**written, **proposed})
        if trial.loss is None:
            self._study.tell(asked, state=self._failed)
        else:
            self._study.tell(asked, trial.loss)
        return trial


def _propose(trial: optuna.Trial, one: Range, parameter: Hyperparameter) -> str:
    """The next value of a hyperparameter, as a text that reads as the same value again."""
    if one.choices:
        return str(trial.suggest_categorical(one.name, one.choices))
    logarithmic = one.scale == "logarithmic" or (one.scale == "auto" and parameter.logarithmic and one.low > 0)
    if not isinstance(parameter.default, float):
        return str(trial.suggest_int(one.name, int(one.low), int(one.high), log=logarithmic))
    if one.scale == "reverse_logarithmic":
        value = 1 - trial.suggest_float(one.name, 1 - one.high, 1 - one.low, log=True)
        return repr(min(max(value, one.low), one.high))
    return repr(trial.suggest_float(one.name, one.low, one.high, log=logarithmic))


class _Judge:
    """Measures hyperparameters on the past."""

    def __init__(self, panel: Panel, task: ForecastTask, executor: Executor) -> None:
        self._panel, self._task, self._executor = panel, task, executor
        self._history = panel.history(task.horizon)
        self._starts = _older_windows(panel, task)

    def trial(self, hyperparameters: Mapping[str, str]) -> Trial:
        """One combination; whatever a model raises is the end of this trial only."""
        values = dict(hyperparameters)
        plan = make_plan(replace(self._task, hyperparameters=values), self._panel)
        try:
            return Trial(values, self._loss(plan))
        except MissingExtraError:
            raise
        except Exception as error:
            return Trial(values, None, f"{type(error).__name__}: {error}")

    def _loss(self, plan: Plan) -> float:
        """Mean of the metric over the windows, all forecast by what is trained before the oldest of them."""
        horizon, series = self._task.horizon, len(self._panel.values)
        known = self._history.before(self._starts[-1], horizon)
        lineup = Lineup.of(plan.local, [one.train(known, horizon) for one in plan.trained])
        rows = np.unique(np.linspace(0, series - 1, min(series, plan.preset.sample)).astype(np.int64))
        history = self._history.rows(rows)
        lineups = [lineup] * len(self._starts)
        backtest = run_backtest(history, self._starts, horizon, lineups, self._executor, lambda _: None)
        if failed := {reason for reasons in backtest.answers.failures.values() for reason in reasons}:
            raise ArithmeticError("; ".join(sorted(failed)[:3]))
        windows = []
        for index, start in enumerate(self._starts):
            past, older = Past(history.values[:, :start], self._panel.seasons, horizon), backtest.older_than(index)
            panel = learn_panel(older, past, self._task)
            known_series = learn_series(older, past, panel, self._task)
            distribution = distribution_of(backtest.answers, index, past, panel, known_series)
            windows.append(
                ScoredWindow(
                    timestamps=self._panel.timestamps(start, horizon),
                    actual=backtest.actuals[index],
                    mean=mean_of(distribution),
                    quantiles={one: at_quantile(distribution, one) for one in self._task.quantiles},
                    scale=past.seasonal_error,
                )
            )
        return self._mean_metric([window for window in windows if window.scored_items])

    def _mean_metric(self, windows: Sequence[ScoredWindow]) -> float:
        asked = self._task.optimization_metric
        metric = AVERAGE if asked == "AverageWeightedQuantileLoss" else asked
        values = [float(window.scores(axis=None)[metric]) for window in windows]
        if not values or not np.isfinite(values).all():
            raise ArithmeticError(f"the {asked} of the windows before the backtest is undefined")
        return float(np.mean(values))


def _older_windows(panel: Panel, task: ForecastTask) -> tuple[int, ...]:
    """Starts of the newest windows that end before the oldest reported one starts.

    Raises:
        InputError: There is no room for any.
    """
    starts = window_starts(panel.periods, max(panel.seasons, default=1), task, MOST_WINDOWS)
    reported, older = starts[: task.backtest_windows], starts[task.backtest_windows :]
    if older:
        return older
    last_resort = reported[-1] - task.horizon
    if last_resort >= task.horizon:
        return (last_resort,)
    raise InputError(
        "The history is too short to tune hyperparameters.",
        [
            Problem(
                "training data",
                f"{panel.periods} periods of {task.frequency} in the longest series",
                f"at least {panel.periods + task.horizon - last_resort}: two horizons before the backtest windows",
                "Remove PerformHPO, shorten ForecastHorizon, ask for fewer backtest windows, or add history.",
            )
        ],
    )
