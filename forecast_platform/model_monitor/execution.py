"""One execution: what came of looking at one window, and the status that SageMaker would give it.

Belongs here: the types and the documents about an execution. Does not belong here: looking (``steps``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from forecast_platform.model_monitor.window import Window

MOST_REFUSED_SHOWN = 20


class Status(StrEnum):
    """``MonitoringExecutionStatus``; ``Pending`` and ``InProgress`` are Dagster's to tell."""

    COMPLETED = "Completed"
    COMPLETED_WITH_VIOLATIONS = "CompletedWithViolations"
    FAILED = "Failed"
    STOPPED = "Stopped"


@dataclass(frozen=True)
class Looked:
    """How much was looked at.

    Attributes:
        rows: Rows that were read.
        refused_rows: Rows or records that could not be.
        refused: The first of them: ``where`` (file and line) and ``reason``.
        notes: What a person should know of the rest.
    """

    rows: int = 0
    refused_rows: int = 0
    refused: tuple[Mapping[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """What an analysis found.

    Attributes:
        statistics, constraints, violations: The documents of the execution; empty when there are none.
        baseline: The document of the baseline's statistics, for comparison.
        distances: As ``violations.Distance``, for data quality.
        metrics: Rows of the table ``monitoring_metrics`` without what all rows of an execution share.
    """

    looked: Looked
    statistics: Mapping[str, Any] = field(default_factory=dict)
    constraints: Mapping[str, Any] = field(default_factory=dict)
    violations: Mapping[str, Any] = field(default_factory=dict)
    baseline: Mapping[str, Any] = field(default_factory=dict)
    distances: Sequence[Mapping[str, Any]] = ()
    metrics: Sequence[Mapping[str, Any]] = ()

    @property
    def found(self) -> list[Mapping[str, Any]]:
        """The violations."""
        return list(self.violations.get("violations", ()))


@dataclass(frozen=True)
class Execution:
    """One look at one window.

    Attributes:
        kind: The monitoring type, e.g. ``DataQuality``.
        reason: Why it failed or stopped, or SageMaker's exit message.
    """

    monitor: str
    endpoint: str
    variant: str
    kind: str
    window: Window
    status: Status
    reason: str
    analysis: Analysis

    def document(self) -> dict[str, Any]:
        """As ``execution.json``."""
        looked = self.analysis.looked
        return {
            "monitor": self.monitor,
            "endpoint": self.endpoint,
            "variant": self.variant,
            "kind": self.kind,
            "window_start": instant(self.window.start),
            "window_end": instant(self.window.end),
            "status": self.status.value,
            "reason": self.reason,
            "rows": looked.rows,
            "refused_rows": looked.refused_rows,
            "refused": [dict(one) for one in looked.refused],
            "notes": list(looked.notes),
        }


def instant(time: Any) -> str:
    """A naive UTC datetime in ISO 8601."""
    return f"{time.isoformat(timespec='seconds')}Z"


def completed(found: int) -> tuple[Status, str]:
    """The status of an analysis that came to its end, and SageMaker's exit message."""
    if not found:
        return Status.COMPLETED, "Completed: Job completed successfully with no violations."
    noun = "violation" if found == 1 else "violations"
    message = f"CompletedWithViolations: Job completed successfully with {found} {noun}."
    return Status.COMPLETED_WITH_VIOLATIONS, message
