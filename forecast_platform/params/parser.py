"""The way from the bytes of params.json to :class:`Params`: read, check everything, then build.

Belongs here: the order of the steps, and building. Does not belong here: any single rule.
"""

from __future__ import annotations

from typing import Any

from forecast_platform.errors import InputError
from forecast_platform.params.dataset_rules import DatasetView, check_datasets, first_of, view_datasets
from forecast_platform.params.domains import METADATA, RELATED, TARGET, TEXTUAL, Domain
from forecast_platform.params.hyperparameter_rules import hyperparameter_ranges
from forecast_platform.params.json_text import plain, read_json
from forecast_platform.params.model import (
    Attribute,
    Dataset,
    Featurization,
    Params,
    ParsedParams,
    SupplementaryFeature,
    TimeAlignment,
)
from forecast_platform.params.predictor_rules import (
    PredictorView,
    check_predictor,
    check_timestamp_format,
    view_predictor,
)
from forecast_platform.params.schema import DOCUMENT, MONTH_NAMES, WEEKDAY_NAMES, strptime_format
from forecast_platform.params.shapes import Problems, value_at

DEFAULT_FORECAST_TYPES = ("p10", "p50", "p90")


def parse_params(data: bytes | str, source: str = "params.json") -> ParsedParams:
    """Read a params.json and check everything about it.

    Args:
        data: JSON in UTF-8, with or without a byte order mark.
        source: Name of the file, for messages.

    Raises:
        InputError: With every problem found, each at its JSON path (or, for a syntax error, at its line and column).
    """
    written = read_json(data, source)
    problems, warnings = Problems(source), Problems(source)
    document = DOCUMENT.read(written, "$", problems)
    if isinstance(document, dict):
        datasets = view_datasets(document)
        predictor = view_predictor(document, problems)
        check_datasets(document, datasets, problems, warnings)
        if predictor:
            check_predictor(predictor, datasets, problems, warnings)
        check_timestamp_format(document, predictor, datasets, problems, warnings)
        if predictor and not problems.found:
            params = _build(plain(written), document, predictor, datasets)
            return ParsedParams(params, tuple(warnings.found))
    count = len(problems.found)
    raise InputError(f"{source} has {count} {'problem' if count == 1 else 'problems'}.", problems.found)


def _build(
    raw: dict[str, Any], document: dict[str, Any], predictor: PredictorView, datasets: list[DatasetView]
) -> Params:
    """``document`` has no problem: everything required is there."""
    target_view = first_of(datasets, TARGET)
    assert target_view is not None
    assert target_view.domain is not None
    assert predictor.frequency is not None
    fields, domain = predictor.fields, target_view.domain
    target = _dataset(target_view)
    horizon: int = fields["ForecastHorizon"]
    forecast_types = tuple(
        value_at(document, "Forecast", "ForecastTypes") or fields.get("ForecastTypes") or DEFAULT_FORECAST_TYPES
    )
    timestamp_format = document["TimestampFormat"]
    return Params(
        raw=raw,
        domain=document["DatasetGroup"]["Domain"],
        dataset_group_name=document["DatasetGroup"]["DatasetGroupName"],
        predictor_name=fields["PredictorName"],
        forecast_name=document["Forecast"]["ForecastName"],
        target=target,
        related=_optional_dataset(datasets, RELATED),
        item_metadata=_optional_dataset(datasets, METADATA),
        item_column=domain.item,
        target_column=domain.target,
        dimension_columns=_dimension_columns(target, domain),
        forecast_dimensions=tuple(name for _, name in predictor.dimensions),
        frequency=predictor.frequency,
        horizon=horizon,
        forecast_types=forecast_types,
        quantiles=tuple(int(label[1:]) / 100 for label in forecast_types if label != "mean"),
        algorithm=fields.get("AlgorithmArn"),
        auto_predictor=predictor.auto,
        perform_automl=fields.get("PerformAutoML", False),
        perform_hpo=fields.get("PerformHPO", False),
        automl_strategy=fields.get("AutoMLOverrideStrategy"),
        training_parameters=fields.get("TrainingParameters", {}),
        hpo_ranges=hyperparameter_ranges(fields),
        backtest_windows=value_at(fields, "EvaluationParameters", "NumberOfBacktestWindows") or 1,
        backtest_window_offset=value_at(fields, "EvaluationParameters", "BackTestWindowOffset") or horizon,
        optimization_metric=fields.get("OptimizationMetric"),
        featurizations=tuple(Featurization(filling.attribute, filling.parameters) for filling in predictor.fillings),
        time_alignment=_time_alignment(fields.get("TimeAlignmentBoundary")),
        supplementary_features=tuple(
            SupplementaryFeature(feature.name, feature.value) for feature in predictor.features if feature.value
        ),
        timestamp_format=timestamp_format,
        strptime_format=strptime_format(timestamp_format),
        perform_delete=document.get("PerformDelete", False),
        explain_predictor=fields.get("ExplainPredictor", False),
    )


def _dataset(view: DatasetView) -> Dataset:
    return Dataset(
        name=view.fields["DatasetName"],
        domain=view.fields["Domain"],
        type=view.fields["DatasetType"],
        frequency=view.fields.get("DataFrequency"),
        attributes=tuple(Attribute(column.name, column.type) for column in view.columns if column.type),
    )


def _optional_dataset(datasets: list[DatasetView], dataset_type: str) -> Dataset | None:
    view = first_of(datasets, dataset_type)
    return _dataset(view) if view else None


def _dimension_columns(target: Dataset, domain: Domain) -> tuple[str, ...]:
    return tuple(
        attribute.name for attribute in target.attributes if attribute.type in TEXTUAL and attribute.name != domain.item
    )


def _time_alignment(boundary: dict[str, Any] | None) -> TimeAlignment | None:
    if not boundary:
        return None
    month, weekday = boundary.get("Month"), boundary.get("DayOfWeek")
    return TimeAlignment(
        month=MONTH_NAMES.index(month) + 1 if month else None,
        day_of_month=boundary.get("DayOfMonth"),
        day_of_week=WEEKDAY_NAMES.index(weekday) if weekday else None,
        hour=boundary.get("Hour"),
    )
