"""Earlier forecasts against the actuals that have arrived since.

Belongs here: which cutoffs are compared again, and what a comparison says of its window. Does not belong here: metrics
formulas (``engine.metrics``), how it is kept (``accuracy_store``), whether it is good (``forecast_monitoring``).

A comparison depends on the forecast and on what was observed in its window, and on nothing else: the order of a
backfill does not matter. Late and corrected values therefore re-open the cutoffs whose windows they lie in, however old
those are, and no others. Where nothing has changed, nothing is read but one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import Bucket, StoredObject, layout
from forecast_platform.cutoffs import cutoff_key, parse_cutoff_key
from forecast_platform.errors import InputError
from forecast_platform.metrics.forecast_metrics import live_metrics
from forecast_platform.pipeline import accuracy_store as store
from forecast_platform.pipeline.backtest_level import backtest_of
from forecast_platform.pipeline.metric_sending import send_metrics
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.pipeline.actuals import Actuals

COMPLETE_SHARE = 0.95
"""A window whose last step has arrived is complete with so many of its actuals: some never come."""
_SHOWN = 60


@dataclass(frozen=True)
class ScoredForecasts:
    """What a look at the earlier forecasts gave.

    Attributes:
        compared: Cutoffs that were compared now, oldest first; the others were up to date.
        by_cutoff: Rows of ``forecast_accuracy_by_cutoff`` up to the cutoff of the run that have actuals.
        warnings: For people.
    """

    compared: tuple[datetime, ...]
    by_cutoff: pd.DataFrame
    warnings: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """Forecast points with an actual."""
        return int(self.by_cutoff["observations"].sum())


def score_forecasts(workspace: Workspace, cutoff: datetime) -> ScoredForecasts:
    """Compare every kept forecast that needs it with the actuals that have arrived, and keep the result.

    Those that need it are forecasts not yet compared or made anew since, those in whose window something else is
    observed now, and, to be sure, that of ``cutoff``.

    Raises:
        InputError: The training data has not been read yet.
    """
    from forecast_platform.pipeline.actuals import load_actuals, state_of
    from forecast_platform.training_data import current_snapshot

    bucket, params = workspace.bucket, workspace.parsed_params.params
    # Before the snapshot: what other runs have put there then rests on data that is no newer than ours.
    known = store.read_comparisons(bucket, params)
    snapshot = current_snapshot(bucket)
    if snapshot is None:
        raise InputError(f"The training data of project {workspace.project.name} has not been read yet.")
    state, kept = state_of(workspace, snapshot), _Kept.of(workspace)
    outdated = kept.outdated(known.rows) | ({cutoff} & kept.forecasts.keys())
    if not outdated and known.looked_at == state:
        return _scored(workspace, (), with_actuals(known.rows, cutoff))
    actuals = load_actuals(workspace, snapshot)
    if known.looked_at != state:
        outdated |= _changed(known.rows, actuals) & kept.forecasts.keys()
    known = store.take_back(bucket, params, known, [cutoff_key(one) for one in outdated])
    compared = [_compare_and_keep(workspace, one, kept, actuals) for one in sorted(outdated)]
    rows = _judged_complete(_replaced(known.rows, compared), params.frequency.period_end(actuals.newest))
    gone = set(known.rows["cutoff"]) - {cutoff_key(one) for one in kept.forecasts}
    known = store.publish(bucket, params, known, _changed_rows(known.rows, rows), state, gone)
    return _scored(workspace, tuple(sorted(outdated)), with_actuals(known.rows, cutoff))


def _scored(workspace: Workspace, compared: tuple[datetime, ...], by_cutoff: pd.DataFrame) -> ScoredForecasts:
    """What there is to say; the newest complete window is also said where metrics go."""
    complete = by_cutoff[~by_cutoff["provisional"]]
    if complete.empty:
        return ScoredForecasts(compared, by_cutoff)
    newest = complete.iloc[-1]
    metrics = live_metrics(workspace.project.name, newest)
    warnings = send_metrics(workspace, f"forecast_accuracy/cutoff={newest['cutoff']}", metrics)
    return ScoredForecasts(compared, by_cutoff, warnings)


def live_accuracy(workspace: Workspace, newest: int = _SHOWN) -> pd.DataFrame:
    """The rows by cutoff (here a datetime) of the ``newest`` cutoffs that have actuals."""
    known = store.read_comparisons(workspace.bucket, workspace.parsed_params.params)
    rows = with_actuals(known.rows).tail(newest)
    return rows.assign(cutoff=rows["cutoff"].map(parse_cutoff_key))


def kept_cutoffs(workspace: Workspace) -> list[datetime]:
    """Every cutoff whose cleaned forecast is kept, oldest first."""
    return sorted(_objects(workspace.bucket, layout.CLEAN_HISTORY, "forecast.parquet"))


def with_actuals(rows: pd.DataFrame, cutoff: datetime | None = None) -> pd.DataFrame:
    """The rows by cutoff, up to ``cutoff`` if one is given, that have at least one actual, oldest first."""
    found = rows[rows["observations"] > 0]
    return found if cutoff is None else found[found["cutoff"] <= cutoff_key(cutoff)]


@dataclass(frozen=True)
class _Kept:
    """The objects of the cutoffs that say which comparisons there are.

    Attributes:
        forecasts: What is compared.
        comparisons: The part of a comparison that is written last.
    """

    forecasts: dict[datetime, StoredObject]
    comparisons: dict[datetime, StoredObject]

    @classmethod
    def of(cls, workspace: Workspace) -> _Kept:
        bucket = workspace.bucket
        return cls(
            _objects(bucket, layout.CLEAN_HISTORY, "forecast.parquet"),
            _objects(bucket, layout.FORECAST_ACCURACY_BY_ITEM, "items.parquet"),
        )

    def is_current(self, cutoff: datetime) -> bool:
        """Whether the forecast was compared after it was made."""
        made, compared = self.forecasts[cutoff], self.comparisons.get(cutoff)
        return compared is not None and made.last_modified < compared.last_modified

    def outdated(self, rows: pd.DataFrame) -> set[datetime]:
        """Forecasts that are newer than their comparison, or whose comparison was not finished."""
        finished = set(rows["cutoff"][rows["actuals_digest"] != ""])
        return {one for one in self.forecasts if cutoff_key(one) not in finished or not self.is_current(one)}


def _objects(bucket: Bucket, prefix: str, name: str) -> dict[datetime, StoredObject]:
    """The objects called ``name`` in the folders of the cutoffs below ``prefix``."""
    found = {}
    for stored in bucket.list(prefix):
        folder, _, file = stored.key.removeprefix(prefix).partition("/")
        if file == name:
            found[parse_cutoff_key(folder.removeprefix("cutoff="))] = stored
    return found


def _changed(rows: pd.DataFrame, actuals: Actuals) -> set[datetime]:
    """Cutoffs in whose window something else is observed now than when they were compared."""
    windows = zip(rows["cutoff"], rows["window_start"], rows["window_end"], rows["actuals_digest"], strict=True)
    return {parse_cutoff_key(one) for one, start, end, digest in windows if actuals.digest(start, end) != digest}


def _compare_and_keep(workspace: Workspace, cutoff: datetime, kept: _Kept, actuals: Actuals) -> dict[str, Any]:
    """Compare one forecast; keep everything but its row by cutoff, which is returned."""
    import pandas as pd

    from forecast_platform.engine.comparison import compare
    from forecast_platform.warehouse.parquet_rows import to_frame

    bucket, params, keys = workspace.bucket, workspace.parsed_params.params, list(actuals.task.keys)
    forecast = to_frame(bucket.read(kept.forecasts[cutoff].key))
    start, last = forecast["timestamp"].min(), forecast["timestamp"].max()
    end = pd.Timestamp(params.frequency.period_end(last.to_pydatetime()))
    # The scale of MASE is that of the data the forecast was made from: what is late re-opens no later window.
    if kept.is_current(cutoff):
        scale = store.read_items(bucket, params, [cutoff])[[*keys, "mase_scale"]]
    else:
        scale = actuals.scale(start)
    compared = compare(forecast, actuals.observed, keys, scale)
    store.write_comparison(bucket, params, cutoff, compared)
    return {
        "cutoff": cutoff_key(cutoff),
        "window_start": start,
        "window_end": end,
        "items": len(compared.series),
        "items_observed": compared.observed_series,
        **compared.overall(),
        **backtest_of(workspace, cutoff),
        "actuals_digest": actuals.digest(start, end),
    }


def _replaced(rows: pd.DataFrame, compared: Sequence[dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    ours = pd.DataFrame(compared, columns=rows.columns if not compared else None)
    others = rows[~rows["cutoff"].isin(ours["cutoff"])]
    parts = [part for part in (others, ours) if len(part)]
    return pd.concat(parts, ignore_index=True).reindex(columns=rows.columns) if parts else rows


def _judged_complete(rows: pd.DataFrame, data_end: datetime) -> pd.DataFrame:
    """With ``completeness``, and whether the numbers are provisional.

    A window is complete when the data has reached its end and :data:`COMPLETE_SHARE` of its actuals are there. An item
    of which nothing has come when the data is one window further is gone, and no longer waited for.
    """
    span = rows["window_end"] - rows["window_start"]
    past = rows["window_end"] + span <= data_end
    waited_for = rows["expected"].where(~past, rows["expected"] * rows["items_observed"] / rows["items"])
    there = (rows["observations"] > 0) & (rows["observations"] >= COMPLETE_SHARE * waited_for)
    return rows.assign(
        completeness=rows["observations"] / rows["expected"],
        provisional=~(there & (rows["window_end"] <= data_end)),
    )


def _changed_rows(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    known = store.signatures(before)
    return after[[known.get(cutoff) != text for cutoff, text in store.signatures(after).items()]]
