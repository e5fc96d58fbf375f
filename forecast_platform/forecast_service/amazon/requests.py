"""Create requests of Amazon Forecast, from the parameters as they are written.

Belongs here: what is sent. Does not belong here: names (``identities``) and sending (``jobs``). Every member of the API
that the parameters have passes through; names, ARNs and tags are the platform's.
"""

from __future__ import annotations

from typing import Any

from forecast_platform.aws.settings import AwsSettings
from forecast_platform.errors import InputError, Problem
from forecast_platform.forecast_service.amazon.identities import (
    forecast_identity,
    import_identity,
    predictor_identity,
)
from forecast_platform.forecast_service.amazon.job import Job
from forecast_platform.forecast_service.amazon.kinds import (
    AUTO_PREDICTOR,
    DATASET,
    DATASET_GROUP,
    FORECAST,
    IMPORT_JOB,
    PREDICTOR,
    Kind,
)
from forecast_platform.forecast_service.port import ImportRequest
from forecast_platform.params import Params
from forecast_platform.params.schema import ALGORITHM_PREFIX, AMAZON_ALGORITHMS, DATE, DATE_AND_TIME

IMPORT_TAG = "forecast-platform:import"
"""Name of the import whose data a predictor or a forecast was made from."""
SUFFIXES = {"TARGET_TIME_SERIES": "_tts", "RELATED_TIME_SERIES": "_rts", "ITEM_METADATA": "_item"}
"""Ends of the names of the datasets of an import."""
_STRATEGIES = {"fast": "LatencyOptimized", "best": "AccuracyOptimized"}


class Requests:
    """The requests for one deployment: with its role and its key of encryption.

    Args:
        role_arn: What Amazon Forecast takes to read and write the bucket.
    """

    def __init__(self, settings: AwsSettings, role_arn: str) -> None:
        self._role_arn, self._key_arn = role_arn, settings.kms_key_arn

    def s3_config(self, uri: str) -> dict[str, Any]:
        """Where to read or write, and as whom."""
        key = {"KMSKeyArn": self._key_arn} if self._key_arn else {}
        return {"S3Config": {"Path": uri, "RoleArn": self._role_arn, **key}}

    def dataset(self, request: ImportRequest, dataset_type: str) -> Job:
        """A dataset of the import of the request."""
        identity, params = import_identity(request), request.params
        written = next(one for one in params.raw["Datasets"] if one["DatasetType"] == dataset_type)
        schema = {"Schema": {"Attributes": dataset_attributes(params, dataset_type)}}
        asked = {**self._encryption(), **written, **schema}
        return Job(DATASET, f"{identity.name}{SUFFIXES[dataset_type]}", asked, identity.request_hash)

    def dataset_group(self, request: ImportRequest, dataset_arns: list[str]) -> Job:
        """The dataset group of the import of the request."""
        identity, asked = import_identity(request), request.params.raw["DatasetGroup"]
        return Job(DATASET_GROUP, identity.name, {**asked, "DatasetArns": dataset_arns}, identity.request_hash)

    def import_job(self, request: ImportRequest, name: str, dataset_arn: str, uri: str) -> Job:
        """The import of the files below ``uri``, in place of what the dataset held."""
        day_only = request.params.timestamp_format == DATE
        asked = {
            "DatasetArn": dataset_arn,
            "DataSource": self.s3_config(uri),
            "TimestampFormat": DATE if day_only else DATE_AND_TIME,
            "Format": "CSV",
            "ImportMode": "FULL",
        }
        return Job(IMPORT_JOB, name, asked, import_identity(request).request_hash, dataset_arn)

    def predictor(self, request: ImportRequest, group_arn: str) -> Job:
        """The predictor that is trained on the newest import of a group.

        Raises:
            InputError: Amazon Forecast cannot do what the parameters or the preset ask for.
        """
        check(request)
        identity, params = predictor_identity(request), request.params
        written = params.raw["AutoPredictor" if params.auto_predictor else "Predictor"]
        asked = {**self._encryption(), "ForecastTypes": api_types(params.forecast_types), **written}
        group = {"DatasetGroupArn": group_arn}
        if params.auto_predictor:
            asked["DataConfig"] = written.get("DataConfig", {}) | group
        else:
            asked["InputDataConfig"] = written.get("InputDataConfig", {}) | group
        if "MonitorConfig" in written:
            asked["MonitorConfig"] = {"MonitorName": identity.name}
        if request.preset in _STRATEGIES:
            asked["AutoMLOverrideStrategy"] = _STRATEGIES[request.preset]
        return Job(predictor_kind(params), identity.name, asked, identity.request_hash, group_arn, _made_from(request))

    def forecast(self, request: ImportRequest, predictor: str, predictor_arn: str) -> Job:
        """The forecast of a predictor from the data of the request."""
        identity = forecast_identity(request, predictor)
        asked = {
            **request.params.raw["Forecast"],
            "ForecastTypes": api_types(request.params.forecast_types),
            "PredictorArn": predictor_arn,
        }
        return Job(FORECAST, identity.name, asked, identity.request_hash, predictor_arn, _made_from(request))

    def _encryption(self) -> dict[str, Any]:
        if self._key_arn is None:
            return {}
        return {"EncryptionConfig": {"RoleArn": self._role_arn, "KMSKeyArn": self._key_arn}}


