"""What a project's dashboard shows: history and quantiles over time, for the items and dimensions that are chosen.

Belongs here: documents as the QuickSight API takes them. Does not belong here: ids, permissions, calls.
"""

from __future__ import annotations

from typing import Any

from forecast_platform.params import Params

_DATA = "forecast_with_history"
_SHEET, _CHART = "forecast", "history-and-forecast"
_GRANULARITIES = {"min": "MINUTE", "H": "HOUR"}
"""By the unit of the frequency; everything else is drawn by the day, so that no week or month is cut off anew."""


def data_source(work_group: str) -> dict[str, Any]:
    """Athena, in the work group in which everything else is asked."""
    return {"DataSourceParameters": {"AthenaParameters": {"WorkGroup": work_group}}}


def data_set(project: str, params: Params, data_source_arn: str) -> dict[str, Any]:
    """The rows of the view ``forecast_with_history``; asked for anew at every look, so never older than the tables."""
    columns = _columns(params)
    names = ", ".join(f'"{name}"' for name in columns)
    query = {
        "DataSourceArn": data_source_arn,
        "Name": _DATA,
        "SqlQuery": f'SELECT {names} FROM "{project}"."{_DATA}"',
        "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
    }
    return {"PhysicalTableMap": {"forecast-with-history": {"CustomSql": query}}, "ImportMode": "DIRECT_QUERY"}


def definition(project: str, params: Params, data_set_arn: str) -> dict[str, Any]:
    """One sheet with a line chart, and a control for the item and for every dimension."""
    chosen = _choices(params)
    return {
        "Definition": {
            "DataSetIdentifierDeclarations": [{"Identifier": _DATA, "DataSetArn": data_set_arn}],
            "Sheets": [
                {
                    "SheetId": _SHEET,
                    "Name": "Forecast",
                    "FilterControls": [_control(name) for name in chosen],
                    "Visuals": [{"LineChartVisual": _chart(project, params)}],
                }
            ],
            "FilterGroups": [_filter(name) for name in chosen],
        },
        "ValidationStrategy": {"Mode": "STRICT"},
    }


def _columns(params: Params) -> dict[str, str]:
    """The view's columns, in its order."""
    return {
        params.item_column.lower(): "STRING",
        params.target_column.lower(): "DECIMAL",
        "timestamp": "DATETIME",
        "type": "STRING",
        **{name.lower(): "STRING" for name in params.dimension_columns},
    }


def _choices(params: Params) -> list[str]:
    return [params.item_column.lower(), *(name.lower() for name in params.dimension_columns)]


def _chart(project: str, params: Params) -> dict[str, Any]:
    target = params.target_column.lower()
    wells = {
        "Category": [
            {
                "DateDimensionField": {
                    "FieldId": "timestamp",
                    "Column": _column("timestamp"),
                    "DateGranularity": _GRANULARITIES.get(params.frequency.unit, "DAY"),
                }
            }
        ],
        "Values": [
            {
                "NumericalMeasureField": {
                    "FieldId": "target",
                    "Column": _column(target),
                    "AggregationFunction": {"SimpleNumericalAggregation": "SUM"},
                }
            }
        ],
        "Colors": [{"CategoricalDimensionField": {"FieldId": "type", "Column": _column("type")}}],
    }
    return {
        "VisualId": _CHART,
        "Title": {"Visibility": "VISIBLE", "FormatText": {"PlainText": f"{project}: {target}, history and forecast"}},
        "ChartConfiguration": {"FieldWells": {"LineChartAggregatedFieldWells": wells}, "Type": "LINE"},
    }


def _filter(name: str) -> dict[str, Any]:
    every_chart = {"SheetId": _SHEET, "Scope": "ALL_VISUALS"}
    return {
        "FilterGroupId": _filter_id(name, "group"),
        "Filters": [
            {
                "CategoryFilter": {
                    "FilterId": _filter_id(name, "filter"),
                    "Column": _column(name),
                    "Configuration": {
                        "FilterListConfiguration": {
                            "MatchOperator": "CONTAINS",
                            "SelectAllOptions": "FILTER_ALL_VALUES",
                        }
                    },
                }
            }
        ],
        "ScopeConfiguration": {"SelectedSheets": {"SheetVisualScopingConfigurations": [every_chart]}},
        "Status": "ENABLED",
        "CrossDataset": "SINGLE_DATASET",
    }


def _control(name: str) -> dict[str, Any]:
    return {
        "Dropdown": {
            "FilterControlId": _filter_id(name, "control"),
            "Title": name,
            "SourceFilterId": _filter_id(name, "filter"),
            "Type": "MULTI_SELECT",
        }
    }


def _filter_id(name: str, part: str) -> str:
    return f"{name}-{part}"


def _column(name: str) -> dict[str, str]:
    return {"DataSetIdentifier": _DATA, "ColumnName": name}
