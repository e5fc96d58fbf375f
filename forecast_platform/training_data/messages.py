"""How the problems of files and rows are worded.

Belongs here: quoting what was found, and the exception that refuses a whole file. Does not belong here: finding
problems.
"""

from __future__ import annotations

from dataclasses import dataclass

from forecast_platform.errors import Problem

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one row. Small, because every row of a large file can have one.

    Attributes:
        column: Schema name; empty when the row as a whole is meant.
    """

    column: str
    found: str
    expected: str
    advice: str = ""

    def at(self, file: str, line: int) -> Problem:
        """The finding with its place."""
        where = f"{file}, line {line}" + (f", column {self.column}" if self.column else "")
        return Problem(where, self.found, self.expected, self.advice)

    @property
    def reason(self) -> str:
        """The finding as one sentence for the quarantine file, which has columns for the place."""
        column = f"column {self.column}: " if self.column else ""
        return f"{column}found {self.found}; expected {self.expected}." + (f" {self.advice}" if self.advice else "")


class FileRefusedError(Exception):
    """Nothing in a file can be used; carries why.

    Attributes:
        header_rows: How many of its rows are a header and no data.
    """

    def __init__(self, found: str, expected: str, advice: str = "", header_rows: int = 0) -> None:
        super().__init__(found)
        self.found, self.expected, self.advice, self.header_rows = found, expected, advice, header_rows

    def at(self, file: str) -> Problem:
        return Problem(file, self.found, self.expected, self.advice)


def quoted(text: str) -> str:
    """``text`` in quotes, cut to a readable length, with what cannot be printed as escapes."""
    clipped = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f"'{printable(clipped)}'"


def printable(text: str) -> str:
    """``text`` on one line, with what cannot be printed, or would steer a terminal, as escapes."""
    return text if text.isprintable() else "".join(part if part.isprintable() else _escape(part) for part in text)


def printable_bytes(text: str) -> str:
    r"""``text`` with every byte that was not UTF-8 written as ``\xNN``."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _escape(character: str) -> str:
    if 0xDC80 <= ord(character) <= 0xDCFF:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
