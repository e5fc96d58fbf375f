"""The methods and panels that are compared, by name.

Belongs here: the engine's algorithms and presets as methods, and the lists of names. Does not belong here: other
forecasters (``baselines``, ``autogluon``).
"""

from __future__ import annotations

import importlib
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.accuracy import generated_panels, real_panels
from benchmarks.accuracy.autogluon_method import AutoGluon
from benchmarks.accuracy.baselines import ets_theta, seasonal_naive
from benchmarks.accuracy.panels import Panel, PanelBuilder
from benchmarks.accuracy.scoring import QUANTILES, Answer, Method, Setting
from forecast_platform.engine.frames import TrainingFrames

REFERENCE = "baseline:seasonal_naive"
AUTOGLUON = "baseline:autogluon"
BASELINES: dict[str, Method] = {REFERENCE: seasonal_naive, "baseline:ets_theta": ets_theta}
PRESETS = ("fast", "balanced", "best")
PANELS: dict[str, PanelBuilder] = {
    builder.__name__: builder
    for builder in (
        real_panels.electricity,
        real_panels.weekly_sales,
        real_panels.instruments,
        generated_panels.intermittent_daily,
        generated_panels.intermittent_weekly,
        generated_panels.intermittent_monthly,
        generated_panels.trend_breaks,
        generated_panels.short_series,
        generated_panels.long_hourly,
        generated_panels.weekly_promotions,
        generated_panels.heteroscedastic_hourly,
        generated_panels.daily_traffic,
    )
}


@dataclass(frozen=True)
class Engine:
    """The engine with one algorithm, or with all of them as a preset says.

    Attributes:
        algorithm: ``None`` = what AutoPredictor makes of all of them.
        preset: How much work is spent.
    """

    algorithm: str | None = None
    preset: str = "balanced"

    def __call__(self, frames: TrainingFrames, setting: Setting) -> Answer:
        import statsforecast.models  # noqa: F401  its import takes 5 s, and is no part of training

        from forecast_platform.engine.executor import LocalExecutor
        from forecast_platform.engine.predictor import forecast
        from forecast_platform.engine.task import ForecastTask
        from forecast_platform.engine.training import train

        task = ForecastTask(
            setting.frequency, setting.frequency, setting.horizon, algorithm=self.algorithm, preset=self.preset
        )
        started = time.perf_counter()
        predictor = train(frames, task, _quiet, LocalExecutor(setting.jobs))
        trained = time.perf_counter()
        made = forecast(predictor, frames, tuple(QUANTILES), _quiet, LocalExecutor(setting.jobs))
        return Answer(made, trained - started, time.perf_counter() - trained)


def engine_algorithms() -> tuple[str, ...]:
    """The names of the engine's algorithms, whether or not their extras are installed."""
    from forecast_platform.engine.algorithms.registry import REGISTRY

    return tuple(REGISTRY)


def all_methods(autogluon_python: str | None) -> tuple[str, ...]:
    """Every method that can be run here: baselines, presets, algorithms; AutoGluon where its interpreter is known."""
    autogluon = (AUTOGLUON,) if autogluon_python else ()
    return (*BASELINES, *autogluon, *PRESETS, *engine_algorithms())


def method_named(name: str, autogluon_python: str | None) -> Method:
    """A baseline, preset or algorithm of the engine, or ``module:attribute`` of a method of your own.

    Raises:
        ValueError: AutoGluon's interpreter is not known.
    """
    if name == AUTOGLUON:
        if autogluon_python is None:
            raise ValueError(f"{AUTOGLUON} needs --autogluon-python")
        return AutoGluon(autogluon_python)
    if name in BASELINES:
        return BASELINES[name]
    if name in PRESETS:
        return Engine(preset=name)
    method: Method = _imported(name) if ":" in name else Engine(algorithm=name)
    return method


def panel_named(name: str) -> Panel:
    """One of :data:`PANELS`, or what ``module:attribute``, a function of your own, makes.

    Raises:
        DataAbsentError: Its data is not on this machine.
        KeyError: There is no such panel.
    """
    builder: PanelBuilder = _imported(name) if ":" in name else PANELS[name]
    return builder()


def _imported(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _quiet(what: str, done: int, total: int) -> None:
    pass
