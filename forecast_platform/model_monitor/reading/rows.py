"""Rows as a stream of record batches, and what of their source could not be read.

Belongs here: the contract between those who read files and those who look at rows. Does not belong here: formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from forecast_platform.errors import InputError, Problem

MOST_REFUSED = 100
"""How many refusals are kept with their reasons; their number is always complete."""

ROWS_IN_A_BATCH = 1 << 16

READ_AGAIN = "Read it again when nobody writes to it."


@dataclass(frozen=True)
class Refused(Problem):
    """One row, record or file that could not be read; ``where`` is the file and, where there is one, the line."""

    @property
    def reason(self) -> str:
        """What was found, what was expected and what to do, as sentences."""
        return f"found {self.found}; expected {self.expected}." + (f" {self.advice}" if self.advice else "")


class NotReadableError(Exception):
    """Something is no row or record; carries why."""

    def __init__(self, found: str, expected: str, advice: str = "") -> None:
        super().__init__(found)
        self.found, self.expected, self.advice = found, expected, advice


class Reason(Protocol):
    """Why something is refused: a ``Finding``, or one of the exceptions that carry the same."""

    @property
    def found(self) -> str: ...
    @property
    def expected(self) -> str: ...
    @property
    def advice(self) -> str: ...


@dataclass
class ReadingReport:
    """What reading came to so far.

    Attributes:
        refused: The first :data:`MOST_REFUSED` refusals, in the order of the files.
        refused_rows: All of them.
        notes: What a person should know of rows that were read, e.g. that some had more columns than others.
    """

    refused: list[Refused] = field(default_factory=list)
    refused_rows: int = 0
    notes: list[str] = field(default_factory=list)

    def refuse(self, where: str, reason: Reason) -> None:
        """Count one row, record or file that cannot be read."""
        self.refused_rows += 1
        if len(self.refused) < MOST_REFUSED:
            self.refused.append(Refused(where, reason.found, reason.expected, reason.advice))

    def add(self, other: ReadingReport) -> None:
        """Take over what another reading came to."""
        self.refused_rows += other.refused_rows
        self.refused += other.refused[: MOST_REFUSED - len(self.refused)]
        self.notes += other.notes


Producer = Callable[[ReadingReport], Iterator[pa.Table]]


class Rows:
    """Rows that are read while one looks at them, in bounded memory, as often as one likes.

    Attributes:
        schema: Names and types of the columns, which all batches have. Names are unique. What comes from text is text
            (``pyarrow.string``, missing values and empty cells are null); Parquet keeps its types.

    Args:
        produce: Reads everything from the beginning, as tables of ``schema``, and reports what it refuses.
        what: The source in words, for messages: a path.
        notes: What is known before anything is read.
    """

    def __init__(self, schema: pa.Schema, produce: Producer, what: str, notes: Sequence[str] = ()) -> None:
        self.schema = schema
        self.what = what
        self._produce = produce
        self._notes = tuple(notes)
        self._report = ReadingReport(notes=list(notes))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in order."""
        return tuple(self.schema.names)

    @property
    def refused(self) -> list[Refused]:
        """The first refusals of the last reading; complete when its batches are used up."""
        return self._report.refused

    @property
    def refused_rows(self) -> int:
        """How many rows, records or whole files the last reading refused."""
        return self._report.refused_rows

    @property
    def notes(self) -> list[str]:
        """What a person should know of the rows that were read."""
        return self._report.notes

    def tables(self, report: ReadingReport) -> Iterator[pa.Table]:
        """All rows, from the beginning, in tables of any size; what is refused goes into ``report``."""
        return self._produce(report)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, from the beginning, about :data:`ROWS_IN_A_BATCH` at a time.

        Raises:
            InputError: At the end, when there was no row at all; with the refusals as its problems.
        """
        report = self._report = ReadingReport(notes=list(self._notes))
        empty = True
        for batch in _of_even_size(self.tables(report)):
            empty = False
            yield batch
        if empty:
            raise _nothing_to_read(self.what, report)


def text_schema(names: Sequence[str]) -> pa.Schema:
    """Columns of text."""
    return pa.schema([(name, pa.string()) for name in names])


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """``names`` made usable as Spark does it, on which SageMaker's container is built; and notes on what changed.

    A name that occurs more than once gets its position behind it, an empty one becomes ``_c`` and its position.
    """
    taken: set[str] = set()
    unique = []
    for index, name in enumerate(names):
        usable = (f"{name}{index}" if names.count(name) > 1 else name) if name else f"_c{index}"
        while usable in taken:
            usable += "_"
        taken.add(usable)
        unique.append(usable)
    changed = [new for old, new in zip(names, unique, strict=True) if old != new]
    notes = [f"Columns without a name or with another one's are called {', '.join(changed[:20])}."] if changed else []
    return tuple(unique), notes


def positional_names(width: int, names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Names of ``width`` columns by position: those given, then ``_c`` and the position, counted from 0."""
    given = tuple(names or ())[:width]
    return (*given, *(f"_c{index}" for index in range(len(given), width)))


def _of_even_size(tables: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
    pending: list[pa.Table] = []
    rows = 0
    for table in tables:
        if table.num_rows:
            pending.append(table)
            rows += table.num_rows
        if rows >= ROWS_IN_A_BATCH:
            yield from _joined(pending)
            pending, rows = [], 0
    yield from _joined(pending)


def _joined(tables: list[pa.Table]) -> Iterator[pa.RecordBatch]:
    if tables:
        yield from pa.concat_tables(tables).combine_chunks().to_batches(max_chunksize=2 * ROWS_IN_A_BATCH)


def _nothing_to_read(what: str, report: ReadingReport) -> InputError:
    if report.refused:
        counted = f"{report.refused_rows:,} {'row or file' if report.refused_rows == 1 else 'rows or files'}"
        return InputError(f"Nothing in {what} can be read: refused {counted}.", report.refused[:20])
    problem = Problem(what, "no rows", "at least one row", "Is the file still being written?")
    return InputError(f"There is nothing to read in {what}.", [problem])
