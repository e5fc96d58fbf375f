"""The keys we know are exactly the members of the API's shapes, so that we cannot drift from them."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.model import ServiceModel, StructureShape

from forecast_platform.params import schema
from forecast_platform.params.domains import ATTRIBUTE_TYPES, DATASET_TYPES, DOMAINS
from forecast_platform.params.shapes import Choice, Object

SHAPES = {
    "CreateDatasetGroupRequest": schema.DATASET_GROUP,
    "CreateDatasetRequest": schema.DATASET,
    "Schema": schema.SCHEMA,
    "SchemaAttribute": schema.SCHEMA_ATTRIBUTE,
    "EncryptionConfig": schema.ENCRYPTION_CONFIG,
    "Tag": schema.TAG,
    "CreatePredictorRequest": schema.PREDICTOR,
    "EvaluationParameters": schema.EVALUATION_PARAMETERS,
    "HyperParameterTuningJobConfig": schema.HPO_CONFIG,
    "ParameterRanges": schema.PARAMETER_RANGES,
    "CategoricalParameterRange": schema.CATEGORICAL_RANGE,
    "ContinuousParameterRange": schema.CONTINUOUS_RANGE,
    "IntegerParameterRange": schema.INTEGER_RANGE,
    "InputDataConfig": schema.INPUT_DATA_CONFIG,
    "SupplementaryFeature": schema.SUPPLEMENTARY_FEATURE,
    "FeaturizationConfig": schema.FEATURIZATION_CONFIG,
    "Featurization": schema.FEATURIZATION,
    "FeaturizationMethod": schema.FEATURIZATION_METHOD,
    "CreateAutoPredictorRequest": schema.AUTO_PREDICTOR,
    "DataConfig": schema.DATA_CONFIG,
    "AttributeConfig": schema.ATTRIBUTE_CONFIG,
    "AdditionalDataset": schema.ADDITIONAL_DATASET,
    "MonitorConfig": schema.AUTO_PREDICTOR.fields["MonitorConfig"],
    "TimeAlignmentBoundary": schema.TIME_ALIGNMENT_BOUNDARY,
    "CreateForecastRequest": schema.FORECAST,
    "TimeSeriesSelector": schema.TIME_SERIES_SELECTOR,
    "TimeSeriesIdentifiers": schema.TIME_SERIES_IDENTIFIERS,
    "DataSource": schema.DATA_SOURCE,
    "S3Config": schema.S3_CONFIG,
}
FILLED_IN_BY_THE_PLATFORM = {"DatasetGroupArn", "PredictorArn", "InputDataConfig"}
ALSO_REQUIRED_BY_THE_PLATFORM = {
    "Schema": {"Attributes"},
    "SchemaAttribute": {"AttributeName", "AttributeType"},
    "CreateAutoPredictorRequest": {"ForecastHorizon", "ForecastFrequency"},
}


@pytest.fixture(scope="module")
def api() -> ServiceModel:
    return botocore.session.get_session().get_service_model("forecast", "2018-06-26")


def _structure(api: ServiceModel, name: str) -> StructureShape:
    shape = api.shape_for(name)
    assert isinstance(shape, StructureShape)
    return shape


@pytest.mark.parametrize("name", SHAPES)
def test_an_object_has_the_keys_of_the_api(api: ServiceModel, name: str) -> None:
    ours, theirs = SHAPES[name], _structure(api, name)
    assert isinstance(ours, Object)

    assert set(ours.fields) == set(theirs.members)
    required = set(theirs.required_members) - FILLED_IN_BY_THE_PLATFORM
    assert set(ours.required) == required | ALSO_REQUIRED_BY_THE_PLATFORM.get(name, set())


@pytest.mark.parametrize("name", SHAPES)
def test_an_object_of_the_api_that_can_be_nested_here_is_compared_too(api: ServiceModel, name: str) -> None:
    nested = [member for member in _structure(api, name).members.values() if isinstance(member, StructureShape)]

    assert {member.name for member in nested} <= set(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_a_choice_has_the_options_of_the_api(api: ServiceModel, name: str) -> None:
    ours, theirs = SHAPES[name], _structure(api, name)
    assert isinstance(ours, Object)

    for key, member in theirs.members.items():
        options = member.metadata.get("enum")
        shape = ours.fields[key]
        if options:
            assert isinstance(shape, Choice)
            assert set(shape.options) == set(options)


def test_domains_and_types_are_those_of_the_api(api: ServiceModel) -> None:
    assert set(DOMAINS) == set(api.shape_for("Domain").metadata["enum"])
    assert set(DATASET_TYPES) == set(api.shape_for("DatasetType").metadata["enum"])
    assert set(ATTRIBUTE_TYPES) == set(api.shape_for("AttributeType").metadata["enum"])


def test_every_algorithm_of_the_api_is_known(api: ServiceModel) -> None:
    documentation = _structure(api, "CreatePredictorRequest").members["AlgorithmArn"].documentation

    assert all(f"{schema.ALGORITHM_PREFIX}{name}<" in documentation for name in schema.AMAZON_ALGORITHMS)
    assert documentation.count(schema.ALGORITHM_PREFIX) == len(schema.AMAZON_ALGORITHMS)
