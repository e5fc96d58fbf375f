"""Rules about the predictor, legacy or auto, and what it asks of the datasets.

Belongs here: the one view of both kinds, and the checks on it. Does not belong here: rules about datasets alone
(``dataset_rules``) or about hyperparameters (``hyperparameter_rules``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from forecast_platform.frequency import Frequency
from forecast_platform.params.dataset_rules import DatasetView, first_of
from forecast_platform.params.domains import NUMERIC, RELATED, TARGET, TEXTUAL
from forecast_platform.params.hyperparameter_rules import check_hyperparameters
from forecast_platform.params.schema import DATE, DATE_AND_TIME, TWELVE_HOUR_DATE_AND_TIME
from forecast_platform.params.shapes import REFUSED, Problems, child, did_you_mean, entries_at, one_of, shown, value_at

_FILLS = ("zero", "value", "median", "mean", "min", "max")
_TARGET_METHODS: dict[str, tuple[str, ...]] = {
    "aggregation": ("sum", "avg", "first", "min", "max"),
    "frontfill": ("none",),
    "middlefill": (*_FILLS, "nan"),
    "backfill": (*_FILLS, "nan"),
}
_RELATED_METHODS: dict[str, tuple[str, ...]] = {"middlefill": _FILLS, "backfill": _FILLS, "futurefill": _FILLS}
_FORBIDDEN_WITH_AUTOML = ("AlgorithmArn", "HPOConfig", "PerformHPO", "TrainingParameters")


@dataclass(frozen=True)
class Filling:
    """The method parameters of one attribute, and where the attribute's name and the parameters stand."""

    attribute: str
    attribute_path: str
    parameters: dict[str, Any]
    parameters_path: str


@dataclass(frozen=True)
class Feature:
    """A supplementary feature; ``value`` is ``None`` where it has been reported already, empty where it is absent."""

    name: str
    value: str | None
    value_path: str


@dataclass(frozen=True)
class PredictorView:
    """What could be read of the predictor.

    Attributes:
        path: ``$.Predictor`` or ``$.AutoPredictor``.
        fields: As the shape has read them.
        frequency_path, dimensions_path: Where the two kinds of predictor differ.
    """

    path: str
    fields: dict[str, Any]
    frequency: Frequency | None
    frequency_path: str
    dimensions: tuple[tuple[int, str], ...]
    dimensions_path: str
    fillings: tuple[Filling, ...]
    features: tuple[Feature, ...]

    @property
    def auto(self) -> bool:
        return self.path == "$.AutoPredictor"


def view_predictor(document: dict[str, Any], problems: Problems) -> PredictorView | None:
    """The predictor of a document that a shape has read; reports that there is none, or that there are two."""
    if "Predictor" in document and "AutoPredictor" in document:
        problems.add("$", "both Predictor and AutoPredictor", "one of them", "Remove the other.")
    if "Predictor" not in document and "AutoPredictor" not in document:
        problems.add("$", "neither Predictor nor AutoPredictor", "one of them")
    if (fields := value_at(document, "Predictor")) is not None:
        return _legacy_view("$.Predictor", fields)
    if (fields := value_at(document, "AutoPredictor")) is not None:
        return _auto_view("$.AutoPredictor", fields)
    return None


def check_predictor(
    predictor: PredictorView, datasets: list[DatasetView], problems: Problems, warnings: Problems
) -> None:
    """Report every broken rule about the predictor, and warn of what will be ignored."""
    if not predictor.auto:
        _check_algorithm(predictor, problems)
        check_hyperparameters(predictor.path, predictor.fields, problems, warnings)
        _check_backtest(predictor, problems)
    _check_frequencies(predictor, datasets, problems)
    _check_dimensions(predictor, datasets, problems)
    _check_features(predictor, problems, warnings)
    for filling in predictor.fillings:
        _check_filling(filling, datasets, problems)


