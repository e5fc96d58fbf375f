"""Capture files as rows.

Belongs here: from files to rows, the usual lines in bulk and the others one by one. Does not belong here: where the
files of an hour are (``folders``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from forecast_platform.model_monitor.capture.clock import ClockWatch
from forecast_platform.model_monitor.capture.payloads import is_opaque, paired_rows
from forecast_platform.model_monitor.capture.plain_blocks import plain_block
from forecast_platform.model_monitor.capture.records import INPUT, OUTPUT, CapturedRecord, parse_record
from forecast_platform.model_monitor.reading.csv_files import table_of_cells
from forecast_platform.model_monitor.reading.flattening import Values
from forecast_platform.model_monitor.reading.json_lines import cells_at_once
from forecast_platform.model_monitor.reading.layout import Layout, LayoutBuilder
from forecast_platform.model_monitor.reading.lines import lines_of, pieces_of
from forecast_platform.model_monitor.reading.pieces import Piece
from forecast_platform.model_monitor.reading.rows import NotReadableError, ReadingReport, Rows
from forecast_platform.model_monitor.reading.sources import Source

OUTPUT_THEN_INPUT = (OUTPUT, INPUT)
"""The predictions come first, as in the baseline datasets of SageMaker Model Monitor."""

AnySource = Source | Path | BinaryIO | bytes


def read_capture(
    sources: Sequence[AnySource],
    *,
    index_names: Sequence[str] = OUTPUT_THEN_INPUT,
    names: Sequence[str] | None = None,
    hour: datetime | None = None,
    what: str | None = None,
) -> Rows:
    """The rows of capture files, every value as text.

    Requests with several rows become several rows (SageMaker's container makes one of them; see ``payloads``). Values
    of JSON objects are in columns named by their path. Values by position are in columns named by ``names``, in the
    order of ``index_names``; those beyond are called ``_c`` and their position. Each payload has as many columns as
    most rows have values in it: rows with fewer have missing values there, and what others have in excess is in
    columns at the end, so that nothing is lost or shifted.

    The files are read twice: first for their columns, then, as often as asked, for their rows.

    Args:
        index_names: Which payloads, in the order of their columns.
        names: Of the columns by position, as the baseline has them.
        hour: Begin of the hour, in UTC (aware), in whose folder the files lie: notes say when records are not of it.
        what: The files in words, for messages.
    """
    files = [Source.of(source) for source in sources]
    what = what or (files[0].name if len(files) == 1 else f"{len(files)} capture files")
    builder = LayoutBuilder(index_names, names)
    for file in files:
        for piece in pieces_of(file, ReadingReport()):
            _look_at(piece, index_names, builder)
    layout = builder.layout()

    def tables(report: ReadingReport) -> Iterator[pa.Table]:
        reading = _Reading(tuple(index_names), layout, report, ClockWatch(hour))
        for file in files:
            yield from reading.tables(file)
        report.notes += reading.notes()

    return Rows(layout.schema, tables, what, layout.notes)


def captured_records(sources: Sequence[AnySource], report: ReadingReport) -> Iterator[tuple[str, CapturedRecord]]:
    """The records of capture files, each with its place; lines that are none are refused in ``report``."""
    for file in map(Source.of, sources):
        for piece in pieces_of(file, report):
            yield from _records(piece, file.name, report)


def _records(piece: Piece, name: str, report: ReadingReport) -> Iterator[tuple[str, CapturedRecord]]:
    for number, line in lines_of(piece, name, report):
        where = f"{name}, line {number}"
        try:
            yield where, parse_record(line)
        except NotReadableError as error:
            report.refuse(where, error)


def _look_at(piece: Piece, index_names: Sequence[str], builder: LayoutBuilder) -> None:
    block = plain_block(piece.text, index_names)
    if block is not None:
        builder.saw_many(block.widths)
        return
    for _, record in _records(piece, "", ReadingReport()):
        try:
            for row in paired_rows(record, index_names):
                builder.saw(row)
        except NotReadableError:
            # It is refused, with its place, when the rows are read.
            continue


@dataclass
class _Reading:
    """One reading of all files."""

    index_names: tuple[str, ...]
    layout: Layout
    report: ReadingReport
    clock: ClockWatch
    opaque: Counter[str] = field(default_factory=Counter)
    uneven: int = 0

    def tables(self, file: Source) -> Iterator[pa.Table]:
        for piece in pieces_of(file, self.report):
            block = plain_block(piece.text, self.index_names)
            table = block.table(self.layout) if block else None
            if block and table is not None:
                self.clock.saw_many(block.times)
                yield table
            else:
                yield from self._carefully(piece, file.name)

    def _carefully(self, piece: Piece, name: str) -> Iterator[pa.Table]:
        at_once = cells_at_once(self.layout)
        rows: list[list[str | None]] = []
        for where, record in _records(piece, name, self.report):
            try:
                paired = paired_rows(record, self.index_names)
                rows += [self.layout.place(row) for row in paired]
            except NotReadableError as error:
                self.report.refuse(where, error)
                continue
            self._remember(record, paired)
            if len(rows) >= at_once:
                yield table_of_cells(rows, self.layout.schema)
                rows = []
        yield table_of_cells(rows, self.layout.schema)

    def _remember(self, record: CapturedRecord, paired: list[list[Values | None]]) -> None:
        self.clock.saw(record.inference_time)
        for name in self.index_names:
            payload = record.payloads.get(name)
            if payload and payload.data and is_opaque(payload):
                self.opaque[payload.content_type or "no content type"] += 1
        self.uneven += any(
            first is not None and last is None for first, last in zip(paired[0], paired[-1], strict=True)
        )

    def notes(self) -> list[str]:
        notes = self.clock.notes()
        notes += [
            f"Payloads of {content_type} without values that can be looked at: {count:,}; they count as missing."
            for content_type, count in sorted(self.opaque.items())
        ]
        if self.uneven:
            notes.append(
                f"Records without the same number of rows in {' and '.join(self.index_names)}: {self.uneven:,}; what "
                "is missing counts as missing."
            )
        return notes
