"""From params.json to the engine's task.

Belongs here: which parameter means what to the engine. Does not belong here: checking parameters (``params``).
"""

from __future__ import annotations

from forecast_platform.engine.task import DEFAULT_QUANTILES, Alignment, Filling, ForecastTask
from forecast_platform.params import Params


def task_of(params: Params) -> ForecastTask:
    """The part of the parameters that determines a predictor."""
    alignment = params.time_alignment
    return ForecastTask(
        frequency=params.frequency,
        data_frequency=params.target.frequency or params.frequency,
        horizon=params.horizon,
        quantiles=tuple(sorted(params.quantiles)) or DEFAULT_QUANTILES,
        dimensions=params.forecast_dimensions,
        algorithm=params.algorithm,
        backtest_windows=params.backtest_windows,
        backtest_window_offset=params.backtest_window_offset,
        optimization_metric=params.optimization_metric or "AverageWeightedQuantileLoss",
        filling=_filling(params),
        alignment=Alignment()
        if alignment is None
        else Alignment(alignment.month, alignment.day_of_month, alignment.day_of_week, alignment.hour),
    )


def _filling(params: Params) -> Filling:
    methods: dict[str, str] = {}
    for featurization in params.featurizations:
        if featurization.attribute == params.target_column:
            methods |= featurization.method_parameters
    default = Filling()
    return Filling(
        aggregation=methods.get("aggregation", default.aggregation),
        middlefill=methods.get("middlefill", default.middlefill),
        backfill=methods.get("backfill", default.backfill),
        middlefill_value=float(methods.get("middlefill_value", default.middlefill_value)),
        backfill_value=float(methods.get("backfill_value", default.backfill_value)),
    )
