"""What Glue and Athena are told of a table: a folder of Parquet files and, if SQL sees other columns, a view over it.

Belongs here: the documents and the text, made from values. Does not belong here: asking anyone, partitions
(``projection``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forecast_platform.warehouse.catalogue import Column, Table, View
from forecast_platform.warehouse.time_formats import strftime_to_mysql

OWNER = "forecast_platform"
"""Parameter of every database and table of this platform: where the files of its project are."""
MADE_FROM = "forecast_platform.made_from"
"""Parameter of a view: digest of what it was made from."""
FILES_SUFFIX = "_files"
"""What the table below a view is called besides; nobody asks it, so it is not shown."""

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


def needs_view(table: Table) -> bool:
    """Whether SQL sees other columns than the files have. Athena does not tell the case of their names apart."""
    return any(column.text_format or column.source_name.lower() != column.name for column in table.columns)


def files_name(table: Table) -> str:
    """Name of the table over the files of ``table``."""
    return table.name + FILES_SUFFIX if needs_view(table) else table.name


def view_over_files(table: Table) -> View:
    """The view that gives the columns of ``table`` their names and texts."""
    columns = ", ".join([*map(_shown, table.columns), *(f'"{name}"' for name in table.partitions)])
    return View(table.name, f"SELECT {columns} FROM {files_name(table)}")


def table_input(table: Table, location: str, owner: str, projection: Mapping[str, str]) -> dict[str, Any]:
    """The ``TableInput`` of the table over the files of ``table``.

    Args:
        location: Of its folder, ending in ``/``.
        owner: Value of :data:`OWNER`.
        projection: Parameters by which Athena finds its partitions.
    """
    return {
        "Name": files_name(table),
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet", OWNER: owner, **projection},
        "PartitionKeys": [{"Name": name, "Type": "string"} for name in table.partitions],
        "StorageDescriptor": {
            "Columns": [
                {"Name": column.source_name.lower(), "Type": "timestamp" if column.text_format else column.type}
                for column in table.columns
            ],
            "Location": location,
            "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1"},
            },
        },
    }


def shown_names(definitions: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """The names in Glue's documents of a database without those of the tables below this platform's views."""
    return tuple(
        name
        for name, one in definitions.items()
        if not (
            name.endswith(FILES_SUFFIX)
            and name.removesuffix(FILES_SUFFIX) in definitions
            and OWNER in one.get("Parameters", {})
        )
    )


def columns_of(definition: Mapping[str, Any]) -> list[dict[str, str]]:
    """``Name`` and ``Type`` of the columns in Glue's document of a table, without the partitions."""
    return [
        {"Name": one["Name"], "Type": one["Type"]} for one in definition.get("StorageDescriptor", {}).get("Columns", ())
    ]


def with_columns(definition: Mapping[str, Any], columns: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """``definition`` with other columns."""
    return {**definition, "StorageDescriptor": {**definition["StorageDescriptor"], "Columns": list(columns)}}


def _shown(column: Column) -> str:
    source = '"' + column.source_name.lower().replace('"', '""') + '"'
    if column.text_format is None:
        return f'{source} AS "{column.name}"'
    written = strftime_to_mysql(column.text_format).replace("'", "''")
    return f"date_format({source}, '{written}') AS \"{column.name}\""
