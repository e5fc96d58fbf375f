"""Sinks for metrics that remember what they took, and fail when they are told to."""

from __future__ import annotations

from collections.abc import Sequence

from forecast_platform.metrics.port import Metric


class RememberingSink:
    """Attributes:
    put_calls: Namespace and metrics of every call that succeeded.
    failing: What every call raises; ``None`` = calls succeed.
    """

    def __init__(self, notes: Sequence[str] = ()) -> None:
        self.put_calls: list[tuple[str, list[Metric]]] = []
        self.failing: Exception | None = None
        self._notes = list(notes)

    @property
    def metrics(self) -> list[Metric]:
        """Everything that was put."""
        return [metric for _, metrics in self.put_calls for metric in metrics]

    def put(self, namespace: str, metrics: Sequence[Metric]) -> list[str]:
        if self.failing is not None:
            raise self.failing
        self.put_calls.append((namespace, list(metrics)))
        return self._notes
