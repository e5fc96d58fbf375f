"""Whether the first rows of a file have the columns of its schema.

Belongs here: telling a header from data, and columns that are missing, misnamed or in another order. Does not
belong here: problems of single rows (``conversion``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from forecast_platform.training_data.messages import FileRefusedError, quoted
from forecast_platform.training_data.schema import Column, Role, TableSchema

_SAMPLE = 100
_LEAST_ROWS_FOR_A_WIDTH = 3
_TIMESTAMP = re.compile(r"^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?\s*$")
_NUMBER = re.compile(r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$")


def count_header_rows(rows: Sequence[list[str]], schema: TableSchema) -> int:
    """1 if the first of ``rows`` is a header, 0 if it is data.

    Args:
        rows: The first rows of the file, at least one.

    Raises:
        FileRefusedError: The file's columns are not the schema's.
    """
    names = [_normalised(name) for name in schema.names]
    first = [_normalised(cell) for cell in rows[0]]
    if first == names:
        header_rows = 1
    elif _is_header(rows, names, schema.role):
        raise _other_columns(rows[0], schema)
    else:
        header_rows = 0
    sample = rows[header_rows : header_rows + _SAMPLE]
    _check_width(sample, schema)
    _check_order(sample, schema)
    return header_rows


def _normalised(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def _is_header(rows: Sequence[list[str]], names: list[str], role: Role) -> bool:
    cells = rows[0]
    matches = sum(_normalised(cell) in names for cell in cells)
    if role is Role.ITEM_METADATA or matches > 1:
        return matches > 0
    if _holds_data(cells):
        return False
    return matches > 0 or (len(rows) > 1 and _holds_data(rows[1]) and all(cells))


def _holds_data(cells: list[str]) -> bool:
    return any(_TIMESTAMP.match(cell) or _NUMBER.match(cell) for cell in cells)


def _other_columns(header: list[str], schema: TableSchema) -> FileRefusedError:
    in_file = {_normalised(cell): cell for cell in header}
    in_schema = {_normalised(name): name for name in schema.names}
    missing = [name for key, name in in_schema.items() if key not in in_file]
    unknown = [cell for key, cell in in_file.items() if key not in in_schema]
    if missing or unknown:
        parts = []
        if missing:
            parts.append(f"Not in the file: {', '.join(missing)}.")
        if unknown:
            parts.append(f"Not in the schema: {', '.join(map(quoted, unknown))}.")
        parts.append("Rename, add or remove columns in the file, or change the schema in params.json.")
    elif len(header) != len(schema.names):
        parts = ["A column is there twice: remove one of them."]
    else:
        parts = ["The names are right, the order is not: reorder the file's columns, or the schema's attributes."]
    return FileRefusedError(
        f"a header with the columns {', '.join(map(quoted, header))}", _expected(schema), " ".join(parts), header_rows=1
    )


def _check_width(sample: Sequence[list[str]], schema: TableSchema) -> None:
    expected = len(schema.columns)
    widths = Counter(len(row) for row in sample)
    width, count = widths.most_common(1)[0] if widths else (expected, 0)
    if width == expected or count < _LEAST_ROWS_FOR_A_WIDTH or 2 * count <= len(sample):
        return
    advice = "Write every column of the schema, and no other, or change the schema in params.json."
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")):
        if width == 1 and all(row[0].count(separator) == expected - 1 for row in sample):
            advice = f"The columns seem to be separated by {name}: save the file with commas."
    raise FileRefusedError(f"{width} {_plural(width, 'column')} in most rows", _expected(schema), advice)


def _check_order(sample: Sequence[list[str]], schema: TableSchema) -> None:
    columns = schema.columns
    rows = [row for row in sample if len(row) == len(columns)]
    if not rows:
        return
    seen = [_kind([row[index] for row in rows]) for index in range(len(columns))]
    wanted = [_wanted(column) for column in columns]
    misplaced = [
        index
        for index, want in enumerate(wanted)
        if want != "text" and seen[index] not in (want, "empty") and _is_elsewhere(want, seen, wanted)
    ]
    if misplaced:
        raise FileRefusedError(
            f"columns that seem to be {', '.join(_seeming(seen, columns))}",
            _expected(schema),
            "Reorder the columns of the file, or the schema's attributes in params.json.",
        )


def _is_elsewhere(want: str, seen: list[str], wanted: list[str]) -> bool:
    """Whether some column that should hold something else holds what ``want`` asks for."""
    return any(kind == want and other != want for kind, other in zip(seen, wanted, strict=True))


def _wanted(column: Column) -> str:
    if column.canonical == "timestamp":
        return "timestamp"
    return "number" if column.kind.is_number else "text"


def _kind(cells: list[str]) -> str:
    """What most of the filled cells hold: timestamp, number or text."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return "empty"

    def most(matches: Callable[[str], object]) -> bool:
        return 2 * sum(bool(matches(cell)) for cell in filled) > len(filled)

    if most(_TIMESTAMP.match):
        return "timestamp"
    return "number" if most(_NUMBER.match) else "text"


def _seeming(seen: list[str], columns: Sequence[Column]) -> list[str]:
    """The schema's names in the order in which the file seems to have them, or kinds where that is open."""
    remaining = {kind: [column.name for column in columns if _wanted(column) == kind] for kind in set(seen)}
    if any(len(remaining[kind]) != seen.count(kind) for kind in remaining):
        return [f"a {kind}" if kind != "empty" else "empty" for kind in seen]
    return [remaining[kind].pop(0) for kind in seen]


def _expected(schema: TableSchema) -> str:
    return f"the columns {', '.join(schema.names)} in this order, as in the schema in params.json"


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
