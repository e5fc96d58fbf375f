"""At which cutoffs predictors are trained: by the calendar, or because data has drifted or forecasts have decayed.

Belongs here: the decision, one per cutoff and for ever. Does not belong here: what drift and decay are (``quality``).

What the data decides could depend on what ran before. It does not: the decision of a cutoff follows from that of the
cutoff before it and from the data as of the cutoff, all are made in order from the first on, and each is written once.
A run that is killed goes on where it stopped, and a backfill from back to front finds what one from front to back does.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import Retrain, cutoff_key, parse_cutoff_key
from forecast_platform.errors import InputError
from forecast_platform.pipeline.workspace import Workspace

if TYPE_CHECKING:
    from forecast_platform.pipeline.drift_measuring import DataDrift
    from forecast_platform.training_data import Snapshot

EARLY, FIRST, COOLDOWN, KEPT, DRIFT, DECAY = "early", "first", "cooldown", "kept", "drift", "decay"
_MOST_NAMED = 20


@dataclass(frozen=True)
class Decision:
    """Which predictor forecasts at a cutoff.

    Attributes:
        trained_at: The cutoff whose predictor it is; the cutoff itself = it is trained now.
        reason: ``early`` (too little data; each cutoff for itself), ``first`` (enough data for the first time),
            ``cooldown`` (trained too recently to ask), ``kept`` (nothing asks for it), ``drift``, ``decay``.
        facts: What was found, JSON; empty when nothing was asked.
    """

    cutoff: datetime
    trained_at: datetime
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """The same decision gives the same bytes."""
        instants = {"cutoff": self.cutoff.isoformat(), "trained_at": self.trained_at.isoformat()}
        return json.dumps({**asdict(self), **instants}, indent=1, ensure_ascii=False, allow_nan=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Decision:
        """The inverse of :meth:`to_json`."""
        document = json.loads(data)
        cutoff, trained_at = (datetime.fromisoformat(document[name]) for name in ("cutoff", "trained_at"))
        return cls(cutoff, trained_at, document["reason"], document["facts"])


def training_cutoff(workspace: Workspace, cutoff: datetime) -> datetime:
    """The cutoff whose predictor forecasts at ``cutoff``. Decides nothing.

    Raises:
        InputError: The data decides, and has not been asked at this cutoff.
    """
    project = workspace.project
    if not project.retrain.follows_data:
        return project.schedule.retrain_cutoff(cutoff, project.retrain)
    decision = stored_decision(workspace, cutoff)
    if decision is None:
        raise InputError(
            f"Project {project.name} has not decided yet which predictor forecasts at the cutoff {cutoff}, as its "
            f"retrain is {project.retrain.value}. Materialize data_drift for this partition first."
        )
    return decision.trained_at


def is_decided(workspace: Workspace, cutoff: datetime) -> bool:
    """Whether :func:`training_cutoff` has an answer."""
    return not workspace.project.retrain.follows_data or stored_decision(workspace, cutoff) is not None


def stored_decision(workspace: Workspace, cutoff: datetime) -> Decision | None:
    """The decision of ``cutoff``; ``None`` = there is none, or the calendar decides."""
    try:
        return Decision.from_json(workspace.bucket.read(layout.retraining_decision(cutoff)))
    except KeyError:
        return None


def predictor_before(workspace: Workspace, cutoff: datetime) -> datetime | None:
    """The cutoff at which the predictor was trained that was in force just before ``cutoff``; ``None`` = none was.

    Where the data decides, this decides for every earlier cutoff that has no decision yet.

    Raises:
        InputError: The training data has not been read yet.
    """
    project = workspace.project
    before = project.schedule.before(cutoff)
    if before is None:
        return None
    if not project.retrain.follows_data:
        return project.schedule.retrain_cutoff(before, project.retrain)
    decision = _decided_until(workspace, before, workspace.snapshot(cutoff))
    return None if decision.reason == EARLY else decision.trained_at


def decide(workspace: Workspace, cutoff: datetime, drift: DataDrift) -> Decision | None:
    """Decide which predictor forecasts at ``cutoff``, unless that has been done; ``None`` when the calendar does.

    Args:
        drift: Of the data at ``cutoff``, against the predictor of :func:`predictor_before`.
    """
    if not workspace.project.retrain.follows_data:
        return None
    return _decided_until(workspace, cutoff, workspace.snapshot(cutoff), drift)


def _decided_until(
    workspace: Workspace, last: datetime, snapshot: Snapshot, drift: DataDrift | None = None
) -> Decision:
    """Decide in order for all cutoffs up to ``last`` that have no decision.

    Args:
        drift: That of ``last``, if it is known.
    """
    before = _newest_decision(workspace, last)
    if before is not None and before.cutoff == last:
        return before
    schedule = workspace.project.schedule
    for cutoff in schedule.between(schedule.cutoff(0) if before is None else before.cutoff, last):
        if before is None or cutoff > before.cutoff:
            known = drift if cutoff == last else None
            before = _keep(workspace, _decision(_Case(workspace, cutoff, snapshot, known), before))
    assert before is not None, "a cutoff is one of its schedule"
    return before


def _newest_decision(workspace: Workspace, last: datetime) -> Decision | None:
    """The last decision at or before ``last``. There are no gaps before it, as decisions are made in order."""
    exact = stored_decision(workspace, last)
    if exact is not None:
        return exact
    decided = []
    for stored in workspace.bucket.list(layout.RETRAINING):
        folder = stored.key.removeprefix(layout.RETRAINING).partition("/")[0].removeprefix("cutoff=")
        cutoff = parse_cutoff_key(folder)
        if cutoff < last and workspace.project.schedule.contains(cutoff):
            decided.append(cutoff)
    return stored_decision(workspace, max(decided)) if decided else None


def _keep(workspace: Workspace, decision: Decision) -> Decision:
    if workspace.bucket.create(layout.retraining_decision(decision.cutoff), decision.to_json()):
        return decision
    stored = stored_decision(workspace, decision.cutoff)
    assert stored is not None, f"a decision is never removed: {cutoff_key(decision.cutoff)}"
    return stored


@dataclass(frozen=True)
class _Case:
    """What a decision is made from."""

    workspace: Workspace
    cutoff: datetime
    snapshot: Snapshot
    drift: DataDrift | None

    def has_enough_data(self) -> bool:
        """Whether the longest series that is visible at the cutoff can be trained on."""
        from forecast_platform.engine.backtesting import observations_needed
        from forecast_platform.forecast_service.task import task_of
        from forecast_platform.pipeline.inputs import longest_series
        from forecast_platform.training_data import load_frames

        params = self.workspace.parsed_params.params
        target = load_frames(self.workspace.bucket, self.snapshot, params, self.cutoff).target
        needed = observations_needed(task_of(params, self.workspace.project.preset))
        return longest_series(target, params.target.frequency or params.frequency) >= needed

    def drift_facts(self, before: Decision) -> dict[str, Any]:
        """What has drifted since the predictor of ``before`` was trained; empty = nothing."""
        from forecast_platform.pipeline.drift_measuring import ITEM, measure_drift

        drift = self.drift or measure_drift(self.workspace, self.cutoff, before.trained_at, self.snapshot)
        found = drift.rows[drift.rows["drifted"]]
        if found.empty:
            return {}
        items = found[found["kind"] == ITEM]
        columns = ["kind", "feature", "compared_with", "distance", "threshold"]
        return {
            "together": found[found["kind"] != ITEM][columns].to_dict("records"),
            "items": f"{len(items)} of {len(drift.of_kind(ITEM))}",
            "named_items": items["item_id"].head(_MOST_NAMED).tolist(),
        }

    def decay_facts(self, before: Decision) -> dict[str, Any]:
        """How much worse the forecasts of the predictor of ``before`` are than promised; empty = they are not."""
        from forecast_platform.pipeline.forecast_accuracy import score_forecasts
        from forecast_platform.pipeline.forecast_monitoring import decay_at
        from forecast_platform.pipeline.forecasting import archived_forecast

        raw = archived_forecast(self.workspace, before.cutoff)
        if raw is None or raw.trained_at != before.trained_at:
            return {}
        # The step that compares comes later in a run; the actuals that have arrived since the last one count now.
        score_forecasts(self.workspace, self.cutoff)
        decay = decay_at(self.workspace, self.cutoff, raw.predictor)
        return {"windows": decay.windows, "ratio": decay.ratio, "limit": decay.limit} if decay.decayed else {}


def _decision(case: _Case, before: Decision | None) -> Decision:
    project, cutoff = case.workspace.project, case.cutoff
    if before is None or before.reason == EARLY:
        return Decision(cutoff, cutoff, FIRST if case.has_enough_data() else EARLY)
    schedule, kept = project.schedule, before.trained_at
    if schedule.index_at(cutoff) - schedule.index_at(kept) < project.retrain_cooldown:
        return Decision(cutoff, kept, COOLDOWN)
    if project.retrain is Retrain.ON_DRIFT:
        reason, facts = DRIFT, case.drift_facts(before)
    else:
        reason, facts = DECAY, case.decay_facts(before)
    return Decision(cutoff, cutoff, reason, facts) if facts else Decision(cutoff, kept, KEPT)
