"""Which variables the engines on AWS read, and what is said about wrong ones."""

import sys

import pytest

from forecast_platform.errors import InputError
from forecast_platform.settings import load_settings

ROLE = "arn:aws:iam::123456789012:role/forecast"
AWS = {
    "FORECAST_PLATFORM_ENV": "aws",
    "FORECAST_PLATFORM_BUCKET": "my-forecasts",
    "FORECAST_PLATFORM_FORECAST_ROLE_ARN": ROLE,
}


def test_without_a_variable_nothing_is_on_aws() -> None:
    settings = load_settings({})
    assert settings.aws is None
    assert settings.service == "local"


def test_one_setting_and_a_bucket_move_everything_to_aws() -> None:
    settings = load_settings(AWS)
    assert settings.aws is not None
    assert (settings.aws.bucket, settings.aws.prefix) == ("my-forecasts", "")
    assert settings.service == "amazon_forecast"


def test_a_bucket_may_be_shared_with_others_by_a_folder() -> None:
    settings = load_settings({**AWS, "FORECAST_PLATFORM_BUCKET": "s3://my-forecasts/team/a/"})
    assert settings.aws is not None
    assert (settings.aws.bucket, settings.aws.prefix) == ("my-forecasts", "team/a")


@pytest.mark.parametrize("folder", ["a//b", "../b", "a/.hidden"])
def test_a_folder_that_no_key_could_have_is_refused(folder: str) -> None:
    with pytest.raises(InputError, match=r"FORECAST_PLATFORM_BUCKET: .*The key"):
        load_settings({**AWS, "FORECAST_PLATFORM_BUCKET": f"s3://my-forecasts/{folder}"})


def test_the_embedded_engine_on_aws_needs_no_role_of_amazon_forecast() -> None:
    environment = {
        "FORECAST_PLATFORM_ENV": "aws",
        "FORECAST_PLATFORM_BUCKET": "b-1",
        "FORECAST_PLATFORM_SERVICE": "local",
    }
    assert load_settings(environment).service == "local"


def test_an_unknown_environment_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"FORECAST_PLATFORM_ENV: found 'azure'; expected local or aws"):
        load_settings({"FORECAST_PLATFORM_ENV": "azure"})


def test_what_aws_needs_and_lacks_is_said_at_once() -> None:
    with pytest.raises(InputError) as failure:
        load_settings({"FORECAST_PLATFORM_ENV": "aws", "FORECAST_PLATFORM_JOBS": "later"})
    message = str(failure.value)
    assert "FORECAST_PLATFORM_BUCKET: found nothing; expected the name of an S3 bucket" in message
    assert "FORECAST_PLATFORM_JOBS: found 'later'; expected wait or defer" in message
    assert "FORECAST_PLATFORM_FORECAST_ROLE_ARN: found nothing" in message
    assert "FORECAST_PLATFORM_SERVICE=local" in message


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BUCKET", "My_Forecasts"),
        ("BUCKET", "gs://my-forecasts"),
        ("KMS_KEY_ARN", "alias/mine"),
        ("FORECAST_ROLE_ARN", "forecast"),
        ("ATHENA_RESULTS", "/tmp/results"),
        ("TOPIC_ARN", "my-topic"),
        ("EVENTS_QUEUE_URL", "my-queue"),
        ("QUICKSIGHT_PRINCIPAL_ARN", "admin"),
        ("CLOUDWATCH", "yes"),
        ("ON_TERMINATION", "kill"),
        ("POLL_SECONDS", "0"),
        ("JOB_DEADLINE_HOURS", "a day"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_variable(variable: str, value: str) -> None:
    with pytest.raises(InputError, match=f"FORECAST_PLATFORM_{variable}: found '{value}'; expected ") as failure:
        load_settings({**AWS, f"FORECAST_PLATFORM_{variable}": value})
    assert str(failure.value).count("environment variable") == 1


def test_amazon_forecast_cannot_be_asked_for_on_a_laptop() -> None:
    with pytest.raises(InputError, match=r"FORECAST_PLATFORM_SERVICE: found 'amazon_forecast'; expected local, or"):
        load_settings({"FORECAST_PLATFORM_SERVICE": "amazon_forecast"})


def test_without_the_packages_of_the_extra_nothing_starts_and_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(InputError) as failure:
        load_settings(AWS)
    assert "FORECAST_PLATFORM_ENV: found 'aws'; expected the packages of the extra `aws`" in str(failure.value)
    assert "obstore cannot be found. Install them with: pip install 'forecast-platform[aws]'" in str(failure.value)
