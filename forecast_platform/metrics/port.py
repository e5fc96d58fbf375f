"""The port to whoever keeps metrics for alarms and graphs outside the platform.

Belongs here: a metric and the protocol. Does not belong here: which metrics there are (``forecast_metrics``,
``model_monitor.metrics``), any service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Metric:
    """One number, or the summary of several.

    Attributes:
        dimensions: Name -> value; not more than 30.
        timestamp: Aware; ``None`` = now.
        summary: ``SampleCount``, ``Sum``, ``Minimum`` and ``Maximum`` when it stands for several; ``value`` is then
            not sent.
    """

    name: str
    value: float
    dimensions: Mapping[str, str] = field(default_factory=dict)
    timestamp: datetime | None = None
    summary: Mapping[str, float] | None = None


class MetricSink(Protocol):
    """Takes metrics."""

    def put(self, namespace: str, metrics: Sequence[Metric]) -> list[str]:
        """Keep ``metrics``. Putting them again is harmless to whoever reads averages and extremes.

        Returns:
            What could not be kept as it is, for people; empty = everything was.

        Raises:
            TransientError: Trying again later can help.
            PermanentError: It cannot.
        """
        ...
