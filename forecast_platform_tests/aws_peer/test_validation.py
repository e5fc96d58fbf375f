"""Requests against AWS's model: what is wrong is said in AWS's words."""

from __future__ import annotations

from typing import Any

import pytest

from forecast_platform.aws_peer.forecast.exemptions import EXEMPTIONS
from forecast_platform.aws_peer.protocol.errors import ServiceError
from forecast_platform.aws_peer.protocol.patterns import matches
from forecast_platform.aws_peer.protocol.service_model import ServiceModel
from forecast_platform.aws_peer.protocol.validation import Validation
from forecast_platform.aws_peer.protocol.wire import read_document, write_document
from forecast_platform_tests.aws_peer.program import TARGET_SCHEMA
from forecast_platform_tests.fakes.aws_peer import ROLE

MODELS = {name: ServiceModel(name) for name in ("forecast", "forecastquery")}
OPERATIONS = [(service, operation) for service, model in MODELS.items() for operation in model.operations]
NAME_PATTERN = "Member must satisfy regular expression pattern: ^[a-zA-Z][a-zA-Z0-9_]*"
ARN = "arn:aws:forecast:eu-west-1:123456789012:forecast/week"
TEXTS = (
    ROLE,
    ARN,
    "arn:aws:kms:eu-west-1:123456789012:key/k",
    "s3://data/train/",
    "0.5",
    "2024-01-01T00:00:00",
    "CSV",
    "D",
)


def _refusal(service: str, operation: str, document: dict[str, Any]) -> str:
    with pytest.raises(ServiceError) as refused:
        Validation(EXEMPTIONS).check_request(document, MODELS[service].input_shape(operation))
    return f"{refused.value.code}: {refused.value.message}"


def _accepted(service: str, operation: str, document: dict[str, Any]) -> None:
    Validation(EXEMPTIONS).check_request(document, MODELS[service].input_shape(operation))


def _example(shape: Any, member: str = "") -> Any:
    """A value that fits a shape, every member of every structure included."""
    match shape.type_name:
        case "structure":
            return {name: _example(one, name) for name, one in shape.members.items()}
        case "list":
            return [_example(shape.member)]
        case "map":
            return {_example(shape.key): _example(shape.value)}
        case "string":
            return _text(shape, member)
        case "boolean":
            return True
    return shape.metadata.get("min", 1)


def _text(shape: Any, member: str) -> str:
    if "enum" in shape.metadata:
        return str(shape.metadata["enum"][0])
    pattern = shape.metadata.get("pattern", ".*")
    wanted = [ROLE] if member == "RoleArn" else [text for text in ("a", *TEXTS) if matches(pattern, text)]
    return next(text for text in wanted if len(text) >= shape.metadata.get("min", 0))


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_a_request_with_every_member_is_accepted_and_needs_each_that_is_required(service: str, operation: str) -> None:
    shape = MODELS[service].input_shape(operation)
    whole = _example(shape)
    _accepted(service, operation, whole)
    for name in shape.required_members:
        without = {member: value for member, value in whole.items() if member != name}
        path = name[0].lower() + name[1:]
        assert _refusal(service, operation, without) == (
            f"ValidationException: 1 validation error detected: Value null at '{path}' failed to satisfy constraint: "
            "Member must not be null"
        )


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_a_member_that_the_operation_does_not_have_is_refused(service: str, operation: str) -> None:
    whole = _example(MODELS[service].input_shape(operation))
    assert "Value 'x' at 'misspelt' failed to satisfy constraint: Member is unknown" in _refusal(
        service, operation, {**whole, "Misspelt": "x"}
    )


def _dataset(**changes: Any) -> dict[str, Any]:
    return {"DatasetName": "a", "Domain": "CUSTOM", "DatasetType": "ITEM_METADATA", "Schema": TARGET_SCHEMA} | changes