def check_timestamp_format(
    document: dict[str, Any],
    predictor: PredictorView | None,
    datasets: list[DatasetView],
    problems: Problems,
    warnings: Problems,
) -> None:
    """Report a format that cannot hold the frequencies, and warn of the 12-hour one."""
    written = value_at(document, "TimestampFormat")
    if written == TWELVE_HOUR_DATE_AND_TIME:
        warnings.add(
            "$.TimestampFormat",
            f'"{written}", where hh is the 12-hour clock',
            f'"{DATE_AND_TIME}"',
            "It is read as HH, the 24-hour clock.",
        )
    frequencies = [
        (f"{dataset.path}.DataFrequency", value_at(dataset.fields, "DataFrequency"))
        for dataset in datasets
        if dataset.type in (TARGET, RELATED)
    ]
    if predictor:
        frequencies.append((predictor.frequency_path, predictor.frequency))
    within_a_day = [
        f"{path} is {frequency}" for path, frequency in frequencies if frequency and frequency.unit in ("H", "min")
    ]
    if written == DATE and within_a_day:
        problems.add("$.TimestampFormat", f'"{written}"', f'"{DATE_AND_TIME}"', f"{', '.join(within_a_day)}.")


def _legacy_view(path: str, fields: dict[str, Any]) -> PredictorView:
    config = f"{path}.FeaturizationConfig"
    dimensions = entries_at(fields, "FeaturizationConfig", "ForecastDimensions")
    features_path = f"{path}.InputDataConfig.SupplementaryFeatures"
    return PredictorView(
        path=path,
        fields=fields,
        frequency=value_at(fields, "FeaturizationConfig", "ForecastFrequency"),
        frequency_path=f"{config}.ForecastFrequency",
        dimensions=tuple(dimensions),
        dimensions_path=f"{config}.ForecastDimensions",
        fillings=tuple(
            Filling(
                attribute=value_at(entry, "AttributeName"),
                attribute_path=f"{config}.Featurizations[{index}].AttributeName",
                parameters=_pipeline_parameters(entry),
                parameters_path=f"{config}.Featurizations[{index}].FeaturizationPipeline[0].FeaturizationMethodParameters",
            )
            for index, entry in entries_at(fields, "FeaturizationConfig", "Featurizations")
            if value_at(entry, "AttributeName")
        ),
        features=tuple(
            Feature(value_at(entry, "Name"), value_at(entry, "Value"), f"{features_path}[{index}].Value")
            for index, entry in entries_at(fields, "InputDataConfig", "SupplementaryFeatures")
            if value_at(entry, "Name")
        ),
    )


def _pipeline_parameters(featurization: dict[str, Any]) -> dict[str, Any]:
    for _, method in entries_at(featurization, "FeaturizationPipeline"):
        return value_at(method, "FeaturizationMethodParameters") or {}
    return {}


def _auto_view(path: str, fields: dict[str, Any]) -> PredictorView:
    config = f"{path}.DataConfig"
    return PredictorView(
        path=path,
        fields=fields,
        frequency=value_at(fields, "ForecastFrequency"),
        frequency_path=f"{path}.ForecastFrequency",
        dimensions=tuple(entries_at(fields, "ForecastDimensions")),
        dimensions_path=f"{path}.ForecastDimensions",
        fillings=tuple(
            Filling(
                attribute=value_at(entry, "AttributeName"),
                attribute_path=f"{config}.AttributeConfigs[{index}].AttributeName",
                parameters=value_at(entry, "Transformations") or {},
                parameters_path=f"{config}.AttributeConfigs[{index}].Transformations",
            )
            for index, entry in entries_at(fields, "DataConfig", "AttributeConfigs")
            if value_at(entry, "AttributeName")
        ),
        features=tuple(
            _additional_dataset(entry, f"{config}.AdditionalDatasets[{index}].Configuration")
            for index, entry in entries_at(fields, "DataConfig", "AdditionalDatasets")
            if value_at(entry, "Name")
        ),
    )


