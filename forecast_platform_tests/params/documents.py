"""Valid parameter files, built fresh for every test that wants to spoil one. No tests here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from forecast_platform.errors import InputError
from forecast_platform.params import Params, ParsedParams, parse_params

Json = dict[str, Any]


def attributes(*columns: str) -> Json:
    """A schema from ``name:type`` texts."""
    pairs = [column.split(":") for column in columns]
    return {"Attributes": [{"AttributeName": name, "AttributeType": kind} for name, kind in pairs]}


def dataset(dataset_type: str, *columns: str, frequency: str | None = "D", domain: str = "RETAIL") -> Json:
    made = {
        "DatasetName": dataset_type.title(),
        "Domain": domain,
        "DatasetType": dataset_type,
        "Schema": attributes(*columns),
    }
    return made if frequency is None else {**made, "DataFrequency": frequency}


def minimal(
    domain: str = "RETAIL", target: tuple[str, ...] = ("item_id:string", "timestamp:timestamp", "demand:float")
) -> Json:
    """The least that is valid: one dataset, one algorithm."""
    return {
        "DatasetGroup": {"DatasetGroupName": "Shop", "Domain": domain},
        "Datasets": [dataset("TARGET_TIME_SERIES", *target, domain=domain)],
        "Predictor": {
            "PredictorName": "ShopPredictor",
            "AlgorithmArn": "arn:aws:forecast:::algorithm/ETS",
            "ForecastHorizon": 14,
            "FeaturizationConfig": {"ForecastFrequency": "D"},
        },
        "Forecast": {"ForecastName": "ShopForecast"},
        "TimestampFormat": "yyyy-MM-dd",
    }


def _retail_datasets() -> list[Json]:
    return [
        dataset("TARGET_TIME_SERIES", "item_id:string", "store:string", "timestamp:timestamp", "demand:float"),
        dataset(
            "RELATED_TIME_SERIES",
            *("item_id:string", "store:string", "timestamp:timestamp", "price:float", "promotion:integer"),
            frequency="W",
        ),
        dataset("ITEM_METADATA", "item_id:string", "category:string", "brand:string", frequency=None),
    ]


def legacy() -> Json:
    """A Predictor with nearly everything it may carry."""
    encryption = {"RoleArn": "arn:aws:iam::123456789012:role/forecast", "KMSKeyArn": "arn:aws:kms:eu-west-1:1:key/k"}
    return {
        "DatasetGroup": {
            "DatasetGroupName": "Shop",
            "Domain": "RETAIL",
            "DatasetArns": ["arn:aws:forecast:eu-west-1:123456789012:dataset/old"],
            "Tags": [{"Key": "team", "Value": "sales"}],
        },
        "Datasets": [{**one, "Tags": [], "EncryptionConfig": dict(encryption)} for one in _retail_datasets()],
        "Predictor": {
            "PredictorName": "ShopPredictor",
            "AlgorithmArn": "arn:aws:forecast:::algorithm/Deep_AR_Plus",
            "ForecastHorizon": 13,
            "ForecastTypes": ["0.05", "mean"],
            "PerformAutoML": False,
            "PerformHPO": True,
            "TrainingParameters": {"epochs": "100", "likelihood": "negative-binomial"},
            "EvaluationParameters": {"NumberOfBacktestWindows": 3, "BackTestWindowOffset": 26},
            "HPOConfig": {
                "ParameterRanges": {
                    "CategoricalParameterRanges": [{"Name": "likelihood", "Values": ["gaussian", "student-T"]}],
                    "ContinuousParameterRanges": [
                        {"Name": "learning_rate", "MinValue": 1e-5, "MaxValue": 0.1, "ScalingType": "Logarithmic"}
                    ],
                    "IntegerParameterRanges": [
                        {"Name": "epochs", "MinValue": 10, "MaxValue": 100, "ScalingType": "Auto"}
                    ],
                }
            },
            "InputDataConfig": {
                "DatasetGroupArn": "arn:aws:forecast:eu-west-1:123456789012:dataset-group/Shop",
                "SupplementaryFeatures": [{"Name": "holiday", "Value": "DE"}, {"Name": "weather", "Value": "true"}],
            },
            "FeaturizationConfig": {
                "ForecastFrequency": "W",
                "ForecastDimensions": ["store"],
                "Featurizations": [
                    {
                        "AttributeName": "demand",
                        "FeaturizationPipeline": [
                            {
                                "FeaturizationMethodName": "filling",
                                "FeaturizationMethodParameters": {
                                    "aggregation": "avg",
                                    "frontfill": "none",
                                    "middlefill": "nan",
                                    "backfill": "value",
                                    "backfill_value": "-2.5",
                                },
                            }
                        ],
                    },
                    {
                        "AttributeName": "price",
                        "FeaturizationPipeline": [
                            {
                                "FeaturizationMethodName": "filling",
                                "FeaturizationMethodParameters": {
                                    "middlefill": "median",
                                    "backfill": "mean",
                                    "futurefill": "value",
                                    "futurefill_value": "3",
                                },
                            }
                        ],
                    },
                ],
            },
            "EncryptionConfig": encryption,
            "Tags": [],
            "OptimizationMetric": "WAPE",
        },
        "Forecast": {
            "ForecastName": "ShopForecast",
            "ForecastTypes": ["0.10", ".5", "mean", "0.9"],
            "Tags": [{"Key": "team", "Value": ""}],
            "TimeSeriesSelector": {
                "TimeSeriesIdentifiers": {
                    "DataSource": {"S3Config": {"Path": "s3://bucket/items.csv", "RoleArn": encryption["RoleArn"]}},
                    "Schema": attributes("item_id:string"),
                    "Format": "CSV",
                }
            },
        },
        "TimestampFormat": "yyyy-MM-dd",
        "PerformDelete": True,
    }


def auto() -> Json:
    """The same shop with an AutoPredictor."""
    document = legacy()
    del document["Predictor"]
    return {
        **document,
        "AutoPredictor": {
            "PredictorName": "ShopPredictor",
            "ForecastHorizon": 13,
            "ForecastTypes": ["0.25", "0.75"],
            "ForecastDimensions": ["store"],
            "ForecastFrequency": "W",
            "DataConfig": {
                "AttributeConfigs": [
                    {"AttributeName": "demand", "Transformations": {"aggregation": "sum", "backfill": "nan"}},
                    {"AttributeName": "promotion", "Transformations": {"futurefill": "zero"}},
                ],
                "AdditionalDatasets": [
                    {"Name": "holiday", "Configuration": {"CountryCode": ["DE"]}},
                    {"Name": "weather"},
                ],
            },
            "ReferencePredictorArn": "arn:aws:forecast:eu-west-1:123456789012:predictor/old",
            "OptimizationMetric": "AverageWeightedQuantileLoss",
            "ExplainPredictor": True,
            "MonitorConfig": {"MonitorName": "ShopMonitor"},
            "TimeAlignmentBoundary": {"Month": "MARCH", "DayOfMonth": 3, "DayOfWeek": "SUNDAY", "Hour": 0},
            "Tags": [],
        },
    }


def parsed(document: Json) -> ParsedParams:
    return parse_params(json.dumps(document))


def params(document: Json) -> Params:
    return parsed(document).params


def messages(document: Json | str | bytes) -> list[str]:
    """Every problem of an invalid file, as a person reads it."""
    data = document if isinstance(document, (str, bytes)) else json.dumps(document)
    with pytest.raises(InputError) as refused:
        parse_params(data)
    return [str(problem) for problem in refused.value.problems]


def message(document: Json | str | bytes) -> str:
    """The only problem of an invalid file."""
    (only,) = messages(document)
    return only
