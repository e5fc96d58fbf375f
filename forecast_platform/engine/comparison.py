"""A forecast beside what was observed of its window, and how good it was: in all, by horizon step and by series.

Belongs here: laying forecasts and actuals side by side, and the measures of each group. Does not belong here: the
formulas (``metrics``), whether a measure is worse than it should be (``quality.forecast_monitoring``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecast_platform.engine import metrics
from forecast_platform.engine.calendar import season_lengths
from forecast_platform.engine.featurization import target_panel
from forecast_platform.engine.forecast_types import COUNTS, ForecastTypes, quantile_of
from forecast_platform.engine.series_keys import key_codes, rows_of
from forecast_platform.engine.task import ForecastTask

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ComparedForecast:
    """One forecast beside its actuals.

    Attributes:
        series: One row per series: ``item_id`` and the forecast dimensions.
        timestamps: Start of every step, ascending.
        actual: (series × steps); NaN where nothing has been observed.
        values: Forecast type -> (series × steps).
        scale: Per series, the denominator of MASE.
        rows: The forecast in the long form in which it came, with ``horizon_step`` (from 1) and ``actual``.
    """

    series: pd.DataFrame
    timestamps: npt.NDArray[np.datetime64]
    actual: Floats
    values: dict[str, Floats]
    scale: Floats
    rows: pd.DataFrame

    @property
    def types(self) -> ForecastTypes:
        return ForecastTypes(tuple(self.values))

    @property
    def observed_series(self) -> int:
        """Series with at least one actual."""
        return int(np.isfinite(self.actual).any(axis=1).sum())

    def overall(self) -> dict[str, Any]:
        """The measures of everything."""
        return measures(self, None)

    def by_step(self) -> pd.DataFrame:
        """``horizon_step``, ``timestamp`` and the measures, one row per step."""
        steps = np.arange(1, len(self.timestamps) + 1)
        return pd.DataFrame({"horizon_step": steps, "timestamp": self.timestamps, **measures(self, 0)})

    def by_series(self) -> pd.DataFrame:
        """The keys, the measures and ``mase_scale``, one row per series."""
        return self.series.assign(**measures(self, 1), mase_scale=self.scale)


def compare(
    forecast: pd.DataFrame, observed: pd.DataFrame, keys: Sequence[str], scale: pd.DataFrame
) -> ComparedForecast:
    """Lay a forecast and what was observed side by side.

    Args:
        forecast: Long: ``keys``, ``timestamp``, ``type``, ``value``; every type for the same series and steps.
        observed: ``keys``, ``timestamp``, ``target``; rows outside the forecast are left out.
        keys: ``item_id`` and the forecast dimensions.
        scale: ``keys`` and ``mase_scale``; a series without a row has no MASE.
    """
    codes, series = key_codes(forecast, keys)
    timestamps, steps = np.unique(forecast["timestamp"].to_numpy(dtype="datetime64[ns]"), return_inverse=True)
    shape = (len(series), len(timestamps))
    labels, types = pd.factorize(forecast["type"])
    numbers = forecast["value"].to_numpy(dtype=np.float64)
    values = {}
    for number, label in enumerate(types):
        of_type = labels == number
        values[str(label)] = np.full(shape, np.nan)
        values[str(label)][codes[of_type], steps[of_type]] = numbers[of_type]
    actual = _inside(observed, series, timestamps)
    scales = np.full(len(series), np.nan)
    found = rows_of(scale, series)
    scales[found[found >= 0]] = scale["mase_scale"].to_numpy(dtype=np.float64)[found >= 0]
    rows = forecast.assign(horizon_step=steps + 1, actual=actual[codes, steps])
    return ComparedForecast(series, timestamps, actual, values, scales, rows)


def seasonal_scale(target: pd.DataFrame, task: ForecastTask, before: pd.Timestamp) -> pd.DataFrame:
    """The denominator of MASE of every series observed ``before`` an instant, as the backtest takes it.

    Args:
        target: ``item_id``, other string columns, ``timestamp``, ``target``.

    Returns:
        The keys of the task and ``mase_scale``.
    """
    past = target[target["timestamp"] < before]
    if past["target"].notna().sum() == 0:
        return pd.DataFrame(columns=[*task.keys, "mase_scale"])
    panel = target_panel(past, task)
    season = min(season_lengths(task.frequency), default=1)
    return panel.series.assign(mase_scale=metrics.seasonal_error(panel.values, season))


def measures(window: ComparedForecast, axis: int | None) -> dict[str, Any]:
    """Every measure: one number (``None``), one per step (0) or one per series (1). NaN where nothing was observed.

    - ``expected``, ``observations``: points that were forecast, and those with an actual.
    - ``absolute_actual``: Σ |y|, by which losses of several groups are weighted when they are pooled.
    - ``wql`` (mean over the quantiles) and ``wql_p10`` …; ``wape``, ``mase``, ``bias`` of the point forecast.
    - ``share_below``, ``share_above``: of the actuals, below and above the point forecast.
    - ``coverage``: inside the outermost interval, of which ``on_bound`` are exactly on a bound of it, as zeros of
      sparse demand are; ``coverage_p25_p75`` … of inner intervals; ``hit_rate_p10`` …
    """
    types, actual, values = window.types, window.actual, window.values
    point = values[types.point]
    losses = [metrics.weighted_quantile_loss(actual, values[one], quantile_of(one), axis) for one in types.quantiles]
    found = {
        "expected": _counted(np.isfinite(point), axis),
        "observations": _counted(np.isfinite(actual) & np.isfinite(point), axis),
        "absolute_actual": np.nansum(np.abs(actual), axis=axis),
        "wape": metrics.wape(actual, point, axis),
        "mase": metrics.mase(actual, point, window.scale, axis),
        "bias": metrics.bias(actual, point, axis),
        "share_below": 1 - metrics.hit_rate(-actual, -point, axis),
        "share_above": 1 - metrics.hit_rate(actual, point, axis),
    }
    if losses:
        found["wql"] = np.mean(losses, axis=0)
    for label, loss in zip(types.quantiles, losses, strict=True):
        found[f"wql_{label}"] = loss
        found[f"hit_rate_{label}"] = metrics.hit_rate(actual, values[label], axis)
    for number, (low, high) in enumerate(types.intervals):
        inside = metrics.coverage(actual, values[low], values[high], axis)
        found["coverage" if number == 0 else f"coverage_{low}_{high}"] = inside
    if types.intervals:
        lower, upper = (values[label] for label in types.intervals[0])
        strictly = metrics.coverage(actual, np.nextafter(lower, np.inf), np.nextafter(upper, -np.inf), axis)
        found["on_bound"] = found["coverage"] - strictly
    return {name: found[name] for name in types.measures}


def pooled(rows: pd.DataFrame, by: Sequence[str], measured: Sequence[str]) -> pd.DataFrame:
    """The measures of several windows as if they were one.

    Losses and bias are weighted by Σ |y|, shares and MASE by the number of observations: exactly what the rows pooled
    would give, except for MASE of groups whose series or scales differ.

    Args:
        rows: Rows of :meth:`ComparedForecast.by_step` or :meth:`~ComparedForecast.by_series` of several windows.
        by: Columns that name a group.
        measured: :attr:`ForecastTypes.measures`; those that ``rows`` lacks are left out.
    """
    shares = [name for name in measured if name in rows and name not in (*COUNTS, "absolute_actual")]
    known = rows[rows["observations"] > 0]
    relative = np.maximum(known["absolute_actual"], 0).where(known["absolute_actual"] > 0, 1.0)
    weights = {name: relative if _is_relative(name) else known["observations"] for name in shares}
    parts = {name: known[name] * weights[name] for name in shares}
    totals = {f"_{name}": weights[name].where(known[name].notna(), 0.0) for name in shares}
    columns = [*COUNTS, "absolute_actual"]
    groups = [rows[name] for name in by]
    sums = rows[columns].groupby(groups, sort=True, dropna=False).sum()
    weighted = pd.DataFrame(parts | totals, index=known.index)
    of_known = weighted.groupby([known[name] for name in by], sort=True, dropna=False).sum().reindex(sums.index)
    for name in shares:
        denominator = sums["absolute_actual"].where(sums["absolute_actual"] > 0, 1.0)
        total = denominator.where(of_known[f"_{name}"] > 0) if _is_relative(name) else of_known[f"_{name}"]
        sums[name] = of_known[name] / total.where(total > 0)
    return sums.reset_index()


def _is_relative(measure: str) -> bool:
    return measure.startswith("wql") or measure in ("wape", "bias")


def _counted(points: npt.NDArray[np.bool_], axis: int | None) -> Any:
    return points.sum(axis=axis, dtype=np.int64)


def _inside(observed: pd.DataFrame, series: pd.DataFrame, timestamps: npt.NDArray[np.datetime64]) -> Floats:
    """The observed values as (series × steps)."""
    actual = np.full((len(series), len(timestamps)), np.nan)
    times = observed["timestamp"].to_numpy(dtype="datetime64[ns]")
    near = observed[(times >= timestamps[0]) & (times <= timestamps[-1])]
    times = near["timestamp"].to_numpy(dtype="datetime64[ns]")
    steps = np.searchsorted(timestamps, times)
    rows = rows_of(near, series)
    inside = (rows >= 0) & (timestamps[steps] == times)
    actual[rows[inside], steps[inside]] = near["target"].to_numpy(dtype=np.float64)[inside]
    return actual
