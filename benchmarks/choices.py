"""What the engine's choices are worth: candidates, weights, distributions, and our vectorised models beside libraries.

Run: ``python benchmarks/choices.py [SECTION …]``, the sections being candidates, variants, weights, distributions,
windows and models (default: all). Every candidate is backtested once per panel; then the engine's own code combines
them under each alternative, without seeing the newest window, which is scored. Figures are mean wQL over nine deciles
relative to the engine as it is (below 1 = the alternative is better), and the coverage of p10–p90.
``docs/explanation/how-the-engine-was-tuned.md`` has the tables.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.accuracy.methods import PANELS
from benchmarks.accuracy.panels import DataAbsentError, Panel, thinned
from forecast_platform.engine import combination, distribution, knowledge
from forecast_platform.engine.algorithms.contract import Floats, History
from forecast_platform.engine.algorithms.registry import candidates
from forecast_platform.engine.backtesting import Answers, Backtest, Lineup, run_backtest
from forecast_platform.engine.candidates import INTERMITTENT, left_out_of
from forecast_platform.engine.executor import LocalExecutor
from forecast_platform.engine.featurization import build_panel
from forecast_platform.engine.knowledge import Past, distribution_of, learn_panel, learn_series
from forecast_platform.engine.task import ForecastTask

FAST = ("SeasonalNaive", "NPTS", "HoltWinters", "Theta", "SeasonalAR", "PooledAR", *INTERMITTENT)
DEARER = ("CES", "MSTL", "GBM", "DynamicTheta", "ETS")
DECILES = np.arange(1, 10) / 10
WINDOWS = 5
ITEMS = 24


@dataclass(frozen=True)
class Experiment:
    """One panel with what all candidates said, the newest window being the test."""

    name: str
    history: History
    task: ForecastTask
    backtest: Backtest
    families: Mapping[str, str]

    @property
    def usual(self) -> list[str]:
        """The candidates of the preset ``fast`` on a panel of this size."""
        left_out = left_out_of(len(self.history.values), self.history.seasons)
        return [name for name in self.backtest.names if self.families[name] in FAST and name not in left_out]

    def score(self, names: Sequence[str]) -> tuple[float, float]:
        """Mean wQL and coverage of the engine's combination of some candidates."""
        backtest = self.backtest.only(names)
        older = backtest.older_than(0)
        past = Past(self.history.values[:, : backtest.starts[0]], self.history.seasons, self.task.horizon)
        panel = learn_panel(older, past, self.task)
        known = learn_series(older, past, panel, self.task)
        forecast = distribution_of(backtest.answers, 0, past, panel, known)
        return _score(backtest.actuals[0], forecast)

    def without(self, name: str) -> list[str]:
        """The usual candidates without one, or without those of an algorithm."""
        return [one for one in self.usual if name not in (one, self.families[one])]

    def with_also(self, *families: str) -> list[str]:
        """The usual candidates and those of more algorithms."""
        return [*self.usual, *(name for name in self.backtest.names if self.families[name] in families)]


def _score(actuals: Floats, forecast: Floats) -> tuple[float, float]:
    quantiles = {decile: distribution.at_quantile(forecast, decile) for decile in DECILES}
    losses = [2 * np.maximum(q * (actuals - at), (q - 1) * (actuals - at)).sum() for q, at in quantiles.items()]
    inside = (actuals >= quantiles[DECILES[0]]) & (actuals <= quantiles[DECILES[-1]])
    return float(np.mean(losses) / np.abs(actuals).sum()), float(inside.mean())


def experiments() -> Iterator[Experiment]:
    """Every panel that is here, thinned, with all candidates backtested."""
    for name, build in PANELS.items():
        try:
            panel = thinned(build(), ITEMS)
        except DataAbsentError as absent:
            print(f"{name}: skipped, {absent}")
            continue
        started = time.perf_counter()
        yield _experiment(panel)
        print(f"{name}: backtested in {time.perf_counter() - started:.0f} s", flush=True)


def _experiment(panel: Panel) -> Experiment:
    task = ForecastTask(panel.frequency, panel.frequency, panel.horizon)
    built = build_panel(replace(panel.frames, related=None, item_metadata=None), task)
    history = built.history(panel.horizon)
    starts = [built.periods - panel.horizon * back for back in range(1, WINDOWS + 1)]
    families: dict[str, str] = {}
    found: list[Any] = []
    for family in (*FAST, *DEARER):
        for candidate in candidates(family, built.seasons):
            families[candidate.name] = family
            found.append(candidate)
    local = [one for one in found if not hasattr(one, "train")]
    learners = [one for one in found if hasattr(one, "train")]
    lineups = [
        Lineup.of(local, [one.train(history.before(start, panel.horizon), panel.horizon) for one in learners])
        for start in starts
    ]
    with LocalExecutor() as executor:
        backtest = run_backtest(history, starts, panel.horizon, lineups, executor, lambda _: None)
    useful = [name for name, points in backtest.answers.points.items() if np.isfinite(points).any()]
    return Experiment(panel.name, history, task, backtest.only(useful), families)


