"""Data as rows, whatever it is kept in: the readers of all formats, and the one that finds out the format.

Belongs here: which reader a file needs, and folders of files. Does not belong here: reading (``reading``, ``capture``).
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from pathlib import Path

import pyarrow as pa

from forecast_platform.errors import InputError, Problem
from forecast_platform.model_monitor.capture.reading import read_capture
from forecast_platform.model_monitor.reading.csv_files import read_csv
from forecast_platform.model_monitor.reading.json_lines import read_json_lines
from forecast_platform.model_monitor.reading.parquet_files import read_parquet
from forecast_platform.model_monitor.reading.rows import ReadingReport, Refused, Rows
from forecast_platform.model_monitor.reading.sources import Source, holds_data

__all__ = [
    "Refused",
    "Rows",
    "open_data",
    "open_sources",
    "read_capture",
    "read_csv",
    "read_json_lines",
    "read_parquet",
]

_LOOKED_AT = 1 << 20
_ENDINGS_OF_JSON_LINES = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz")


class Format(Enum):
    """What a file holds."""

    CSV = "CSV"
    PARQUET = "Parquet"
    CAPTURE = "captured data"
    JSON_LINES = "JSON lines"


def open_data(path: Path, *, header: bool, names: Sequence[str] | None = None) -> Rows:
    """The rows of a file, or of all files in a folder and below it; which format they have is told by their content.

    In a folder, names that begin with a dot or an underscore are left out (``_SUCCESS``). Columns of several files are
    matched by name; where a file lacks one, its rows have missing values there. A column that has types in two files
    that no one type can hold is read as text. A file that cannot be read is refused, as a row is.

    Args:
        header: Whether CSV files have one.
        names: Of columns that have none: of CSV without a header, of captures as in ``read_capture``.

    Raises:
        InputError: There is no such file, none in the folder, or files of several formats.
    """
    return open_sources([Source.of(file) for file in _files(path)], header=header, names=names, what=str(path))


def open_sources(
    sources: Sequence[Source], *, header: bool, names: Sequence[str] | None = None, what: str | None = None
) -> Rows:
    """The rows of some files of one format; as :func:`open_data`.

    Args:
        what: The files in words, for messages.
    """
    what = what or (sources[0].name if len(sources) == 1 else f"{len(sources)} files")
    if not sources:
        raise InputError(f"There is nothing to read in {what}.", [Problem(what, "no files", "at least one file")])
    formats = {source.name: format_of(source) for source in sources}
    if len(set(formats.values())) > 1:
        problems = [Problem(name, found.value, "files of one format") for name, found in formats.items()]
        raise InputError(f"{what} holds files of several formats. Put them into folders of their own.", problems[:20])
    found = next(iter(formats.values()))
    if found is Format.CAPTURE:
        return read_capture(sources, names=names, what=what)
    readers: dict[Format, Callable[[Source], Rows]] = {
        Format.CSV: lambda source: read_csv(source, header=header, names=None if header else names),
        Format.JSON_LINES: lambda source: read_json_lines(source, names=names),
        Format.PARQUET: read_parquet,
    }
    return _one_after_another(*_opened(sources, readers[found]), what)


def format_of(source: Source | Path) -> Format:
    """What ``source`` holds, by its first bytes; by its name when there are none."""
    source = Source.of(source)
    start = _start(source)
    if start.startswith(b"PAR1"):
        return Format.PARQUET
    first_line = start.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0].replace(b"\0", b"")
    if first_line.lstrip(b"\xff\xfe").startswith(b"{") or source.name.endswith(_ENDINGS_OF_JSON_LINES):
        is_capture = b'"captureData"' in start.replace(b"\0", b"") or not start
        return Format.CAPTURE if is_capture else Format.JSON_LINES
    return Format.CSV


def _start(source: Source) -> bytes:
    with source.open() as stream:
        start = stream.read(_LOOKED_AT)
        if not start.startswith(b"\x1f\x8b"):
            return start
        stream.seek(0)
        try:
            return gzip.GzipFile(fileobj=stream).read(_LOOKED_AT)
        except (EOFError, OSError, zlib.error):
            return b""


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = [
        file for file in sorted(path.rglob("*")) if file.is_file() and holds_data(file.relative_to(path).as_posix())
    ]
    if not files:
        problem = Problem(str(path), "a folder without files", "CSV, Parquet or capture files")
        raise InputError(f"There is nothing to read in {path}.", [problem])
    return files


def _opened(sources: Sequence[Source], read: Callable[[Source], Rows]) -> tuple[list[Rows], list[Problem]]:
    """The files that can be read, and the problems of those that cannot."""
    opened, problems = [], list[Problem]()
    for source in sources:
        try:
            opened.append(read(source))
        except InputError as error:
            problems += error.problems
    return opened, problems


def _one_after_another(parts: Sequence[Rows], problems: Sequence[Problem], what: str) -> Rows:
    if len(parts) == 1 and not problems:
        return parts[0]
    schema = common_schema([part.schema for part in parts])

    def tables(report: ReadingReport) -> Iterator[pa.Table]:
        for problem in problems:
            report.refuse(problem.where, problem)
        for part in parts:
            for table in part.tables(report):
                yield conformed(table, schema)

    notes = [note for part in parts for note in part.notes]
    notes += [
        f"{part.what} lacks the columns {', '.join(lacking[:20])}; they are missing in its rows."
        for part in parts
        if (lacking := [name for name in schema.names if name not in part.names])
    ]
    return Rows(schema, tables, what, list(dict.fromkeys(notes)))


def common_schema(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """All columns of ``schemas``, each of a type that can hold its values in all of them."""
    fields: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            fields[field.name] = _common_type(fields.get(field.name, field.type), field.type)
    return pa.schema(list(fields.items()))


def conformed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """``table`` in the columns of a :func:`common_schema` of it and others."""
    columns = [
        _as_type(table[field.name], field.type)
        if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _common_type(first: pa.DataType, second: pa.DataType) -> pa.DataType:
    if first == second:
        return first
    if _is_number(first) and _is_number(second):
        if not (pa.types.is_integer(first) and pa.types.is_integer(second)):
            return pa.float64()
        return pa.string() if pa.uint64() in (first, second) else pa.int64()
    if pa.types.is_temporal(first) and pa.types.is_temporal(second):
        # Years that one unit can hold are beyond another.
        return pa.string()
    pair = [pa.schema([("column", first)]), pa.schema([("column", second)])]
    try:
        return pa.unify_schemas(pair, promote_options="permissive").field(0).type
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.string()


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _as_type(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    try:
        # As a double, a whole number beyond 2**53 loses digits, as it does in statistics.
        return column.cast(wanted, safe=not pa.types.is_floating(wanted))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        texts = [None if value is None else json.dumps(value, default=str) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, wanted)])
