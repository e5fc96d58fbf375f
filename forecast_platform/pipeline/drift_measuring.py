"""Measuring drift of a project's data: its series at a cutoff, put before the statistics of ``quality.drift``.

Belongs here: from a workspace to the rows of the table ``data_drift``. Does not belong here: formulas
(``quality.drift``), what is kept (``data_drift``), what follows from it (``retraining``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.engine.featurization import Panel
    from forecast_platform.engine.frames import TrainingFrames
    from forecast_platform.engine.task import ForecastTask
    from forecast_platform.quality.drift.verdict import Verdict
    from forecast_platform.quality.drift.windows import Windows
    from forecast_platform.training_data import Snapshot

TARGET, ITEM, RELATED = "target", "item", "related"
"""Kinds of rows: the target of all items together, that of one item, and one related series of all items."""
_TYPES = {
    "kind": "object",
    "feature": "object",
    "compared_with": "object",
    "method": "object",
    "distance": "float64",
    "robust_distance": "float64",
    "threshold": "float64",
    "p_value": "float64",
    "psi": "float64",
    "points": "int64",
    "reference_points": "int64",
    "earlier_windows": "int64",
    "drifted": "bool",
}
_YEAR_DAYS = 365.25


@dataclass(frozen=True)
class DataDrift:
    """What came since training against what was trained on.

    Attributes:
        trained_at: The cutoff at which the predictor in force was trained; ``None`` = there is none yet.
        rows: One per comparison: the keys of the task (missing but for items) and the columns of ``_TYPES``, the
            target first, then related series, then items.
        summary: JSON: ``trained_at``, ``note`` (why nothing was compared; empty = it was), ``periods_since_training``,
            ``window_start`` and ``window_end`` (of the periods compared, the latter exclusive), ``earlier_windows``.
    """

    trained_at: datetime | None
    rows: pd.DataFrame
    summary: dict[str, Any] = field(default_factory=dict)

    def of_kind(self, kind: str) -> pd.DataFrame:
        """The rows of one kind."""
        return self.rows[self.rows["kind"] == kind]


def measure_drift(
    workspace: Workspace, cutoff: datetime, trained_at: datetime | None, snapshot: Snapshot | None = None
) -> DataDrift:
    """Compare the data of ``cutoff`` that the predictor of ``trained_at`` has not seen with what it has.

    Depends on nothing but the observations that are complete at ``cutoff``, the related values up to it, and the
    parameters.

    Args:
        snapshot: The state of ``train/``; ``None`` = that of ``cutoff``.

    Raises:
        InputError: No observation is complete at ``cutoff``.
    """
    from forecast_platform.engine.featurization import target_panel
    from forecast_platform.forecast_service.task import task_of

    task = task_of(workspace.parsed_params.params, workspace.project.preset)
    if trained_at is None:
        return _nothing(task, None, "No predictor has been trained before this cutoff.")
    frames = workspace.frames(cutoff, snapshot)
    panel = target_panel(frames.target, task)
    windows = _windows(panel, trained_at)
    if windows.length <= 0:
        return _nothing(task, trained_at, "No data has come since the predictor was trained.")
    if windows.trained <= 0:
        return _nothing(task, trained_at, "None of the data was there when the predictor was trained.")
    return DataDrift(trained_at, _rows(workspace, frames, task, panel, windows), _summary(panel, windows, trained_at))


def _windows(panel: Panel, trained_at: datetime) -> Windows:
    import numpy as np

    from forecast_platform.quality.drift.windows import plan_windows

    ends = panel.timestamps(1, panel.periods)
    trained = int(np.count_nonzero(ends <= np.datetime64(trained_at, "ns")))
    year = round(_YEAR_DAYS / (panel.calendar.frequency.approximate.total_seconds() / 86400))
    cycles = [season for season in panel.seasons if season < year / 2]
    return plan_windows(panel.periods, trained, cycles, year if year > 1 else None)


def _rows(
    workspace: Workspace, frames: TrainingFrames, task: ForecastTask, panel: Panel, windows: Windows
) -> pd.DataFrame:
    import pandas as pd

    from forecast_platform.quality.drift.verdict import judge_feature, judge_target

    together, each = judge_target(panel.values, windows)
    target = workspace.parsed_params.params.target_column
    parts = [_frame(TARGET, target, together)]
    parts += [_frame(RELATED, name, judge_feature(values, windows)) for name, values in _related(frames, task, panel)]
    parts.append(_frame(ITEM, target, each).assign(**{key: panel.series[key].to_numpy() for key in task.keys}))
    rows = pd.concat([part.reindex(columns=[*task.keys, *_TYPES]) for part in parts if len(part)], ignore_index=True)
    return rows.astype({**_TYPES, **dict.fromkeys(task.keys, "object")})


def _related(frames: TrainingFrames, task: ForecastTask, panel: Panel) -> list[tuple[str, Any]]:
    """Names and (series × periods) of the related series of those series that have a history."""
    from forecast_platform.engine.covariates import Axes, build_covariates

    axes = Axes(panel.series, panel.calendar, panel.first_period, panel.periods)
    covariates = build_covariates(replace(frames, item_metadata=None), replace(task, holidays=None), axes)
    if covariates is None:
        return []
    return [
        (name, values[:, : panel.periods]) for name, values in zip(covariates.names, covariates.values, strict=True)
    ]


def _frame(kind: str, feature: str, verdict: Verdict) -> pd.DataFrame:
    import numpy as np
    import pandas as pd

    from forecast_platform.quality.distances import robust

    samples = zip(verdict.distance, verdict.points, verdict.reference_points, strict=True)
    rows = pd.DataFrame(
        {
            "kind": kind,
            "feature": feature,
            "compared_with": np.where(verdict.by_season, "same season of earlier years", "run-up"),
            "method": verdict.method,
            "distance": verdict.distance,
            "robust_distance": [robust(d, n, m) if n and m else np.nan for d, n, m in samples],
            "threshold": verdict.threshold,
            "p_value": verdict.p_value,
            "psi": verdict.psi,
            "points": verdict.points,
            "reference_points": verdict.reference_points,
            "earlier_windows": verdict.windows,
            "drifted": verdict.drifted,
        }
    )
    # Without values in one of the two there is no distance, and so no row.
    return rows[(rows["points"] > 0) & (rows["reference_points"] > 0)] if kind != ITEM else _blanked(rows)


def _blanked(rows: pd.DataFrame) -> pd.DataFrame:
    """Items keep their row, without numbers where there is nothing to compare."""
    nothing = (rows["points"] == 0) | (rows["reference_points"] == 0)
    rows.loc[nothing, ["distance", "robust_distance", "threshold", "p_value", "psi"]] = float("nan")
    return rows


def _summary(panel: Panel, windows: Windows, trained_at: datetime) -> dict[str, Any]:
    start, end = (panel.timestamps(column, 1)[0] for column in (windows.start, panel.periods))
    return {
        "trained_at": trained_at.isoformat(),
        "note": "",
        "periods_since_training": panel.periods - windows.trained,
        "window_start": str(start.astype("datetime64[s]")),
        "window_end": str(end.astype("datetime64[s]")),
        "earlier_windows": len(windows.earlier),
        "has_earlier_season": bool(windows.seasons(windows.start, windows.gap)),
    }


def _nothing(task: ForecastTask, trained_at: datetime | None, note: str) -> DataDrift:
    import pandas as pd

    columns = {**dict.fromkeys(task.keys, "object"), **_TYPES}
    rows = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    summary = {
        "trained_at": None if trained_at is None else trained_at.isoformat(),
        "note": note,
        "periods_since_training": 0,
        "window_start": None,
        "window_end": None,
        "earlier_windows": 0,
        "has_earlier_season": False,
    }
    return DataDrift(trained_at, rows, summary)
