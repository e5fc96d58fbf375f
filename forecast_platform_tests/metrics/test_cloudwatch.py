"""What CloudWatch holds after metrics were put, read back from it."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from forecast_platform.aws.clients import client, forget_clients
from forecast_platform.errors import PermanentError
from forecast_platform.metrics.cloudwatch import CloudWatchMetrics
from forecast_platform.metrics.port import Metric
from forecast_platform_tests.fakes import moto_server

NOW = datetime.now(UTC).replace(microsecond=0)


def listed(namespace: str = "FORECAST") -> list[dict[str, Any]]:
    """Name and dimensions of every metric."""
    pages = client("cloudwatch").get_paginator("list_metrics").paginate(Namespace=namespace)
    return [
        {"name": one["MetricName"], **{each["Name"]: each["Value"] for each in one["Dimensions"]}}
        for page in pages
        for one in page["Metrics"]
    ]


def read_back(name: str, statistic: str, **dimensions: str) -> list[float]:
    """Values of the last hours."""
    named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    metric = {"Namespace": "FORECAST", "MetricName": name, "Dimensions": named}
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}}
    answer = client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=NOW - timedelta(hours=3), EndTime=NOW + timedelta(hours=1)
    )
    return [float(value) for value in answer["MetricDataResults"][0]["Values"]]


def put(*metrics: Metric) -> list[str]:
    return CloudWatchMetrics().put("FORECAST", metrics)


def test_without_rights_the_failure_says_what_is_missing(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client("iam").create_user(UserName="nobody")
    keys = client("iam").create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys["SecretAccessKey"])
    forget_clients()
    with (
        moto_server.checked_rights(aws),
        pytest.raises(PermanentError, match=r"(?s)refused to put metrics into FORECAST.*deploy/iam"),
    ):
        put(Metric("RMSE", 1.0))


def test_values_and_dimensions_are_there(aws: str) -> None:
    assert put(Metric("WQL", 0.25, {"Project": "shop", "Quantile": "0.1"}), Metric("RMSE", 3.5)) == []
    assert listed() == [{"name": "WQL", "Project": "shop", "Quantile": "0.1"}, {"name": "RMSE"}]
    assert read_back("WQL", "Average", Project="shop", Quantile="0.1") == [0.25]


def test_a_summary_is_there_with_its_statistics_and_time(aws: str) -> None:
    summary = {"SampleCount": 4.0, "Sum": 10.0, "Minimum": 1.0, "Maximum": 4.0}
    put(Metric("feature_data_income", math.nan, {"Endpoint": "loans"}, NOW - timedelta(hours=2), summary))
    statistics = {"SampleCount": 4.0, "Sum": 10.0, "Minimum": 1.0, "Maximum": 4.0, "Average": 2.5}
    for statistic, value in statistics.items():
        assert read_back("feature_data_income", statistic, Endpoint="loans") == [value], statistic


def test_thousands_of_metrics_go_in_calls_that_cloudwatch_takes(aws: str) -> None:
    calls: list[int] = []

    def count(params: Any, **_: Any) -> None:
        calls.append(len(params["MetricData"]))

    client("cloudwatch").meta.events.register("provide-client-params.cloudwatch.PutMetricData", count)
    put(*(Metric(f"feature_non_null_{number}", 1.0) for number in range(2_100)))
    assert calls == [1000, 1000, 100]
    calls.clear()
    put(*(Metric(f"m{number}", 1.0, {f"d{one}": "x" * 1024 for one in range(30)}) for number in range(60)))
    assert sum(calls) == 60
    assert len(calls) == 3, "31 kB each, and 1 MB in a call"


def test_names_become_ascii_and_no_two_become_one(aws: str) -> None:
    long = "x" * 300
    put(
        *(Metric(name, 1.0) for name in ("café", "caf\\xe9", "売上", "a\nb", ":colon", "", long + "1", long + "2")),
        Metric("facet", 1.0, {":Facet": "", "Value": " \t", "Größe": "ü" * 1024}),
    )
    found = listed()
    names = [one["name"] for one in found]
    assert names[:6] == [r"caf\xe9", r"caf\\xe9", r"\u58f2\u4e0a", r"a\nb", "_colon", "(empty)"]
    assert len(set(names)) == 9
    assert [len(name) for name in names[6:8]] == [255, 255]
    assert found[8]["_Facet"] == "(empty)"
    assert found[8]["Value"] == r" \t"
    assert len(found[8][r"Gr\xf6\xdfe"]) == 1024


def test_what_cloudwatch_refuses_is_left_out_with_the_reason_and_the_rest_is_put(aws: str) -> None:
    far = {"SampleCount": 1.0, "Sum": math.inf, "Minimum": 0.0, "Maximum": 1.0}
    notes = put(
        Metric("nan", math.nan),
        Metric("huge", 2.0**361),
        Metric("infinite", 1.0, summary=far),
        Metric("old", 1.0, timestamp=NOW - timedelta(days=15)),
        Metric("ahead", 1.0, timestamp=NOW + timedelta(hours=3)),
        Metric("wide", 1.0, {f"d{number}": "x" for number in range(31)}),
        Metric("twice", 1.0),
        Metric("twice", 1.0),
        Metric("twice", 2.0),
        Metric("tiny", 1e-300),
    )
    assert [one["name"] for one in listed()] == ["twice", "tiny"]
    assert read_back("twice", "Sum") == [1.0]
    assert read_back("tiny", "Sum") == [0.0]
    assert notes == [
        "CloudWatch did not get 3 of 10 metrics (nan, huge, infinite). It takes finite numbers between -2^360 and "
        "2^360.",
        "CloudWatch did not get 1 of 10 metrics (wide). It takes at most 30 dimensions.",
        "CloudWatch did not get 2 of 10 metrics (old, ahead). It takes what is at most two weeks old.",
        "CloudWatch did not get 1 of 10 metrics (twice). Another value has the same name, dimensions and time.",
    ]


def test_nothing_to_put_is_no_call(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH", "http://127.0.0.1:9")
    forget_clients()
    assert put() == []
