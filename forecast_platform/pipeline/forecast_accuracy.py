"""Earlier forecasts against the actuals that have arrived since.

Belongs here: which cutoffs are compared again, and the rows of the comparison. Does not belong here: metrics
formulas (``engine.metrics``).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import parse_cutoff_key
from forecast_platform.errors import InputError
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ScoredForecasts:
    """What a look at the earlier forecasts gave.

    Attributes:
        cutoffs: Cutoffs with at least one actual, oldest first.
        rows: Forecast values with an actual, one row per forecast type.
        summary: Per cutoff: ``cutoff``, ``steps`` (timestamps with actuals), ``wql`` (mean over the
            quantiles), ``wape`` (of the median, or of the lowest quantile when there is no median), ``coverage`` (share
            of actuals between the lowest and highest quantile). Empty when no actual has arrived.
    """

    cutoffs: tuple[datetime, ...]
    rows: int
    summary: pd.DataFrame


@dataclass(frozen=True)
class _Comparison:
    """One forecast against actuals.

    Attributes:
        rows: ``item_id``, forecast dimensions, ``timestamp``, ``horizon_step`` (from 1), ``type``, ``forecast``,
            ``actual``; only where there is an actual.
        complete: The newest actual is not before the last step of the forecast.
    """

    rows: pd.DataFrame
    complete: bool


def score_forecasts(workspace: Workspace, cutoff: datetime) -> ScoredForecasts:
    """Compare the kept forecasts up to ``cutoff`` with the actuals that have arrived, and keep the result.

    A comparison depends on the forecast and the actuals only, so the order of a backfill does not matter. One that
    is complete is read again only while it is recent (two horizons), so the cost does not grow with the archive.
    """
    actuals = _actuals(workspace)
    compared = {known: _compare(workspace, known, actuals) for known in _open_cutoffs(workspace, cutoff)}
    compared = {known: comparison for known, comparison in compared.items() if not comparison.rows.empty}
    for known, comparison in compared.items():
        buffer = io.BytesIO()
        comparison.rows.to_parquet(buffer, index=False)
        workspace.bucket.write(layout.forecast_accuracy(known), buffer.getvalue())
        if comparison.complete:
            workspace.bucket.write(_complete(known), b"")
    summary = _summaries({known: comparison.rows for known, comparison in compared.items()})
    return ScoredForecasts(tuple(compared), sum(len(one.rows) for one in compared.values()), summary)


def live_accuracy(workspace: Workspace, newest: int = 60) -> pd.DataFrame:
    """The kept comparisons of the ``newest`` cutoffs that have one, summed up as in :class:`ScoredForecasts`."""
    import pandas as pd

    cutoffs = _cutoffs_below(workspace, layout.FORECAST_ACCURACY, "accuracy.parquet")[-newest:]
    return _summaries(
        {
            known: pd.read_parquet(io.BytesIO(workspace.bucket.read(layout.forecast_accuracy(known))))
            for known in cutoffs
        }
    )


def kept_cutoffs(workspace: Workspace) -> list[datetime]:
    """Every cutoff whose cleaned forecast is kept, oldest first."""
    return _cutoffs_below(workspace, layout.CLEAN_HISTORY, "forecast.parquet")


def _actuals(workspace: Workspace) -> pd.DataFrame:
    """Everything observed until now: a comparison, unlike a forecast, must see what came after the cutoff."""
    from forecast_platform.engine.observations import observed_series
    from forecast_platform.forecast_service.task import task_of
    from forecast_platform.training_data import current_snapshot, load_frames

    params = workspace.parsed_params.params
    snapshot = current_snapshot(workspace.bucket)
    if snapshot is None:
        raise InputError(f"The training data of project {workspace.project.name} has not been read yet.")
    return observed_series(load_frames(workspace.bucket, snapshot, params, None).target, task_of(params))


def _compare(workspace: Workspace, known: datetime, actuals: pd.DataFrame) -> _Comparison:
    import pandas as pd

    forecast = pd.read_parquet(io.BytesIO(workspace.bucket.read(layout.clean_history(known))))
    keys = [column for column in actuals.columns if column not in ("timestamp", "target")]
    forecast["horizon_step"] = forecast["timestamp"].rank(method="dense").astype("int64")
    joined = forecast.merge(actuals, on=[*keys, "timestamp"], how="inner", sort=False)
    joined = joined.rename(columns={"value": "forecast", "target": "actual"})
    columns = [*keys, "timestamp", "horizon_step", "type", "forecast", "actual"]
    return _Comparison(joined[columns], bool(actuals["timestamp"].max() >= forecast["timestamp"].max()))


def _summaries(comparisons: dict[datetime, pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        [{"cutoff": known, **_summary(rows)} for known, rows in comparisons.items()],
        columns=["cutoff", "steps", "wql", "wape", "coverage"],
    )


def _summary(rows: pd.DataFrame) -> dict[str, float]:
    import numpy as np

    from forecast_platform.engine import metrics

    by_type = {
        label: (frame["actual"].to_numpy(), frame["forecast"].to_numpy()) for label, frame in rows.groupby("type")
    }
    quantiles = sorted(int(label[1:]) for label in by_type if label != "mean")
    losses = [metrics.weighted_quantile_loss(*by_type[f"p{quantile}"], quantile / 100) for quantile in quantiles]
    point = "p50" if 50 in quantiles else "mean" if "mean" in by_type else f"p{quantiles[0]}"
    summary = {
        "steps": int(rows["timestamp"].nunique()),
        "wql": float(np.mean(losses)) if losses else float("nan"),
        "wape": metrics.wape(*by_type[point]),
        "coverage": float("nan"),
    }
    if len(quantiles) > 1:
        (actual, lowest), (_, highest) = by_type[f"p{quantiles[0]}"], by_type[f"p{quantiles[-1]}"]
        summary["coverage"] = metrics.coverage(actual, lowest, highest)
    return summary


def _open_cutoffs(workspace: Workspace, cutoff: datetime) -> list[datetime]:
    params = workspace.parsed_params.params
    recent = params.frequency.step(cutoff, -2 * params.horizon)
    complete = set(_cutoffs_below(workspace, layout.FORECAST_ACCURACY, "complete"))
    return [
        known for known in kept_cutoffs(workspace) if known <= cutoff and (known not in complete or known >= recent)
    ]


def _cutoffs_below(workspace: Workspace, prefix: str, name: str) -> list[datetime]:
    found = []
    for stored in workspace.bucket.list(prefix):
        folder, _, file = stored.key.removeprefix(prefix).partition("/")
        if file == name:
            found.append(parse_cutoff_key(folder.removeprefix("cutoff=")))
    return sorted(found)


def _complete(cutoff: datetime) -> str:
    """The mark of a comparison in which every step has its actual. Its name tells it without reading."""
    return layout.forecast_accuracy(cutoff).removesuffix("accuracy.parquet") + "complete"
