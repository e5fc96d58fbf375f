"""From lines to CSV records that know their line numbers and their raw text.

Belongs here: quoting, records over several lines, lines that are no record. Does not belong here: what the cells
mean.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from forecast_platform.training_data.messages import Finding
from forecast_platform.training_data.text import MAX_LINE, Block


@dataclass
class Records:
    """Some consecutive records of a file.

    Attributes:
        rows: The cells of each record; blank lines are no records.
        numbers: The line on which each record starts, counted from 1.
        raws: Each record as it is written in the file, with its line end.
        refused: Line, raw text and finding of lines that are no records.
        suspicious: Some record holds a NUL, a byte order mark or an undecodable byte.
    """

    rows: list[list[str]]
    numbers: Sequence[int]
    raws: list[str]
    refused: list[tuple[int, str, Finding]] = field(default_factory=list)
    suspicious: bool = False


def read_records(blocks: Iterator[Block]) -> Iterator[Records]:
    """The records of a file, a block at a time.

    A quote that is never closed costs its own line only: reading goes on with the next line.
    """
    for block in blocks:
        yield _one_line_each(block) or _line_by_line(block, blocks)


def _one_line_each(block: Block) -> Records | None:
    """The fast way, for blocks in which every line is one record."""
    if block.overlong:
        return None
    try:
        rows = list(csv.reader(block.lines, strict=True))
    except csv.Error:
        return None
    if len(rows) != len(block.lines):
        return None
    numbers: Sequence[int] = range(block.first, block.first + len(rows))
    if all(rows):
        return Records(rows, numbers, block.lines, suspicious=block.suspicious)
    filled = [index for index, row in enumerate(rows) if row]
    return Records(
        [rows[index] for index in filled],
        [numbers[index] for index in filled],
        [block.lines[index] for index in filled],
        suspicious=block.suspicious,
    )


def _line_by_line(block: Block, following: Iterator[Block]) -> Records:
    records = Records([], numbers := [], [], suspicious=block.suspicious)
    window = _Window(block, following)
    position = 0
    while position < len(window.block.lines):
        line = window.block.lines[position]
        number = block.first + position
        if position in window.block.overlong:
            records.refused.append((number, f"{line.rstrip()}…", _too_long(window.block.overlong[position])))
            position += 1
            continue
        reader = csv.reader(window.from_line(position), strict=True)
        try:
            row = next(reader)
        except csv.Error as error:
            records.refused.append((number, line, _not_csv(str(error))))
            position += 1
            continue
        end = position + reader.line_num
        if row:
            records.rows.append(row)
            numbers.append(number)
            records.raws.append("".join(window.block.lines[position:end]))
        position = end
    records.suspicious = window.block.suspicious
    return records


class _Window:
    """A block that takes in the following one when a record goes on there."""

    def __init__(self, block: Block, following: Iterator[Block]) -> None:
        self.block = block
        self._following = following

    def from_line(self, position: int) -> Iterator[str]:
        """Lines for one record; they end early, as an unclosed quote, rather than fill the memory."""
        length = 0
        while position < len(self.block.lines) or self._take_in_next():
            line = self.block.lines[position]
            length += len(line)
            if length > MAX_LINE or position in self.block.overlong:
                return
            yield line
            position += 1

    def _take_in_next(self) -> bool:
        block = next(self._following, None)
        if block is None:
            return False
        offset = len(self.block.lines)
        self.block.lines += block.lines
        self.block.overlong.update({offset + index: length for index, length in block.overlong.items()})
        self.block.suspicious |= block.suspicious
        return True


def _too_long(length: int) -> Finding:
    return Finding(
        "",
        f"a line of {length:,} characters",
        f"at most {MAX_LINE:,} characters in a line",
        "Are the line ends missing? Only its beginning is kept here; the file itself is unchanged.",
    )


def _not_csv(error: str) -> Finding:
    if "expected after" in error:
        return Finding(
            "",
            "text between a closing quote and the next comma",
            "a comma or the end of the line after a closing quote",
            'Write a quote inside a quoted cell twice: "".',
        )
    return Finding(
        "",
        "a quote that is never closed",
        "a closing quote",
        'Quote the whole cell and write a quote inside it twice: "".',
    )
