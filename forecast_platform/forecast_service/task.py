"""From params.json to the engine's task.

Belongs here: which parameter means what to the engine. Does not belong here: checking parameters (``params``).
"""

from __future__ import annotations

from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS
from forecast_platform.engine.task import DEFAULT_QUANTILES, Alignment, Filling, ForecastTask, Range, RelatedFilling
from forecast_platform.params import Params

_SCALES = {
    "Auto": "auto",
    "Linear": "linear",
    "Logarithmic": "logarithmic",
    "ReverseLogarithmic": "reverse_logarithmic",
}
_PRESETS = {"LatencyOptimized": "fast", None: "balanced", "AccuracyOptimized": "best"}


def task_of(params: Params, preset: str | None = None) -> ForecastTask:
    """The part of the parameters that determines a predictor.

    Args:
        preset: ``None`` = what ``AutoMLOverrideStrategy`` means, or else ``balanced``.
    """
    alignment = params.time_alignment
    return ForecastTask(
        frequency=params.frequency,
        data_frequency=params.target.frequency or params.frequency,
        horizon=params.horizon,
        quantiles=tuple(sorted(params.quantiles)) or DEFAULT_QUANTILES,
        dimensions=params.forecast_dimensions,
        algorithm=params.algorithm,
        single=params.perform_automl,
        hyperparameters=_hyperparameters(params),
        tune=_ranges(params) if params.perform_hpo else None,
        preset=preset or _PRESETS[params.automl_strategy],
        backtest_windows=params.backtest_windows,
        backtest_window_offset=params.backtest_window_offset,
        optimization_metric=params.optimization_metric or "AverageWeightedQuantileLoss",
        filling=_filling(params),
        alignment=Alignment()
        if alignment is None
        else Alignment(alignment.month, alignment.day_of_month, alignment.day_of_week, alignment.hour),
        related_fillings=_related_fillings(params),
        holidays=_holidays(params),
    )


def _hyperparameters(params: Params) -> dict[str, str]:
    """Those that the algorithm has; of others the parameters have warned."""
    known = {one.name for one in HYPERPARAMETERS.get(params.algorithm or "", ())}
    return {name: text for name, text in params.training_parameters.items() if name in known}


def _ranges(params: Params) -> tuple[Range, ...]:
    return tuple(Range(one.name, one.low, one.high, _SCALES[one.scaling], one.choices) for one in params.hpo_ranges)


def _filling(params: Params) -> Filling:
    methods = _methods(params).get(params.target_column, {})
    default = Filling()
    return Filling(
        aggregation=methods.get("aggregation", default.aggregation),
        middlefill=methods.get("middlefill", default.middlefill),
        backfill=methods.get("backfill", default.backfill),
        middlefill_value=float(methods.get("middlefill_value", default.middlefill_value)),
        backfill_value=float(methods.get("backfill_value", default.backfill_value)),
    )


def _related_fillings(params: Params) -> tuple[RelatedFilling, ...]:
    return tuple(
        RelatedFilling(
            feature,
            middlefill=methods.get("middlefill"),
            backfill=methods.get("backfill"),
            futurefill=methods.get("futurefill"),
            middlefill_value=float(methods.get("middlefill_value", 0)),
            backfill_value=float(methods.get("backfill_value", 0)),
            futurefill_value=float(methods.get("futurefill_value", 0)),
        )
        for feature, methods in _methods(params).items()
        if feature != params.target_column
    )


def _methods(params: Params) -> dict[str, dict[str, str]]:
    """Column -> method parameters; what is said later of the same column adds to it."""
    methods: dict[str, dict[str, str]] = {}
    for featurization in params.featurizations:
        methods.setdefault(featurization.attribute, {}).update(featurization.method_parameters)
    return methods


def _holidays(params: Params) -> str | None:
    return next((feature.value for feature in params.supplementary_features if feature.name == "holiday"), None)
