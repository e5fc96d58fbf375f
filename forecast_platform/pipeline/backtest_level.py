"""What the backtest of the predictor that made a forecast promised, to compare the forecast with.

Belongs here: finding it among what is kept. Does not belong here: comparing (``quality.forecast_monitoring``).
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import cutoff_key
from forecast_platform.engine.forecast_types import ForecastTypes, quantile_of
from forecast_platform.pipeline.forecasting import archived_forecast
from forecast_platform.pipeline.workspace import Workspace


def backtest_of(workspace: Workspace, cutoff: datetime) -> dict[str, Any]:
    """The predictor of ``cutoff`` and the loss in its backtest windows, in columns of ``forecast_accuracy_by_cutoff``.

    Returns:
        ``predictor``, ``trained_at``; ``backtest_wql``, ``backtest_wape``: means over the windows, the former over the
        quantiles that the project forecasts; ``backtest_windows``: their number; ``backtest_spread``: standard
        deviation of the logarithm of the loss. NaN where it is not known, as when another predictor has been trained
        for that cutoff since.
    """
    import numpy as np

    raw = archived_forecast(workspace, cutoff)
    if raw is None:
        return {"predictor": "", "trained_at": "", **_levels([], [])}
    types = ForecastTypes(workspace.parsed_params.params.forecast_types)
    windows = _windows(workspace, raw.trained_at, raw.predictor)
    quantiles = [round(quantile_of(label), 6) for label in types.quantiles]
    wql = [
        float(np.mean([one.get(("wQL", quantile), np.nan) for quantile in quantiles])) if quantiles else np.nan
        for one in windows
    ]
    wape = [one.get(("WAPE", None), np.nan) for one in windows]
    return {"predictor": raw.predictor, "trained_at": cutoff_key(raw.trained_at), **_levels(wql, wape)}


def _levels(wql: list[float], wape: list[float]) -> dict[str, float]:
    import numpy as np

    loss = np.array(wape if np.isnan(wql).all() else wql, dtype=np.float64)
    positive = loss[loss > 0]
    return {
        "backtest_wql": float(np.mean(wql)) if wql else np.nan,
        "backtest_wape": float(np.mean(wape)) if wape else np.nan,
        "backtest_windows": len(loss),
        "backtest_spread": float(np.log(positive).std(ddof=1)) if len(positive) > 1 else np.nan,
    }


def _windows(workspace: Workspace, trained_at: datetime, predictor: str) -> list[dict[tuple[str, float | None], float]]:
    """(Metric, quantile) -> value, per backtest window of what forecasts; none when it is not the kept predictor."""
    import pandas as pd

    from forecast_platform.dashboards.data import best_algorithm
    from forecast_platform.warehouse.parquet_rows import to_frame

    try:
        rows = to_frame(workspace.bucket.read(layout.predictor_metrics(trained_at)))
        best = best_algorithm(json.loads(workspace.bucket.read(layout.predictor_accuracy(trained_at))))
    except KeyError:
        return []
    mine = rows[
        (rows["predictor"] == predictor) & (rows["algorithm"] == best) & (rows["evaluation_type"] == "COMPUTED")
    ]
    return [
        {
            (metric, None if pd.isna(quantile) else round(quantile, 6)): value
            for metric, quantile, value in zip(one["metric"], one["quantile"], one["value"], strict=True)
        }
        for _, one in mine.groupby("window_start", sort=True)
    ]
