"""The checks of ``data_drift``. Belongs here: what is asked of the data since training. Does not belong here: how far
it has moved (``quality.drift``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forecast_platform.quality.checks import Check
from forecast_platform.quality.suites.building import not_less
from forecast_platform.quality.validation import Batch

if TYPE_CHECKING:
    import pandas as pd

_NAMED_ITEMS = 5
"""How many drifted items a message names."""


def target_checks() -> tuple[Check, ...]:
    """Whether the target of all items together has moved. Batch: :func:`batch`."""
    return (_check("target_has_not_drifted", "The target, all items together, is distributed as it was in training."),)


def item_checks() -> tuple[Check, ...]:
    """Whether the target of single items has moved. Batch: :func:`batch`."""
    return (_check("items_have_not_drifted", "The target of every item is distributed as it was in training."),)


def related_checks() -> tuple[Check, ...]:
    """Whether related series have moved. Batch: :func:`batch`."""
    return (_check("related_series_have_not_drifted", "Every related series is distributed as it was in training."),)


def checks() -> tuple[Check, ...]:
    """All of them."""
    return (*target_checks(), *item_checks(), *related_checks())


def _check(name: str, description: str) -> Check:
    return Check(name, description, "warning", (not_less("threshold", "distance"),), "{finding}")


def batch(rows: pd.DataFrame, note: str, trained_at: str) -> Batch:
    """The comparisons that one check is about.

    Args:
        rows: Of one kind: ``feature``, ``item_id`` where it has one, ``distance``, ``threshold``, ``compared_with``,
            ``points``, ``psi``, ``drifted``. Those without a distance had nothing to compare.
        note: Why nothing was compared; empty = it was.
        trained_at: When the predictor in force was trained, as text.
    """
    return Batch(rows, {"finding": note or _finding(rows, trained_at)})


def _finding(rows: pd.DataFrame, trained_at: str) -> str:
    compared = rows[rows["distance"].notna()]
    if compared.empty:
        return "There is nothing to compare."
    since = f"since the training at {trained_at}"
    drifted = compared[compared["drifted"]]
    if len(compared) == 1:
        return f"{_measured(compared.iloc[0])}, {since}."
    named = "; ".join(_measured(row) for _, row in drifted.head(_NAMED_ITEMS).iterrows())
    more = f"; and {len(drifted) - _NAMED_ITEMS} more" if len(drifted) > _NAMED_ITEMS else ""
    return f"{len(drifted)} of {len(compared)} have drifted {since}{': ' if named else ''}{named}{more}."


def _measured(row: Any) -> str:
    item = row["item_id"]
    name = row["feature"] if item is None or item != item else item
    against = "what came before" if row["compared_with"] == "run-up" else f"the {row['compared_with']}"
    chance = f"up to {row['threshold']:.3f} is chance" if row["threshold"] < 1 else "too few to tell from chance"
    return (
        f"{name}: the distance of {row['points']} values from {against} is {row['distance']:.3f}, {chance} "
        f"(PSI {row['psi']:.2f})"
    )
