"""The keys of params.json, object by object, as the Amazon Forecast API names them.

Belongs here: which keys there are and what one value may be. Does not belong here: rules that compare two places.
Every object has the members of the API's shape of that name; ARNs that the platform fills in are optional.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from forecast_platform.engine.algorithms.hyperparameters import HYPERPARAMETERS
from forecast_platform.frequency import Frequency
from forecast_platform.params.domains import ATTRIBUTE_TYPES, DATASET_TYPES, DOMAINS
from forecast_platform.params.shapes import (
    Choice,
    Flag,
    Integer,
    Items,
    Number,
    Object,
    Pairs,
    Parsed,
    Text,
    one_of,
    value_at,
)

ALGORITHM_PREFIX = "arn:aws:forecast:::algorithm/"
AMAZON_ALGORITHMS = ("ARIMA", "CNN-QR", "Deep_AR_Plus", "ETS", "NPTS", "Prophet")
ALGORITHMS = (
    *AMAZON_ALGORITHMS,
    "SeasonalNaive", "HoltWinters", "SeasonalAR", "PooledAR", "Theta", "DynamicTheta", "CES", "MSTL",
    "CrostonSBA", "TSB", "IMAPA", "GBM", "Chronos-2",
)  # fmt: skip
"""What the local service has; importing its registry would take the time of its libraries."""
TUNABLE_ALGORITHMS = tuple(
    name for name, hyperparameters in HYPERPARAMETERS.items() if any(one.tuned for one in hyperparameters)
)

DATE = "yyyy-MM-dd"
DATE_AND_TIME = "yyyy-MM-dd HH:mm:ss"
TWELVE_HOUR_DATE_AND_TIME = "yyyy-MM-dd hh:mm:ss"
TIMESTAMP_FORMATS = (DATE, DATE_AND_TIME, TWELVE_HOUR_DATE_AND_TIME)
MONTH_NAMES = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
    "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
)  # fmt: skip
WEEKDAY_NAMES = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def forecast_type_label(text: str) -> str:
    """``p10`` for ``0.10``, ``0.1`` and ``.1``; ``mean`` for ``mean``.

    Raises:
        ValueError: ``text`` is neither ``mean`` nor a quantile from 0.01 to 0.99 in steps of 0.01.
    """
    if text == "mean":
        return text
    match = re.fullmatch(r"0?\.(\d\d?)", text, re.ASCII)
    percent = int(match[1].ljust(2, "0")) if match else 0
    if percent == 0:
        raise ValueError(f"{text!r} is not a forecast type")
    return f"p{percent}"


def strptime_format(timestamp_format: str) -> str:
    """One of :data:`TIMESTAMP_FORMATS` for Python; the 12-hour one is read as the 24-hour one."""
    return "%Y-%m-%d" if timestamp_format == DATE else "%Y-%m-%d %H:%M:%S"


def algorithm_name(arn: str) -> str:
    """``ETS`` for ``arn:aws:forecast:::algorithm/ETS``.

    Raises:
        ValueError: It is not the ARN of an algorithm of this platform.
    """
    name = arn.removeprefix(ALGORITHM_PREFIX)
    if name == arn or name not in ALGORITHMS:
        raise ValueError(f"{arn!r} is not the ARN of a known algorithm")
    return name


def _text(expected: str, pattern: str, longest: int) -> Text:
    matches = re.compile(pattern, re.ASCII).fullmatch
    return Text(expected, lambda text: len(text) <= longest and matches(text))


def _tag_text(shortest: int, longest: int) -> Callable[[str], bool]:
    def accepts(text: str) -> bool:
        letters = all(unicodedata.category(letter)[0] in "LZN" or letter in "_.:/=+-@" for letter in text)
        return letters and shortest <= len(text) <= longest

    return accepts


def _tag_key(text: str) -> bool:
    return _tag_text(1, 128)(text) and not text.lower().startswith("aws:")


NAME = _text("a name: a letter, then letters, digits or underscores, at most 63 in all", r"[a-zA-Z][a-zA-Z0-9_]*", 63)
ARN = _text("an ARN of at most 256 characters", r"arn:[a-z\d-]+:[a-z\d-]+:.*", 256)
KMS_KEY_ARN = _text("the ARN of a KMS key", r"arn:[a-z\d-]+:kms:.*:key/.+", 256)
WORD = _text("letters, digits, underscores and hyphens, at most 256", r"[a-zA-Z0-9_-]+", 256)
PARAMETER_KEY = _text(r"letters, digits and - _ . / [ ] , \, at most 256 characters", r"[a-zA-Z0-9\-_./\[\],\\]+", 256)
PARAMETER_VALUE = _text(
    r'text of letters, digits, spaces and - _ . / [ ] , " \, at most 256 characters',
    r'[a-zA-Z0-9\-_./\[\],"\\\s]+',
    256,
)
FREQUENCY = Parsed(Frequency.ALLOWED, Frequency.parse)
FORECAST_TYPE = Parsed('"mean" or a quantile from "0.01" to "0.99" in steps of 0.01', forecast_type_label)
FORECAST_TYPES = Items("forecast types", FORECAST_TYPE, 1, 5, identity=lambda label: label)
FORECAST_DIMENSIONS = Items("forecast dimensions", NAME, 1, 10, identity=lambda name: name)
HORIZON = Integer(1, 500)
METRIC = Choice(("WAPE", "RMSE", "AverageWeightedQuantileLoss", "MASE", "MAPE"))
ALGORITHM = Parsed(
    f"{ALGORITHM_PREFIX}<NAME>, with {one_of(ALGORITHMS)} as the name",
    algorithm_name,
    known=tuple(f"{ALGORITHM_PREFIX}{name}" for name in ALGORITHMS),
)

TAG = Object(
    {
        "Key": Text("1 to 128 letters, digits, spaces and _ . : / = + - @, not starting with aws:", _tag_key),
        "Value": Text("at most 256 letters, digits, spaces and _ . : / = + - @", _tag_text(0, 256)),
    },
    ("Key", "Value"),
)
TAGS = Items("tags", TAG, 0, 50, identity=lambda tag: value_at(tag, "Key"))
ENCRYPTION_CONFIG = Object({"RoleArn": ARN, "KMSKeyArn": KMS_KEY_ARN}, ("RoleArn", "KMSKeyArn"))

SCHEMA_ATTRIBUTE = Object(
    {"AttributeName": NAME, "AttributeType": Choice(ATTRIBUTE_TYPES)}, ("AttributeName", "AttributeType")
)
SCHEMA = Object({"Attributes": Items("attributes", SCHEMA_ATTRIBUTE, 1, 100)}, ("Attributes",))
DATASET = Object(
    {
        "DatasetName": NAME,
        "Domain": Choice(tuple(DOMAINS)),
        "DatasetType": Choice(DATASET_TYPES),
        "DataFrequency": FREQUENCY,
        "Schema": SCHEMA,
        "EncryptionConfig": ENCRYPTION_CONFIG,
        "Tags": TAGS,
    },
    ("DatasetName", "Domain", "DatasetType", "Schema"),
    {"TimestampFormat": "All datasets share one format: write it as $.TimestampFormat."},
)
DATASET_GROUP = Object(
    {
        "DatasetGroupName": NAME,
        "Domain": Choice(tuple(DOMAINS)),
        "DatasetArns": Items("ARNs", ARN, 0, 3),
        "Tags": TAGS,
    },
    ("DatasetGroupName", "Domain"),
)

SUPPLEMENTARY_FEATURE = Object({"Name": Choice(("holiday", "weather")), "Value": WORD}, ("Name", "Value"))
INPUT_DATA_CONFIG = Object(
    {
        "DatasetGroupArn": ARN,
        "SupplementaryFeatures": Items(
            "features", SUPPLEMENTARY_FEATURE, 1, 2, identity=lambda feature: value_at(feature, "Name")
        ),
    }
)
METHOD_PARAMETERS = Pairs("parameters", PARAMETER_KEY, PARAMETER_VALUE, low=1, high=20)
FEATURIZATION_METHOD = Object(
    {"FeaturizationMethodName": Choice(("filling",)), "FeaturizationMethodParameters": METHOD_PARAMETERS},
    ("FeaturizationMethodName",),
)
FEATURIZATION = Object(
    {"AttributeName": NAME, "FeaturizationPipeline": Items("methods", FEATURIZATION_METHOD, 1, 1)},
    ("AttributeName",),
)
FEATURIZATION_CONFIG = Object(
    {
        "ForecastFrequency": FREQUENCY,
        "ForecastDimensions": FORECAST_DIMENSIONS,
        "Featurizations": Items(
            "featurizations", FEATURIZATION, 1, 50, identity=lambda entry: value_at(entry, "AttributeName")
        ),
    },
    ("ForecastFrequency",),
)
EVALUATION_PARAMETERS = Object(
    {"NumberOfBacktestWindows": Integer(1, 5), "BackTestWindowOffset": Integer(1, 1_000_000)}
)

SCALING_TYPE = Choice(("Auto", "Linear", "Logarithmic", "ReverseLogarithmic"))
CATEGORICAL_RANGE = Object({"Name": NAME, "Values": Items("values", WORD, 1, 20)}, ("Name", "Values"))
CONTINUOUS_RANGE = Object(
    {"Name": NAME, "MinValue": Number(), "MaxValue": Number(), "ScalingType": SCALING_TYPE},
    ("Name", "MinValue", "MaxValue"),
)
INTEGER_RANGE = Object(
    {"Name": NAME, "MinValue": Integer(), "MaxValue": Integer(), "ScalingType": SCALING_TYPE},
    ("Name", "MinValue", "MaxValue"),
)
PARAMETER_RANGES = Object(
    {
        "CategoricalParameterRanges": Items("ranges", CATEGORICAL_RANGE, 1, 20),
        "ContinuousParameterRanges": Items("ranges", CONTINUOUS_RANGE, 1, 20),
        "IntegerParameterRanges": Items("ranges", INTEGER_RANGE, 1, 20),
    }
)
HPO_CONFIG = Object({"ParameterRanges": PARAMETER_RANGES})

PREDICTOR = Object(
    {
        "PredictorName": NAME,
        "AlgorithmArn": ALGORITHM,
        "ForecastHorizon": HORIZON,
        "ForecastTypes": FORECAST_TYPES,
        "PerformAutoML": Flag(),
        "AutoMLOverrideStrategy": Choice(("LatencyOptimized", "AccuracyOptimized")),
        "PerformHPO": Flag(),
        "TrainingParameters": Pairs("parameters", PARAMETER_KEY, PARAMETER_VALUE, high=100),
        "EvaluationParameters": EVALUATION_PARAMETERS,
        "HPOConfig": HPO_CONFIG,
        "InputDataConfig": INPUT_DATA_CONFIG,
        "FeaturizationConfig": FEATURIZATION_CONFIG,
        "EncryptionConfig": ENCRYPTION_CONFIG,
        "Tags": TAGS,
        "OptimizationMetric": METRIC,
    },
    ("PredictorName", "ForecastHorizon", "FeaturizationConfig"),
    {
        "ForecastFrequency": "In a Predictor it belongs in FeaturizationConfig.",
        "ForecastDimensions": "In a Predictor they belong in FeaturizationConfig.",
        "Featurizations": "They belong in FeaturizationConfig.",
        "SupplementaryFeatures": "They belong in InputDataConfig.",
        "NumberOfBacktestWindows": "It belongs in EvaluationParameters.",
        "BackTestWindowOffset": "It belongs in EvaluationParameters.",
    },
)

ADDITIONAL_DATASET = Object(
    {
        "Name": Choice(("holiday", "weather")),
        "Configuration": Pairs("settings", NAME, Items("values", WORD, 1, 20), high=20),
    },
    ("Name",),
)
ATTRIBUTE_CONFIG = Object(
    {"AttributeName": NAME, "Transformations": METHOD_PARAMETERS}, ("AttributeName", "Transformations")
)
DATA_CONFIG = Object(
    {
        "DatasetGroupArn": ARN,
        "AttributeConfigs": Items(
            "attribute configurations", ATTRIBUTE_CONFIG, 1, 50, identity=lambda entry: value_at(entry, "AttributeName")
        ),
        "AdditionalDatasets": Items(
            "additional datasets", ADDITIONAL_DATASET, 1, 2, identity=lambda entry: value_at(entry, "Name")
        ),
    }
)
TIME_ALIGNMENT_BOUNDARY = Object(
    {
        "Month": Choice(MONTH_NAMES),
        "DayOfMonth": Integer(1, 28),
        "DayOfWeek": Choice(WEEKDAY_NAMES),
        "Hour": Integer(0, 23),
    }
)
_ALWAYS = "The platform needs it beside a ReferencePredictorArn as well."
_NOT_AUTO = "Only a Predictor has it."
AUTO_PREDICTOR = Object(
    {
        "PredictorName": NAME,
        "ForecastHorizon": HORIZON,
        "ForecastTypes": FORECAST_TYPES,
        "ForecastDimensions": FORECAST_DIMENSIONS,
        "ForecastFrequency": FREQUENCY,
        "DataConfig": DATA_CONFIG,
        "EncryptionConfig": ENCRYPTION_CONFIG,
        "ReferencePredictorArn": ARN,
        "OptimizationMetric": METRIC,
        "ExplainPredictor": Flag(),
        "Tags": TAGS,
        "MonitorConfig": Object({"MonitorName": NAME}, ("MonitorName",)),
        "TimeAlignmentBoundary": TIME_ALIGNMENT_BOUNDARY,
    },
    ("PredictorName", "ForecastHorizon", "ForecastFrequency"),
    {
        "ForecastHorizon": _ALWAYS,
        "ForecastFrequency": _ALWAYS,
        "FeaturizationConfig": "An AutoPredictor has ForecastFrequency and ForecastDimensions itself, and fills gaps "
        "as DataConfig.AttributeConfigs says.",
        "InputDataConfig": "An AutoPredictor has holidays and weather in DataConfig.AdditionalDatasets.",
        "AlgorithmArn": _NOT_AUTO,
        "PerformAutoML": _NOT_AUTO,
        "PerformHPO": _NOT_AUTO,
        "HPOConfig": _NOT_AUTO,
        "TrainingParameters": _NOT_AUTO,
        "EvaluationParameters": _NOT_AUTO,
    },
)

S3_CONFIG = Object(
    {
        "Path": _text("an S3 URI such as s3://bucket/key", r"s3://[a-z0-9].+", 4096),
        "RoleArn": ARN,
        "KMSKeyArn": KMS_KEY_ARN,
    },
    ("Path", "RoleArn"),
)
DATA_SOURCE = Object({"S3Config": S3_CONFIG}, ("S3Config",))
TIME_SERIES_IDENTIFIERS = Object({"DataSource": DATA_SOURCE, "Schema": SCHEMA, "Format": Choice(("CSV", "PARQUET"))})
TIME_SERIES_SELECTOR = Object({"TimeSeriesIdentifiers": TIME_SERIES_IDENTIFIERS})
FORECAST = Object(
    {
        "ForecastName": NAME,
        "PredictorArn": ARN,
        "ForecastTypes": FORECAST_TYPES,
        "Tags": TAGS,
        "TimeSeriesSelector": TIME_SERIES_SELECTOR,
    },
    ("ForecastName",),
)

DOCUMENT = Object(
    {
        "DatasetGroup": DATASET_GROUP,
        "Datasets": Items("datasets", DATASET, 1, 3, identity=lambda dataset: value_at(dataset, "DatasetName")),
        "Predictor": PREDICTOR,
        "AutoPredictor": AUTO_PREDICTOR,
        "Forecast": FORECAST,
        "TimestampFormat": Text(f'"{DATE}" or "{DATE_AND_TIME}"', TIMESTAMP_FORMATS.__contains__),
        "PerformDelete": Flag(),
    },
    ("DatasetGroup", "Datasets", "Forecast", "TimestampFormat"),
)
