"""What the kept comparisons say about the forecasts of a project, as of a cutoff: for checks, pictures and retraining.

Belongs here: which kept rows are judged together. Does not belong here: the statistics (``quality``), comparing
(``forecast_accuracy``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.cutoffs import cutoff_key, parse_cutoff_key
from forecast_platform.engine.forecast_types import ForecastTypes
from forecast_platform.pipeline import accuracy_store as store
from forecast_platform.pipeline.forecast_accuracy import with_actuals
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.quality.calibration import ShareVerdict
    from forecast_platform.quality.forecast_monitoring import Bias, Decay


@dataclass(frozen=True)
class MonitoredForecasts:
    """How the forecasts up to a cutoff did, judged by the complete windows that had ended by then.

    Attributes:
        ended: Windows that had ended.
        unfinished: Those of them that are provisional.
        windows: How many were judged: complete, not overlapping, the newest.
        decay: The loss against the backtests.
        coverage: Of the outermost interval; not judged without one.
        hits: Share of actuals at or below the median; not judged without one.
        bias: Of the mean, where that is the point forecast; not judged elsewhere.
        series: One row per series: the keys, ``observations``, ``closed`` (those inside the interval), ``is_off``.
    """

    ended: int
    unfinished: int
    windows: int
    decay: Decay
    coverage: ShareVerdict
    hits: ShareVerdict
    bias: Bias
    series: pd.DataFrame


@dataclass(frozen=True)
class AccuracyDetails:
    """The measures of recent windows taken together.

    Attributes:
        windows: How many.
        steps: One row per horizon step.
        items: One row per series, with ``loss_share``, its share of the loss of all; the largest first.
    """

    windows: int
    steps: pd.DataFrame
    items: pd.DataFrame


def monitor_forecasts(workspace: Workspace, cutoff: datetime) -> MonitoredForecasts:
    """Judge the forecasts as of ``cutoff``."""
    from forecast_platform.quality.calibration import judge_series, judge_share, spans
    from forecast_platform.quality.forecast_monitoring import judge_bias, separate_windows

    bucket, params = workspace.bucket, workspace.parsed_params.params
    types = ForecastTypes(params.forecast_types)
    rows = _rows(workspace, cutoff)
    windows = separate_windows(rows, cutoff, max(spans(params.horizon)))
    cutoffs = [parse_cutoff_key(one) for one in windows["cutoff"]]
    steps = store.read_steps(bucket, params, cutoffs).sort_values(["cutoff", "horizon_step"], kind="stable")
    items = store.read_items(bucket, params, cutoffs)
    ended = rows[rows["window_end"] <= cutoff]
    keys = ["item_id", *params.forecast_dimensions]
    return MonitoredForecasts(
        ended=len(ended),
        unfinished=int(ended["provisional"].sum()),
        windows=len(windows),
        decay=decay_at(workspace, cutoff),
        coverage=judge_share(_inside(steps, types), types.nominal_coverage),
        hits=judge_share(_hits(steps), 0.5 if types.point == "p50" else float("nan")),
        bias=judge_bias(windows if types.point == "mean" else windows.head(0)),
        series=judge_series(_inside(items, types), keys, types.nominal_coverage),
    )


def decay_at(workspace: Workspace, cutoff: datetime, predictor: str | None = None) -> Decay:
    """Whether forecasts have decayed, as of ``cutoff``: from windows that had ended by then, whenever it is asked.

    Args:
        predictor: Name of the predictor whose forecasts count; ``None`` = those of all predictors.
    """
    from forecast_platform.quality.forecast_monitoring import DECAY_WINDOWS, has_decayed, separate_windows

    rows = _rows(workspace, cutoff)
    if predictor is not None:
        rows = rows[rows["predictor"] == predictor]
    loss = "wql" if ForecastTypes(workspace.parsed_params.params.forecast_types).quantiles else "wape"
    windows = separate_windows(rows, cutoff, DECAY_WINDOWS)
    return has_decayed(windows.assign(loss=windows[loss], backtest_loss=windows[f"backtest_{loss}"]))


def recent_accuracy(workspace: Workspace, cutoff: datetime) -> AccuracyDetails:
    """The measures by step and by item of the judged windows or, as long as there are none, of the newest ones."""
    from forecast_platform.engine.comparison import pooled
    from forecast_platform.quality.calibration import spans
    from forecast_platform.quality.forecast_monitoring import separate_windows

    bucket, params = workspace.bucket, workspace.parsed_params.params
    rows, most = with_actuals(_rows(workspace, cutoff)), max(spans(workspace.parsed_params.params.horizon))
    judged = separate_windows(rows, cutoff, most)
    chosen = judged if len(judged) else rows.tail(most)
    cutoffs = [parse_cutoff_key(one) for one in chosen["cutoff"]]
    measures = ForecastTypes(params.forecast_types).measures
    steps = pooled(store.read_steps(bucket, params, cutoffs), ["horizon_step"], measures)
    items = pooled(store.read_items(bucket, params, cutoffs), ["item_id", *params.forecast_dimensions], measures)
    loss = items["wql" if "wql" in items else "wape"] * items["absolute_actual"].where(
        items["absolute_actual"] > 0, 1.0
    )
    shares = items.assign(loss_share=loss / loss.sum())
    return AccuracyDetails(
        len(chosen), steps, shares.sort_values("loss_share", ascending=False, kind="stable", ignore_index=True)
    )


def _rows(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    rows = store.read_comparisons(workspace.bucket, workspace.parsed_params.params).rows
    return rows[rows["cutoff"] <= cutoff_key(cutoff)]


def _inside(rows: pd.DataFrame, types: ForecastTypes) -> pd.DataFrame:
    """Shares inside the outermost interval as counts, with its bounds and without."""
    if not types.intervals:
        return rows.assign(closed=0.0, opened=0.0, window=rows["cutoff"])
    return _counts(rows, rows["coverage"], rows["coverage"] - rows["on_bound"])


def _hits(rows: pd.DataFrame) -> pd.DataFrame:
    """Shares at or below, and below, the point forecast as counts."""
    return _counts(rows, 1 - rows["share_above"], rows["share_below"])


def _counts(rows: pd.DataFrame, closed: pd.Series[float], opened: pd.Series[float]) -> pd.DataFrame:
    def counted(share: pd.Series[float]) -> pd.Series[float]:
        return (share * rows["observations"]).round().fillna(0.0)

    return rows.assign(closed=counted(closed), opened=counted(opened), window=rows["cutoff"])
