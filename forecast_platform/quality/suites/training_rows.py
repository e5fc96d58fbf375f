"""The checks of ``raw_training_data`` that look at its rows one by one. Belongs here: what is asked of a row. Does not
belong here: which rows are looked at (``arrivals``), what is asked of all of them (``raw_training_data``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecast_platform.quality.checks import Check
from forecast_platform.quality.suites.building import is_true, not_less, parameter
from forecast_platform.quality.validation import Batch, Origins

if TYPE_CHECKING:
    from forecast_platform.quality.arrivals.rows import JudgedRows


def checks() -> tuple[Check, ...]:
    """Whether the rows are what the earlier ones lead to expect. Batch: :func:`batch`."""
    return (
        Check(
            "observations_come_once",
            "No series has two observations within half a period.",
            "critical",
            (is_true("observed_once"),),
            "{observed_twice} of {observations} observations are less than half a period ({frequency}) from another of "
            "their series; expected: none. They would be added up.",
        ),
        Check(
            "observations_are_on_the_grid",
            "Every observation is a whole number of periods from most others of its series.",
            "warning",
            (is_true("on_grid"),),
            "{off_grid} of {observations} observations are no whole number of periods ({frequency}) from most others "
            "of their series; expected: none.",
        ),
        Check(
            "values_are_present",
            "No greater share of the new rows is without a value than of the earlier ones.",
            "warning",
            (is_true("has_value", mostly=parameter("least_with_value")),),
            "{missing_share:.2%} of {new} new rows have no value, of the earlier rows {earlier_missing_share:.2%}; "
            "explained: up to {missing_by_chance:.2%}.",
        ),
        Check(
            "values_are_within_reach",
            "No new value is far outside the range of the earlier ones of its series.",
            "warning",
            (not_less("highest", "target"), not_less("target", "lowest")),
            "{far} of {comparable} new values are more than five times as far from the median of their series as any "
            "earlier value; expected: none. (Compared are series with twenty earlier values.)",
        ),
        Check(
            "values_keep_their_sign",
            "No new value is negative in a series that never was.",
            "warning",
            (not_less("target", "lowest_by_sign"),),
            "{turned_negative} of {new} new values are negative in a series without a negative one among at least "
            "twenty earlier values; expected: none.",
        ),
    )


def batch(judged: JudgedRows, *, frequency: str, origins: Origins | None = None) -> Batch:
    """The rows that are new, and older ones with an unusual timestamp.

    Args:
        frequency: Of the data, for messages.
        origins: Where rows were written.
    """
    frame = judged.frame
    frame = frame.assign(has_value=frame["target"].notna() | ~frame["is_new"])
    parameters = {
        "frequency": frequency,
        "observations": judged.observations,
        "new": judged.new,
        "comparable": judged.comparable,
        "observed_twice": int((~frame["observed_once"]).sum()),
        "off_grid": int((~frame["on_grid"]).sum()),
        "far": int(((frame["target"] > frame["highest"]) | (frame["target"] < frame["lowest"])).sum()),
        "turned_negative": int((frame["target"] < frame["lowest_by_sign"]).sum()),
        "missing_share": judged.missing_share,
        "earlier_missing_share": judged.earlier_missing_share,
        "missing_by_chance": judged.missing_by_chance,
        "least_with_value": 1.0 - judged.missing_by_chance * judged.new / max(len(frame), 1),
    }
    return Batch(frame, parameters, origins=origins)
