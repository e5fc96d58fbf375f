"""Time formats as Athena's functions write them, and as strftime does.

Belongs here: translating one into the other. Does not belong here: the functions that take them (``functions``).

Sources: Trino documentation, "Date and time functions" (Athena engine version 3), Joda-Time ``DateTimeFormat``.
"""

from __future__ import annotations

import re

_MYSQL_TO_STRFTIME = {
    "a": "%a",
    "b": "%b",
    "c": "%-m",
    "d": "%d",
    "e": "%-d",
    "f": "%f",
    "H": "%H",
    "h": "%I",
    "I": "%I",
    "i": "%M",
    "j": "%j",
    "k": "%-H",
    "l": "%-I",
    "M": "%B",
    "m": "%m",
    "p": "%p",
    "r": "%I:%M:%S %p",
    "S": "%S",
    "s": "%S",
    "T": "%H:%M:%S",
    "W": "%A",
    "Y": "%Y",
    "y": "%y",
    "%": "%%",
}
_JODA_TO_STRFTIME = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "DDD": "%j",
    "EEEE": "%A",
    "EEE": "%a",
    "E": "%a",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "SSS": "%g",
    "a": "%p",
}
_JODA_PIECE = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")


class UnsupportedCallError(ValueError):
    """A supported function, called in a way that cannot be answered as Athena would. The text says why."""


def mysql_to_strftime(pattern: str) -> str:
    """A format of ``date_parse`` and ``date_format`` as DuckDB's strftime writes it.

    Raises:
        UnsupportedCallError: It holds a specifier that Athena does not know or that has no equivalent here.
    """
    pieces = re.findall(r"%(.?)|([^%]+)", pattern, re.DOTALL)
    written = []
    for specifier, literal in pieces:
        if not literal and specifier not in _MYSQL_TO_STRFTIME:
            known = " ".join(f"%{letter}" for letter in _MYSQL_TO_STRFTIME)
            raise UnsupportedCallError(f"the time format {pattern!r} uses %{specifier}; known are {known}")
        written.append(literal or _MYSQL_TO_STRFTIME[specifier])
    return "".join(written)


def strftime_to_mysql(pattern: str) -> str:
    """A format of strftime as ``date_parse`` and ``date_format`` write it; the inverse of :func:`mysql_to_strftime`."""
    spelled = {strftime: f"%{letter}" for letter, strftime in _MYSQL_TO_STRFTIME.items()}
    return re.sub(r"%-?.", lambda found: spelled.get(found[0], found[0]), pattern)


def joda_to_strftime(pattern: str) -> str:
    """A pattern of ``parse_datetime`` and ``format_datetime`` as DuckDB's strftime writes it.

    Raises:
        UnsupportedCallError: It holds letters that have no equivalent here, or a quote that is not closed.
    """
    written, end = [], 0
    for piece in _JODA_PIECE.finditer(pattern):
        if piece.start() != end:
            break
        end = piece.end()
        text = piece[0]
        if text[0] == "'":
            text = text[1:-1].replace("''", "'") or "'"
            written.append(text.replace("%", "%%"))
        elif piece[1]:
            if text not in _JODA_TO_STRFTIME:
                known = " ".join(_JODA_TO_STRFTIME)
                raise UnsupportedCallError(f"the time pattern {pattern!r} uses {text}; known are {known}")
            written.append(_JODA_TO_STRFTIME[text])
        else:
            written.append(text.replace("%", "%%"))
    if end != len(pattern):
        raise UnsupportedCallError(f"the time pattern {pattern!r} has a quote that is not closed")
    return "".join(written)
