"""The answer to a query as text: a table for people, CSV and JSON for programs.

Belongs here: turning values into text. Does not belong here: files made for spreadsheets, which need escaping.
"""

from __future__ import annotations

import io
import json
import math
import shutil
from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.warehouse.port import QueryResult

FORMATS = ("table", "csv", "json")


def render(result: QueryResult, form: str = "table", width: int | None = None) -> str:
    """``result`` as text that ends in a line break.

    Args:
        form: One of :data:`FORMATS`.
        width: Characters a table may take; default: as wide as the terminal.

    Raises:
        InputError: JSON of columns that share a name, of which objects could hold only one.
    """
    if form == "csv":
        return _csv(result)
    if form == "json":
        return _json(result)
    return _table(result, width or shutil.get_terminal_size((120, 24)).columns)


def _csv(result: QueryResult) -> str:
    """Exact data: NULL is an empty field and an empty text is ``""``, so both come back as they were."""
    lines = [result.columns, *result.rows]
    return "".join(",".join(_csv_field(value) for value in line) + "\n" for line in lines)


def _csv_field(value: Any) -> str:
    if value is None:
        return ""
    text = _scalar(value)
    if text == "" or any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _json(result: QueryResult) -> str:
    twice = [name for name, count in Counter(result.columns).items() if count > 1]
    if twice:
        problem = Problem("query", f"two columns called {twice[0]!r}", "different names", "Name them with AS.")
        raise InputError("The answer cannot be written as JSON objects.", [problem])
    if not result.rows:
        return "[]\n"
    rows = [dict(zip(result.columns, map(_jsonable, row), strict=True)) for row in result.rows]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    return f"[\n{lines}\n]\n"


def _jsonable(value: Any) -> Any:
    """JSON has no NaN and no infinity; they become text, so that they differ from NULL."""
    if isinstance(value, float) and not math.isfinite(value):
        return _scalar(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return [_jsonable(entry) for entry in value]
    return _scalar(value)


def _table(result: QueryResult, width: int) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    numeric = [_is_numeric(row[index] for row in result.rows) for index in range(len(result.columns))]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, right in zip(result.columns, numeric, strict=True):
        table.add_column(Text(_printable(name)), justify="right" if right else "left", overflow="fold")
    for row in result.rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    output = io.StringIO()
    console = Console(file=output, width=width, color_system=None, legacy_windows=False)
    console.print(table)
    lines = "\n".join(line.rstrip() for line in output.getvalue().splitlines()).strip("\n")
    count = len(result.rows)
    return f"{lines}\n\n{count:,} row{'' if count == 1 else 's'}\n"


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    # A space, where a narrow column may be broken, instead of the T.
    return _printable(value.isoformat(" ") if isinstance(value, datetime) else _scalar(value))


def _is_numeric(values: Any) -> bool:
    kinds = {type(value) for value in values if value is not None}
    return bool(kinds) and kinds <= {int, float, Decimal}


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN" if math.isnan(value) else repr(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} s"
    if isinstance(value, list | tuple):
        return json.dumps(_jsonable(value), ensure_ascii=False)
    return str(value)


def _printable(text: str) -> str:
    """A name may hold line breaks, or codes that would write over the terminal."""
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
