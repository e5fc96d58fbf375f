"""Training: backtest the candidates, weigh them, measure what errors to expect.

Belongs here: the order of the work, and how it is cut so that memory does not grow with the number of series. Does not
belong here: each step's own rules.

A sample of the series is backtested on many windows and teaches what is common to all series. The other series are
then worked through group by group, on fewer windows and with the useful candidates only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.accuracy import ScoredWindow, evaluation_result, forecasted_values, item_accuracy
from forecast_platform.engine.algorithms.contract import Algorithm, Floats, Integers, TrainedAlgorithm
from forecast_platform.engine.algorithms.registry import TRAINED_ONCE
from forecast_platform.engine.backtesting import Backtest, Lineup, Progress, run_backtest, window_starts
from forecast_platform.engine.candidates import Plan, make_plan
from forecast_platform.engine.distribution import at_quantile, mean_of
from forecast_platform.engine.executor import Executor, LocalExecutor
from forecast_platform.engine.featurization import Panel, build_panel
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.knowledge import (
    PanelKnowledge,
    Past,
    SeriesKnowledge,
    distribution_of,
    learn_panel,
    learn_series,
)
from forecast_platform.engine.predictor import Predictor
from forecast_platform.engine.task import ForecastTask
from forecast_platform.engine.tuning import tune_if_asked, with_trials
from forecast_platform.errors import InputError, PermanentError, Problem

Weights = npt.NDArray[np.float32]

COMBINATION = "AutoPredictor"

GROUP = 2048
"""Series that are worked on together outside of the sample; bounds the memory of their backtests."""


def train(
    frames: TrainingFrames,
    task: ForecastTask,
    progress: Progress,
    executor: Executor | None = None,
    pretrained: Sequence[Algorithm] = (),
) -> Predictor:
    """Make a predictor.

    Args:
        progress: Called with what is being done, how many series are done, how many there are.
        executor: Where models of single series are fitted; ``None`` = on this machine, one process per core.
        pretrained: Algorithms that need files, made by the caller.

    Raises:
        InputError: No data, too little data, an algorithm that does not exist or hyperparameters that it refuses.
        PermanentError: Every candidate failed.
        MissingExtraError: The one algorithm of the task needs packages that are not installed.
    """
    panel = build_panel(frames, task)
    with executor or LocalExecutor() as running:
        task, trials = tune_if_asked(panel, task, progress, running)
        plan = make_plan(task, panel, pretrained)
        work = _Work(panel, task, plan, running, _count_series(progress, len(panel.values)))
        return with_trials(work.predictor(), trials)


@dataclass(frozen=True)
class _Learnt:
    """What is known of one group of series, and how they would have been forecast in the reported windows."""

    rows: Integers
    series: SeriesKnowledge
    scored: list[ScoredWindow]


class _Work:
    """One training run: what its steps share."""

    def __init__(
        self, panel: Panel, task: ForecastTask, plan: Plan, executor: Executor, progress: Callable[[str, int], None]
    ) -> None:
        self._panel, self._task, self._plan = panel, task, plan
        self._executor, self._progress = executor, progress
        self._history = panel.history(task.horizon)
        self._starts = window_starts(panel.periods, max(panel.seasons, default=1), task, plan.preset.windows)
        self._failures: dict[str, Counter[str]] = {}

    def predictor(self) -> Predictor:
        """Do it."""
        lineups = self._lineups()
        sample = _spread_evenly(len(self._panel.values), self._plan.preset.sample)
        backtest = self._backtest(sample, self._starts, lineups)
        backtest = backtest.only(self._useful(backtest))
        results = self._candidate_results(sample, backtest)
        if self._task.single:
            backtest = backtest.only([_best(results, backtest.names)])
        stages = [learn_panel(backtest, self._past(sample, self._panel.periods), self._task)]
        for window in range(self._task.backtest_windows):
            past = self._past(sample, self._starts[window])
            stages.append(learn_panel(backtest.older_than(window), past, self._task))
        groups = [self._learn(sample, backtest, stages)]
        groups += self._learn_the_rest(sample, lineups, stages)
        return self._assemble(groups, stages, results)

    def _lineups(self) -> list[Lineup]:
        """Who forecasts in each window: local algorithms, and global ones trained on what was known before it."""
        oldest = self._starts[-1]
        trained: list[list[TrainedAlgorithm]] = [[] for _ in self._starts]
        for algorithm in self._plan.trained:
            once = algorithm.name in TRAINED_ONCE
            try:
                models = [self._train_at(algorithm, start) for start in ((oldest,) if once else self._starts)]
            except Exception as error:  # one broken candidate must not sink the others; it is reported
                if self._task.algorithm is not None:
                    raise
                self._failures[algorithm.name] = Counter({f"{type(error).__name__}: {error}": 1})
                continue
            for index, models_of_window in enumerate(trained):
                models_of_window.append(models[0 if once else index])
        return [Lineup.of(self._plan.local, [*models, *self._plan.pretrained]) for models in trained]

    def _train_at(self, algorithm: Any, start: int) -> TrainedAlgorithm:
        self._progress(f"training {algorithm.name}", 0)
        model: TrainedAlgorithm = algorithm.train(self._history.before(start, self._task.horizon), self._task.horizon)
        return model

    def _backtest(self, rows: Integers, starts: Sequence[int], lineups: Sequence[Lineup]) -> Backtest:
        return run_backtest(
            self._history.rows(rows),
            starts,
            self._task.horizon,
            lineups[: len(starts)],
            self._executor,
            lambda done: self._progress("backtesting", done),
        )

    def _useful(self, backtest: Backtest) -> list[str]:
        """The candidates that forecast any series at all."""
        for name, failed in backtest.answers.failures.items():
            self._failures.setdefault(name, Counter()).update(failed)
        useful = [name for name, points in backtest.answers.points.items() if np.isfinite(points).any()]
        if not useful:
            reasons = "; ".join(f"{name}: {_reasons(failed)}" for name, failed in self._failures.items())
            raise PermanentError(f"Every algorithm failed. {reasons}")
        return useful

    def _past(self, rows: Integers, end: int) -> Past:
        return Past(self._panel.values[rows, :end], self._panel.seasons, self._task.horizon)

    def _learn(self, rows: Integers, backtest: Backtest, stages: Sequence[PanelKnowledge]) -> _Learnt:
        """Of the series in a backtest: what holds from now on, and what would have been forecast in the past.

        For each reported window both the weights and the distributions come from older windows only, so what is
        reported is what a user would have got then.
        """
        final, *then = stages
        scored = []
        for window, panel in enumerate(then):
            past = self._past(rows, self._starts[window])
            known = learn_series(backtest.older_than(window), past, panel, self._task)
            distribution = distribution_of(backtest.answers, window, past, panel, known)
            scored.append(self._scored(rows, window, distribution, past))
        series = learn_series(backtest, self._past(rows, self._panel.periods), final, self._task)
        return _Learnt(rows, series, scored)

    def _learn_the_rest(
        self, sample: Integers, lineups: Sequence[Lineup], stages: Sequence[PanelKnowledge]
    ) -> Iterator[_Learnt]:
        rest = np.setdiff1d(np.arange(len(self._panel.values)), sample)
        if len(rest) == 0:
            return
        starts = self._starts[: self._task.backtest_windows + self._plan.preset.windows_of_the_rest]
        names = _weighted(stages)
        useful = [lineup.only(names) for lineup in lineups]
        for first in range(0, len(rest), GROUP):
            rows = rest[first : first + GROUP]
            backtest = self._backtest(rows, starts, useful)
            for name, failed in backtest.answers.failures.items():
                self._failures[name].update(failed)
            yield self._learn(rows, backtest, stages)

    def _scored(self, rows: Integers, window: int, distribution: Floats, past: Past) -> ScoredWindow:
        start, horizon = self._starts[window], self._task.horizon
        return ScoredWindow(
            timestamps=self._panel.timestamps(start, horizon),
            actual=self._panel.values[rows, start : start + horizon],
            mean=mean_of(distribution),
            quantiles={quantile: at_quantile(distribution, quantile) for quantile in self._task.quantiles},
            scale=past.seasonal_error,
        )

    def _candidate_results(self, sample: Integers, backtest: Backtest) -> list[dict[str, Any]]:
        """How each candidate alone would have done on the sample, with distributions made in the same way."""
        results = []
        for name in backtest.names if len(backtest.names) > 1 else ():
            alone, scored = backtest.only([name]), []
            for window in range(self._task.backtest_windows):
                past, older = self._past(sample, self._starts[window]), alone.older_than(window)
                panel = learn_panel(older, past, self._task)
                known = learn_series(older, past, panel, self._task)
                scored.append(
                    self._scored(sample, window, distribution_of(alone.answers, window, past, panel, known), past)
                )
            if kept := _with_scores(scored):
                results.append(evaluation_result(name, kept))
        return results

    def _assemble(
        self, groups: Sequence[_Learnt], stages: Sequence[PanelKnowledge], candidates: list[dict[str, Any]]
    ) -> Predictor:
        order = np.argsort(np.concatenate([group.rows for group in groups]), kind="stable")
        weights = np.concatenate([group.series.weights for group in groups]).astype(np.float32)[order]
        offsets = np.concatenate([group.series.errors.offsets for group in groups]).astype(np.float32)[order]
        windows = [
            _joined([group.scored[window] for group in groups], order) for window in range(self._task.backtest_windows)
        ]
        reported = _with_scores(windows)
        if not reported:
            raise self._nothing_to_compare()
        names = stages[0].names
        combination = self._task.algorithm or (names[0] if self._task.single else COMBINATION)
        others = [one for one in candidates if not one["AlgorithmArn"].endswith(f"/{combination}")]
        results = [evaluation_result(combination, reported), *others]
        return Predictor(
            task=self._task,
            panel=stages[0],
            series=self._panel.series,
            weights=weights,
            offsets=offsets,
            trained=self._train_for_the_future(names, weights),
            accuracy={"PredictorEvaluationResults": results, "OptimizationMetric": self._task.optimization_metric},
            item_accuracy=item_accuracy(self._panel.series, reported),
            forecasted_values=forecasted_values(self._panel.series, reported),
            details=self._details(stages[0], weights, reported),
        )

    def _train_for_the_future(self, names: Sequence[str], weights: Weights) -> dict[str, TrainedAlgorithm]:
        """Global algorithms that count, trained on everything."""
        count = {name: bool(weights[:, index].any()) for index, name in enumerate(names)}
        wanted = [one for one in self._plan.trained if count.get(one.name)]
        return {one.name: self._train_at(one, self._panel.periods) for one in wanted}

    def _nothing_to_compare(self) -> InputError:
        return InputError(
            "The backtest windows contain nothing to compare forecasts with.",
            [
                Problem(
                    "training data",
                    f"no observation in the backtest windows, {self._task.backtest_window_offset} periods before the"
                    " end",
                    "observations of items that have an earlier history",
                    "Change BackTestWindowOffset, or fill gaps by another method than nan.",
                )
            ],
        )

    def _details(self, panel: PanelKnowledge, weights: Weights, windows: Sequence[ScoredWindow]) -> dict[str, Any]:
        mean_weights = dict(zip(panel.names, weights.mean(axis=0).round(4).tolist(), strict=True))
        losses = dict(zip(panel.names, panel.weights.losses.tolist(), strict=True))
        return {
            "series": len(self._panel.series),
            "series_without_values": self._panel.empty_series,
            "items_without_history": len(self._panel.cold),
            "periods": self._panel.periods,
            "backtest_windows_reported": self._task.backtest_windows,
            "backtest_windows_used": len(self._starts),
            "relative_loss": {name: loss for name, loss in losses.items() if np.isfinite(loss)},
            "mean_weight": {name: weight for name, weight in mean_weights.items() if weight > 0},
            "failed_fits": {name: dict(failed) for name, failed in self._failures.items() if failed},
            "coverage": [window.coverage for window in windows],
            "incomplete_features": [str(gap) for gap in self._panel.gaps],
        }


def _count_series(progress: Progress, series: int) -> Callable[[str, int], None]:
    """Adds up the series done of each kind of work."""
    done: Counter[str] = Counter()

    def count(what: str, more: int) -> None:
        done[what] += more
        progress(what, done[what], series)

    return count


def _spread_evenly(count: int, most: int) -> Integers:
    """At most ``most`` of the rows, evenly spread, always the same ones."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(np.int64)


