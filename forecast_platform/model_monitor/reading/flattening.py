"""JSON values as rows of text.

Belongs here: which JSON is how many rows, and what its columns are called. Does not belong here: files, captures.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from forecast_platform.model_monitor.reading.rows import NotReadableError

MOST_COLUMNS = 5_000
"""Columns of one row, and of all rows of a file together. More are refused: JSON whose keys are data has no end."""

Positional = list[str | None]
Named = dict[str, str | None]
Values = Positional | Named
"""One row: values by position or by name; ``None`` = missing."""

_SURROGATE = re.compile(r"\\u[dD]")
_LISTS_OF_ROWS = ("instances", "predictions")


def parse_json(text: str) -> Any:
    """The value of ``text``, numbers as the text that is written there, so that 1.0 stays a fractional number.

    Raises:
        NotReadableError: It is no JSON.
    """
    try:
        value = _DECODER.decode(text)
        if "\\u" in text and _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except UnicodeEncodeError:
        raise NotReadableError("half a surrogate pair, which is no character", "Unicode text") from None
    except json.JSONDecodeError as error:
        ends_early = error.pos >= len(text.rstrip())
        found = "JSON that ends in the middle" if ends_early else f"no JSON at character {error.pos + 1} ({error.msg})"
        raise NotReadableError(found, "one complete JSON value") from None
    except RecursionError:
        raise NotReadableError("JSON nested too deep", "one JSON value") from None


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def rows_of(value: Any) -> list[Values]:
    """The rows that a JSON value holds.

    - An object is one row, flattened: ``{"a": {"b": [1, 2]}}`` has the columns ``a.b.0`` and ``a.b.1``.
    - A list of numbers or texts is one row by position, as a line of CSV; a list of objects or lists is a row each.
    - An object whose ``instances`` or ``predictions`` is a list, as TensorFlow Serving and SageMaker's own algorithms
      have it, is a row for each element; its other keys are repeated in each row.
    - A number, a text or ``null`` is one row with one column.

    Raises:
        NotReadableError: A row has more than :data:`MOST_COLUMNS` columns.
    """
    if isinstance(value, dict):
        for key in _LISTS_OF_ROWS:
            if isinstance(value.get(key), list):
                return _rows_of_elements(key, value)
    if isinstance(value, list) and any(isinstance(element, dict | list) for element in value):
        return [_row(element) for element in value]
    return [_row(value)]


def _rows_of_elements(key: str, value: dict[str, Any]) -> list[Values]:
    others = {name: other for name, other in value.items() if name != key}
    rows = [_row(element) for element in value[key]]
    if not others:
        return rows
    common = flatten(others)
    return [{**(row if isinstance(row, dict) else _by_name(key, row)), **common} for row in rows]


def _by_name(key: str, row: Positional) -> Named:
    return {key: row[0]} if len(row) == 1 else {f"{key}.{index}": value for index, value in enumerate(row)}


def _row(value: Any) -> Values:
    if isinstance(value, dict):
        return flatten(value)
    if isinstance(value, list):
        return list(flatten(value).values())
    return [as_text(value)]


def flatten(value: dict[str, Any] | list[Any]) -> Named:
    """The leaves of ``value`` by their path, joined with dots. Empty objects and lists count as missing values."""
    flat: Named = {}
    for path, leaf in _leaves("", value):
        if len(flat) == MOST_COLUMNS:
            raise NotReadableError(f"more than {MOST_COLUMNS:,} values in one row", "a row of a table")
        flat[path] = as_text(leaf)
    return flat


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    # A stack of its own, because data may be nested deeper than calls.
    pending = [(path, value)]
    while pending:
        path, value = pending.pop()
        children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        below = [(f"{path}.{key}" if path else str(key), child) for key, child in children]
        if below:
            pending.extend(reversed(below))
        elif path:
            yield path, None if isinstance(value, dict | list) else value


def as_text(value: Any) -> str | None:
    """A JSON leaf as text, written as JSON does; an empty text counts as missing, like an empty cell of CSV."""
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value)
