"""The statistics of an import: what DescribeDatasetImportJob says of each column.

Belongs here: counting. Does not belong here: reading the rows (``tables``).
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from forecast_platform.training_data.schema import Kind, TableSchema


def field_statistics(table: pa.Table, schema: TableSchema) -> dict[str, dict[str, Any]]:
    """``FieldStatistics`` by column name.

    Args:
        table: In canonical columns, with at least one row.
    """
    return {column.name: _of(table.column(column.canonical), column.kind) for column in schema.columns}


def _of(values: pa.ChunkedArray, kind: Kind) -> dict[str, Any]:
    if kind.is_text:
        texts = values.cast(pa.string())
        return _counts(pc.if_else(pc.equal(texts, ""), None, texts))
    present = _counts(values)
    if kind is Kind.TIMESTAMP:
        return present | _extremes(pc.strftime(values.cast(pa.timestamp("s")), format="%Y-%m-%dT%H:%M:%SZ"))
    present |= {"CountNan": 0, "CountNanLong": 0}
    if present["Count"] == present["CountNull"]:
        return present
    return present | _extremes(values) | {"Avg": pc.mean(values).as_py(), "Stddev": pc.stddev(values).as_py()}


def _counts(values: pa.ChunkedArray) -> dict[str, Any]:
    counts = {
        "Count": len(values),
        "CountDistinct": pc.count_distinct(values).as_py(),
        "CountNull": values.null_count,
    }
    return counts | {f"{name}Long": count for name, count in counts.items()}


def _extremes(values: pa.ChunkedArray) -> dict[str, str]:
    found = pc.min_max(values).as_py()
    return {"Min": str(found["min"]), "Max": str(found["max"])}