@contextmanager
def changed(module: ModuleType, **values: Any) -> Iterator[None]:
    """Constants or functions of a module, replaced for the time of an experiment."""
    before = {name: getattr(module, name) for name in values}
    try:
        for name, value in values.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def compare_candidates(panels: Sequence[Experiment]) -> None:
    """The cheap algorithms, each left out; and each dearer one added."""
    rows = {"fast": [one.score(one.usual) for one in panels]}
    for family in FAST:
        if family not in INTERMITTENT:
            rows[f"- {family}"] = [one.score(one.without(family)) for one in panels]
    for family in DEARER:
        rows[f"+ {family}"] = [one.score(one.with_also(family)) for one in panels]
    rows["balanced: + MSTL, GBM"] = [one.score(one.with_also("MSTL", "GBM")) for one in panels]
    rows["+ all of these"] = [one.score(one.with_also(*DEARER)) for one in panels]
    _print("candidates", panels, rows)


def compare_variants(panels: Sequence[Experiment]) -> None:
    """Variants of the cheap algorithms: those that are left out, and the choice between own and pooled regressions."""
    rows = {"as it is": [one.score(one.usual) for one in panels]}
    rows["with every variant"] = [one.score(_of_families(one, FAST)) for one in panels]
    rows["with additive HoltWinters"] = [one.score([*one.usual, "HoltWinters"]) for one in panels]
    rows["own regressions only"] = [one.score(_of_families(one, FAST, "PooledAR")) for one in panels]
    rows["pooled regressions only"] = [one.score(_of_families(one, FAST, "SeasonalAR")) for one in panels]
    _print("variants", panels, rows)


def _of_families(one: Experiment, families: Sequence[str], but: str = "") -> list[str]:
    return [name for name in one.backtest.names if one.families[name] in families and one.families[name] != but]


def compare_weights(panels: Sequence[Experiment]) -> None:
    """How weights are found."""
    rows = {"as it is": [one.score(one.usual) for one in panels]}
    alternatives: dict[str, dict[str, Any]] = {
        "nearly equal weights": {"SHARPNESS": 0.5, "_least_error_weights": _equal},
        "inverse losses only": {"_least_error_weights": combination_of_losses_only},
        "sharper": {"SHARPNESS": 12.0},
        "less sharp": {"SHARPNESS": 3.0},
        "one window decides": {"PRIOR_WINDOWS": 0.5, "SHARPNESS": 64.0},
        "half the prior": {"PRIOR_WINDOWS": 3.0},
        "twice the prior": {"PRIOR_WINDOWS": 12.0},
        "panel only": {"PRIOR_WINDOWS": 1e6},
        "no least weight": {"LEAST_WEIGHT": 0.0},
    }
    for label, values in alternatives.items():
        with changed(combination, **values):
            rows[label] = [one.score(one.usual) for one in panels]
    absolute = {**combination._LOSSES, "AverageWeightedQuantileLoss": combination._LOSSES["WAPE"]}
    with changed(combination, _LOSSES=absolute):
        rows["absolute errors as losses"] = [one.score(one.usual) for one in panels]
    _print("weights", panels, rows)


def _equal(backtest: Backtest, _: Floats) -> Floats:
    return np.full(len(backtest.names), 1 / len(backtest.names))


def combination_of_losses_only(backtest: Backtest, _: Floats) -> Floats:
    """The first half of the panel's weights, for both halves."""
    losses = combination._losses(backtest, backtest.names, "AverageWeightedQuantileLoss")
    rank = combination._mean_relative_losses(losses, np.ones(len(losses), dtype=bool))
    weights = (rank / rank.min()) ** -combination.SHARPNESS
    return np.asarray(weights / weights.sum())


