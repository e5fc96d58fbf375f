"""The checks of ``raw_training_data``. Belongs here: what is asked of the training data as of a cutoff. Does not
belong here: where the numbers come from (``pipeline``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from forecast_platform.errors import Problem
from forecast_platform.quality.checks import Check, Expectation
from forecast_platform.quality.suites.building import at_most, not_less, present
from forecast_platform.quality.suites.wording import named, series_names
from forecast_platform.quality.validation import Batch

if TYPE_CHECKING:
    import pandas as pd

    from forecast_platform.quality.arrivals.facts import Arrivals
    from forecast_platform.quality.arrivals.volume import Volume

_NAMED_GAPS = 20
"""How many gaps a message names."""


def checks() -> tuple[Check, ...]:
    """Whether the training data is fit to train on. Batch: :func:`batch`."""
    return (
        Check(
            "rows_are_readable",
            "No more than the allowed share of the rows in train/ is refused.",
            "critical",
            (at_most("refused_share", "max_refused_share"),),
            "{refused_rows} of {rows} rows ({refused_share:.2%}) were refused; allowed: {allowed}.{problems}",
        ),
        Check(
            "files_are_readable",
            "No file in train/ is refused as a whole.",
            "critical",
            (Expectation("ExpectColumnMaxToBeBetween", {"column": "refused_files", "max_value": 0}),),
            "Files of which nothing could be read: {refused_files}.{problems}",
        ),
        Check(
            "history_is_long_enough",
            "The longest series is as long as training for this horizon needs.",
            "critical",
            (not_less("longest_series", "horizon_needed"),),
            "The longest series covers {longest_series} periods before the cutoff; needed: {horizon_needed}. "
            "All series together have {observations_before_cutoff} observations.",
        ),
        Check(
            "data_reaches_the_cutoff",
            "The newest observation is no further behind the cutoff than allowed.",
            "warning",
            (present("hours_behind_cutoff"), at_most("hours_behind_cutoff", "max_hours_behind_cutoff")),
            "Hours from the end of the data to the cutoff: {hours_behind_cutoff:g} (nan when there is no data); "
            "allowed: {max_hours_behind_cutoff:g}.",
        ),
        Check(
            "gaps_are_as_before",
            "No more series have a new gap much longer than any before than chance explains.",
            "warning",
            (at_most("long_gaps", "gaps_by_chance"),),
            "New gaps more than three times as long as any before in their series: {long_gaps}; explained by "
            "chance: up to {gaps_by_chance}.{named_gaps}"
            "Of all periods from the first to the last row of each series, {gap_share:.2%} have no row.",
        ),
        Check(
            "items_are_as_before",
            "No more series have come or gone since the last cutoff than in earlier windows.",
            "warning",
            (at_most("new_series", "new_by_chance"), at_most("gone_series", "gone_by_chance")),
            "New series: {new_series} ({named_new}); explained by earlier windows: up to {new_by_chance}. "
            "Gone, as they have no row for more than three times as long as ever before: {gone_series} ({named_gone}); "
            "explained: up to {gone_by_chance}.",
        ),
        Check(
            "volume_is_as_before",
            "About as many rows have come since the last cutoff as in the same window a season earlier.",
            "warning",
            (Expectation("ExpectColumnMaxToBeBetween", {"column": "unlike_every_season", "max_value": 0}),),
            "{new_rows} new rows. {seasons}",
        ),
    )


def batch(
    *,
    rows: int,
    refused_rows: int,
    refused_files: int,
    observations_before_cutoff: int,
    longest_series: int,
    horizon_needed: int,
    hours_behind_cutoff: float | None,
    max_refused_share: float,
    max_hours_behind_cutoff: float,
    problems: Sequence[Problem] = (),
    arrivals: Arrivals | None = None,
) -> Batch:
    """One row about the training data as of a cutoff.

    Args:
        rows: All rows of ``train/``, the refused ones among them.
        observations_before_cutoff: Target observations of all series that are complete at the cutoff.
        refused_files: Files of which nothing could be read.
        longest_series: Periods from the first observation of the longest series to the newest observation.
        horizon_needed: Periods that one series needs for this horizon and its backtests.
        hours_behind_cutoff: From the end of the newest complete observation to the cutoff; ``None`` = there is none.
        max_refused_share: 0-1.
        problems: Why rows were refused, as far as a person wants to read.
        arrivals: What came since the last cutoff; ``None`` = nothing was ever observed.
    """
    import pandas as pd

    summary = {
        "rows": rows,
        "refused_rows": refused_rows,
        "refused_files": refused_files,
        "refused_share": refused_rows / rows if rows else 0.0,
        "observations_before_cutoff": observations_before_cutoff,
        "longest_series": longest_series,
        "horizon_needed": horizon_needed,
        "hours_behind_cutoff": float("nan") if hours_behind_cutoff is None else hours_behind_cutoff,
    }
    parameters = {
        "max_refused_share": max_refused_share,
        "max_hours_behind_cutoff": max_hours_behind_cutoff,
        "allowed": f"{max_refused_share:.2%}" if max_refused_share else "none",
        "problems": "".join(f"\n- {problem}" for problem in problems),
        **_arrival_parameters(arrivals),
    }
    frame = pd.DataFrame([summary | _arrival_columns(arrivals)])
    return Batch(frame, parameters, examples=_examples(problems, arrivals))


def _examples(problems: Sequence[Problem], arrivals: Arrivals | None) -> dict[str, list[dict[str, Any]]]:
    """What is shown of each check: what was refused and where, and the gaps."""
    refused = [
        {"where": one.where, "found": one.found, "expected": one.expected, "what to do": one.advice} for one in problems
    ]
    gaps = [] if arrivals is None else arrivals.gaps.long.to_dict("records")
    return {"rows_are_readable": refused, "files_are_readable": refused, "gaps_are_as_before": gaps}


def _arrival_columns(arrivals: Arrivals | None) -> dict[str, float]:
    if arrivals is None:
        return {"long_gaps": 0, "gap_share": 0.0, "new_series": 0, "gone_series": 0, "unlike_every_season": 0}
    return {
        "long_gaps": len(arrivals.gaps.long),
        "gap_share": arrivals.gaps.share,
        "new_series": len(arrivals.items.new),
        "gone_series": len(arrivals.items.gone),
        "unlike_every_season": int(arrivals.volume.is_unlike_every_season),
    }


def _arrival_parameters(arrivals: Arrivals | None) -> dict[str, Any]:
    if arrivals is None:
        nothing = {"named_gaps": " ", "named_new": "none", "named_gone": "none", "seasons": "Nothing to compare with."}
        return {"gaps_by_chance": 0, "new_by_chance": 0, "gone_by_chance": 0, "new_rows": 0} | nothing
    return {
        "gaps_by_chance": arrivals.gaps.long_by_chance,
        "named_gaps": _named_gaps(arrivals.gaps.long),
        "new_by_chance": arrivals.items.new_by_chance,
        "gone_by_chance": arrivals.items.gone_by_chance,
        "named_new": named(series_names(arrivals.items.new)),
        "named_gone": named(series_names(arrivals.items.gone)),
        "new_rows": arrivals.volume.rows,
        "seasons": _seasons(arrivals.volume),
    }


def _named_gaps(long: pd.DataFrame) -> str:
    shown = long.head(_NAMED_GAPS)
    keys = [column for column in shown.columns if not str(column).startswith("missing_")]
    lines = [
        f"\n- {name}: {gap.missing_periods} periods without a row between {gap.missing_from} and {gap.missing_to}"
        for name, gap in zip(series_names(shown[keys]), shown.itertuples(index=False), strict=True)
    ]
    return "".join(lines) + ("\n" if lines else " ")


def _seasons(volume: Volume) -> str:
    if not volume.seasons:
        return "The data does not go back a season: nothing to compare with."
    told = [f"{season.rows_now} now and {season.rows} {season.words} earlier" for season in volume.seasons]
    return f"Of the series that were there already: {'; '.join(told)}."
