"""From one uploaded object to its typed rows, its refused rows and its report.

Belongs here: reading one file from beginning to end, and the checks that need all of it. Does not belong here:
several files at once (``merging``), where results are kept (``store``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from forecast_platform.errors import Problem
from forecast_platform.training_data.conversion import Refusal, convert
from forecast_platform.training_data.header import count_header_rows
from forecast_platform.training_data.messages import FileRefusedError, Finding, printable_bytes
from forecast_platform.training_data.quarantine import quarantine_key
from forecast_platform.training_data.records import Records, read_records
from forecast_platform.training_data.report import MOST_PROBLEMS, ObjectReport
from forecast_platform.training_data.schema import TableSchema
from forecast_platform.training_data.steps import off_the_usual
from forecast_platform.training_data.tables import concatenate, key_frame, seconds_of
from forecast_platform.training_data.text import read_blocks

Opener = Callable[[], BinaryIO]
_Lines = npt.NDArray[np.int64]


@dataclass(frozen=True)
class ParsedObject:
    """One object, read.

    Attributes:
        table: The readable rows in canonical columns, in the order of the file; ``None`` when there are none.
        refusals: The other rows, ordered by line.
    """

    report: ObjectReport
    table: pa.Table | None
    refusals: list[Refusal]


def parse_object(open_object: Opener, key: str, digest: str, schema: TableSchema) -> ParsedObject:
    """Read one object against its schema.

    Args:
        open_object: Opens the object afresh; it is read a second time for the text of rows that turn out wrong
            only when the whole file is known.
    """
    report = ObjectReport(key, digest, schema.role.value)
    try:
        return _parse(open_object, report, schema)
    except FileRefusedError as refusal:
        rows = max(_count_rows(open_object) - refusal.header_rows, 0)
        problem = refusal.at(printable_bytes(key))
        refused = replace(report, refused_rows=rows, file_refused=True, problems=(problem,), problem_count=1)
        return ParsedObject(refused, None, [])


def _parse(open_object: Opener, report: ObjectReport, schema: TableSchema) -> ParsedObject:
    tables, lines, refusals = [], [], []
    with open_object() as stream:
        for records in data_records(stream, schema):
            converted = convert(records, schema)
            tables.append(converted.table)
            lines.append(converted.lines)
            refusals += converted.refused
    table = concatenate(tables)
    table, late = _check_whole(table, np.concatenate(lines), schema)
    if late:
        texts = _raw_texts(open_object, set(late))
        refusals += [(line, texts[line], (finding,)) for line, finding in late.items()]
        refusals.sort(key=lambda refusal: refusal[0])
    return ParsedObject(_reported(report, table, refusals, schema), table if table.num_rows else None, refusals)


def data_records(stream: BinaryIO, schema: TableSchema) -> Iterator[Records]:
    """The records of a file without its header.

    Raises:
        FileRefusedError: It cannot be read, or is empty.
    """
    started = False
    for records in read_records(read_blocks(stream)):
        if records.rows and not started:
            header_rows = count_header_rows(records.rows, schema)
            records.rows = records.rows[header_rows:]
            records.raws = records.raws[header_rows:]
            records.numbers = records.numbers[header_rows:]
            started = True
        started = started or bool(records.refused)
        yield records
    if not started:
        columns = ", ".join(schema.names)
        raise FileRefusedError("an empty file", f"rows with the columns {columns}", "Is it still being uploaded?")


def _check_whole(table: pa.Table, lines: _Lines, schema: TableSchema) -> tuple[pa.Table, dict[int, Finding]]:
    """Refuse rows that are wrong in the light of the whole file; findings by line."""
    table, lines, off = _refuse_unusual_steps(table, lines, schema)
    table, _, repeated = _refuse_repeated(table, lines, schema)
    return table, off | repeated


def _refuse_unusual_steps(
    table: pa.Table, lines: _Lines, schema: TableSchema
) -> tuple[pa.Table, _Lines, dict[int, Finding]]:
    if schema.frequency is None:
        return table, lines, {}
    seconds = seconds_of(table)
    off, usual = off_the_usual(seconds, schema.frequency)
    if not off.any():
        return table, lines, {}
    name = _timestamp_name(schema)
    findings = {
        int(lines[row]): Finding(
            name,
            f"'{_written(seconds[row], schema)}'",
            f"{usual}, as in most rows of this file, the data frequency being {schema.frequency}",
            "Correct the timestamp, or put rows with another offset into a file of their own.",
        )
        for row in np.flatnonzero(off)
    }
    return table.filter(pa.array(~off)), lines[~off], findings


def _refuse_repeated(
    table: pa.Table, lines: _Lines, schema: TableSchema
) -> tuple[pa.Table, _Lines, dict[int, Finding]]:
    keys = key_frame(table, schema)
    repeated = keys.duplicated(keep="first").to_numpy()
    if not repeated.any():
        return table, lines, {}
    keys["line"] = lines
    first = keys.groupby(list(keys.columns[:-1]), sort=False)["line"].transform("first").to_numpy()
    rows = table.filter(pa.array(repeated)).to_pylist()
    findings = {
        int(lines[index]): _repeated_finding(row, int(first[index]), schema)
        for index, row in zip(np.flatnonzero(repeated), rows, strict=True)
    }
    return table.filter(pa.array(~repeated)), lines[~repeated], findings


def _repeated_finding(row: dict[str, object], first: int, schema: TableSchema) -> Finding:
    names = {column.canonical: column.name for column in schema.columns}
    key = [f"{names[column]} '{row[column]}'" for column in schema.key_columns]
    expected = ", ".join(names[column] for column in schema.key_columns)
    if schema.frequency is not None:
        unit = {"M": "%Y-%m", "Y": "%Y"}.get(schema.frequency.unit, schema.timestamp_format)
        key.append(f"{_timestamp_name(schema)} {pd.Timestamp(row['timestamp']):{unit}}")
        period = {"M": "month", "Y": "year"}.get(schema.frequency.unit, _timestamp_name(schema))
        expected = f"{expected} and {period}"
    return Finding(
        "",
        f"a second row for {', '.join(key)}; the first is on line {first}",
        f"one row for each {expected}",
        f"Remove one of the two; line {first} is used.",
    )


def _reported(report: ObjectReport, table: pa.Table, refusals: list[Refusal], schema: TableSchema) -> ObjectReport:
    file = printable_bytes(report.key)
    problems = [finding.at(file, line) for line, _, findings in refusals[:MOST_PROBLEMS] for finding in findings]
    count = sum(len(findings) for _, _, findings in refusals)
    if not table.num_rows and not refusals:
        rows = f"rows below it with the columns {', '.join(schema.names)}"
        problems, count = [Problem(file, "a header and no rows", rows, "Is it still being uploaded?")], 1
    first = last = None
    if schema.frequency is not None and table.num_rows:
        seconds = seconds_of(table)
        first, last = (pd.Timestamp(int(second), unit="s").to_pydatetime() for second in (seconds.min(), seconds.max()))
    return replace(
        report,
        rows=table.num_rows,
        refused_rows=len(refusals),
        first_timestamp=first,
        last_timestamp=last,
        problems=tuple(problems[:MOST_PROBLEMS]),
        problem_count=count,
        quarantine_key=quarantine_key(report.key, report.digest) if refusals else None,
    )


def _raw_texts(open_object: Opener, lines: set[int]) -> dict[int, str]:
    with open_object() as stream:
        return {
            number: raw
            for records in read_records(read_blocks(stream))
            for number, raw in zip(records.numbers, records.raws, strict=True)
            if number in lines
        }


def _count_rows(open_object: Opener) -> int:
    """How many records the file has, as far as it can be read."""
    rows = 0
    with suppress(FileRefusedError), open_object() as stream:
        for records in read_records(read_blocks(stream)):
            rows += len(records.rows) + len(records.refused)
    return rows


def _timestamp_name(schema: TableSchema) -> str:
    return next(column.name for column in schema.columns if column.canonical == "timestamp")


def _written(seconds: np.int64, schema: TableSchema) -> str:
    return str(pd.Timestamp(int(seconds), unit="s").strftime(schema.timestamp_format))
