"""Requests and names, without any service: checked with botocore's own model."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from forecast_platform.errors import InputError
from forecast_platform.forecast_service.amazon import AmazonForecastService
from forecast_platform.forecast_service.amazon.identities import (
    forecast_identity,
    import_identity,
    predictor_identity,
)
from forecast_platform.forecast_service.amazon.job import HASH_TAG, Job
from forecast_platform.forecast_service.amazon.requests import Requests, api_types
from forecast_platform_tests.fakes.aws_peer import ROLE
from forecast_platform_tests.forecast_service.amazon.account import (
    parsed,
    project_bucket,
    settings,
    shop,
    with_metadata,
)
from forecast_platform_tests.forecast_service.requests import params, request, sales

GROUP = "arn:aws:forecast:eu-west-1:123456789012:dataset-group/g"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"


@cache
def model() -> Any:
    return get_session().get_service_model("forecast")


def validated(job: Job) -> dict[str, Any]:
    """The whole request, which botocore must accept."""
    sent = job.whole_request()
    operation = model().operation_model(f"Create{job.kind.made_as or job.kind.member}")
    report = ParamValidator().validate(sent, operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    assert len(job.name) <= 63
    assert re.fullmatch("[a-zA-Z][a-zA-Z0-9_]*", job.name)
    return sent


def requests(**changes: Any) -> Requests:
    return Requests(settings(**changes), ROLE)


def auto(**changes: Any) -> Any:
    """The shop with an AutoPredictor."""
    raw = {key: value for key, value in params().raw.items() if key != "Predictor"}
    predictor = {"PredictorName": "Auto", "ForecastHorizon": 5, "ForecastFrequency": "D", **changes}
    return request(sales(), parsed({**raw, "AutoPredictor": predictor}))


def test_every_request_is_one_that_botocore_accepts() -> None:
    asked, made = with_metadata(shop()), requests()
    for dataset_type in ("TARGET_TIME_SERIES", "ITEM_METADATA"):
        validated(made.dataset(asked, dataset_type))
    group = validated(made.dataset_group(asked, [GROUP]))
    assert (group["Domain"], group["DatasetArns"]) == ("RETAIL", [GROUP])
    job = validated(made.import_job(asked, "job", GROUP, "s3://b/folder/"))
    assert (job["ImportMode"], job["Format"], job["TimestampFormat"]) == ("FULL", "CSV", "yyyy-MM-dd")
    forecast = validated(made.forecast(asked, "p", GROUP))
    assert forecast["ForecastTypes"] == ["0.10", "0.50", "0.90", "mean"]
    assert forecast["Tags"][0] == {"Key": HASH_TAG, "Value": forecast_identity(asked, "p").request_hash}


def test_what_the_parameters_say_of_the_predictor_is_sent_as_it_is() -> None:
    written: dict[str, Any] = {
        "EvaluationParameters": {"NumberOfBacktestWindows": 2, "BackTestWindowOffset": 6},
        "InputDataConfig": {"SupplementaryFeatures": [{"Name": "holiday", "Value": "FR"}]},
        "OptimizationMetric": "RMSE",
        "Tags": [{"Key": "team", "Value": "bakery"}],
        "ForecastTypes": ["0.5"],
    }
    sent = validated(requests().predictor(shop(**written), GROUP))
    assert {key: sent[key] for key in ("EvaluationParameters", "OptimizationMetric", "ForecastTypes")} == {
        key: written[key] for key in ("EvaluationParameters", "OptimizationMetric", "ForecastTypes")
    }
    assert sent["InputDataConfig"] == {**written["InputDataConfig"], "DatasetGroupArn": GROUP}
    assert sent["FeaturizationConfig"] == {"ForecastFrequency": "D", "ForecastDimensions": ["store"]}
    assert {"Key": "team", "Value": "bakery"} in sent["Tags"]
    assert sent["PredictorName"] != "ShopPredictor"


def test_an_auto_predictor_has_its_own_request() -> None:
    config = {"AdditionalDatasets": [{"Name": "holiday", "Configuration": {"CountryCode": ["FR"]}}]}
    job = requests().predictor(auto(DataConfig=config, MonitorConfig={"MonitorName": "watch"}), GROUP)
    sent = validated(job)
    assert job.kind.made_as == "AutoPredictor"
    assert sent["DataConfig"] == {**config, "DatasetGroupArn": GROUP}
    assert sent["MonitorConfig"] == {"MonitorName": job.name}
    assert "InputDataConfig" not in sent


def test_a_key_encrypts_datasets_predictors_and_what_is_read_and_written() -> None:
    made = requests(kms_key_arn=KEY)
    config = {"RoleArn": ROLE, "KMSKeyArn": KEY}
    assert validated(made.dataset(shop(), "TARGET_TIME_SERIES"))["EncryptionConfig"] == config
    assert validated(made.predictor(shop(), GROUP))["EncryptionConfig"] == config
    place = validated(made.import_job(shop(), "job", GROUP, "s3://b/folder/"))["DataSource"]["S3Config"]
    assert place == {"Path": "s3://b/folder/", **config}


def test_names_depend_on_what_determines_the_content_and_on_nothing_else() -> None:
    asked = shop()
    named = [import_identity(asked), predictor_identity(asked), forecast_identity(asked, "p")]
    assert len({one.name for one in named}) == 3
    tagged = shop(Tags=[{"Key": "team", "Value": "bakery"}], PredictorName="Other")
    assert [import_identity(tagged), predictor_identity(tagged), forecast_identity(tagged, "p")] == named
    other = shop(ForecastHorizon=6)
    assert import_identity(other) == named[0]
    assert predictor_identity(other) != named[1]
    assert len(predictor_identity(replace(asked, project="p" * 30)).name) == 55


def test_presets_are_told_where_amazon_can_be_told() -> None:
    raw = {**params(None).raw}
    asked = replace(request(sales(), parsed(raw)), preset="fast")
    assert validated(requests().predictor(asked, GROUP))["AutoMLOverrideStrategy"] == "LatencyOptimized"
    balanced = replace(shop(), preset="balanced")
    assert "AutoMLOverrideStrategy" not in validated(requests().predictor(balanced, GROUP))


def test_what_only_the_embedded_engine_can_do_is_refused_all_at_once() -> None:
    asked = replace(request(sales(), params("SeasonalNaive")), preset="best")
    with pytest.raises(InputError) as refused:
        requests().predictor(asked, GROUP)
    assert [problem.where for problem in refused.value.problems] == ["params.json: $.Predictor.AlgorithmArn", "preset"]
    assert "CNN-QR" in str(refused.value)


def test_a_reference_predictor_is_refused() -> None:
    asked = auto(ReferencePredictorArn="arn:aws:forecast:eu-west-1:123456789012:predictor/other")
    with pytest.raises(InputError, match=r"AutoPredictor\.ReferencePredictorArn.*Remove it"):
        requests().predictor(asked, GROUP)


def test_types_are_written_as_the_api_has_them() -> None:
    assert api_types(("p1", "p5", "p50", "mean", "p99")) == ["0.01", "0.05", "0.50", "mean", "0.99"]


def test_settings_that_amazon_forecast_cannot_work_with_are_named_all_at_once() -> None:
    alias = KEY.replace(":key/", ":alias/")
    with pytest.raises(InputError) as refused:
        AmazonForecastService(project_bucket(), settings(forecast_role_arn=None, kms_key_arn=alias))
    assert [problem.where for problem in refused.value.problems] == [
        "FORECAST_PLATFORM_FORECAST_ROLE_ARN",
        "FORECAST_PLATFORM_KMS_KEY_ARN",
    ]
