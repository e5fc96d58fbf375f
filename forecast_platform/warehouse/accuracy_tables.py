"""The tables of forecast accuracy: the rows of the comparison, and their measures by cutoff, horizon step and item.

Belongs here: columns and places. Does not belong here: measuring (``engine.comparison``), the files (``pipeline``).
"""

from __future__ import annotations

from forecast_platform.bucket import layout
from forecast_platform.engine.forecast_types import COUNTS, ForecastTypes
from forecast_platform.params import Params
from forecast_platform.warehouse.catalogue import Column, Table

CUTOFF = ("cutoff",)


def accuracy_tables(params: Params) -> tuple[Table, ...]:
    """All of them, in the order in which they are listed."""
    return (
        Table("forecast_accuracy", comparison_columns(params), layout.FORECAST_ACCURACY, partitions=CUTOFF),
        Table("forecast_accuracy_by_cutoff", by_cutoff_columns(params), layout.FORECAST_ACCURACY_BY_CUTOFF),
        Table(
            "forecast_accuracy_by_step", by_step_columns(params), layout.FORECAST_ACCURACY_BY_STEP, partitions=CUTOFF
        ),
        Table(
            "forecast_accuracy_by_item", by_item_columns(params), layout.FORECAST_ACCURACY_BY_ITEM, partitions=CUTOFF
        ),
    )


def comparison_columns(params: Params) -> tuple[Column, ...]:
    """One row per forecast value that has an actual."""
    return (
        *key_columns(params),
        Column("timestamp", "timestamp"),
        Column("horizon_step", "bigint"),
        Column("type", "string"),
        Column("forecast", "double"),
        Column("actual", "double"),
    )


def by_cutoff_columns(params: Params) -> tuple[Column, ...]:
    """One row per cutoff whose forecast is kept."""
    return (
        Column("cutoff", "string"),
        Column("predictor", "string"),
        Column("trained_at", "string"),
        Column("window_start", "timestamp"),
        Column("window_end", "timestamp"),
        Column("items", "bigint"),
        Column("items_observed", "bigint"),
        *_measures(params),
        Column("completeness", "double"),
        Column("provisional", "boolean"),
        Column("backtest_wql", "double"),
        Column("backtest_wape", "double"),
        Column("backtest_windows", "bigint"),
        Column("backtest_spread", "double"),
        Column("actuals_digest", "string"),
    )


def by_step_columns(params: Params) -> tuple[Column, ...]:
    """One row per cutoff and step."""
    return (Column("horizon_step", "bigint"), Column("timestamp", "timestamp"), *_measures(params))


def by_item_columns(params: Params) -> tuple[Column, ...]:
    """One row per cutoff and series."""
    return (*key_columns(params), *_measures(params), Column("mase_scale", "double"))


def key_columns(params: Params) -> tuple[Column, ...]:
    """The item and the forecast dimensions; the files have the dimensions as the schema writes them."""
    dimensions = tuple(
        Column(name.lower(), "string", name if name != name.lower() else None) for name in params.forecast_dimensions
    )
    return (Column("item_id", "string"), *dimensions)


def _measures(params: Params) -> tuple[Column, ...]:
    names = ForecastTypes(params.forecast_types).measures
    return tuple(Column(name, "bigint" if name in COUNTS else "double") for name in names)
