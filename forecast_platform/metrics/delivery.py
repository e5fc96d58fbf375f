"""Metrics that reach their sink at least once, and as a rule once, whatever fails on the way.

Belongs here: what is due and what is done, in the bucket. Does not belong here: sinks, which metrics there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from forecast_platform.bucket import Bucket
from forecast_platform.errors import ForecastPlatformError
from forecast_platform.metrics.port import Metric, MetricSink


@dataclass(frozen=True)
class Parcel:
    """Metrics that belong together.

    Attributes:
        name: What they are of, as the end of a key, e.g. ``predictor/cutoff=2025-01-01``. A parcel of the same name
            with other metrics replaces it.
        of: What they are of exactly, when other things of this name may have the same numbers.
    """

    name: str
    namespace: str
    metrics: tuple[Metric, ...]
    of: str = ""

    def to_json(self) -> bytes:
        """The same parcel gives the same bytes."""
        document = {**asdict(self), "metrics": [_document(one) for one in self.metrics]}
        return json.dumps(document, allow_nan=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Parcel:
        """The inverse of :meth:`to_json`."""
        document = json.loads(data)
        return cls(**document | {"metrics": tuple(_metric(one) for one in document["metrics"])})


@dataclass(frozen=True)
class MetricDelivery:
    """Hands parcels to ``sink`` and remembers them in ``folder`` of ``bucket``."""

    sink: MetricSink
    bucket: Bucket
    folder: str

    def deliver(self, parcel: Parcel) -> tuple[str, ...]:
        """Put the metrics of ``parcel`` unless that is done; then those of earlier parcels that could not be put.

        A failure is no reason to stop what the metrics are about: it is a warning, and every later call tries again.

        Returns:
            Warnings for people.
        """
        data = parcel.to_json()
        if self._is_done(parcel.name, data):
            return ()
        # Before anything can fail: a run that is killed here and never started again leaves it to the next.
        self.bucket.write(self._due(parcel.name), data)
        warnings, is_delivered = self._put(parcel, data)
        return (*warnings, *(self._deliver_others() if is_delivered else ()))

    def _deliver_others(self) -> Iterator[str]:
        for stored in list(self.bucket.list(self._due())):
            try:
                data = self.bucket.read(stored.key)
            except KeyError:  # delivered by another run since
                continue
            yield from self._put(Parcel.from_json(data), data)[0]

    def _put(self, parcel: Parcel, data: bytes) -> tuple[list[str], bool]:
        try:
            warnings = self.sink.put(parcel.namespace, parcel.metrics)
        except ForecastPlatformError as error:
            return [f"The metrics of {parcel.name} are not sent yet; the next run tries again. {error}"], False
        self.bucket.write(self._done(parcel.name), _digest(data))
        self.bucket.delete(self._due(parcel.name))
        return list(warnings), True

    def _is_done(self, name: str, data: bytes) -> bool:
        try:
            return self.bucket.read(self._done(name)) == _digest(data)
        except KeyError:
            return False

    def _due(self, name: str = "") -> str:
        return f"{self.folder}due/{name}{'.json' if name else ''}"

    def _done(self, name: str) -> str:
        return f"{self.folder}done/{name}.sha256"


def _digest(data: bytes) -> bytes:
    return sha256(data).hexdigest().encode()


def _document(metric: Metric) -> dict[str, Any]:
    """Numbers as text: what is no finite number has none in JSON, and whether it can be kept is the sink's to say."""
    return {
        "name": metric.name,
        "value": str(metric.value),
        "dimensions": dict(metric.dimensions),
        "timestamp": metric.timestamp and metric.timestamp.isoformat(),
        "summary": metric.summary and {name: str(value) for name, value in metric.summary.items()},
    }


def _metric(document: Mapping[str, Any]) -> Metric:
    timestamp, summary = document["timestamp"], document["summary"]
    return Metric(
        document["name"],
        float(document["value"]),
        document["dimensions"],
        timestamp and datetime.fromisoformat(timestamp),
        summary and {name: float(value) for name, value in summary.items()},
    )
