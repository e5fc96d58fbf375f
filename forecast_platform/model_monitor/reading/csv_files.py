"""CSV files as rows of text.

Belongs here: the fast way through Arrow, and the careful one for pieces that it refuses. Does not belong here: what
the text of a cell means.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from forecast_platform.errors import InputError
from forecast_platform.model_monitor.reading.pieces import Piece, last_record_end, read_pieces
from forecast_platform.model_monitor.reading.rows import (
    READ_AGAIN,
    ReadingReport,
    Rows,
    positional_names,
    text_schema,
    unique_names,
)
from forecast_platform.model_monitor.reading.sources import Source
from forecast_platform.training_data.messages import FileRefusedError
from forecast_platform.training_data.records import Records, read_records
from forecast_platform.training_data.text import Block, block_of, has_broken_text
from forecast_platform.training_data.unreadable_rows import broken_text_finding, column_count_finding

_STRAY_QUOTE = re.compile(r'"(?<=[^,"\r\n]")(?=[^,"\r\n])')
"""A quote inside text: what Arrow and the csv module read differently. Both neighbours of a proper one are known.

The quote comes first in the pattern, so that only quotes are looked at: three times faster than one that begins with
what is before it."""


def read_csv(
    source: Source | Path | BinaryIO | bytes, *, header: bool = True, names: Sequence[str] | None = None
) -> Rows:
    """The rows of a CSV file, gzipped or not, every cell as text and empty cells as null.

    Rows with broken text or another number of columns are refused; the others are read.

    Args:
        header: Whether the first row names the columns. Without it they are ``_c0``, ``_c1``, … and there are as many
            as most rows at the beginning of the file have.
        names: By position, instead of those.

    Raises:
        InputError: The file is empty, no text, or its header cannot be read.
    """
    source = Source.of(source)
    try:
        beginning = _beginning(source, header)
    except FileRefusedError as refusal:
        raise InputError(f"{source.name} cannot be read.", [refusal.at(source.name)]) from None
    if names is not None or not header:
        columns, notes = positional_names(beginning.width, names), list[str]()
    else:
        columns, notes = unique_names(beginning.header)
    schema = text_schema(columns)
    return Rows(schema, lambda report: _tables(source, beginning, schema, report), source.name, notes)


@dataclass(frozen=True)
class _Beginning:
    """What has to be known of a file before its rows are read.

    Attributes:
        header: Its cells; empty without one.
        raw: Its text, with the line end.
        width: Number of columns.
    """

    header: list[str]
    raw: str
    width: int


def _beginning(source: Source, header: bool) -> _Beginning:
    with source.open() as stream:
        for records in read_records(_blocks(read_pieces(stream, last_record_end))):
            if records.refused and header and (not records.rows or records.refused[0][0] < records.numbers[0]):
                finding = records.refused[0][2]
                raise FileRefusedError(f"a header with {finding.found}", finding.expected, finding.advice)
            if not records.rows:
                continue
            if not header:
                return _Beginning([], "", Counter(len(row) for row in records.rows).most_common(1)[0][0])
            if has_broken_text(records.raws[0]):
                finding = broken_text_finding(records.rows[0], records.rows[0])
                raise FileRefusedError(f"a header with {finding.found}", finding.expected, finding.advice)
            return _Beginning(records.rows[0], records.raws[0], len(records.rows[0]))
    raise FileRefusedError("an empty file", "a CSV file with rows", "Is it still being written?")


def _tables(source: Source, beginning: _Beginning, schema: pa.Schema, report: ReadingReport) -> Iterator[pa.Table]:
    with source.open() as stream:
        pieces = _without_header(read_pieces(stream, last_record_end), beginning.raw)
        try:
            for piece in pieces:
                table = table_of_csv(piece.text, schema)
                yield _carefully(piece, pieces, schema, source.name, report) if table is None else table
        except FileRefusedError as refusal:
            report.refuse(source.name, refusal)


def _without_header(pieces: Iterator[Piece], header: str) -> Iterator[Piece]:
    """The pieces behind ``header``, before which only blank lines can be."""
    first = next(pieces, Piece(1, ""))
    while header not in first.text:
        following = next(pieces, None)
        if following is None:
            raise FileRefusedError("a file that was changed while it was read", "the header that it had", READ_AGAIN)
        first = Piece(first.first, first.text + following.text)
    yield first.without(first.text.index(header) + len(header)) if header else first
    yield from pieces


def table_of_csv(text: str, schema: pa.Schema) -> pa.Table | None:
    """The rows of ``text`` when all of them are what they should be, else ``None``."""
    if has_broken_text(text) or ('"' in text and (text.count('"') % 2 or _STRAY_QUOTE.search(text))):
        return None
    return table_of_plain_csv(text.encode(), schema)


def table_of_plain_csv(data: bytes | pa.Buffer, schema: pa.Schema) -> pa.Table | None:
    """The rows of UTF-8 text, or ``None`` when Arrow cannot read all of them as rows of ``schema``."""
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(column_names=schema.names, block_size=len(data) + 1),
            arrow_csv.ParseOptions(newlines_in_values=True),
            arrow_csv.ConvertOptions(
                column_types=schema, strings_can_be_null=True, null_values=[""], quoted_strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:
        return None


def table_of_cells(rows: Sequence[Sequence[str | None]], schema: pa.Schema) -> pa.Table:
    """Rows of text as a table; empty cells become null."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.table([pa.array([cell or None for cell in column], pa.string()) for column in columns], schema=schema)


def _carefully(
    piece: Piece, following: Iterator[Piece], schema: pa.Schema, name: str, report: ReadingReport
) -> pa.Table:
    """The readable rows of ``piece``; it takes in following ones when its last record goes on there."""
    records = next(read_records(_blocks(chain([piece], following))), Records([], [], []))
    names = schema.names
    good = []
    findings = {line: finding for line, _, finding in records.refused}
    for line, row, raw in zip(records.numbers, records.rows, records.raws, strict=True):
        if records.suspicious and has_broken_text(raw):
            findings[line] = broken_text_finding(row, names)
        elif len(row) != len(names):
            findings[line] = column_count_finding(row, names)
        else:
            good.append(row)
    for line in sorted(findings):
        column = findings[line].column
        report.refuse(f"{name}, line {line}" + (f", column {column}" if column else ""), findings[line])
    return table_of_cells(good, schema)


def _blocks(pieces: Iterator[Piece]) -> Iterator[Block]:
    return (block_of(piece.first, piece.lines()) for piece in pieces)
