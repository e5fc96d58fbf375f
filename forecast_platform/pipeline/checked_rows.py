"""The rows that a user's checks look at, per asset: what a person would call the asset's data.

Belongs here: which tables an asset has for them, and reading one as of a cutoff. Does not belong here: what is asked of
the rows (the user), what our own checks look at (``quality.suites``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from forecast_platform.bucket import layout
from forecast_platform.errors import InputError
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

Reader = Callable[[Workspace, datetime], "pd.DataFrame"]


def checked_rows(workspace: Workspace, asset: str, table: str, cutoff: datetime) -> pd.DataFrame:
    """The rows of ``table`` of ``asset`` as of ``cutoff``.

    Raises:
        InputError: The project has no such data.
    """
    return TABLES[asset][table](workspace, cutoff)


def _target(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    return workspace.frames(cutoff).target


def _related(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    return _required(workspace.frames(cutoff).related, "related time series", "train/*.related.csv")


def _item_metadata(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    return _required(workspace.frames(cutoff).item_metadata, "item metadata", "train/*.metadata.csv")


def _required(rows: pd.DataFrame | None, what: str, files: str) -> pd.DataFrame:
    if rows is None:
        raise InputError(f"A check asks for {what}, but the project has none. Upload {files}, or remove the check.")
    return rows


def _data_drift(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    from forecast_platform.pipeline.data_drift import kept_drift

    return kept_drift(workspace, cutoff).rows


def _items(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    from forecast_platform.pipeline.training import stored_accuracy

    return stored_accuracy(workspace, cutoff)[1]


def _metrics(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    from forecast_platform.pipeline.training import metric_rows, stored_accuracy

    return metric_rows(workspace.project.name, stored_accuracy(workspace, cutoff)[0]).drop(columns="predictor")


def _exported_forecast(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    from forecast_platform.pipeline.clean_forecast import read_wide_forecast
    from forecast_platform.pipeline.forecasting import require_archived

    return read_wide_forecast(workspace, require_archived(workspace, cutoff))


def _cleaned_history(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    return _parquet(workspace, layout.clean_history(cutoff))


def _forecast_accuracy(workspace: Workspace, cutoff: datetime) -> pd.DataFrame:
    """The comparisons of the cutoffs of the last two horizons: those that new actuals still change."""
    import pandas as pd

    from forecast_platform.pipeline.forecast_accuracy import kept_cutoffs

    params = workspace.parsed_params.params
    oldest = params.frequency.step(cutoff, -2 * params.horizon)
    compared = []
    for known in kept_cutoffs(workspace):
        key = layout.forecast_accuracy(known)
        if oldest <= known <= cutoff and workspace.bucket.head(key) is not None:
            compared.append(_parquet(workspace, key).assign(cutoff=known))
    if not compared:
        keys = ["item_id", *params.forecast_dimensions]
        return pd.DataFrame(columns=[*keys, "timestamp", "horizon_step", "type", "forecast", "actual", "cutoff"])
    return pd.concat(compared, ignore_index=True)


def _parquet(workspace: Workspace, key: str) -> pd.DataFrame:
    from forecast_platform.warehouse.parquet_rows import to_frame

    return to_frame(workspace.bucket.read(key))


TABLES: Mapping[str, Mapping[str, Reader]] = {
    "raw_training_data": {"target": _target, "related": _related, "item_metadata": _item_metadata},
    "data_drift": {"": _data_drift},
    "predictor": {"items": _items, "metrics": _metrics},
    "exported_forecast": {"": _exported_forecast},
    "cleaned_history": {"": _cleaned_history},
    "forecast_accuracy": {"": _forecast_accuracy},
}
"""By asset and name; the first is meant when a check names none, an empty name says that there is one only."""
