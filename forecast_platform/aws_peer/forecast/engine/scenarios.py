"""What-if forecasts: from the API's documents to a scenario of the engine.

Belongs here: the two ways in which a scenario is told. Does not belong here: forecasting it (``engine``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from forecast_platform.aws_peer.forecast.engine.documents import Document, path_of
from forecast_platform.aws_peer.forecast.engine.importing import timestamp_format_of
from forecast_platform.aws_peer.forecast.engine.objects import OpenBucket, source_files
from forecast_platform.aws_peer.forecast.engine.tables import read_tables
from forecast_platform.engine.what_if import Scenario
from forecast_platform.errors import InputError, Problem
from forecast_platform.params import Attribute, Params
from forecast_platform.params.schema import strptime_format
from forecast_platform.pipeline.scenarios import transformations_of
from forecast_platform.training_data.frames import canonical_columns, canonical_frame
from forecast_platform.training_data.merging import merge
from forecast_platform.training_data.schema import TableSchema, replacement_schema


def scenario_of(open_bucket: OpenBucket, what_if_forecast: Document, params: Params) -> Scenario:
    """The scenario of a what-if forecast, which may still not go with the data.

    Raises:
        InputError: With all problems of the file that it names.
    """
    source = what_if_forecast.get("TimeSeriesReplacementsDataSource")
    if source:
        return _replacement(open_bucket, source, params)
    name = what_if_forecast["WhatIfForecastName"]
    return Scenario(transformations_of(what_if_forecast, name, params.item_column), where=name)


def _replacement(open_bucket: OpenBucket, source: Document, params: Params) -> Scenario:
    path = path_of(source)
    schema = _schema(source, params)
    tables = read_tables(source_files(open_bucket, path), schema, source.get("Format") or "CSV")
    rows, _ = merge(tables, schema)
    return Scenario(replacement=canonical_frame(rows, schema, canonical_columns(schema)), where=path)


def _schema(source: Document, params: Params) -> TableSchema:
    attributes: Sequence[Document] = source["Schema"]["Attributes"]
    schema = replacement_schema(params, [Attribute(one["AttributeName"], one["AttributeType"]) for one in attributes])
    if schema is None:
        problem = Problem("the dataset group", "no RELATED_TIME_SERIES", "one, which a scenario can change")
        raise InputError("The what-if forecast cannot be made.", [problem])
    canonical = {column.canonical for column in schema.columns}
    if not {"item_id", "timestamp"} <= canonical:
        expected = f"{params.item_column} (string), timestamp (timestamp) and at least one feature"
        raise InputError(
            "A replacement has no keys.", [Problem("Schema.Attributes", ", ".join(schema.names), expected)]
        )
    return replace(schema, timestamp_format=strptime_format(timestamp_format_of(source)))
