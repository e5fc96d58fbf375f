"""The text of a file in pieces of about a megabyte that end where a record ends.

Belongs here: where to cut. Does not belong here: encodings and compression (``training_data.text``), records.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from forecast_platform.training_data.messages import FileRefusedError
from forecast_platform.training_data.text import read_text

LONGEST_RECORD = 1 << 26
"""Characters without a line end after which a file is no file of lines. A real-time answer has at most 25 MB."""

_TRIES = 200


@dataclass(frozen=True)
class Piece:
    """Some consecutive complete lines.

    Attributes:
        first: Number of the first of them, counted from 1.
    """

    first: int
    text: str

    def lines(self) -> list[str]:
        """The lines with their ends: LF, CR LF or CR."""
        return list(io.StringIO(self.text, newline=""))

    def without(self, length: int) -> Piece:
        """What follows the first ``length`` characters, which end with a line."""
        return Piece(self.first + _line_ends(self.text[:length]), self.text[length:])


def last_line_end(text: str, before: int | None = None) -> int:
    """Index behind the last line end of ``text[:before]``; 0 when there is none."""
    end = text.rfind("\n", 0, before) + 1
    # A CR at the very end may be the first half of a CR LF.
    return end or text.rfind("\r", 0, (len(text) if before is None else before) - 1) + 1


def last_record_end(text: str) -> int:
    """Index behind the last line end of CSV text that is not inside quotes, if one is near; else as above."""
    last = end = last_line_end(text)
    inside = text.count('"', 0, end) % 2
    for _ in range(_TRIES):
        if not inside or not end:
            break
        previous = last_line_end(text, end - 1)
        inside ^= text.count('"', previous, end) % 2
        end = previous
    return last if inside or not end else end


def read_pieces(stream: BinaryIO, cut: Callable[[str], int] = last_line_end) -> Iterator[Piece]:
    """The text of ``stream``, cut by ``cut``; the last piece may lack its line end.

    Raises:
        FileRefusedError: The bytes are not text, break off, or have no line ends. What was whole has been yielded.
    """
    first, rest = 1, ""
    try:
        for text in read_text(stream):
            rest += text
            if end := cut(rest):
                yield Piece(first, rest[:end])
                first += _line_ends(rest[:end])
                rest = rest[end:]
            elif len(rest) > LONGEST_RECORD:
                raise FileRefusedError(
                    f"{len(rest):,} characters without a line end after line {first - 1}", "a file of lines"
                )
    except FileRefusedError:
        if end := last_line_end(rest):
            yield Piece(first, rest[:end])
        raise
    if rest:
        yield Piece(first, rest)


def _line_ends(text: str) -> int:
    return text.count("\n") + (text.count("\r") - text.count("\r\n") if "\r" in text else 0)
