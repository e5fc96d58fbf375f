"""From the bytes of params.json to JSON values, with nothing lost on the way: a repeated key stays known.

Belongs here: encodings and JSON syntax. Does not belong here: what the values mean (``shapes``, ``schema``).
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from forecast_platform.errors import InputError, Problem

_SYNTAX = (
    (
        "Expecting property name",
        "a key in double quotes",
        "Put keys in double quotes, and remove a comma after the last key.",
    ),
    ("Expecting ',' delimiter", "a comma or a closing bracket", "Add the comma or the bracket that is missing here."),
    ("Expecting ':' delimiter", "a colon between key and value", "Add the colon."),
    (
        "Expecting value",
        "a value",
        "Put text in double quotes, write true and false in lower case, and remove a comma after the last value.",
    ),
    ("Illegal trailing comma", "no comma after the last entry", "Remove the comma."),
    ("Extra data", "the end of the file", "Remove what follows the closing bracket."),
    ("Unterminated string", "a closing double quote", "Add the double quote that is missing."),
    ("Invalid control character", "text on one line", "Write a line break inside text as \\n, and a tab as \\t."),
    ("Invalid \\", 'an escape such as \\n, \\" or \\\\', "Write a backslash twice."),
)


class JsonObject(dict[str, Any]):
    """A JSON object that remembers which of its keys were written more than once."""

    repeated: tuple[str, ...] = ()


def read_json(data: bytes | str, source: str) -> Any:
    """The JSON value in ``data``; its objects are :class:`JsonObject`.

    Args:
        data: UTF-8, with or without a byte order mark.

    Raises:
        InputError: Another encoding, or a syntax error with its line and column.
    """
    text = (data if isinstance(data, str) else _decode(data, source)).removeprefix("\ufeff")
    if not text.strip():
        raise _unreadable(Problem(source, "an empty file", "a JSON object", "Is the upload complete?"))
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise _unreadable(_syntax_problem(error, source)) from error
    except RecursionError as error:
        problem = Problem(source, "brackets nested too deeply", "the structure that the reference describes")
        raise _unreadable(problem) from error
    except ValueError as error:  # Python refuses to read a number of more than 4,300 digits.
        problem = Problem(source, "a number with thousands of digits", "numbers of ordinary length")
        raise _unreadable(problem) from error


def printable(value: Any) -> str:
    """``value`` as JSON, shortened, in characters that every terminal and log file can take."""
    text = json.dumps(value, ensure_ascii=False)
    # JSON can carry half of a surrogate pair, which UTF-8 cannot.
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 80 else f"{text[:77]}…"


def plain(value: Any) -> Any:
    """``value`` with ordinary dicts for its objects."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    return [plain(entry) for entry in value] if isinstance(value, list) else value


def _decode(data: bytes, source: str) -> str:
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8"):
        raise _unreadable(
            Problem(source, f"text in the encoding {encoding.upper()}", "UTF-8", "Save the file as UTF-8.")
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        where = f"{source}, line {line}, byte {column}"
        found = f"the byte 0x{data[error.start]:02X}"
        advice = "It is probably in a Windows or other local encoding: save the file as UTF-8."
        raise _unreadable(Problem(where, found, "text in UTF-8", advice)) from error


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = JsonObject(pairs)
    if len(made) < len(pairs):
        times = Counter(key for key, _ in pairs)
        made.repeated = tuple(key for key in made if times[key] > 1)
    return made


def _syntax_problem(error: json.JSONDecodeError, source: str) -> Problem:
    found = _found_at(error.doc, error.pos)
    where = f"{source}, line {error.lineno}, column {error.colno}"
    for message, expected, advice in _SYNTAX:
        if error.msg.startswith(message):
            return Problem(where, found, expected, advice)
    return Problem(where, found, f"JSON ({error.msg})")


def _found_at(text: str, position: int) -> str:
    rest = text[position:].lstrip(" \t\r")
    if not rest.strip():
        return "the end of the file"
    return "a line break" if rest.startswith("\n") else printable(rest.split("\n", 1)[0][:20])


def _unreadable(problem: Problem) -> InputError:
    return InputError(f"{problem.where} is not JSON that can be read.", [problem])
