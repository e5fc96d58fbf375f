"""A person's own preprocessing of records and what they do after an execution, as scripts for SageMaker have it.

Belongs here: records to a script, its answers to rows. Does not belong here: the process (``hook_script``).
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import pyarrow as pa

from forecast_platform.errors import Problem
from forecast_platform.model_monitor.capture.reading import AnySource
from forecast_platform.model_monitor.capture.records import parse_record
from forecast_platform.model_monitor.hook_script import HookError, HookProcess, last_answer
from forecast_platform.model_monitor.reading.flattening import flatten, parse_json
from forecast_platform.model_monitor.reading.json_lines import read_json_lines
from forecast_platform.model_monitor.reading.lines import lines_of, pieces_of
from forecast_platform.model_monitor.reading.rows import NotReadableError, ReadingReport, Rows
from forecast_platform.model_monitor.reading.sources import Source

__all__ = ["HookError", "PreprocessedRows", "preprocessed", "preprocessed_lines", "run_postprocessor"]

HOUR = 3600.0
MOST_CRASHES = 5
"""Crashes after which a script is given up. Each costs one record and the start of a process."""


class PreprocessedRows(Rows):
    """What a record preprocessor made of records; what it failed on is among the refused.

    Attributes:
        records: How many records it was given.
        output: The end of what it printed.
    """

    def __init__(self, rows: Rows, before: ReadingReport, records: int, output: str) -> None:
        def tables(report: ReadingReport) -> Iterator[pa.Table]:
            report.add(before)
            yield from rows.tables(report)

        super().__init__(rows.schema, tables, rows.what, rows.notes)
        self.records = records
        self.output = output


def preprocessed(
    sources: Sequence[AnySource], script: Path, *, names: Sequence[str] | None = None, timeout: float = HOUR
) -> PreprocessedRows:
    """Give each captured record to ``preprocess_handler(inference_record[, logger])`` of ``script``, in one process.

    The record has ``endpoint_input``, ``endpoint_output``, ``batch_transform_output`` and ``ground_truth``, each with
    ``data``, ``encoding``, ``observedContentType`` and ``mode``; ``event_metadata`` with ``event_id``,
    ``inference_id``, ``inference_time`` and ``custom_attribute``; and ``event_data``, which is ``captureData``.

    The handler returns a dict (a row), a list of dicts (rows) or ``[]`` (none). ``None`` is a missing value. Where all
    keys are numbers, e.g. ``str(i).zfill(20)``, values are by position, in the order of the keys, and the columns are
    called as ``names`` says; other keys are names of columns. A record on which it raises or crashes is refused, with
    the line of the script; the others are not affected.

    Args:
        timeout: Seconds that all of it may take.

    Raises:
        HookError: There is no such script, it has no handler, it cannot be imported, crashes more than
            :data:`MOST_CRASHES` times, or takes too long.
    """
    report = ReadingReport()
    lines = (item for source in sources for item in _capture_lines(Source.of(source), report))
    return _preprocess(script, lines, report, names, timeout)


def preprocessed_lines(
    source: AnySource,
    script: Path,
    *,
    header: bool = True,
    names: Sequence[str] | None = None,
    timeout: float = HOUR,
) -> PreprocessedRows:
    """Give each line of a CSV file, as text, to the script; otherwise as :func:`preprocessed`.

    Args:
        header: Whether the first line is a header, which the script does not get.
    """
    report = ReadingReport()
    file = Source.of(source)
    lines = ((f"{file.name}, line {number}", json.dumps(line)) for number, line in _numbered(file, report))
    return _preprocess(script, islice(lines, int(header), None), report, names, timeout)


def run_postprocessor(script: Path, *, timeout: float = HOUR, environment: Mapping[str, str] | None = None) -> str:
    """Call ``postprocess_handler()`` of ``script``, in a process of its own, after an execution that succeeded.

    Args:
        environment: Variables that the script sees, e.g. where the reports are.

    Returns:
        The end of what it printed.

    Raises:
        HookError: There is no such script or handler, it raised, crashed, or took too long.
    """
    process = HookProcess("postprocess", script, timeout, environment or {})
    with tempfile.TemporaryFile() as answers:
        code = process.run(None, answers)
        process.refuse_fatal(last_answer(answers))
        if code is None:
            process.refuse_hang("in postprocess_handler")
        if code:
            raise HookError("The postprocessor crashed.", _crash(script, code), process.output)
    return process.output


def _capture_lines(source: Source, report: ReadingReport) -> Iterator[tuple[str, str]]:
    for number, line in _numbered(source, report):
        where = f"{source.name}, line {number}"
        try:
            parse_record(line)
        except NotReadableError as error:
            report.refuse(where, error)
        else:
            yield where, line


def _numbered(source: Source, report: ReadingReport) -> Iterator[tuple[int, str]]:
    for piece in pieces_of(source, report):
        yield from lines_of(piece, source.name, report)


def _preprocess(
    script: Path, lines: Iterator[tuple[str, str]], report: ReadingReport, names: Sequence[str] | None, timeout: float
) -> PreprocessedRows:
    process = HookProcess("preprocess", script, timeout)
    spool = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the rows that are read from it)
    with (
        tempfile.TemporaryFile() as records,
        tempfile.TemporaryFile("w+") as places,
        tempfile.TemporaryFile() as answers,
    ):
        count = 0
        for count, (where, line) in enumerate(lines, 1):  # noqa: B007 (the count is what is wanted)
            records.write(f"{line}\n".encode())
            places.write(f"{json.dumps(where)}\n")
        records.flush()
        places.flush()
        _answer_all(process, records, answers, places, count)
        places.seek(0)
        answers.seek(0)
        for where, answer in zip(map(json.loads, places), map(_parsed, answers), strict=True):
            _keep(where, answer, spool, report)
    inner = read_json_lines(Source(f"the rows of {script.name}", lambda: spool, closes=False), names=names)
    return PreprocessedRows(inner, report, count, process.output)


def _answer_all(process: HookProcess, records: BinaryIO, answers: BinaryIO, places: TextIO, count: int) -> None:
    """Fill ``answers`` with a line for each of ``count`` records, going on behind a record that crashed the script."""
    crashes = 0
    answered = 0
    while answered < count:
        _seek_line(records, answered)
        code = process.run(records, answers)
        process.refuse_fatal(last_answer(answers))
        answered = _drop_unfinished_line(answers)
        if code is None:
            places.seek(0)
            where = json.loads(next(islice(places, min(answered, count - 1), None)))
            process.refuse_hang(f"at {where}")
        if answered < count:
            crashes += 1
            if crashes > MOST_CRASHES:
                raise HookError("The preprocessor keeps crashing.", _crash(process.script, code or 0), process.output)
            reason = {"error": f"the script's process ended: {_ending(code or 0)}", "line": None}
            answers.write(f"{json.dumps(reason)}\n".encode())
            answers.flush()
            answered += 1


def _seek_line(file: BinaryIO, number: int) -> None:
    """Position ``file``, also for a process that inherits it, behind its first ``number`` lines."""
    file.seek(0)
    length = sum(len(line) for line in islice(file, number))
    file.seek(length)
    os.lseek(file.fileno(), length, os.SEEK_SET)


def _drop_unfinished_line(answers: BinaryIO) -> int:
    """Cut what the process was writing when it ended; the number of lines that are left."""
    answers.seek(0)
    count = length = 0
    for line in answers:
        if line.endswith(b"\n"):
            count += 1
            length += len(line)
    answers.truncate(length)
    answers.seek(length)
    os.lseek(answers.fileno(), length, os.SEEK_SET)
    return count


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = parse_json(line.decode())
    except NotReadableError as error:
        return {"error": f"it returned {error.found}"}
    return answer


def _keep(where: str, answer: dict[str, Any], spool: BinaryIO, report: ReadingReport) -> None:
    if "error" in answer:
        line = f" (line {answer['line']} of the script)" if answer.get("line") else ""
        report.refuse(where, NotReadableError(f"{answer['error']}{line}", "that preprocess_handler returns rows"))
        return
    try:
        rows = [flatten(row) for row in answer["rows"]]
    except NotReadableError as error:
        report.refuse(where, error)
        return
    for row in filter(None, rows):
        by_position = all(key.isdecimal() for key in row)
        values = [row[key] for key in sorted(row, key=int)] if by_position else row
        spool.write(f"{json.dumps(values)}\n".encode())


def _crash(script: Path, code: int) -> Problem:
    return Problem(str(script), _ending(code), "a script that returns", "See what it printed.")


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