def predictor_kind(params: Params) -> Kind:
    """What the parameters ask to be trained."""
    return AUTO_PREDICTOR if params.auto_predictor else PREDICTOR


def dataset_attributes(params: Params, dataset_type: str) -> list[dict[str, str]]:
    """The columns of a dataset as Amazon is told of them: numbers beside the target of its series are ignored."""
    written = next(one for one in params.raw["Datasets"] if one["DatasetType"] == dataset_type)
    attributes: list[dict[str, str]] = written["Schema"]["Attributes"]
    if dataset_type != "TARGET_TIME_SERIES":
        return attributes
    numbers = ("float", "integer")
    return [
        one for one in attributes if one["AttributeType"] not in numbers or one["AttributeName"] == params.target_column
    ]


def api_types(labels: tuple[str, ...]) -> list[str]:
    """``0.10`` for ``p10``."""
    return [label if label == "mean" else f"0.{int(label[1:]):02d}" for label in labels]


def check(request: ImportRequest) -> None:
    """Refuse what only the embedded engine can do.

    Raises:
        InputError: With all problems.
    """
    params, problems = request.params, []
    if params.algorithm is not None and params.algorithm not in AMAZON_ALGORITHMS:
        problems.append(
            Problem(
                "params.json: $.Predictor.AlgorithmArn",
                f'"{ALGORITHM_PREFIX}{params.algorithm}"',
                f"an algorithm of Amazon Forecast: {', '.join(AMAZON_ALGORITHMS)}",
                "The others are those of the embedded engine (service: local).",
            )
        )
    if params.auto_predictor and "ReferencePredictorArn" in params.raw["AutoPredictor"]:
        problems.append(
            Problem(
                "params.json: $.AutoPredictor.ReferencePredictorArn",
                "an ARN",
                "none: a predictor that is retrained keeps the datasets of the first one, and the platform trains each "
                "on datasets of its own cutoff",
                "Remove it.",
            )
        )
    if request.preset in _STRATEGIES and not params.perform_automl:
        problems.append(
            Problem(
                "preset",
                str(request.preset),
                "balanced, as Amazon Forecast can be told of speed or accuracy with PerformAutoML only",
                "Remove the attribute, or set PerformAutoML in the Predictor of params.json.",
            )
        )
    if problems:
        raise InputError(f"Amazon Forecast cannot train what project {request.project} asks for.", problems)


def _made_from(request: ImportRequest) -> dict[str, str]:
    return {IMPORT_TAG: import_identity(request).name}
