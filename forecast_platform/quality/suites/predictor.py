"""The checks of ``predictor``. Belongs here: what is asked of a trained predictor. Does not belong here: where the
numbers come from (``pipeline``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.suites.building import at_most, finite, not_less, present
from forecast_platform.quality.validation import Batch

_MOST_CHANGE = 1.25
"""By as much the loss of one model differs between backtests of neighbouring windows without anything being wrong."""


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
            "as_accurate_as_the_last",
            "The predictor is not much less accurate than the one before it.",
            "warning",
            (at_most("change_of_wql", "most_change"),),
            "The average wQL of the predictor is {average_wql:.4g} (lower is better). {comparison}",
        ),
        Check(
            "every_candidate_succeeded",
            "No candidate algorithm failed.",
            "warning",
            (Expectation("ExpectColumnMaxToBeBetween", {"column": "failed_candidates", "max_value": 0}),),
            "Candidate algorithms that failed: {failed_candidates}; expected: none.",
        ),
    )


@dataclass(frozen=True)
class LastPredictor:
    """The predictor before; ``None`` = not measured.

    Attributes:
        name: As messages call it.
    """

    name: str
    average_wql: float | None
    seasonal_naive_wql: float | None


def batch(
    *,
    average_wql: float | None,
    seasonal_naive_wql: float | None,
    failed_candidates: int,
    last: LastPredictor | None = None,
) -> Batch:
    """One row about a predictor. ``None`` = not measured; lower wQL is better."""
    import pandas as pd

    change = math.nan if last is None else _change(average_wql, seasonal_naive_wql, last)
    summary = {
        "average_wql": _number(average_wql),
        "seasonal_naive_wql": _number(seasonal_naive_wql),
        "failed_candidates": failed_candidates,
        "change_of_wql": change,
    }
    parameters = {"most_change": _MOST_CHANGE, "comparison": _comparison(change, last)}
    # The messages say all that is in the row.
    return Batch(pd.DataFrame([summary]), parameters, examples={})


def _comparison(change: float, last: LastPredictor | None) -> str:
    if last is None:
        return "There is no earlier predictor to compare with."
    if math.isnan(change):
        return f"The loss of {last.name} says nothing to compare with."
    return (
        f"That of {last.name} was {last.average_wql:.4g}. It is {change:.3g} times as large, after what seasonal naive "
        f"changed by itself; allowed: {_MOST_CHANGE:g} times."
    )


def _change(average_wql: float | None, seasonal_naive_wql: float | None, last: LastPredictor) -> float:
    """How many times the last loss this one is, or the same of the losses as shares of seasonal naive's: the smaller.

    The backtests of two predictors are of different windows. Where those are harder, seasonal naive is worse too.
    """
    change = _ratio(average_wql, last.average_wql)
    shares = _ratio(change, _ratio(seasonal_naive_wql, last.seasonal_naive_wql))
    return change if math.isnan(shares) else min(change, shares)


def _ratio(numerator: float | None, denominator: float | None) -> float:
    """NaN where one of them is not measured or there is nothing to divide by."""
    numerator, denominator = _number(numerator), _number(denominator)
    return numerator / denominator if denominator else math.nan


def _number(measured: float | None) -> float:
    return math.nan if measured is None else measured
