"""What a forecast was worth: accuracy of one method on one panel, window by window.

Belongs here: rolling evaluation and its scores. Does not belong here: the metrics' formulas (``engine.metrics``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.accuracy.panels import Panel, visible
from forecast_platform.engine import metrics
from forecast_platform.engine.calendar import season_lengths
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.frequency import Frequency

Floats = npt.NDArray[np.float64]

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


@dataclass(frozen=True)
class Setting:
    """What is asked of a method, besides the data.

    Attributes:
        frequency: Of the data and of the forecast.
        horizon: Periods to forecast after the end of the visible data.
        known_ahead: Columns of the related series that are known in these periods.
        jobs: Processes that it may use.
    """

    frequency: Frequency
    horizon: int
    known_ahead: tuple[str, ...]
    jobs: int


@dataclass(frozen=True)
class Answer:
    """What a method answers.

    Attributes:
        forecast: ``item_id``, ``timestamp`` (the start of the period) and ``p10``, ``p50``, ``p90``.
        train_seconds: Without the imports of libraries.
        forecast_seconds: Likewise; 0 for methods that train and forecast in one.
    """

    forecast: pd.DataFrame
    train_seconds: float
    forecast_seconds: float


class Method(Protocol):
    """One way to forecast a panel."""

    def __call__(self, frames: TrainingFrames, setting: Setting) -> Answer:
        """Forecast the periods after the newest observation of ``frames.target``."""
        ...


@dataclass(frozen=True)
class WindowScore:
    """One test window.

    Attributes:
        cutoff: ISO format.
        wql: Mean of the pooled weighted quantile losses of 0.1, 0.5 and 0.9.
        mase: Of the median, scaled by the naive error of the shortest season; mean of the series that have one.
        coverage: Share of the actuals in [p10, p90].
        train_seconds: See :class:`Answer`.
        forecast_seconds: See :class:`Answer`.
    """

    cutoff: str
    wql: float
    mase: float
    coverage: float
    train_seconds: float
    forecast_seconds: float

    def to_json(self) -> dict[str, Any]:
        """A JSON object, from which ``WindowScore(**object)`` makes it again."""
        return asdict(self)


def evaluate(panel: Panel, method: Method, jobs: int) -> list[WindowScore]:
    """Train and forecast afresh at every cutoff, from what was visible then, and score the windows.

    Raises:
        ValueError: The forecast lacks a point that is scored.
    """
    setting = Setting(panel.frequency, panel.horizon, panel.known_ahead, jobs)
    return [_evaluate_window(panel, method, setting, cutoff) for cutoff in panel.cutoffs]


def _evaluate_window(panel: Panel, method: Method, setting: Setting, cutoff: datetime) -> WindowScore:
    frames = visible(panel, cutoff)
    answer = method(frames, setting)
    history = _matrix(frames.target, "target")
    window = panel.window(cutoff)
    actual = _actuals(panel, history.index, window)
    forecasts = _forecast_matrices(answer.forecast, history.index, window)
    _require_every_point(actual, forecasts)
    losses = [metrics.weighted_quantile_loss(actual, forecasts[label], tau) for label, tau in QUANTILES.items()]
    scale = metrics.seasonal_error(history.to_numpy(), min(season_lengths(panel.frequency), default=1))
    return WindowScore(
        cutoff=cutoff.isoformat(),
        wql=float(np.mean(losses)),
        mase=float(metrics.mase(actual, forecasts["p50"], scale)),
        coverage=float(metrics.coverage(actual, forecasts["p10"], forecasts["p90"])),
        train_seconds=answer.train_seconds,
        forecast_seconds=answer.forecast_seconds,
    )


def _matrix(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """(items × timestamps)."""
    return frame.pivot(index="item_id", columns="timestamp", values=column)


def _actuals(panel: Panel, items: pd.Index, window: pd.DatetimeIndex) -> Floats:
    """(items × steps) of the items that have a history at the cutoff: what a method never saw, it need not forecast."""
    target = panel.frames.target
    inside = target[target["timestamp"].isin(window)]
    return np.asarray(_matrix(inside, "target").reindex(index=items, columns=window).to_numpy(dtype=np.float64))


def _forecast_matrices(forecast: pd.DataFrame, items: pd.Index, window: pd.DatetimeIndex) -> dict[str, Floats]:
    return {
        label: _matrix(forecast, label).reindex(index=items, columns=window).to_numpy(dtype=np.float64)
        for label in QUANTILES
    }


def _require_every_point(actual: Floats, forecasts: dict[str, Floats]) -> None:
    """A method that leaves out the hard series would look better than it is."""
    for label, values in forecasts.items():
        missing = int((np.isfinite(actual) & ~np.isfinite(values)).sum())
        if missing:
            raise ValueError(f"{missing} of {int(np.isfinite(actual).sum())} points have no {label}")


def mean_of(scores: Sequence[WindowScore], attribute: str) -> float:
    """Mean of an attribute over the windows; NaN where it is undefined in all."""
    return float(metrics.nan_mean(np.array([getattr(score, attribute) for score in scores], dtype=float), None))