def _weighted(stages: Sequence[PanelKnowledge]) -> list[str]:
    """The candidates that count at any stage."""
    return [
        name for name in stages[0].names if any(stage.weights.weights[stage.names.index(name)] > 0 for stage in stages)
    ]


def _best(results: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    """The candidate with the least mean wQL in the reported windows, as the service's legacy AutoML chose."""
    loss = {
        result["AlgorithmArn"].rpartition("/")[2]: result["TestWindows"][0]["Metrics"]["AverageWeightedQuantileLoss"]
        for result in results
    }
    return min(names, key=lambda name: loss.get(name, np.inf))


def _joined(parts: Sequence[ScoredWindow], order: Integers) -> ScoredWindow:
    return ScoredWindow(
        timestamps=parts[0].timestamps,
        actual=np.concatenate([part.actual for part in parts])[order],
        mean=np.concatenate([part.mean for part in parts])[order],
        quantiles={
            quantile: np.concatenate([part.quantiles[quantile] for part in parts])[order]
            for quantile in parts[0].quantiles
        },
        scale=np.concatenate([part.scale for part in parts])[order],
    )


def _with_scores(windows: Sequence[ScoredWindow]) -> list[ScoredWindow]:
    return [window for window in windows if window.scored_items]


def _reasons(failed: Counter[str]) -> str:
    if not failed:
        return "the series are too short for it"
    return ", ".join(f"{message} ({count} fits)" for message, count in failed.most_common(3))
