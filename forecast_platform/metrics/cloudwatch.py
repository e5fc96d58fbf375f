"""Metrics to CloudWatch.

Belongs here: calls and their sizes. Does not belong here: what a metric may look like (``datum``), which there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from forecast_platform.aws.clients import client
from forecast_platform.aws.errors import aws_failures
from forecast_platform.metrics.datum import as_data, clean_namespace
from forecast_platform.metrics.port import Metric

MOST_METRICS = 1000
"""Of one call."""
_LARGEST_CALL = 900_000
"""Characters of JSON, which is longer than what is sent: a call may have 1 MB."""


class CloudWatchMetrics:
    """Custom metrics of the account and region that boto3 finds."""

    def put(self, namespace: str, metrics: Sequence[Metric]) -> list[str]:
        """Put ``metrics``, in as few calls as possible.

        Returns:
            Which metrics CloudWatch does not take, and why.

        Raises:
            TransientError: A throttle, a fault of CloudWatch, no connection, or keys that have expired.
            PermanentError: Not allowed. Some of the metrics may have been put.
        """
        cleaned = clean_namespace(namespace)
        data, notes = as_data(metrics, datetime.now(UTC))
        for call in _calls(data):
            with aws_failures(f"put metrics into {cleaned}"):
                client("cloudwatch").put_metric_data(Namespace=cleaned, MetricData=call)
        return notes


def _calls(data: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    call: list[dict[str, Any]] = []
    size = 0
    for datum in data:
        its_size = len(json.dumps(datum, default=str))
        if call and (len(call) == MOST_METRICS or size + its_size > _LARGEST_CALL):
            yield call
            call, size = [], 0
        call.append(datum)
        size += its_size
    if call:
        yield call
