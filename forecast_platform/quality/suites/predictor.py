"""The checks of ``predictor``. Belongs here: what is asked of a trained predictor. Does not belong here: where the
numbers come from (``pipeline``).
"""

from __future__ import annotations

from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.suites.building import finite, not_less, present
from forecast_platform.quality.validation import Batch


def checks() -> tuple[Check, ...]:
    """Whether the predictor is worth forecasting with. Batch: :func:`batch`."""
    return (
        Check(
            "accuracy_is_measured",
            "The backtests gave the predictor an accuracy.",
            "critical",
            (present("average_wql"), finite("average_wql")),
            "The average wQL of the predictor is {average_wql:.4g}; expected: a finite number.",
        ),
        Check(
            "beats_seasonal_naive",
            "The predictor is at least as accurate as repeating the last season.",
            "warning",
            (not_less("seasonal_naive_wql", "average_wql"),),
            "The average wQL of the predictor is {average_wql:.4g}, that of seasonal naive {seasonal_naive_wql:.4g} "
            "(lower is better; nan: not measured).",
        ),
        Check(
            "every_candidate_succeeded",
            "No candidate algorithm failed.",
            "warning",
            (Expectation("ExpectColumnMaxToBeBetween", {"column": "failed_candidates", "max_value": 0}),),
            "Candidate algorithms that failed: {failed_candidates}; expected: none.",
        ),
    )


def batch(*, average_wql: float | None, seasonal_naive_wql: float | None, failed_candidates: int) -> Batch:
    """One row about a predictor. ``None`` = not measured; lower wQL is better."""
    import pandas as pd

    summary = {
        "average_wql": float("nan") if average_wql is None else average_wql,
        "seasonal_naive_wql": float("nan") if seasonal_naive_wql is None else seasonal_naive_wql,
        "failed_candidates": failed_candidates,
    }
    return Batch(pd.DataFrame([summary]))
