"""The standing checks: of a project as a whole, whatever was run last.

Belongs here: which cutoff must be there by now, and what is said of those that are not. Does not belong here: which
partitions there are and which have failed (``components``). Nothing here needs Great Expectations: the questions are
about a schedule and not about rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from forecast_platform.cutoffs import CutoffSchedule
from forecast_platform.quality.answers import EXAMPLES, counted
from forecast_platform.quality.checks import Check
from forecast_platform.quality.validation import CheckOutcome

EXPECTED = Check(
    "expected_partition_is_there",
    "The newest cutoff that should have a forecast by now has one.",
    "warning",
    (),
)
LEFT_FAILED = Check(
    "no_partition_is_left_failed",
    "No cutoff's last run failed without being repaired since.",
    "warning",
    (),
)


def checks() -> tuple[Check, ...]:
    """Whether the project as a whole is where it should be."""
    return (EXPECTED, LEFT_FAILED)


@dataclass(frozen=True)
class Forecasts:
    """The cutoffs that have a forecast, or will have soon.

    Attributes:
        newest: Of those that have one; ``None`` = none has.
        under_way: Cutoffs whose run has not ended.
    """

    newest: datetime | None
    under_way: frozenset[datetime] = frozenset()


@dataclass(frozen=True)
class FailedCutoff:
    """A cutoff whose last run failed.

    Attributes:
        assets: Those that are missing, or old, because of it.
        run: Its id; empty = it is not known any more.
        ended: ``None`` = not known.
        error: In the words of the failure.
    """

    cutoff: datetime
    assets: tuple[str, ...]
    run: str = ""
    ended: datetime | None = None
    error: str = ""


def expected_partition(
    schedule: CutoffSchedule,
    forecasts: Forecasts,
    *,
    now: datetime,
    data_end: datetime | None,
    tolerance: timedelta | None = None,
) -> CheckOutcome:
    """Whether the newest cutoff that should have a forecast has one, or a newer one has.

    By the clock that is the newest cutoff that is ``tolerance`` ago: the clock also speaks when no data comes. By the
    data it is the newest cutoff that the data completes. Of a schedule that has ended, the clock expects nothing more.

    Args:
        now: In the clock of the cutoffs.
        data_end: End of the period of the newest observation; ``None`` = there is no data.
        tolerance: How long after its cutoff a forecast may come; ``None`` = one period of the cadence.
    """
    observed = list(_expected(schedule, forecasts, now, data_end, tolerance))
    missing = [row for row in observed if not row["passed"]]
    message = " ".join(f"Expected {row['expectation']}; {row['observed']}." for row in missing)
    if not message:
        newest = f"The newest forecast is of {forecasts.newest}." if forecasts.newest else "There is no forecast yet."
        message = f"{newest} {'None newer' if forecasts.newest else 'None'} is expected by now."
    return CheckOutcome(not missing, observed, message, [])


def _expected(
    schedule: CutoffSchedule,
    forecasts: Forecasts,
    now: datetime,
    data_end: datetime | None,
    tolerance: timedelta | None,
) -> Iterator[dict[str, Any]]:
    by_data = schedule.newest_complete(min(data_end, now)) if data_end else None
    if by_data:
        words = f"by the data, which ends at {data_end}: a forecast of {by_data}"
        yield _judged(words, by_data, forecasts)
    by_clock = schedule.newest_complete(_due_before(schedule, now, tolerance)) if _goes_on(schedule, now) else None
    if by_clock:
        reach = f"the data ends at {data_end}" if data_end else "there is no data"
        yield _judged(f"by the clock: a forecast of {by_clock} ({reach})", by_clock, forecasts)


def _goes_on(schedule: CutoffSchedule, now: datetime) -> bool:
    return schedule.end is None or now < schedule.end


def _due_before(schedule: CutoffSchedule, now: datetime, tolerance: timedelta | None) -> datetime:
    return schedule.cadence.frequency.step(now, -1) if tolerance is None else now - tolerance


def _judged(words: str, cutoff: datetime, forecasts: Forecasts) -> dict[str, Any]:
    there = forecasts.newest is not None and forecasts.newest >= cutoff
    under_way = any(one >= cutoff for one in forecasts.under_way)
    if there:
        observed = "it is there"
    elif under_way:
        observed = "its run is under way"
    else:
        observed = f"the newest is of {forecasts.newest}" if forecasts.newest else "there is none"
    return {"expectation": words, "observed": observed, "passed": there or under_way}


def left_failed(failed: Sequence[FailedCutoff]) -> CheckOutcome:
    """Whether nothing is left to repair.

    Args:
        failed: Cutoffs whose last run failed, the newest first.
    """
    rows = [
        {
            "cutoff": str(one.cutoff),
            "failed": ", ".join(one.assets),
            "run": one.run,
            "ended (UTC)": f"{one.ended:%Y-%m-%d %H:%M:%S}" if one.ended else "",
            "error": one.error,
        }
        for one in failed[:EXAMPLES]
    ]
    observed = {"expectation": "no cutoff is left failed", "observed": counted(len(failed), "cutoff")}
    return CheckOutcome(not failed, [{**observed, "passed": not failed}], _left_failed_in_words(failed), rows)


def _left_failed_in_words(failed: Sequence[FailedCutoff]) -> str:
    if not failed:
        return "No cutoff is left failed."
    named = ", ".join(str(one.cutoff) for one in failed[:3])
    more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
    return (
        f"The last run of {counted(len(failed), 'cutoff')} failed and was not repaired: {named}{more}. "
        "Materialize these partitions again when the reason is gone."
    )
