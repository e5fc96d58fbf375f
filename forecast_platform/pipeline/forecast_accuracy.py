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


def score_forecasts(workspace: Workspace, cutoff: datetime) -> ScoredForecasts:
    """Compare the kept forecasts up to ``cutoff`` with the actuals that have arrived, and keep the result.

    A comparison depends on the forecast and the actuals only, so the order of a backfill does not matter. One that
    is complete is read again only while it is recent (two horizons), so the cost does not grow with the archive.
    """
    import pandas as pd

    actuals = _actuals(workspace)
    compared = {known: _compare(workspace, known, actuals) for known in _open_cutoffs(workspace, cutoff)}
    compared = {known: frame for known, frame in compared.items() if not frame.empty}
    for known, frame in compared.items():
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        workspace.bucket.write(layout.forecast_accuracy(known), buffer.getvalue())
        if frame["timestamp"].max() >= _last_step(workspace, known):
            workspace.bucket.write(_complete(known), b"")
    summary = pd.DataFrame(
        [{"cutoff": known, **_summary(frame)} for known, frame in compared.items()],
        columns=["cutoff", "steps", "wql", "wape", "coverage"],
    )
    return ScoredForecasts(tuple(compared), sum(map(len, compared.values())), summary)


def kept_cutoffs(workspace: Workspace) -> list[datetime]:
    """Every cutoff whose cleaned forecast is kept, oldest first."""
    return _cutoffs_below(workspace, layout.CLEAN_HISTORY, "forecast.parquet")


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
