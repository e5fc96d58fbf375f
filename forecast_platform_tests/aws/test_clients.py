"""How boto3 is set up."""

import logging

import pytest
from botocore.exceptions import ClientError

from forecast_platform.aws.clients import ATTEMPTS, client
from forecast_platform_tests.fakes import moto_server


def test_a_client_is_made_once_and_retries_as_we_say(aws: str) -> None:
    athena = client("athena")
    assert client("athena") is athena
    assert athena.meta.endpoint_url == aws
    assert athena.meta.config.retries == {"mode": "standard", "total_max_attempts": ATTEMPTS}


def test_no_key_is_in_a_log_however_much_is_logged_by_us(aws: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(ClientError):
        client("sns").publish(TopicArn=f"arn:aws:sns:{moto_server.REGION}:{moto_server.ACCOUNT}:none", Message="x")
    assert "testing" not in caplog.text
