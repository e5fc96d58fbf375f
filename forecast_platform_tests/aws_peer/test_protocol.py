"""The peer on the wire: targets, headers, who may ask."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from forecast_platform.aws_peer.protocol.modelled_service import ModelledService
from forecast_platform.aws_peer.protocol.service_model import ServiceModel
from forecast_platform.aws_peer.protocol.validation import Validation
from forecast_platform.errors import InputError
from forecast_platform_tests.aws_peer.program import Program
from forecast_platform_tests.fakes.aws_peer import AwsPeer


def _ask(
    peer: AwsPeer, method: str, path: str = "/", body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], Any]:
    address = urlsplit(peer.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        text = reply.read()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, json.loads(text or "null")
    finally:
        connection.close()


def test_an_answer_carries_an_id_and_the_content_type_of_the_protocol(peer: AwsPeer) -> None:
    status, headers, body = _ask(peer, "POST", body=b"{}", X_Amz_Target="AmazonForecast.ListDatasets")
    assert (status, body) == (200, {"Datasets": []})
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert len(headers["x-amzn-requestid"]) == 36


@pytest.mark.parametrize("target", ["AmazonForecast.MakeForecast", "SageMaker.CreateModel", "nonsense", ""])
def test_an_operation_that_is_not_there_is_unknown(peer: AwsPeer, target: str) -> None:
    status, headers, body = _ask(peer, "POST", body=b"{}", X_Amz_Target=target)
    assert (status, body["__type"]) == (400, "UnknownOperationException")
    assert headers["x-amzn-errortype"] == "UnknownOperationException"


def test_a_request_that_is_not_json_is_refused(peer: AwsPeer) -> None:
    status, _, body = _ask(peer, "POST", body=b"<xml/>", X_Amz_Target="AmazonForecast.ListDatasets")
    assert (status, body["__type"]) == (400, "SerializationException")


def test_a_page_of_another_site_cannot_ask_the_peer_in_the_name_of_the_person_who_looks_at_it(peer: AwsPeer) -> None:
    for path in ("/", "/_peer/reset"):
        assert _ask(peer, "POST", path, X_Amz_Target="AmazonForecast.ListDatasets", Host="evil.example")[0] == 403
    assert peer.calls() == []


def test_aws_is_asked_with_post_only(peer: AwsPeer) -> None:
    assert _ask(peer, "GET")[0] == 404


def test_a_body_without_a_sensible_length_is_refused(peer: AwsPeer) -> None:
    assert _ask(peer, "POST", Content_Length="99999999999")[0] == 413


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/_peer/nothing", b""),
        ("POST", "/_peer/faults", b"{"),
        ("POST", "/_peer/faults", b'{"effect": "explode"}'),
        ("POST", "/_peer/faults", b'{"effect": "throttle", "times": "2"}'),
        ("DELETE", "/_peer/faults?identifier=x", b""),
    ],
)
def test_a_control_request_that_cannot_be_understood_says_why(
    peer: AwsPeer, method: str, path: str, body: bytes
) -> None:
    status, _, reply = _ask(peer, method, path, body)
    assert status == 400
    assert reply["error"]


def test_the_log_has_who_asked_for_what_and_how_it_ended(peer: AwsPeer, program: Program) -> None:
    arn = program.dataset("sales")
    with pytest.raises(program.forecast.exceptions.ResourceAlreadyExistsException):
        program.dataset("sales")
    program.forecast.describe_dataset(DatasetArn=arn)
    shown = [(c["operation"], c["name"], c["done"], c["status"], c["code"], c["who"]) for c in peer.calls()]
    assert shown == [
        ("CreateDataset", "sales", True, 200, "", "AKIDOFATEST"),
        ("CreateDataset", "sales", False, 400, "ResourceAlreadyExistsException", "AKIDOFATEST"),
        ("DescribeDataset", arn, True, 200, "", "AKIDOFATEST"),
    ]
    assert peer.created() == {("CreateDataset", "sales"): 1}
    assert len(peer.calls("CreateDataset", "sales")) == 2


def test_an_operation_without_a_handler_or_a_reason_is_a_mistake_of_the_service() -> None:
    with pytest.raises(ValueError, match="every operation of forecastquery"):
        ModelledService(ServiceModel("forecastquery"), Validation({}), {"QueryForecast": dict}, {})


def test_an_address_that_is_taken_is_said_so(peer: AwsPeer, tmp_path: Any) -> None:
    from forecast_platform.aws_peer.options import PeerOptions
    from forecast_platform.aws_peer.server import PeerServer
    from forecast_platform_tests.fakes.idle_engine import IdleEngine

    port = urlsplit(peer.url).port
    with pytest.raises(InputError, match="--host and --port"):
        PeerServer(PeerOptions(tmp_path, "eu-west-1", "123456789012", 0.0, 1, IdleEngine), port=port or 0)
