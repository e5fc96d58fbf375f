"""What params.json says, as values: one view of the legacy and of the auto predictor.

Belongs here: frozen data without behaviour. Does not belong here: how it is read or checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from forecast_platform.errors import Problem
from forecast_platform.frequency import Frequency


@dataclass(frozen=True)
class Attribute:
    """One column of a dataset; ``type`` is string, integer, float, timestamp or geolocation."""

    name: str
    type: str


@dataclass(frozen=True)
class Dataset:
    """One dataset of the group.

    Attributes:
        type: ``TARGET_TIME_SERIES``, ``RELATED_TIME_SERIES`` or ``ITEM_METADATA``.
        frequency: Distance between two observations of a series; ``None`` for item metadata.
        attributes: In the order of the columns in the files.
    """

    name: str
    domain: str
    type: str
    frequency: Frequency | None
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True)
class Featurization:
    """How the gaps of one column are filled and, for the target, how its values are aggregated.

    Attributes:
        attribute: Schema name of the target or of a related feature.
        method_parameters: As the API writes them, e.g. ``{"aggregation": "avg", "backfill": "zero"}``; only what
            the file says, without the defaults.
    """

    attribute: str
    method_parameters: dict[str, str]


@dataclass(frozen=True)
class HyperparameterRange:
    """What tuning tries for one hyperparameter: numbers between two others, or some texts.

    Attributes:
        scaling: ``Auto``, ``Linear``, ``Logarithmic`` or ``ReverseLogarithmic``.
        choices: The texts; empty for numbers.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    scaling: str = "Auto"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class TimeAlignment:
    """Where a period of the forecast frequency begins, if not at the default boundary.

    Attributes:
        month: 1-12.
        day_of_month: 1-28.
        day_of_week: 0 (Monday) to 6, as :meth:`datetime.date.weekday` counts.
        hour: 0-23.
    """

    month: int | None = None
    day_of_month: int | None = None
    day_of_week: int | None = None
    hour: int | None = None


@dataclass(frozen=True)
class SupplementaryFeature:
    """A built-in feature: ``holiday`` with a country code, or ``weather`` with ``true``."""

    name: str
    value: str


@dataclass(frozen=True)
class Params:
    """A valid params.json.

    Attributes:
        raw: The file as JSON, unchanged.
        item_column: Schema name of the item, by domain.
        target_column: Schema name of the target, by domain.
        dimension_columns: The textual attributes (string, geolocation) of the target schema other than the item,
            in schema order.
        forecast_dimensions: Those of them by which, besides the item, forecasts are made, as written.
        frequency: Of the forecast.
        horizon: Steps of ``frequency`` to forecast, 1-500.
        forecast_types: Labels such as ``p10`` and ``mean``, in the order written.
        quantiles: The forecast types without the mean, as numbers between 0 and 1.
        algorithm: Name such as ``ETS``; ``None`` = the service selects.
        automl_strategy: ``LatencyOptimized`` or ``AccuracyOptimized``, where legacy AutoML asks for it.
        training_parameters: Hyperparameters of the algorithm, as written; unknown ones among them have a warning.
        hpo_ranges: What ``perform_hpo`` tries; empty = the documented ranges.
        auto_predictor: The file has an AutoPredictor; ``perform_automl`` and ``perform_hpo`` are then false.
        backtest_window_offset: Steps from the end of the data to the start of the last backtest window.
        optimization_metric: ``WAPE``, ``RMSE``, ``AverageWeightedQuantileLoss``, ``MASE`` or ``MAPE``.
        timestamp_format: As written.
        strptime_format: The same for Python.
        perform_delete: Delete the service's forecast, predictor and import after an export.
        explain_predictor: Say how much each feature moves the forecasts.
    """

    raw: dict[str, Any]
    domain: str
    dataset_group_name: str
    predictor_name: str
    forecast_name: str
    target: Dataset
    related: Dataset | None
    item_metadata: Dataset | None
    item_column: str
    target_column: str
    dimension_columns: tuple[str, ...]
    forecast_dimensions: tuple[str, ...]
    frequency: Frequency
    horizon: int
    forecast_types: tuple[str, ...]
    quantiles: tuple[float, ...]
    algorithm: str | None
    auto_predictor: bool
    perform_automl: bool
    perform_hpo: bool
    automl_strategy: str | None
    training_parameters: dict[str, str]
    hpo_ranges: tuple[HyperparameterRange, ...]
    backtest_windows: int
    backtest_window_offset: int
    optimization_metric: str | None
    featurizations: tuple[Featurization, ...]
    time_alignment: TimeAlignment | None
    supplementary_features: tuple[SupplementaryFeature, ...]
    timestamp_format: str
    strptime_format: str
    perform_delete: bool
    explain_predictor: bool = False


@dataclass(frozen=True)
class ParsedParams:
    """Valid parameters, and what a person should know about them all the same."""

    params: Params
    warnings: tuple[Problem, ...]
