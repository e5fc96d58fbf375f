"""What people are told about a run.

Belongs here: the value and its texts. Does not belong here: any way of sending it.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

_LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class Notification:
    """One thing to tell.

    Attributes:
        event: Outcome of the run. A run and an event are told once.
        project: Name of the project.
        cutoff: Of the run's partition, naive.
        run_id: Identifies the run.
        subject: One line, whatever it was made from.
        body: Plain text; lines end in ``\\n`` and there is no other control character but the tab.
        details: The same for programs; JSON-serialisable.
    """

    event: Literal["success", "failure"]
    project: str
    cutoff: datetime
    run_id: str
    subject: str
    body: str
    details: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A line break in a subject would let an item's name or an error write mail headers of its own.
        object.__setattr__(self, "subject", one_line(self.subject)[:_LONGEST_SUBJECT])
        object.__setattr__(self, "body", _plain(self.body))

    @property
    def key(self) -> str:
        """The same for every report of the same end of the same run."""
        return f"{self.run_id}/{self.event}"

    def to_json(self) -> dict[str, Any]:
        """As a JSON object; the inverse is :meth:`from_json`."""
        return {
            "event": self.event,
            "project": self.project,
            "cutoff": self.cutoff.isoformat(),
            "run_id": self.run_id,
            "subject": self.subject,
            "body": self.body,
            "details": self.details,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Notification:
        """The inverse of :meth:`to_json`."""
        return cls(**{**document, "cutoff": datetime.fromisoformat(document["cutoff"])})


def success_message(
    project: str,
    cutoff: datetime,
    run_id: str,
    *,
    rows: int,
    items: int,
    average_wql: float | None,
    places: Mapping[str, str],
) -> Notification:
    """The forecast of ``cutoff`` is there.

    Args:
        rows: Rows of the published forecast.
        items: Items forecast.
        average_wql: Mean weighted quantile loss of the predictor's backtests; ``None`` or NaN = not measured.
        places: Where things are, by what they are called: paths or addresses.
    """
    measured = average_wql is not None and not math.isnan(average_wql)
    accuracy = f"average wQL {average_wql:.4f} in backtests (0 is perfect)" if measured else "not measured"
    facts = {"Items": f"{items:,}", "Rows": f"{rows:,}", "Accuracy": accuracy, **places, "Run": run_id}
    return Notification(
        event="success",
        project=project,
        cutoff=cutoff,
        run_id=run_id,
        subject=f"{project}: the forecast of {_written(cutoff)} is there",
        body=f"Project {project} has a forecast from the data up to {_written(cutoff)}.\n\n{_aligned(facts)}\n",
        details={
            "rows": rows,
            "items": items,
            "average_wql": average_wql if measured else None,
            "places": dict(places),
        },
    )


def failure_message(
    project: str, cutoff: datetime, run_id: str, *, error: str, advice: str, places: Mapping[str, str] | None = None
) -> Notification:
    """The run of ``cutoff`` failed; what was published before is as it was.

    Args:
        error: What went wrong, as the failure says it; may have several lines.
        advice: What to do next.
        places: Where to look, by what it is called.
    """
    facts = _aligned({**(places or {}), "Run": run_id})
    body = (
        f"The run of project {project} for the cutoff {_written(cutoff)} failed. "
        "The forecast that was published before it is unchanged.\n\n"
        f"What went wrong\n{_indented(error)}\n\nWhat to do\n{_indented(advice)}\n\n{facts}\n"
    )
    return Notification(
        event="failure",
        project=project,
        cutoff=cutoff,
        run_id=run_id,
        subject=f"{project}: the run of {_written(cutoff)} FAILED",
        body=body,
        details={"error": error, "advice": advice, "places": dict(places or {})},
    )


def one_line(text: str) -> str:
    """``text`` without line breaks and control characters of any kind; runs of blanks become one."""
    return " ".join("".join(" " if _is_control(character) else character for character in text).split())


def _plain(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("�" if _is_control(character) and character not in "\n\t" else character for character in lines)


def _is_control(character: str) -> bool:
    """Control characters, line and paragraph separators, and halves of surrogate pairs, which no mail can hold."""
    return unicodedata.category(character) in ("Cc", "Zl", "Zp", "Cs")


def _written(cutoff: datetime) -> str:
    return cutoff.strftime("%Y-%m-%d %H:%M:%S")


def _aligned(facts: Mapping[str, str]) -> str:
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {one_line(value)}" for name, value in facts.items())


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines()) or "  (nothing was said)"
