"""Files with one JSON value a line as rows of text.

Belongs here: JSON that is no capture. Does not belong here: which JSON is how many rows (``flattening``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from forecast_platform.model_monitor.reading.csv_files import table_of_cells
from forecast_platform.model_monitor.reading.flattening import Values, parse_json, rows_of
from forecast_platform.model_monitor.reading.layout import Layout, LayoutBuilder
from forecast_platform.model_monitor.reading.lines import lines_of, pieces_of
from forecast_platform.model_monitor.reading.rows import NotReadableError, ReadingReport, Rows
from forecast_platform.model_monitor.reading.sources import Source


def read_json_lines(source: Source | Path | BinaryIO | bytes, *, names: Sequence[str] | None = None) -> Rows:
    """The rows of a file with one JSON value a line, flattened. It is read once for its columns and once for its rows.

    Args:
        names: For values by position, that is of lists.
    """
    source = Source.of(source)
    builder = LayoutBuilder(("the line",), names)
    for _, values in _values(source, ReadingReport()):
        builder.saw([values])
    layout = builder.layout()
    return Rows(layout.schema, lambda report: _tables(source, layout, report), source.name, layout.notes)


def _values(source: Source, report: ReadingReport) -> Iterator[tuple[str, Values]]:
    for piece in pieces_of(source, report):
        for number, line in lines_of(piece, source.name, report):
            where = f"{source.name}, line {number}"
            try:
                rows = rows_of(parse_json(line))
                if not any(rows):
                    raise NotReadableError("no values", "an object or a list of values")
                yield from ((where, values) for values in rows)
            except NotReadableError as error:
                report.refuse(where, error)


def _tables(source: Source, layout: Layout, report: ReadingReport) -> Iterator[pa.Table]:
    at_once = cells_at_once(layout)
    rows: list[list[str | None]] = []
    for where, values in _values(source, report):
        try:
            rows.append(layout.place([values]))
        except NotReadableError as error:
            report.refuse(where, error)
        if len(rows) >= at_once:
            yield table_of_cells(rows, layout.schema)
            rows = []
    yield table_of_cells(rows, layout.schema)


def cells_at_once(layout: Layout) -> int:
    """How many rows to hold as Python objects: of a few columns many, of thousands few."""
    return max(1, min(1 << 14, (1 << 20) // max(len(layout.schema), 1)))