def _additional_dataset(entry: dict[str, Any], path: str) -> Feature:
    name, configuration = value_at(entry, "Name"), entry.get("Configuration", {})
    if configuration is REFUSED:
        return Feature(name, None, path)
    if name == "weather":
        return Feature(name, ", ".join(configuration) or "true", path)
    codes = configuration.get("CountryCode", [])
    if codes is REFUSED or REFUSED in codes:
        return Feature(name, None, path)
    return Feature(name, ", ".join(codes if set(configuration) <= {"CountryCode"} else configuration), path)


def _check_algorithm(predictor: PredictorView, problems: Problems) -> None:
    fields, path = predictor.fields, predictor.path
    if value_at(fields, "PerformAutoML"):
        for key in _FORBIDDEN_WITH_AUTOML:
            if value_at(fields, key) not in (None, False):
                problems.add(
                    f"{path}.{key}",
                    _shown_setting(key, fields[key]),
                    "nothing beside PerformAutoML",
                    "Remove one of the two.",
                )
        return
    if "PerformAutoML" in fields and fields["PerformAutoML"] is not False:
        return
    if "AlgorithmArn" not in fields:
        problems.add(f"{path}.AlgorithmArn", "nothing", "an algorithm, or PerformAutoML true")
    if value_at(fields, "AutoMLOverrideStrategy"):
        problems.add(
            f"{path}.AutoMLOverrideStrategy",
            shown(fields["AutoMLOverrideStrategy"]),
            "nothing without PerformAutoML true",
        )


def _shown_setting(key: str, value: Any) -> str:
    return f"the algorithm {value}" if key == "AlgorithmArn" else shown(value)


def _check_backtest(predictor: PredictorView, problems: Problems) -> None:
    offset = value_at(predictor.fields, "EvaluationParameters", "BackTestWindowOffset")
    horizon = value_at(predictor.fields, "ForecastHorizon")
    if offset and horizon and offset < horizon:
        problems.add(
            f"{predictor.path}.EvaluationParameters.BackTestWindowOffset",
            f"{offset}",
            f"at least the ForecastHorizon, {horizon}",
            "A backtest window needs room for a whole forecast.",
        )


def _check_frequencies(predictor: PredictorView, datasets: list[DatasetView], problems: Problems) -> None:
    if predictor.frequency is None:
        return
    target, related = first_of(datasets, TARGET), first_of(datasets, RELATED)
    of_target = value_at(target.fields, "DataFrequency") if target else None
    if of_target and predictor.frequency.approximate < of_target.approximate:
        problems.add(
            predictor.frequency_path,
            f"{predictor.frequency}",
            f"{of_target} or longer",
            f"The target dataset has one value per {of_target}; values can be summed up, not divided.",
        )
    of_related = value_at(related.fields, "DataFrequency") if related else None
    if related and of_related and of_related != predictor.frequency:
        problems.add(
            f"{related.path}.DataFrequency",
            f"{of_related}",
            f"{predictor.frequency}, the forecast frequency",
            "Related time series are not aggregated.",
        )


def _check_dimensions(predictor: PredictorView, datasets: list[DatasetView], problems: Problems) -> None:
    target = first_of(datasets, TARGET)
    if target is None or target.domain is None or not target.all_columns:
        return
    possible = [column.name for column in target.extras() if column.type in (*TEXTUAL, None)]
    unknown = [(index, name) for index, name in predictor.dimensions if name not in possible]
    for index, name in unknown:
        allowed = one_of(possible) if possible else "it has none"
        problems.add(
            f"{predictor.dimensions_path}[{index}]",
            f"'{name}'",
            f"a string attribute of the target schema other than the item ({allowed})",
            did_you_mean(name, possible),
        )
    if not unknown:
        _check_related_dimensions(predictor, possible, first_of(datasets, RELATED), problems)


