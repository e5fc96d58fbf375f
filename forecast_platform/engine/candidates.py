"""Which candidates are worth trying on some data, and on how many windows of the past.

Belongs here: presets, and choosing by frequency, length and sparsity. Does not belong here: the algorithms
(``algorithms``), what their backtests say (``combination``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from forecast_platform.engine.algorithms.contract import Algorithm, GlobalAlgorithm
from forecast_platform.engine.algorithms.intermittent import sparsity
from forecast_platform.engine.algorithms.npts import Npts
from forecast_platform.engine.algorithms.registry import REGISTRY, Candidate, candidates
from forecast_platform.engine.featurization import Panel
from forecast_platform.engine.task import ForecastTask
from forecast_platform.errors import InputError, Problem

SPARSE = 0.3
"""Share of zeros from which a series counts as intermittent."""

ENOUGH_SPARSE_SERIES = 0.05
"""Share of intermittent series from which models of intermittent demand are tried."""


@dataclass(frozen=True)
class Preset:
    """How much work is spent.

    Attributes:
        algorithms: Names that are tried.
        windows: Windows of the past beyond those reported that a sample of the series is backtested on.
        windows_of_the_rest: The same of the series outside of the sample.
        sample: How many series are in the sample, which the panel's weights and errors are learnt from.
    """

    algorithms: tuple[str, ...]
    windows: int
    windows_of_the_rest: int
    sample: int


_FAST = ("SeasonalNaive", "NPTS", "HoltWinters", "Theta", "SeasonalAR", "PooledAR")
_BALANCED = (*_FAST, "MSTL", "GBM")
PRESETS = {
    "fast": Preset(_FAST, windows=4, windows_of_the_rest=2, sample=1000),
    "balanced": Preset(_BALANCED, windows=4, windows_of_the_rest=2, sample=1000),
    "best": Preset((*_BALANCED, "CES", "DynamicTheta", "ETS", "ARIMA"), windows=6, windows_of_the_rest=4, sample=2000),
}
PRETRAINED = "Chronos-2"
"""Made by the caller, who knows where its weights are."""

ENOUGH_TO_POOL = 10
"""Series from which one regression for all of them is tried, and most of those for each series are not."""

LONGEST_SEASON_TO_DECOMPOSE = 200
"""A decomposition by 365 days takes half a second a series, and daily series gained nothing from it."""

_OWN = ("SeasonalAR_1", "SeasonalAR_4", "SeasonalARLog_4")
_POOLED = ("PooledAR_1", "PooledAR_4", "PooledARLog_1", "PooledARLog_4")
_LITTLE_USE = ("HoltWinters",)
"""A combination with the others does not gain from them (``benchmarks/choices.py variants``)."""

_SLOW_DECAY = 0.002
"""Of the weights of past weeks, per hour; wQL 0.097 on the electricity data, against 0.102 with the published 0.01."""

INTERMITTENT = ("CrostonSBA", "TSB", "IMAPA")


@dataclass(frozen=True)
class Plan:
    """What is tried.

    Attributes:
        local: Algorithms that look at each series alone.
        trained: Algorithms that learn from all series.
        pretrained: Large ones that have learnt already.
        preset: Windows and the size of the sample.
    """

    local: tuple[Algorithm, ...]
    trained: tuple[GlobalAlgorithm, ...]
    pretrained: tuple[Algorithm, ...]
    preset: Preset


def make_plan(task: ForecastTask, panel: Panel, pretrained: Sequence[Algorithm] = ()) -> Plan:
    """The candidates for this task on this data.

    Args:
        pretrained: Algorithms that need files, made by the caller.

    Raises:
        InputError: An algorithm that does not exist, that needs a season where there is none, or wrong hyperparameters.
    """
    preset = PRESETS[task.preset]
    if task.algorithm is not None:
        found = _of_one_algorithm(task, panel, pretrained)
    else:
        names = [*preset.algorithms, *(INTERMITTENT if _has_sparse_series(panel) else ())]
        left_out = left_out_of(len(panel.series), panel.seasons)
        every = [one for name in names for one in candidates(name, panel.seasons)]
        found = [one for one in every if one.name not in left_out]
        if panel.calendar.frequency.unit in ("H", "min"):
            found.append(Npts(name="NPTS_week", day_of_week=True, exp_kernel_weights=_SLOW_DECAY))
        found += pretrained
    ready = [one for one in found if not hasattr(one, "train")]
    return Plan(
        tuple(one for one in ready if one not in pretrained),
        tuple(cast(GlobalAlgorithm, one) for one in found if hasattr(one, "train")),
        tuple(one for one in ready if one in pretrained),
        preset,
    )


def left_out_of(series: int, seasons: tuple[int, ...]) -> tuple[str, ...]:
    """What is not tried in a combination for a panel of so many series with these seasons."""
    too_dear = ("MSTL",) if max(seasons, default=1) > LONGEST_SEASON_TO_DECOMPOSE else ()
    return (*_LITTLE_USE, *too_dear, *(_OWN if series >= ENOUGH_TO_POOL else _POOLED))


def _of_one_algorithm(task: ForecastTask, panel: Panel, pretrained: Sequence[Algorithm]) -> list[Candidate]:
    name = str(task.algorithm)
    by_name: list[Candidate] = [one for one in pretrained if one.name == name]
    if by_name:
        return by_name
    if name == PRETRAINED:
        raise InputError(
            f"The algorithm {name} is not ready.",
            [
                Problem(
                    "params.json: $.Predictor.AlgorithmArn",
                    f"{name}, whose weights were not found or whose package is not installed",
                    "its weights in the folder that FORECAST_PLATFORM_PRETRAINED names",
                    "Put them there (nothing is downloaded) and: pip install 'forecast-platform[chronos]'",
                )
            ],
        )
    if name not in REGISTRY:
        raise InputError(
            f"The local service has no algorithm {name}.",
            [
                Problem(
                    "params.json: $.Predictor.AlgorithmArn",
                    name,
                    "one of " + ", ".join(REGISTRY),
                    'Or replace AlgorithmArn by "PerformAutoML": true, which chooses among all of them.',
                )
            ],
        )
    found = candidates(name, panel.seasons, task.hyperparameters)
    if not found:
        raise InputError(
            f"{name} needs a season.",
            [
                Problem(
                    "params.json: $.Predictor.AlgorithmArn",
                    f"{name} with the frequency {task.frequency}, which has none",
                    "an algorithm that works without, such as ETS or Theta",
                )
            ],
        )
    return found


def _has_sparse_series(panel: Panel) -> bool:
    return bool((sparsity(panel.values) > SPARSE).mean() >= ENOUGH_SPARSE_SERIES)
