"""Capture lines in bulk, for the usual case: complete records whose payloads are one plain line of CSV each.

Belongs here: the fast way. Whatever is unusual makes it give up, and ``reading`` takes the careful way with the same
result. Does not belong here: anything that the careful way does not do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from forecast_platform.model_monitor.reading.csv_files import table_of_plain_csv
from forecast_platform.model_monitor.reading.flattening import MOST_COLUMNS
from forecast_platform.model_monitor.reading.layout import Layout
from forecast_platform.model_monitor.reading.rows import text_schema
from forecast_platform.training_data.text import has_broken_text

_TEXT = pa.string()
_PAYLOAD = pa.struct([("data", _TEXT), ("encoding", _TEXT)])


@dataclass(frozen=True)
class PlainBlock:
    """Records whose payloads are plain lines of CSV.

    Attributes:
        payloads: For each part the lines without their ends, or ``None`` when no record has the part.
        widths: For each part how many records have how many values.
        times: The ``inferenceTime`` of each record as it is written.
    """

    payloads: list[Any]
    widths: list[Counter[int]]
    times: Any

    @property
    def record_count(self) -> int:
        return len(self.times)

    def table(self, layout: Layout) -> pa.Table | None:
        """The rows in the columns of ``layout``, or ``None`` when not all records have the usual values."""
        for widths, usual in zip(self.widths, layout.widths, strict=True):
            if widths and set(widths) != {usual}:
                return None
        present = [index for index, payload in enumerate(self.payloads) if payload is not None]
        cells = _cells([self.payloads[index] for index in present], sum(layout.widths[index] for index in present))
        if cells is None:
            return None
        columns: list[Any] = [None] * len(layout.schema)
        for index in present:
            for column in layout.columns_by_position(index):
                columns[column] = cells.pop(0)
        missing = pa.nulls(self.record_count, _TEXT)
        return pa.table([missing if column is None else column for column in columns], schema=layout.schema)


def plain_block(text: str, index_names: Sequence[str]) -> PlainBlock | None:
    """The records of some complete lines, or ``None`` when one of them has to be looked at carefully."""
    records = _parsed(text, index_names)
    if records is None:
        return None
    times = _field(records, "eventMetadata", "inferenceTime")
    payloads: list[Any] = []
    widths: list[Counter[int]] = []
    for name in index_names:
        lines = _field(records, "captureData", name, "data")
        if lines.null_count == len(lines):
            payloads.append(None)
            widths.append(Counter[int]())
            continue
        lines = pc.ascii_rtrim(lines, "\r\n")
        if not _is_plain(lines, _field(records, "captureData", name, "encoding")):
            return None
        counted = pc.value_counts(pc.add(pc.count_substring(lines, ","), 1))
        payloads.append(lines)
        widths.append(Counter(dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True))))
    if not any(widths) or any(max(counted, default=0) > MOST_COLUMNS for counted in widths):
        return None
    return PlainBlock(payloads, widths, times)


def _parsed(text: str, index_names: Sequence[str]) -> pa.Table | None:
    if has_broken_text(text) or "\r" in text or "\n\n" in text:
        return None
    data = text.encode()
    schema = pa.schema(
        [
            ("captureData", pa.struct([(name, _PAYLOAD) for name in index_names])),
            ("eventMetadata", pa.struct([("inferenceTime", _TEXT)])),
        ]
    )
    try:
        records = arrow_json.read_json(
            pa.BufferReader(data),
            arrow_json.ReadOptions(block_size=len(data) + 1),
            arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except pa.ArrowInvalid:
        return None
    # Arrow also takes several objects on a line, and one over several lines.
    lines = text.count("\n") + (not text.endswith("\n"))
    return records.combine_chunks() if records.num_rows == lines else None


def _field(records: pa.Table, column: str, *path: str) -> Any:
    return pc.struct_field(records[column], list(path)).combine_chunks()


def _is_plain(lines: Any, encodings: Any) -> bool:
    if lines.null_count or encodings.null_count or not pc.all(pc.equal(encodings, "CSV")).as_py():
        return False
    if not pc.min(pc.binary_length(lines)).as_py():
        return False
    return not pc.any(pc.match_substring_regex(lines, '["\r\n]')).as_py()


def _cells(payloads: list[Any], width: int) -> list[Any] | None:
    joined = pc.binary_join_element_wise(*payloads, ",") if len(payloads) > 1 else payloads[0]
    lines = pc.binary_join_element_wise(joined, "", "\n")
    length = pc.sum(pc.binary_length(lines)).as_py()
    table = table_of_plain_csv(lines.buffers()[2].slice(0, length), text_schema([str(index) for index in range(width)]))
    return None if table is None or table.num_rows != len(lines) else list(table.columns)