def _check_related_dimensions(
    predictor: PredictorView, possible: list[str], related: DatasetView | None, problems: Problems
) -> None:
    chosen = [name for _, name in predictor.dimensions]
    for column in related.extras() if related and related.domain else ():
        if column.name in possible and column.type in TEXTUAL and column.name not in chosen:
            problems.add(
                f"{column.path}.AttributeName",
                f"the dimension '{column.name}', which is not forecast by",
                f"a dimension listed in {predictor.dimensions_path}",
                "Related time series can only be joined by the dimensions of the forecast.",
            )


def _check_features(predictor: PredictorView, problems: Problems, warnings: Problems) -> None:
    country = (
        '{"CountryCode": ["US"]}, with one two-letter code'
        if predictor.auto
        else '"US" or another two-letter country code'
    )
    weather = "nothing for the weather" if predictor.auto else '"true" for the weather'
    for feature in predictor.features:
        if feature.value is None:
            continue
        if feature.name == "holiday" and not re.fullmatch(r"[A-Z]{2}", feature.value, re.ASCII):
            problems.add(feature.value_path, shown(feature.value) if feature.value else "no country code", country)
        if feature.name == "weather" and feature.value != "true":
            problems.add(feature.value_path, shown(feature.value), weather)
        elif feature.name == "weather":
            warnings.add(
                feature.value_path.rpartition(".")[0],
                "the weather",
                "features that the local service has data for",
                "It has no weather data and forecasts without. Add weather data of your own as related time series.",
            )


def _check_filling(filling: Filling, datasets: list[DatasetView], problems: Problems) -> None:
    target, related = first_of(datasets, TARGET), first_of(datasets, RELATED)
    if target is None or target.domain is None:
        return
    features = [column.name for column in related.extras() if column.type in (*NUMERIC, None)] if related else []
    if filling.attribute == target.domain.target:
        _check_method_parameters(filling, _TARGET_METHODS, "the target", problems)
    elif filling.attribute in features:
        _check_method_parameters(filling, _RELATED_METHODS, "a related time series", problems)
    elif related is None or (related.domain and related.all_columns):
        known = [target.domain.target, *features]
        problems.add(
            filling.attribute_path,
            f"'{filling.attribute}'",
            f"the target or a numeric feature of the related dataset: {one_of(known)}",
            did_you_mean(filling.attribute, known),
        )


def _check_method_parameters(
    filling: Filling, methods: dict[str, tuple[str, ...]], subject: str, problems: Problems
) -> None:
    fixed = {f"{name}_value": name for name, options in methods.items() if "value" in options}
    for key, value in filling.parameters.items():
        path = child(filling.parameters_path, key)
        if key in methods:
            if isinstance(value, str) and value not in methods[key]:
                problems.add(
                    path, shown(value), f"{one_of(methods[key])} for {subject}", did_you_mean(value, methods[key])
                )
        elif key in fixed:
            _check_fixed_value(filling, key, fixed[key], problems)
        else:
            problems.add(
                path,
                f"the unknown key '{key}'",
                f"{one_of((*methods, *fixed))} for {subject}",
                did_you_mean(key, (*methods, *fixed)),
            )
    for key, name in fixed.items():
        if filling.parameters.get(name) == "value" and key not in filling.parameters:
            problems.add(
                child(filling.parameters_path, key), "nothing", f'a number in quotes, because {name} is "value"'
            )


def _check_fixed_value(filling: Filling, key: str, name: str, problems: Problems) -> None:
    value = filling.parameters[key]
    path = child(filling.parameters_path, key)
    if isinstance(value, str) and not re.fullmatch(r"-?\d+(\.\d+)?", value, re.ASCII):
        problems.add(path, shown(value), 'a number in quotes, for example "2"')
    if filling.parameters.get(name) not in ("value", None) or name not in filling.parameters:
        problems.add(path, shown(value), f'nothing unless {name} is "value"')
