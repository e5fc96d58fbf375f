"""From the cells of records to typed columns; what cannot be converted becomes a finding.

Belongs here: checks that need one row only, vectorised. Does not belong here: checks across rows (``parsing``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from forecast_platform.training_data.messages import Finding, quoted
from forecast_platform.training_data.records import Records
from forecast_platform.training_data.schema import Column, Kind, TableSchema
from forecast_platform.training_data.steps import off_the_clock
from forecast_platform.training_data.text import has_broken_text
from forecast_platform.training_data.unreadable_rows import broken_text_finding, column_count_finding

Refusal = tuple[int, str, tuple[Finding, ...]]
"""Line, raw text and everything that is wrong with one row."""

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_YEARS = (1678, 2261)
_EARLIEST, _LATEST = (int(np.datetime64(f"{year}-01-01", "s").astype(np.int64)) for year in (_YEARS[0], _YEARS[1] + 1))
_TEXT = pa.dictionary(pa.int32(), pa.string())


@dataclass
class Converted:
    """The readable rows of some records.

    Attributes:
        table: Canonical columns in the order of the schema: text as dictionaries, timestamps in whole seconds,
            numbers as float64 with null for a missing value.
        lines: The line of each row in the file.
        refused: The other rows.
    """

    table: pa.Table
    lines: npt.NDArray[np.int64]
    refused: list[Refusal]


def convert(records: Records, schema: TableSchema) -> Converted:
    """Convert ``records``; every finding of a refused row is kept, not only the first."""
    findings: dict[int, list[Finding]] = {}
    for index, finding in _malformed(records, schema):
        findings.setdefault(index, []).append(finding)
    places = [index for index in range(len(records.rows)) if index not in findings] if findings else None
    rows = records.rows if places is None else [records.rows[index] for index in places]
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(schema.columns)
    arrays = []
    for column, texts in zip(schema.columns, cells, strict=True):
        array, wrong = _convert_column(column, texts, schema)
        arrays.append(array)
        for row, finding in wrong:
            findings.setdefault(row if places is None else places[row], []).append(finding)
    table = pa.table(arrays, names=[column.canonical for column in schema.columns])
    lines = np.asarray(records.numbers, dtype=np.int64)
    if findings:
        good = np.ones(len(records.rows), dtype=bool)
        good[list(findings)] = False
        table = table.filter(pa.array(good if places is None else good[places]))
        lines = lines[good]
    refused: list[Refusal] = [
        (records.numbers[index], records.raws[index], tuple(found)) for index, found in findings.items()
    ]
    refused += [(line, raw, (finding,)) for line, raw, finding in records.refused]
    return Converted(table, lines, sorted(refused, key=lambda refusal: refusal[0]))


def _malformed(records: Records, schema: TableSchema) -> list[tuple[int, Finding]]:
    """Rows whose cells cannot be looked at: broken text, or another number of columns."""
    names = schema.names
    found = [
        (index, column_count_finding(row, names)) for index, row in enumerate(records.rows) if len(row) != len(names)
    ]
    if records.suspicious:
        found += [
            (index, broken_text_finding(records.rows[index], names))
            for index, raw in enumerate(records.raws)
            if has_broken_text(raw)
        ]
    return found


_Wrong = list[tuple[int, Finding]]


def _convert_column(column: Column, texts: Sequence[str], schema: TableSchema) -> tuple[pa.Array, _Wrong]:
    cells = pa.array(texts, pa.string())
    if column.kind is Kind.TIMESTAMP:
        return _timestamps(column, texts, cells, schema)
    if column.kind.is_number:
        return _numbers(column, texts, cells)
    encoded = cells.dictionary_encode().cast(_TEXT)
    if column.kind is Kind.ITEM and "" in encoded.dictionary.to_pylist():
        empty = Finding(column.name, "nothing", "the name of an item", "")
        return encoded, [(row, empty) for row in _rows(pc.equal(cells, ""))]
    return encoded, []


def _timestamps(column: Column, texts: Sequence[str], cells: pa.Array, schema: TableSchema) -> tuple[pa.Array, _Wrong]:
    values = _fast_timestamps(cells, len(schema.timestamp_pattern))
    if values is None:
        values = _careful_timestamps(cells, schema.timestamp_format)
    seconds = values.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    unreadable = values.is_null().to_numpy(zero_copy_only=False) | (seconds < _EARLIEST) | (seconds >= _LATEST)
    example = "2014-01-31 17:00:00" if "%H" in schema.timestamp_format else "2014-01-31"
    wrong = _findings(
        unreadable,
        texts,
        column,
        f"a timestamp as {schema.timestamp_pattern}, for example {example}",
        "Write it as the TimestampFormat in params.json says, or change that.",
    )
    if schema.frequency is not None:
        off, step = off_the_clock(seconds, schema.frequency)
        wrong += _findings(
            off & ~unreadable,
            texts,
            column,
            f"{step}, the data frequency being {schema.frequency}",
            "Round it, or state another DataFrequency.",
        )
    return values, wrong


def _fast_timestamps(cells: pa.Array, length: int) -> pa.Array | None:
    """Arrow's own parser of ISO 8601, for columns in which every cell has exactly our form."""
    fits = pc.equal(pc.utf8_length(cells), length)
    if length > 10:
        fits = pc.and_(fits, pc.equal(pc.utf8_slice_codeunits(cells, 10, 11), " "))
    if not pc.all(fits).as_py():
        return None
    try:
        return cells.cast(pa.timestamp("s"))
    except pa.ArrowInvalid:
        return None


def _careful_timestamps(cells: pa.Array, timestamp_format: str) -> pa.Array:
    pattern = r"^\d{4}-\d{2}-\d{2}$" if "%H" not in timestamp_format else r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"
    trimmed = pc.utf8_trim(cells, " \t")
    shaped = pc.if_else(pc.match_substring_regex(trimmed, pattern), trimmed, None)
    parsed = pd.to_datetime(shaped.to_pandas(), format=timestamp_format, errors="coerce")
    return pa.array(parsed.to_numpy().astype("datetime64[s]"), pa.timestamp("s"), from_pandas=True)


def _numbers(column: Column, texts: Sequence[str], cells: pa.Array) -> tuple[pa.Array, _Wrong]:
    empty = pc.equal(cells, "")
    try:
        values = pc.if_else(empty, None, cells).cast(pa.float64())
    except pa.ArrowInvalid:
        trimmed = pc.utf8_trim(cells, " \t")
        empty = pc.equal(trimmed, "")
        unsigned = pc.replace_substring_regex(trimmed, r"^\+", "")
        values = pc.if_else(pc.match_substring_regex(trimmed, _NUMBER), unsigned, None).cast(pa.float64())
    numbers = values.to_numpy(zero_copy_only=False)
    unreadable = ~np.isfinite(numbers) & ~empty.to_numpy(zero_copy_only=False)
    wrong = _findings(
        unreadable, texts, column, "a finite number, for example 12.5", "Leave the cell empty if the value is missing."
    )
    if column.kind is Kind.INTEGER:
        fractional = np.isfinite(numbers) & (numbers != np.floor(numbers))
        wrong += _findings(
            fractional, texts, column, "a whole number", "Round it, or make the attribute a float in params.json."
        )
    return values, wrong


def _findings(mask: Any, texts: Sequence[str], column: Column, expected: str, advice: str) -> _Wrong:
    return [(row, Finding(column.name, quoted(texts[row]), expected, advice)) for row in np.flatnonzero(mask).tolist()]


def _rows(mask: pa.Array) -> list[int]:
    return [int(row) for row in np.flatnonzero(mask.to_numpy(zero_copy_only=False))]
