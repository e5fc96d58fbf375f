"""Metrics reach their sink whatever fails, and as a rule once."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forecast_platform.bucket import Bucket
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.metrics.delivery import MetricDelivery, Parcel
from forecast_platform.metrics.port import Metric
from forecast_platform_tests.fakes.interrupting_bucket import InterruptingBucket
from forecast_platform_tests.fakes.metric_sinks import RememberingSink

SUMMARY = {"SampleCount": 2.0, "Sum": math.inf, "Minimum": 0.0, "Maximum": math.inf}


def parcel(name: str = "predictor/cutoff=1", value: float = 1.0, of: str = "") -> Parcel:
    return Parcel(name, "FORECAST", (Metric("RMSE", value, {"Project": "shop"}),), of)


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return LocalBucket(tmp_path)


@pytest.fixture
def sink() -> RememberingSink:
    return RememberingSink()


@pytest.fixture
def delivery(sink: RememberingSink, bucket: Bucket) -> MetricDelivery:
    return MetricDelivery(sink, bucket, "sent/")


def due(bucket: Bucket) -> list[str]:
    return [stored.key for stored in bucket.list("sent/due/")]


@pytest.mark.parametrize("failure", [TransientError("throttled"), PermanentError("denied")])
def test_a_failure_is_a_warning_and_the_next_delivery_makes_up_for_it(
    delivery: MetricDelivery, sink: RememberingSink, bucket: Bucket, failure: Exception
) -> None:
    sink.failing = failure
    [warning] = delivery.deliver(parcel("one"))
    assert warning == f"The metrics of one are not sent yet; the next run tries again. {failure}"
    sink.failing = None
    assert delivery.deliver(parcel("two")) == ()
    assert sink.put_calls == [("FORECAST", list(parcel().metrics))] * 2
    assert due(bucket) == []
    assert delivery.deliver(parcel("one")) == ()
    assert len(sink.put_calls) == 2


def test_after_a_kill_at_any_change_the_next_run_has_all_of_it_sent(tmp_path: Path) -> None:
    class KilledError(BaseException):
        pass

    def kill() -> None:
        raise KilledError

    for change in (1, 2, 3):
        bucket, sink = LocalBucket(tmp_path / str(change)), RememberingSink()
        with pytest.raises(KilledError):
            MetricDelivery(sink, InterruptingBucket(bucket, change, kill), "sent/").deliver(parcel())
        assert MetricDelivery(sink, bucket, "sent/").deliver(parcel()) == ()
        MetricDelivery(sink, bucket, "sent/").deliver(parcel("later"))
        assert sink.put_calls.count(("FORECAST", list(parcel().metrics))) >= 2, "once at least, and that of later"
        assert due(bucket) == []


def test_the_same_is_sent_once_and_other_numbers_again(delivery: MetricDelivery, sink: RememberingSink) -> None:
    for one in (parcel(), parcel(), parcel(value=2.0), parcel(value=2.0, of="another predictor")):
        delivery.deliver(one)
    assert [metric.value for metric in sink.metrics] == [1.0, 2.0, 2.0]


def test_what_the_sink_left_out_is_said_once(bucket: Bucket) -> None:
    delivery = MetricDelivery(RememberingSink(["One metric is too old."]), bucket, "sent/")
    assert delivery.deliver(parcel()) == ("One metric is too old.",)
    assert delivery.deliver(parcel()) == ()


def test_what_waits_is_strict_json_and_loses_nothing() -> None:
    time = datetime(2025, 11, 3, 12, tzinfo=UTC)
    whole = Parcel("a", "b", (Metric("c", -math.inf, {"d": "e"}, time, SUMMARY), Metric("f", 0.1)), "g")
    assert b"Infinity" not in whole.to_json()
    assert Parcel.from_json(whole.to_json()) == whole