@pytest.mark.parametrize(
    ("operation", "document", "place", "constraint"),
    [
        ("CreateDataset", _dataset(DatasetName="1a"), "'1a' at 'datasetName'", NAME_PATTERN),
        ("CreateDataset", _dataset(DatasetName="a-b"), "'a-b' at 'datasetName'", NAME_PATTERN),
        ("CreateDataset", _dataset(DatasetName="a\n"), "'a\n' at 'datasetName'", NAME_PATTERN),
        (
            "CreateDataset",
            _dataset(DatasetName="a" * 64),
            f"'{'a' * 64}' at 'datasetName'",
            "Member must have length less than or equal to 63",
        ),
        (
            "CreateDataset",
            _dataset(DatasetType="TARGET"),
            "'TARGET' at 'datasetType'",
            "Member must satisfy enum value set: [TARGET_TIME_SERIES, RELATED_TIME_SERIES, ITEM_METADATA]",
        ),
        (
            "CreateDataset",
            _dataset(Schema={"Attributes": [{"AttributeName": "a", "AttributeType": "double"}]}),
            "'double' at 'schema.attributes.1.member.attributeType'",
            "Member must satisfy enum value set: [string, integer, float, timestamp, geolocation]",
        ),
        (
            "CreateDataset",
            _dataset(Schema={"Attributes": []}),
            "'[]' at 'schema.attributes'",
            "Member must have length greater than or equal to 1",
        ),
        (
            "CreateDataset",
            _dataset(EncryptionConfig={"RoleArn": ARN, "KMSKeyArn": TEXTS[2]}),
            f"'{ARN}' at 'encryptionConfig.roleArn'",
            r"Member must satisfy regular expression pattern: arn:[a-z\d-]+:iam::\d{12}:role/.+",
        ),
        (
            "CreateForecast",
            {"ForecastName": "a", "PredictorArn": ARN, "ForecastTypes": ["0.1", "p50"]},
            "'[0.1, p50]' at 'forecastTypes'",
            "Member must satisfy constraint: [Member must have length less than or equal to 4, Member must have length "
            "greater than or equal to 2, Member must satisfy regular expression pattern: (^0?\\.\\d\\d?$|^mean$)]",
        ),
        (
            "ListForecasts",
            {"MaxResults": 101},
            "'101' at 'maxResults'",
            "Member must have value less than or equal to 100",
        ),
        (
            "CreateForecastExportJob",
            {
                "ForecastExportJobName": "a",
                "ForecastArn": ARN,
                "Destination": {"S3Config": {"Path": "s3://data/", "RoleArn": ROLE}},
                "Format": "JSON",
            },
            "'JSON' at 'format'",
            "Member must satisfy regular expression pattern: ^CSV|PARQUET$",
        ),
    ],
)
def test_each_broken_constraint_is_named_as_aws_names_it(
    operation: str, document: dict[str, Any], place: str, constraint: str
) -> None:
    assert _refusal("forecast", operation, document) == (
        f"ValidationException: 1 validation error detected: Value {place} failed to satisfy constraint: {constraint}"
    )


def test_all_broken_constraints_are_named_at_once() -> None:
    document = _dataset(DatasetName="1a", Domain="FOOD", DataFrequency="60min")
    assert _refusal("forecast", "CreateDataset", document).startswith(
        "ValidationException: 3 validation errors detected: "
    )


def test_the_value_of_a_tag_is_not_repeated() -> None:
    said = _refusal("forecast", "CreateDataset", _dataset(Tags=[{"Key": "owner", "Value": "s3cret!"}]))
    assert "Value at 'tags.1.member.value' failed" in said
    assert "s3cret" not in said


@pytest.mark.parametrize("text", ["Größe 1", "東京", "a_b.c:d/e=f+g-h@i", ""])
def test_tags_take_letters_of_every_language(text: str) -> None:
    _accepted("forecast", "CreateDataset", _dataset(Tags=[{"Key": "k", "Value": text}]))


@pytest.mark.parametrize("frequency", ["Y", "M", "2W", "1D", "12H", "59min"])
def test_a_frequency_may_be_a_multiple_although_the_model_has_none(frequency: str) -> None:
    _accepted("forecast", "CreateDataset", _dataset(DataFrequency=frequency))


def test_a_list_can_be_filtered_by_a_status_although_the_model_wants_an_arn() -> None:
    _accepted("forecast", "ListForecasts", {"Filters": [{"Key": "Status", "Value": "ACTIVE", "Condition": "IS"}]})


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"DatasetName": 1}, "'datasetName': NUMBER_VALUE can not be converted to a String"),
        ({"Schema": []}, "'schema': START_ARRAY can not be converted to a Structure"),
        ({"Tags": {}}, "'tags': START_OBJECT can not be converted to a List"),
        ({"Tags": ["a"]}, "'tags.1.member': STRING_VALUE can not be converted to a Structure"),
    ],
)
def test_a_value_of_another_type_cannot_be_read(document: dict[str, Any], message: str) -> None:
    said = _refusal("forecast", "CreateDataset", _dataset(**document))
    assert said == f"SerializationException: Unexpected value at {message}"


@pytest.mark.parametrize(
    ("value", "found"), [("7", "STRING_VALUE"), (7.5, "NUMBER_VALUE"), (True, "TRUE_VALUE"), (2**31, "NUMBER_VALUE")]
)
def test_an_integer_is_neither_a_text_nor_a_fraction_nor_a_truth_value(value: Any, found: str) -> None:
    assert _refusal("forecast", "CreateAutoPredictor", {"PredictorName": "a", "ForecastHorizon": value}) == (
        f"SerializationException: Unexpected value at 'forecastHorizon': {found} can not be converted to a Integer"
    )


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"a": NaN}', b"\xff", b"3", b'{"a":' * 100_000])
def test_what_is_not_a_json_object_cannot_be_read(body: bytes) -> None:
    with pytest.raises(ServiceError, match="SerializationException"):
        read_document(body)


def test_a_member_that_is_null_is_one_that_is_not_there() -> None:
    assert read_document(b'{"a": null, "b": {"c": null}}') == {"b": {}}


def test_a_reply_that_aws_could_not_give_is_found() -> None:
    reply = {"DatasetArn": "sales", "Status": 3, "CreationTime": 1.5, "Extra": 1}
    problems = Validation(EXEMPTIONS).problems_of_reply(reply, MODELS["forecast"].output_shape("DescribeDataset"))
    assert len(problems) == 3
    with pytest.raises(ValueError, match="JSON"):
        write_document({"DataSize": float("nan")})
