"""A metric as CloudWatch takes it: names in ASCII, values in its range, times that it accepts.

Belongs here: its rules, and the note on each metric that cannot follow them. Does not belong here: calls.

Source: MetricDatum, Dimension and PutMetricData in the CloudWatch API reference.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from forecast_platform.metrics.port import Metric

_LONGEST_NAME, _LONGEST_VALUE = 255, 1024
_MOST_DIMENSIONS = 30
_LARGEST = 2.0**360
_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=2)
_EMPTY = "(empty)"
_MOST_NAMED = 5
"""How many of the metrics that are left out for one reason a note names."""
_REASONS = (
    "It takes finite numbers between -2^360 and 2^360.",
    f"It takes at most {_MOST_DIMENSIONS} dimensions.",
    "It takes what is at most two weeks old.",
    "Another value has the same name, dimensions and time.",
)
_VALUE, _DIMENSIONS, _TIME, _DUPLICATE = _REASONS


def as_data(metrics: Sequence[Metric], now: datetime) -> tuple[list[dict[str, Any]], list[str]]:
    """``metrics`` as ``MetricData``, and a note for every reason for which some are left out.

    Args:
        now: Aware; compared with the metrics' timestamps.
    """
    data: dict[tuple[Any, ...], dict[str, Any]] = {}
    left_out: dict[str, list[str]] = {reason: [] for reason in _REASONS}
    for metric in metrics:
        datum, reason = _datum(metric), _reason(metric, now)
        identity = (datum["MetricName"], *((one["Name"], one["Value"]) for one in datum.get("Dimensions", ())))
        known = data.setdefault((*identity, metric.timestamp), datum) if not reason else datum
        # The same twice is one; which of two that differ is right cannot be known here, so the first is kept.
        reason = reason or (_DUPLICATE if known != datum else "")
        if reason:
            left_out[reason].append(metric.name)
    return list(data.values()), [_note(names, len(metrics), reason) for reason, names in left_out.items() if names]


def clean_namespace(namespace: str) -> str:
    """``namespace`` as CloudWatch takes it."""
    return _name(namespace)


def _datum(metric: Metric) -> dict[str, Any]:
    datum: dict[str, Any] = {"MetricName": _name(metric.name)}
    if metric.dimensions:
        named = ((_name(name), _text(value, _LONGEST_VALUE)) for name, value in sorted(metric.dimensions.items()))
        datum["Dimensions"] = [{"Name": name, "Value": value} for name, value in named]
    if metric.timestamp is not None:
        datum["Timestamp"] = metric.timestamp
    if metric.summary is None:
        return datum | {"Value": _number(metric.value)}
    return datum | {"StatisticValues": {name: _number(value) for name, value in metric.summary.items()}}


def _reason(metric: Metric, now: datetime) -> str:
    """Why CloudWatch would refuse ``metric``, and with it the call; empty = it would not."""
    if not _are_numbers(metric.value, metric.summary):
        return _VALUE
    if len(metric.dimensions) > _MOST_DIMENSIONS:
        return _DIMENSIONS
    if metric.timestamp is not None and not now - _OLDEST < metric.timestamp < now + _NEWEST:
        return _TIME
    return ""


def _are_numbers(value: float, summary: Mapping[str, float] | None) -> bool:
    numbers: Iterable[float] = (value,) if summary is None else summary.values()
    return all(math.isfinite(one) and abs(one) <= _LARGEST for one in numbers)


def _number(value: float) -> float:
    """Numbers that are too small to be told from zero are zero."""
    return 0.0 if abs(value) < 1 / _LARGEST else float(value)


def _name(text: str) -> str:
    cleaned = _text(text, _LONGEST_NAME)
    return f"_{cleaned[1:]}" if cleaned.startswith(":") else cleaned


def _text(text: str, longest: int) -> str:
    r"""``text`` in ASCII: what is not is written as in Python, ``caf\xe9``, so that no two texts become one."""
    plain = text.encode("unicode_escape").decode("ascii")
    if not plain.strip():
        return _EMPTY
    if len(plain) <= longest:
        return plain
    digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{plain[: longest - len(digest) - 1]}~{digest}"


def _note(names: Sequence[str], metrics: int, reason: str) -> str:
    named = ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
    return f"CloudWatch did not get {len(names)} of {metrics} metrics ({named}). {reason}"