def compare_distributions(panels: Sequence[Experiment]) -> None:
    """How wide and of what shape."""
    rows = {"as it is": [one.score(one.usual) for one in panels]}
    alternatives = {
        "not widened": {"WIDENING": 1.0},
        "widened by 8 %": {"WIDENING": 1.08},
        "widened by 25 %": {"WIDENING": 1.25},
        "own errors only": {"PRIOR_SHAPE": 1e-6, "PRIOR_SPREAD": 1e-6},
        "half the prior of shape": {"PRIOR_SHAPE": 60.0},
        "panel's shape only": {"PRIOR_SHAPE": 1e9},
        "panel's spread only": {"PRIOR_SPREAD": 1e9},
    }
    for label, values in alternatives.items():
        with changed(distribution, **values):
            rows[label] = [one.score(one.usual) for one in panels]
    as_it_is = distribution.unit_of
    for label, power in (("errors do not depend on the level", 0.0), ("errors proportional to the level", 2.0)):

        def unit(points: Floats, level: Floats, power: float = power) -> Floats:
            return as_it_is(points, level) ** power

        with changed(distribution, unit_of=unit), changed(knowledge, unit_of=unit):
            rows[label] = [one.score(one.usual) for one in panels]
    _print("distributions", panels, rows)


def compare_windows(panels: Sequence[Experiment]) -> None:
    """How many windows of the past are looked at."""
    rows = {f"{WINDOWS - 1} windows": [one.score(one.usual) for one in panels]}
    for count in range(WINDOWS - 2, 0, -1):
        rows[f"{count} windows"] = [_newest(one, count).score(one.usual) for one in panels]
    _print("windows of the past", panels, rows)


def _newest(experiment: Experiment, count: int) -> Experiment:
    whole, kept = experiment.backtest, slice(0, count + 1)
    answers = Answers(
        {name: points[kept] for name, points in whole.answers.points.items()},
        {name: values[kept] for name, values in whole.answers.quantiles.items()},
        whole.answers.failures,
    )
    return replace(experiment, backtest=Backtest(whole.starts[kept], whole.actuals[kept], answers))


def compare_models(panels: Sequence[Experiment]) -> None:
    """Our vectorised models beside the libraries' models of the same kind, one by one: WAPE and milliseconds a fit."""
    pairs: dict[str, tuple[str, ...]] = {
        "exponential smoothing": ("HoltWinters", "ETS"),
        "theta": ("Theta", "DynamicTheta"),
        "autoregression": ("SeasonalAR", "ARIMA"),
    }
    print("\n## models\n")
    print(f"{'panel':<24}" + "".join(f"{name:>24}" for pair in pairs.values() for name in pair))
    for one in panels:
        cells = [_wape_and_cost(one, name) for pair in pairs.values() for name in pair]
        print(f"{one.name:<24}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def _wape_and_cost(one: Experiment, family: str) -> str:
    algorithm: Any = candidates(family, one.history.seasons)[0]
    actuals = one.backtest.actuals[0]
    seen = one.history.before(one.backtest.starts[0], one.task.horizon)
    algorithm.forecast(seen.rows(slice(0, 1)), one.task.horizon)  # imports its library
    started = time.perf_counter()
    points = algorithm.forecast(seen, one.task.horizon).points
    milliseconds = (time.perf_counter() - started) / len(points) * 1000
    scored = np.isfinite(points)
    wape = np.abs(actuals - points)[scored].sum() / np.abs(actuals)[scored].sum()
    return f"{wape:.4f} ({milliseconds:.2f} ms)"


def _print(title: str, panels: Sequence[Experiment], rows: Mapping[str, Sequence[tuple[float, float]]]) -> None:
    base = next(iter(rows.values()))
    print(f"\n## {title}\n")
    names = " ".join(f"{one.name[:10]:>10}" for one in panels)
    print(f"{'relative mean wQL':<36}{names} {'all':>7} {'coverage':>8}")
    for label, scores in rows.items():
        ratios = [score[0] / reference[0] for score, reference in zip(scores, base, strict=True)]
        mean, covered = float(np.exp(np.mean(np.log(ratios)))), float(np.mean([score[1] for score in scores]))
        print(f"{label:<36}{' '.join(f'{ratio:>10.3f}' for ratio in ratios)} {mean:>7.3f} {covered:>8.2f}", flush=True)


SECTIONS: dict[str, Callable[[Sequence[Experiment]], None]] = {
    "candidates": compare_candidates,
    "variants": compare_variants,
    "weights": compare_weights,
    "distributions": compare_distributions,
    "windows": compare_windows,
    "models": compare_models,
}


def main(wanted: Sequence[str]) -> None:
    """Run the experiments and print their tables."""
    if unknown := set(wanted) - set(SECTIONS):
        sys.exit(f"There is no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}.")
    panels = list(experiments())
    for section in wanted or SECTIONS:
        SECTIONS[section](panels)


if __name__ == "__main__":
    main(sys.argv[1:])
